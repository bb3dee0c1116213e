"""Rows of the engine as Qlib's frames, and back."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from backstaff import _native
from backstaff.errors import DataError

NAMES = ["datetime", "instrument"]
# The unit that Qlib's dates have, which depends on the version of pandas.
DATES = pandas.DatetimeIndex([pandas.Timestamp("2020-01-02")]).dtype


def day(date: Any) -> int | None:
    """A date as days since 1970; None stays None."""
    if date is None or (not isinstance(date, str) and pandas.isna(date)):
        return None
    return int(pandas.Timestamp(date).normalize().to_datetime64().astype("datetime64[D]").astype(int))


def last_day(date: Any) -> int | None:
    """The last day that a text means: ``2020-12`` is its thirty-first."""
    if isinstance(date, str) and len(date) < 8 and date.replace("-", "").isdigit():
        return day(pandas.Period(date).end_time)
    return day(date)


def dates(days: Any) -> pandas.DatetimeIndex:
    """Days since 1970 as Qlib's dates."""
    return pandas.DatetimeIndex(numpy.asarray(days, dtype="datetime64[D]").astype(DATES))


def index_of(table: _native.QlibTable, first: int, end: int) -> pandas.MultiIndex:
    """The index (datetime, instrument) of some rows."""
    found = table.index(first, end)
    days = numpy.frombuffer(found["days"], dtype=numpy.int32)
    sessions = numpy.frombuffer(found["sessions"], dtype=numpy.int32)
    instruments = numpy.frombuffer(found["instruments"], dtype=numpy.int32)
    levels, codes = [], []
    for known, own in ((days, sessions), (numpy.array(found["names"], dtype=object), instruments)):
        is_used = numpy.bincount(own, minlength=len(known)) > 0
        codes.append((numpy.cumsum(is_used) - 1)[own])
        levels.append(known[is_used])
    return pandas.MultiIndex(
        levels=[dates(levels[0]), pandas.Index(levels[1].astype(str).astype(object)).astype(str)],
        codes=codes,
        names=NAMES,
        verify_integrity=False,
    )


def to_frame(
    table: _native.QlibTable, places: list[int] | None = None, rows: tuple[int, int] | None = None
) -> pandas.DataFrame:
    """Some columns of some rows as a frame: columns (group, name), or plain ones where there is no group."""
    columns = table.columns()
    places = list(range(len(columns))) if places is None else places
    first, end = rows or (0, table.n_rows())
    index = index_of(table, first, end)
    parts = []
    for width, dtype in ((4, numpy.float32), (8, numpy.float64)):
        own = [k for k, place in enumerate(places) if columns[place][2] == width]
        if own:
            values = numpy.frombuffer(table.values([places[k] for k in own], first, end), dtype=dtype)
            block = values.reshape(len(own), end - first).T
            parts.append(pandas.DataFrame(block, index=index, columns=own, copy=False))
    frame = parts[0] if len(parts) == 1 else pandas.concat(parts, axis=1) if parts else pandas.DataFrame(index=index)
    if len(parts) > 1:
        frame = frame[range(len(places))]
    frame.columns = labels([columns[place][:2] for place in places])
    return frame


def labels(pairs: list[tuple[str, str]]) -> pandas.Index:
    """Groups and names as a frame's columns."""
    if all(group == "" for group, _ in pairs):
        return pandas.Index([name for _, name in pairs])
    return pandas.MultiIndex.from_tuples(pairs)


def to_table(frame: pandas.DataFrame) -> _native.QlibTable:
    """A frame with the index (datetime, instrument) for the engine; rows are put in that order."""
    frame = ordered(frame)
    index = frame.index
    levels: list[Any] = []
    codes: list[Any] = []
    for level in range(2):
        values = index.levels[level]
        order = numpy.argsort(values.to_numpy())
        rank = numpy.empty(len(order), dtype=numpy.uint32)
        rank[order] = numpy.arange(len(order), dtype=numpy.uint32)
        levels.append(values[order])
        codes.append(numpy.ascontiguousarray(rank[numpy.asarray(index.codes[level])]))
    days = levels[0].to_numpy().astype("datetime64[D]").astype(numpy.int32).tolist()
    columns = []
    for place, name in enumerate(frame.columns):
        group, text = (str(name[0]), str(name[1])) if isinstance(name, tuple) else ("", str(name))
        series = frame.iloc[:, place]
        dtype = numpy.float32 if series.dtype == numpy.float32 else numpy.float64
        try:
            columns.append((group, text, numpy.ascontiguousarray(series.to_numpy(dtype=dtype))))
        except (TypeError, ValueError) as error:
            raise DataError(f"the column {name!r} holds {series.dtype}, which are no numbers: {error}") from None
    return _native.QlibTable.of(days, [str(name) for name in levels[1]], codes[0], codes[1], columns)


def ordered(frame: pandas.DataFrame) -> pandas.DataFrame:
    """A frame by date and instrument, in that order."""
    index = frame.index
    if not isinstance(index, pandas.MultiIndex) or index.nlevels != 2:
        raise DataError("a frame of Qlib's has the index (datetime, instrument)")
    if list(index.names) == NAMES[::-1] or (
        not isinstance(index.levels[0], pandas.DatetimeIndex) and isinstance(index.levels[1], pandas.DatetimeIndex)
    ):
        frame = frame.swaplevel()
    if not isinstance(frame.index.levels[0], pandas.DatetimeIndex):
        raise DataError("no level of the frame's index holds dates")
    return frame if frame.index.is_monotonic_increasing else frame.sort_index()


class Held:
    """Rows that are held as a table of the engine, a frame, or both: each is made of the other when it is asked for."""

    def __init__(self, table: _native.QlibTable | None = None, frame: pandas.DataFrame | None = None) -> None:
        self._table = table
        self._frame = frame

    @property
    def is_native(self) -> bool:
        """Whether the rows came from the engine."""
        return self._table is not None

    @property
    def table(self) -> _native.QlibTable:
        """The rows for the engine."""
        if self._table is None:
            self._table = to_table(self.frame)
        return self._table

    @property
    def frame(self) -> pandas.DataFrame:
        """The rows as a frame."""
        if self._frame is None:
            assert self._table is not None
            self._frame = to_frame(self._table)
        return self._frame

    @property
    def columns(self) -> pandas.Index:
        """The columns, without any row."""
        if self._frame is not None or self._table is None:
            return self.frame.columns
        return labels([column[:2] for column in self._table.columns()])
