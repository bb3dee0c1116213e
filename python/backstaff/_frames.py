"""Frames that come in: what stands in their index becomes columns, as a file would have them."""

from __future__ import annotations

import os
import sys
from typing import Any

from backstaff.errors import DataError

# What columns of bars are called; a pandas frame without any of them, indexed by dates, is one column an instrument.
_FIELDS = {"open", "high", "low", "close", "adj close", "adj_close", "volume", "종가", "收盘"}


def is_frame(data: object) -> bool:
    """Whether an object is a frame rather than the path of a file."""
    return hasattr(data, "__arrow_c_stream__") or _is("pandas", "DataFrame", data) or _is("polars", "LazyFrame", data)


def place_of(data: Any, form: dict[str, object]) -> tuple[Any, dict[str, object]]:
    """What of some data the native part reads, a path or a table; and what is known of its form."""
    if is_frame(data):
        table, shape = to_columns(data)
        return table, {**shape, **form}
    try:
        return os.fspath(data), form
    except TypeError:
        kind = type(data).__name__
        raise DataError(
            f"a {kind} is neither a path nor a frame; give a path, or a frame of pandas, Polars, pyarrow or DuckDB"
        ) from None


def to_columns(frame: Any) -> tuple[Any, dict[str, object]]:
    """A frame whose index, if it has one, stands in columns; and what its shape says of its form."""
    if _is("polars", "LazyFrame", frame):
        return frame.collect(), {}
    if not _is("pandas", "DataFrame", frame):
        return frame, {}
    import pyarrow

    frame, form = _without_index(frame)
    try:
        return pyarrow.Table.from_pandas(frame, preserve_index=False), form
    except pyarrow.ArrowException as error:
        raise DataError(f"the frame: {error}; give each column one type") from error


def _is(package: str, name: str, value: object) -> bool:
    # Nobody who has an object of a package has not imported it.
    found = getattr(sys.modules.get(package), name, None)
    return found is not None and isinstance(value, found)


def _without_index(frame: Any) -> tuple[Any, dict[str, object]]:
    import pandas

    if isinstance(frame.columns, pandas.MultiIndex):
        raise DataError(
            "the frame has columns of several levels; write `frame.stack(level=-1)` so that the instruments stand in rows"
        )
    index = frame.index
    if isinstance(index, pandas.MultiIndex):
        return frame.set_axis(index.set_names(_roles(index)), axis=0).reset_index(), {}
    columns = [str(column) for column in frame.columns]
    if not isinstance(index, pandas.DatetimeIndex | pandas.PeriodIndex):
        return frame.set_axis(columns, axis=1), {}
    if isinstance(index, pandas.PeriodIndex):
        index = index.to_timestamp(how="end").normalize()
    dated = frame.set_axis(columns, axis=1).set_axis(index.rename("date"), axis=0)
    if "date" in columns:
        raise DataError("the frame has dates in its index and a column `date`; drop one of them")
    is_long = _FIELDS.intersection(name.strip().lower() for name in columns)
    return dated.reset_index(), {} if is_long else {"wide": "close"}


def _roles(index: Any) -> list[str]:
    import pandas

    if index.nlevels != 2:
        raise DataError(f"the frame's index has {index.nlevels} levels; give it two, dates and instruments")
    dates = [pandas.api.types.is_datetime64_any_dtype(level.dtype) for level in index.levels]
    if dates.count(True) != 1:
        which = "both levels" if all(dates) else "no level"
        raise DataError(f"{which} of the frame's index are dates; make one of them so with `pandas.to_datetime`")
    return ["date" if is_date else "instrument" for is_date in dates]
