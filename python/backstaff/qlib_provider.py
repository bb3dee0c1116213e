"""Data providers for the real Qlib: its handlers, models and strategies as they are, its expressions on our engine.

>>> provider = {"class": "BackstaffDatasetProvider", "module_path": "backstaff.qlib_provider"}

goes into ``qlib.init(provider_uri=..., dataset_provider=provider)``; then ``D.features`` and the loading of every handler
are computed here, in Qlib's arithmetic. Nothing else of Qlib changes: calendar, instruments, backtest and records are its
own.
"""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from backstaff import _native
from backstaff._threads import n_threads
from backstaff.errors import DataWarning, ExpressionError

try:
    import numpy
    import pandas
    from qlib.config import C
    from qlib.data.data import Cal, DatasetProvider, ExpressionProvider, LocalDatasetProvider, LocalExpressionProvider
except ImportError:
    # Whoever reads the module's documentation need not have Qlib, or has `backstaff.qlib` under its name.
    DatasetProvider = ExpressionProvider = object

_FIELD = re.compile(r"\$([A-Za-z_]\w*)")


class BackstaffDatasetProvider(DatasetProvider):
    """Computes expressions over Qlib's ``.bin`` folders: float32, indexed by ``(instrument, datetime)``, as Qlib gives them.

    Values are rounded between fields as Qlib rounds them, so columns are Qlib's bit for bit, but for a handful of cells
    where its running sums drift. They depend on the data alone, where Qlib's ``EMA`` depends on where the query begins. A
    field that this engine does not know (an operator of the user's own) is handed to Qlib, with a warning that names it.

    Parameters
    ----------
    strict : bool
        Whether a field that this engine does not know is an error.
    threads : int, optional
        The number of threads; all that the process may use if absent.
    """

    def __init__(self, strict: bool = False, threads: int | None = None, **_: object) -> None:
        self._strict = strict
        self._threads = threads

    def dataset(
        self,
        instruments: Any,
        fields: Sequence[Any],
        start_time: Any = None,
        end_time: Any = None,
        freq: str = "day",
        disk_cache: int = 1,
        inst_processors: Sequence[Any] = (),
    ) -> pandas.DataFrame:
        """The values of ``fields``, a column for each in order, of the instruments in their spans."""
        # Qlib takes a TypeError for a provider that knows no cache, and calls once more: it must not see ours.
        try:
            return self._dataset(instruments, fields, start_time, end_time, freq, inst_processors)
        except TypeError as error:
            raise RuntimeError(f"backstaff: {error}") from error

    def _dataset(
        self, instruments: Any, fields: Sequence[Any], start_time: Any, end_time: Any, freq: str, inst_processors: Any
    ) -> pandas.DataFrame:
        if len(inst_processors) > 0:
            raise ValueError("backstaff: inst_processors are not computed here; leave them out, or use Qlib's own provider")
        query = (start_time, end_time, freq)
        spans = self.get_instruments_d(instruments, freq)
        calendar = Cal.calendar(start_time, end_time, freq)
        if freq != "day" or len(calendar) == 0 or len(spans) == 0:
            return LocalDatasetProvider().dataset(instruments, fields, *query)
        names = [str(field) for field in self.get_column_names(fields)]
        known, missing, unknown = self._sorted(names)
        table, unknown = self._computed(list(spans), calendar, known, unknown)
        index, rows = _rows(table, spans)
        places = {name: place for place, name in enumerate(name for name in known if name not in unknown)}
        frame = pandas.DataFrame(_values(table, [places.get(name) for name in names], rows), index=index, copy=False)
        if unknown:
            theirs = LocalDatasetProvider().dataset(instruments, sorted(unknown), *query).reindex(frame.index)
            frame = pandas.DataFrame({k: theirs[name] if name in unknown else frame[k] for k, name in enumerate(names)})
        frame.columns = names
        for name in missing:
            # Qlib gives no value of a field that the folder lacks, and says nothing.
            warnings.warn(f"{name} has no value: the folder lacks a field of it", DataWarning, stacklevel=5)
        return frame

    def _sorted(self, names: list[str]) -> tuple[list[str], list[str], set[str]]:
        """The fields to compute, and those of which the folder lacks something; none is known to be unknown yet."""
        there = set(_folder().fields())
        missing = [name for name in dict.fromkeys(names) if not set(_FIELD.findall(name.lower())) <= there]
        return [name for name in dict.fromkeys(names) if name not in missing], missing, set()

    def _computed(self, instruments: list[str], calendar: Any, known: list[str], unknown: set[str]) -> tuple[Any, set[str]]:
        """The fields that the engine knows: a table with a column of each; and the other fields."""
        first, last = (int(numpy.datetime64(pandas.Timestamp(day), "D").astype(int)) for day in (calendar[0], calendar[-1]))
        asked = json.dumps({"names": [str(name) for name in instruments]})
        while True:
            own = [name for name in known if name not in unknown]
            # Something must be computed for there to be rows.
            columns = [("", f"field_{place}", name) for place, name in enumerate(own or ["$close"])]
            try:
                return _folder().load(asked, first, last, columns, n_threads(self._threads))[0], unknown
            except ExpressionError as error:
                if self._strict:
                    raise
                name = own[int(error.feature.rpartition("_")[2])]
                unknown.add(name)
                warnings.warn(f"backstaff does not know {name!r}, which Qlib computes itself: {error}", stacklevel=6)


class BackstaffExpressionProvider(ExpressionProvider):
    """Computes one expression for one instrument, for whoever asks ``D.expression``; what the engine does not know is Qlib's.

    With :class:`BackstaffDatasetProvider` nothing else asks it, and all instruments at once are faster.
    """

    def expression(self, instrument: str, field: Any, start_time: Any = None, end_time: Any = None, freq: str = "day") -> Any:
        """The values of ``field``, by the places of dates in the calendar."""
        try:
            if freq != "day":
                raise ExpressionError("not of days", str(field), str(field), (0, 0))
            calendar = Cal.calendar(freq=freq)
            table, _ = BackstaffDatasetProvider(strict=True)._computed([instrument], calendar, [str(field)], set())
        except ExpressionError:
            return LocalExpressionProvider().expression(instrument, field, start_time, end_time, freq)
        found = table.index(0, table.n_rows())
        days = numpy.frombuffer(found["days"], dtype=numpy.int32)[numpy.frombuffer(found["sessions"], dtype=numpy.int32)]
        all_days = pandas.DatetimeIndex(calendar).to_numpy().astype("datetime64[D]").astype(numpy.int32)
        values = numpy.frombuffer(table.values([0], 0, table.n_rows()), dtype=numpy.float32)
        # Places are of Qlib's whole calendar.
        series = pandas.Series(values, index=numpy.searchsorted(all_days, days))
        _, _, begin, end = Cal.locate_index(start_time, end_time, freq=freq, future=False)
        return series.loc[begin:end]


def _folder() -> _native.QlibFolder:
    return _native.QlibFolder(C.dpm.get_data_uri("day"))


def _values(table: _native.QlibTable, places: Sequence[int | None], rows: Any) -> Any:
    """The columns in some rows, as one array of 32-bit numbers; NaN where there is no column."""
    values = numpy.full((len(rows), len(places)), numpy.nan, dtype=numpy.float32, order="F")
    for k, place in enumerate(places):
        if place is not None:
            values[:, k] = numpy.frombuffer(table.values([place], 0, table.n_rows()), dtype=numpy.float32)[rows]
    return values


def _rows(table: _native.QlibTable, spans: Any) -> tuple[pandas.MultiIndex, Any]:
    """The index of the rows within the spans as Qlib has it, by instrument and date, and their places in the table."""
    found = table.index(0, table.n_rows())
    all_days, names = numpy.frombuffer(found["days"], dtype=numpy.int32), found["names"]
    sessions = numpy.frombuffer(found["sessions"], dtype=numpy.int32)
    codes = numpy.frombuffer(found["instruments"], dtype=numpy.int32)
    days = all_days[sessions].astype("datetime64[D]")
    keep = numpy.ones(len(codes), dtype=bool)
    if isinstance(spans, Mapping):
        # Of instruments that are named, all days count.
        keep[:] = False
        for k in range(max(len(own) for own in spans.values())):
            # Nothing is later than NaT, nor earlier: an instrument without a span has no row.
            begin, end = (numpy.array([_edge(spans.get(name, ()), k, side) for name in names]) for side in (0, 1))
            keep |= (days >= begin[codes]) & (days <= end[codes])
    rows = numpy.flatnonzero(keep)
    rows = rows[numpy.argsort(codes[rows], kind="stable")]
    # Of the unit that Qlib's calendar has, which depends on the version of pandas.
    unit = pandas.DatetimeIndex(Cal.calendar()[:1]).dtype
    levels = [pandas.Index(names).astype(str), pandas.DatetimeIndex(all_days.astype("datetime64[D]")).astype(unit)]
    index = pandas.MultiIndex(levels=levels, codes=[codes[rows], sessions[rows]], names=["instrument", "datetime"])
    return index.remove_unused_levels(), rows


def _edge(spans: Sequence[tuple[Any, Any]], k: int, side: int) -> Any:
    return numpy.datetime64(pandas.Timestamp(spans[k][side]), "D") if k < len(spans) else numpy.datetime64("NaT", "D")
