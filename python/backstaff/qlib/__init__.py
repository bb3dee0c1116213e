"""Scripts and workflows written for Qlib, on this engine: Qlib's module paths, its frames, its numbers; no Qlib needed.

>>> import backstaff.qlib as qlib
>>> qlib.constant.REG_US
'us'

After that import, ``from qlib.data import D`` finds this package too, unless the real Qlib is installed;
``python -m backstaff.qlib script.py`` runs a script with these modules under Qlib's names in any case. Modules and
arguments are those of Qlib 0.9.7; what is not here says so, and what to do instead.
"""

from __future__ import annotations

from typing import Any

from backstaff.qlib import _names, constant
from backstaff.qlib.config import C, check_arguments

__version__ = "0.9.7"
__all__ = ["C", "__version__", "auto_init", "constant", "init"]

_names.offer()


def init(default_conf: str = "client", **kwargs: Any) -> None:
    """Name the folder of the data, as ``qlib.init`` does.

    Parameters
    ----------
    default_conf : str
        ``client`` or ``server``; both are the same here.
    **kwargs
        ``provider_uri`` (a folder, or a mapping of ``day`` to one; ``~/.qlib/qlib_data/cn_data`` if absent), ``region``
        (``cn``, ``us``, ``tw``), ``exp_manager``, ``logging_level``. What steers Qlib's caches, processes and servers is
        taken and changes nothing. Providers and operators of one's own are refused. ``trust_pickles=True`` lets files of
        pickles be loaded, which run code.

    Raises
    ------
    StudyError
        If an argument is not known, or changes what this engine computes.
    """
    check_arguments({"default_conf": default_conf, **kwargs})
    if kwargs.pop("skip_if_reg", False) and C.registered:
        return
    C.set(default_conf, **kwargs)
    C.register()


def auto_init(**kwargs: Any) -> None:
    """:func:`init`, unless it was called before."""
    if not C.registered:
        init(**{key: value for key, value in kwargs.items() if key != "cur_path"})


__getattr__ = _names.refuse(__name__, __all__)
