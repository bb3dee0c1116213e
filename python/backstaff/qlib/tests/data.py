"""Qlib's examples begin with a download, whose source was withdrawn."""

from __future__ import annotations

from typing import Any

from backstaff.errors import Error
from backstaff.qlib._names import refuse
from backstaff.qlib.utils import exists_qlib_data

__all__ = ["GetData"]


class GetData:
    """Looks whether data are there; nothing is downloaded."""

    def __init__(self, delete_zip_file: bool = False) -> None:
        pass

    def qlib_data(
        self,
        name: str = "qlib_data",
        target_dir: str = "~/.qlib/qlib_data/cn_data",
        *args: Any,
        exists_skip: bool = False,
        **kwargs: Any,
    ) -> None:
        """Fail with what to do if the folder holds no data."""
        if exists_qlib_data(target_dir):
            return
        raise Error(
            f"{target_dir} holds no data, and nothing is downloaded here: make a folder of your prices by "
            f"`backstaff qlib dump --data FILE --out {target_dir}`, or unpack one that you have"
        )


__getattr__ = refuse(__name__, __all__)
