"""Objects from configurations, and small things that scripts take from ``qlib.utils``."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backstaff.errors import StudyError
from backstaff.qlib._names import refuse, resolved

__all__ = ["exists_qlib_data", "fill_placeholder", "flatten_dict", "get_or_create_path", "init_instance_by_config"]


def get_module_by_module_path(module_path: Any) -> Any:
    """A module by its path: of Python, or of a file; Qlib's own are these."""
    if not isinstance(module_path, str):
        return module_path
    if module_path.endswith(".py"):
        name = f"_module_{Path(module_path).resolve().as_posix().replace('/', '_')}"
        spec = importlib.util.spec_from_file_location(name, module_path)
        if spec is None or spec.loader is None or not Path(module_path).is_file():
            raise StudyError(f"module_path: there is no file {module_path}")
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        return module
    return importlib.import_module(resolved(module_path))


def get_callable_kwargs(config: Any, default_module: Any = None) -> tuple[Any, dict[str, Any]]:
    """The class that a configuration names, and its keyword arguments."""
    if isinstance(config, Mapping):
        name = config.get("class", config.get("func"))
        kwargs = dict(config.get("kwargs") or {})
        module = config.get("module_path")
    else:
        name, kwargs, module = config, {}, None
    if not isinstance(name, str):
        return name, kwargs
    if module in (None, "") and "." in name:
        module, _, name = name.rpartition(".")
    module = get_module_by_module_path(module if module not in (None, "") else default_module)
    if module is None:
        raise StudyError(f"{name}: say its module_path")
    try:
        return getattr(module, name), kwargs
    except AttributeError:
        raise StudyError(f"{getattr(module, '__name__', module)} has no {name}") from None


def init_instance_by_config(
    config: Any, default_module: Any = None, accept_types: Any = (), try_kwargs: Mapping[str, Any] | None = None, **kwargs: Any
) -> Any:
    """The object that ``{class, module_path, kwargs}`` names; an object stays as it is.

    Qlib's modules are these, so a configuration needs no change. ``file://`` names a pickle, which is loaded only after
    ``qlib.init(trust_pickles=True)``, since it may run code.
    """
    if accept_types and isinstance(config, accept_types):
        return config
    if isinstance(config, str | os.PathLike) and (str(config).startswith("file://") or isinstance(config, os.PathLike)):
        return load_pickle(str(config).removeprefix("file://"))
    if not isinstance(config, str | Mapping):
        return config
    made, own = get_callable_kwargs(config, default_module)
    own = {**own, **kwargs}
    try:
        return made(**own, **(try_kwargs or {}))
    except TypeError:
        if not try_kwargs:
            raise
        return made(**own)


def load_pickle(path: str | os.PathLike[str]) -> Any:
    """What a file of a pickle holds, if the user trusts such files."""
    from backstaff.qlib.config import C

    if not C.get("trust_pickles"):
        raise StudyError(
            f"{path} is a pickle, which may run code when it is loaded; if you trust it, say qlib.init(..., trust_pickles=True)"
        )
    import pickle

    with Path(path).expanduser().open("rb") as file:
        return pickle.load(file)


def flatten_dict(d: Mapping[str, Any], parent_key: str = "", sep: str = ".") -> dict[str, Any]:
    """A mapping of mappings as one whose keys are joined."""
    flat: dict[str, Any] = {}
    for key, value in d.items():
        name = f"{parent_key}{sep}{key}" if parent_key else key
        flat |= flatten_dict(value, name, sep) if isinstance(value, Mapping) else {name: value}
    return flat


def fill_placeholder(config: Any, config_extend: Mapping[str, Any]) -> Any:
    """A configuration with objects in place of ``<MODEL>``, ``<DATASET>``, ``<PRED>``, and of paths such as ``<dataset.kwargs>``."""
    if isinstance(config, Mapping):
        return {key: fill_placeholder(value, config_extend) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return type(config)(fill_placeholder(value, config_extend) for value in config)
    if not isinstance(config, str) or not (config.startswith("<") and config.endswith(">")):
        return config
    found: Any = config_extend.get(config, config_extend)
    if found is not config_extend:
        return found
    for part in config[1:-1].split("."):
        try:
            found = found[int(part)] if isinstance(found, list | tuple) else found[part]
        except (KeyError, IndexError, ValueError, TypeError):
            # What is filled later stays.
            return config
    return found


def get_or_create_path(path: str | None = None, return_dir: bool = False) -> str:
    """A path whose folder exists; a temporary one if none is given."""
    if path:
        Path(path if return_dir else Path(path).parent).mkdir(parents=True, exist_ok=True)
        return path
    if return_dir:
        return tempfile.mkdtemp()
    descriptor, name = tempfile.mkstemp()
    os.close(descriptor)
    return name


def exists_qlib_data(qlib_dir: str | os.PathLike[str]) -> bool:
    """Whether a folder is one of Qlib's data."""
    path = Path(qlib_dir).expanduser()
    return all((path / name).is_dir() and any((path / name).iterdir()) for name in ("calendars", "instruments", "features"))


def get_pre_trading_date(trading_date: Any, future: bool = False) -> Any:
    """The session before a date."""
    return get_date_by_shift(trading_date, -1)


def get_date_by_shift(
    trading_date: Any, shift: int, future: bool = False, clip_shift: bool = True, freq: str = "day", align: str | None = None
) -> Any:
    """The session that is so many sessions away; the first or last one at the ends of the calendar."""
    import numpy
    import pandas

    from backstaff.qlib.data import D

    calendar = D.calendar(freq=freq)
    place = int(numpy.searchsorted(calendar, pandas.Timestamp(trading_date))) + shift
    return calendar[min(max(place, 0), len(calendar) - 1)]


def auto_filter_kwargs(func: Any, warning: bool = True) -> Any:
    """A function that leaves out the keyword arguments that it does not know."""
    import functools
    import inspect

    known = inspect.signature(func).parameters
    takes_all = any(parameter.kind is parameter.VAR_KEYWORD for parameter in known.values())

    @functools.wraps(func)
    def filtered(*args: Any, **kwargs: Any) -> Any:
        return func(*args, **{key: value for key, value in kwargs.items() if takes_all or key in known})

    return filtered


__getattr__ = refuse(__name__, __all__)
