"""Frames that come in: what stands in their index becomes columns, as a file would have them."""

from __future__ import annotations

import os
import sys
from typing import Any

from backstaff.errors import DataError

# What columns of bars are called; a pandas frame without any of them, indexed by dates, is one column an instrument.
_FIELDS = {"open", "high", "low", "close", "adj close", "adj_close", "volume", "종가", "收盘"}

# What is no frame but holds numbers, and the words that make one of it.
_OTHERS = {
    ("pandas", "Series"): "write `series.to_frame(\"close\")`",
    ("polars", "Series"): "write `polars.DataFrame({\"date\": dates, \"instrument\": names, \"close\": series})`",
    ("pyarrow", "Array"): "write `pyarrow.table({\"date\": dates, \"instrument\": names, \"close\": array})`",
    ("pyarrow", "ChunkedArray"): "write `pyarrow.table({\"date\": dates, \"instrument\": names, \"close\": array})`",
    ("numpy", "ndarray"): "write `pandas.DataFrame(array, index=dates, columns=names)`",
}


def is_frame(data: object) -> bool:
    """Whether an object is a frame rather than the path of a file."""
    return hasattr(data, "__arrow_c_stream__") or is_from("pandas", "DataFrame", data) or is_from("polars", "LazyFrame", data)


def place_of(data: Any, form: dict[str, object]) -> tuple[Any, dict[str, object]]:
    """What of some data the native part reads, a path or a table; and what is known of its form."""
    for (package, name), words in _OTHERS.items():
        if is_from(package, name, data):
            raise DataError(f"a {package} {name} does not say whose values it holds, and when; {words}")
    if is_frame(data):
        table, shape = to_columns(data)
        return table, {**shape, **form}
    if isinstance(data, dict):
        raise DataError("a dict is no frame; write `pandas.DataFrame(data)` or `polars.DataFrame(data)`")
    try:
        return os.fspath(data), form
    except TypeError:
        kind = type(data).__name__
        raise DataError(
            f"a {kind} is neither a path nor a frame; give a path, or a frame of pandas, Polars, pyarrow or DuckDB"
        ) from None


def to_columns(frame: Any) -> tuple[Any, dict[str, object]]:
    """A frame whose index, if it has one, stands in columns; and what its shape says of its form."""
    if is_from("polars", "LazyFrame", frame):
        return _collected(frame), {}
    if is_from("pandas", "DataFrame", frame):
        from backstaff._pandas import to_arrow

        return to_arrow(frame, _FIELDS)
    return frame, {}


def _collected(frame: Any) -> Any:
    import polars

    try:
        return frame.collect()
    except polars.exceptions.PolarsError as error:
        reason = str(error).splitlines()[0]
        raise DataError(f"the lazy frame can't be collected: {reason}") from error


def path_text(path: str | os.PathLike[str] | None) -> str | None:
    """A path as the native part takes it, if there is one."""
    return None if path is None else os.fspath(path)


def is_from(package: str, name: str, value: object) -> bool:
    """Whether a value is of this class of a package."""
    # Nobody who has an object of a package has not imported it.
    found = getattr(sys.modules.get(package), name, None)
    return found is not None and isinstance(value, found)
