"""Frames of pandas as Arrow's tables and back: column by column, so that what is wrong is told with its column and row."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from backstaff.errors import DataError

try:
    import pyarrow
except ImportError:
    raise DataError("frames of pandas are read through pyarrow; write `pip install pyarrow`") from None

# What pandas finds in a column of Python objects that Arrow reads as one type.
_ONE_TYPE = {"string", "empty", "boolean", "integer", "floating", "mixed-integer-float", "decimal", "date", "datetime", "datetime64"}


def to_arrow(frame: pandas.DataFrame, fields: set[str]) -> tuple[pyarrow.Table, dict[str, object]]:
    """The table of a frame, its index among the columns; and what its shape says of its form. `fields` are names of bars."""
    if isinstance(frame.columns, pandas.MultiIndex):
        raise DataError(_two_levels(frame.columns, fields))
    index, form = _index(frame, fields)
    columns = dict(index)
    for name, series in frame.items():
        text = str(name)
        if text in columns:
            where = "in its index and as a column" if text in index else "twice"
            raise DataError(f"the frame has {text!r} {where}; rename or drop one of the two")
        columns[text] = _array(text, series)
    if not columns:
        raise DataError("the frame has no columns; give it one of dates, one of instruments and one for each field")
    return pyarrow.Table.from_arrays(list(columns.values()), names=list(columns)), form


def by_session(table: pyarrow.Table) -> pandas.DataFrame | None:
    """A table of numbers by instrument and date as a frame by date and instrument; None if the table is none of that.

    Each column is copied once: no frame in the old order is made that would have to be sorted.
    """
    names = table.column_names
    is_number = [pyarrow.types.is_float64(field.type) for field in table.schema]
    if names[:2] != ["instrument", "date"] or not all(is_number[2:]) or not table.num_rows:
        return None
    if not pyarrow.types.is_dictionary(table["instrument"].type) or not pyarrow.types.is_date32(table["date"].type):
        return None
    of_rows = table["instrument"].unify_dictionaries().combine_chunks()
    instruments = of_rows.dictionary.to_pylist()
    codes = of_rows.indices.to_numpy()
    days = table["date"].cast(pyarrow.int32()).to_numpy()
    if instruments != sorted(instruments) or (numpy.diff(codes) < 0).any():
        return None
    sessions, positions = _ranked(days)
    order = numpy.argsort(positions, kind="stable")
    levels = [pandas.DatetimeIndex(sessions.astype("datetime64[D]").astype("datetime64[ms]")), pandas.Index(instruments)]
    index = pandas.MultiIndex(
        levels=levels,
        codes=[positions[order], codes[order]],
        names=["datetime", "instrument"],
        verify_integrity=False,
    )
    values = numpy.empty((len(names) - 2, table.num_rows))
    column = numpy.empty(table.num_rows)
    for place, name in enumerate(names[2:]):
        start = 0
        for chunk in table[name].chunks:
            column[start : start + len(chunk)] = chunk.to_numpy(zero_copy_only=False)
            start += len(chunk)
        numpy.take(column, order, out=values[place], mode="clip")
    return pandas.DataFrame(values.T, index=index, columns=names[2:], copy=False)


def _ranked(days: numpy.ndarray) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The distinct days in order, and the place of each day among them: small numbers, which are sorted sooner."""
    first = days.min()
    is_there = numpy.zeros(int(days.max()) - int(first) + 1, dtype=bool)
    is_there[days - first] = True
    sessions = numpy.flatnonzero(is_there)
    kind = numpy.uint16 if len(sessions) < 1 << 16 else numpy.uint32
    ranks = (numpy.cumsum(is_there) - 1).astype(kind)
    return sessions + first, ranks[days - first]


def _two_levels(columns: pandas.MultiIndex, fields: set[str]) -> str:
    """What to do about columns of several levels, such as those of yfinance."""
    bars = [
        level for level in range(columns.nlevels) if fields & {str(name).lower() for name in columns.levels[level]}
    ]
    if columns.nlevels == 2 and len(bars) == 1:
        words = f"write `frame.stack(level={1 - bars[0]})`, so that the instruments stand in rows"
    else:
        words = "write `frame.stack(level=…)` with the level of the instruments, so that these stand in rows"
    return f"the frame has columns of {columns.nlevels} levels; {words}"


def _index(frame: pandas.DataFrame, fields: set[str]) -> tuple[dict[str, Any], dict[str, object]]:
    """The columns that an index makes, and what it says of the form."""
    index = frame.index
    if isinstance(index, pandas.MultiIndex):
        return _levels(index), {}
    if _are_dates(index):
        is_long = fields.intersection(str(name).strip().lower() for name in frame.columns)
        has_names = any(str(name).strip().lower() in {"instrument", "symbol", "ticker", "code"} for name in frame.columns)
        return {"date": _array("date", index.to_series())}, {} if is_long or has_names else {"wide": "close"}
    if index.name is not None:
        # Somebody who names an index means it.
        return {str(index.name): _array(str(index.name), index.to_series())}, {}
    return {}, {}


def _levels(index: pandas.MultiIndex) -> dict[str, Any]:
    """The dates and instruments of an index of two levels, each value once and the rows as codes."""
    if index.nlevels != 2:
        raise DataError(f"the frame's index has {index.nlevels} levels; give it two, dates and instruments")
    dates = [_are_dates(level) for level in index.levels]
    if dates.count(True) != 1:
        which = "both levels" if all(dates) else "no level"
        names = ", ".join(repr(name) for name in index.names)
        raise DataError(
            f"{which} of the frame's index ({names}) are dates; make one of them so, as in "
            "`frame.index.set_levels(pandas.to_datetime(frame.index.levels[0]), level=0)`"
        )
    columns: dict[str, Any] = {}
    for level, (is_date, codes) in enumerate(zip(dates, index.codes, strict=True)):
        name = "date" if is_date else "instrument"
        if (codes < 0).any():
            row = int((codes < 0).argmax())
            raise DataError(f"the frame's row {row + 1} has no {name} in its index; drop it, or give it one")
        values = _array(name, index.levels[level].to_series())
        if isinstance(values, pyarrow.ChunkedArray):
            values = values.combine_chunks()
        columns[name] = pyarrow.DictionaryArray.from_arrays(pyarrow.array(codes), values)
    return columns


def _are_dates(index: pandas.Index) -> bool:
    if isinstance(index, pandas.DatetimeIndex | pandas.PeriodIndex):
        return True
    dtype = index.dtype
    if isinstance(dtype, pandas.ArrowDtype):
        return pyarrow.types.is_temporal(dtype.pyarrow_dtype)
    return dtype == object and pandas.api.types.infer_dtype(index, skipna=True) in {"date", "datetime"}


def _array(name: str, series: pandas.Series) -> Any:
    """A column for Arrow, or an error that names what it holds."""
    dtype = series.dtype
    if dtype == object:
        _check_objects(name, series)
    elif isinstance(dtype, pandas.PeriodDtype):
        series = series.dt.to_timestamp(how="end").dt.normalize()
    elif isinstance(dtype, pandas.SparseDtype):
        series = series.sparse.to_dense()
    elif isinstance(dtype, pandas.IntervalDtype):
        series = series.astype(str)
    elif isinstance(dtype, pandas.CategoricalDtype):
        if series.cat.categories.dtype == object:
            _check_objects(name, series.cat.categories.to_series())
        if isinstance(series.cat.categories.dtype, pandas.IntervalDtype):
            series = series.cat.rename_categories(str)
    try:
        # The shortest of pyarrow's ways: the others look at what the series is once more.
        if isinstance(series.dtype, numpy.dtype):
            return pyarrow.array(series.to_numpy(), from_pandas=True)
        if isinstance(series.dtype, pandas.StringDtype | pandas.ArrowDtype):
            return series.array.__arrow_array__()
        return pyarrow.array(series, from_pandas=True)
    except (pyarrow.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"the frame's column {name!r} of {dtype} can't be read: {error}; write "
            f"`frame[{name!r}].astype(…)` with numbers, texts or dates, or drop it"
        ) from error


def _check_objects(name: str, values: pandas.Series) -> None:
    """Fail if a column of Python objects holds more than one type, or one that no column of a table has."""
    found = pandas.api.types.infer_dtype(values, skipna=True)
    present = values[values.notna()]
    if found == "datetime":
        zones = {str(value.tzinfo) for value in present}
        if len(zones) > 1:
            raise DataError(
                f"the frame's column {name!r} mixes time zones ({', '.join(sorted(zones))}); write "
                f"`pandas.to_datetime(frame[{name!r}], utc=True)`, and say `zone=` if its dates are those of a place"
            )
    if found in _ONE_TYPE:
        return
    first = type(present.iloc[0])
    other = next((row for row, value in enumerate(values) if not pandas.api.types.is_scalar(value)), None)
    if other is None:
        present_types = ((row, value) for row, value in enumerate(values) if not pandas.isna(value))
        other = next((row for row, value in present_types if type(value) is not first), None)
    if other is None:
        raise DataError(
            f"the frame's column {name!r} holds Python objects of the type {first.__name__}, which are neither numbers, "
            "texts nor dates; drop it, or make such of it"
        )
    kind, at = type(values.iloc[other]).__name__, f"row {other + 1}"
    if kind == first.__name__:
        raise DataError(f"the frame's column {name!r} holds a {kind} in {at}; drop it, or make numbers or texts of it")
    raise DataError(
        f"the frame's column {name!r} mixes {first.__name__} with {kind} (in {at}); give it one type, as in "
        f"`pandas.to_numeric(frame[{name!r}], errors=\"coerce\")` or `frame[{name!r}].astype(str)`"
    )
