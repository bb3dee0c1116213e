"""A data provider for the real Qlib: its handlers, models and strategies as they are, its expressions on our engine.

>>> provider = {"class": "BackstaffDatasetProvider", "module_path": "backstaff.qlib_provider"}

goes into ``qlib.init(provider_uri=..., dataset_provider=provider)``; then ``D.features`` and the loading of every handler
are computed here. Nothing else of Qlib changes: calendar, instruments, backtest and records are its own.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import backstaff as bs

try:
    import numpy
    import pandas
    from qlib.config import C
    from qlib.data.data import Cal, DatasetProvider, LocalDatasetProvider
except ModuleNotFoundError:
    # Whoever reads the module's documentation need not have Qlib.
    DatasetProvider = object


class BackstaffDatasetProvider(DatasetProvider):
    """Computes expressions over Qlib's ``.bin`` folders: float32, indexed by ``(instrument, datetime)``, as Qlib gives them.

    Values depend on the data alone, where Qlib's own depend on where the query begins: its ``EMA`` starts there, and its
    running sums drift from there. A field that this engine does not know (an operator of the user's own) is handed to Qlib,
    with a warning that names it.

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
        self._read: dict[str, tuple[tuple[float, ...], bs.Prices]] = {}

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
        if freq != "day":
            return LocalDatasetProvider().dataset(instruments, fields, start_time, end_time, freq)
        spans = self.get_instruments_d(instruments, freq)
        if not isinstance(spans, Mapping):
            # Of instruments that are named, all days count.
            spans = {name: [(pandas.Timestamp.min, pandas.Timestamp.max)] for name in spans}
        names = [str(field) for field in self.get_column_names(fields)]
        calendar = Cal.calendar(start_time, end_time, freq)
        if len(calendar) == 0 or len(spans) == 0:
            return LocalDatasetProvider().dataset(instruments, fields, start_time, end_time, freq)
        known, unknown = self._computed(names)
        rows = _rows(known, spans, calendar[0], calendar[-1])
        frame = pandas.DataFrame(
            {place: known[name].to_numpy()[rows] for place, name in enumerate(names) if name in known}, index=known.index[rows]
        ).astype(numpy.float32)
        if unknown:
            frame = self._by_qlib(frame, unknown, names, (instruments, start_time, end_time, freq))
        frame.columns = names
        # Of the unit that Qlib's calendar has, which depends on the version of pandas.
        days = frame.index.levels[1].astype(pandas.DatetimeIndex(calendar[:1]).dtype)
        frame.index = frame.index.set_levels(days, level=1)
        return frame

    def _computed(self, names: list[str]) -> tuple[pandas.DataFrame, list[str]]:
        """The fields that the engine knows, over the whole folder; and the others."""
        prices = self._prices()
        unknown: list[str] = []
        while True:
            asked = [name for name in dict.fromkeys(names) if name not in unknown]
            try:
                table = self._table(prices, asked)
                break
            except bs.ExpressionError as error:
                if self._strict:
                    raise
                place = int(error.feature.rpartition("_")[2])
                unknown.append(asked[place])
                warnings.warn(f"backstaff does not know {asked[place]!r}, which Qlib computes itself: {error}", stacklevel=6)
        return table, unknown

    def _table(self, prices: bs.Prices, asked: list[str]) -> pandas.DataFrame:
        if not asked:
            return pandas.DataFrame()
        # A label may look ahead; a library has such entries apart from its features.
        with tempfile.TemporaryDirectory(prefix="backstaff-qlib-") as folder:
            path = Path(folder) / "asked.yaml"
            entries = "\n".join(f"  - name: field_{place}\n    expression: {_quoted(name)}" for place, name in enumerate(asked))
            path.write_text(f"features:\n  - name: anchor_0\n    expression: $close\ntargets:\n{entries}\n", encoding="utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", bs.DataWarning)
                table = bs.compute(prices, file=path, threads=self._threads)
        # Qlib gives no value of a field that the folder lacks, and says nothing.
        left_out = {int(name.rpartition("_")[2]): why for name, why in table.left_out}
        for place, why in left_out.items():
            warnings.warn(f"{asked[place]} has no value: {why}", bs.DataWarning, stacklevel=7)
        frame = table.to_arrow().to_pandas(date_as_object=False)
        index = pandas.MultiIndex.from_arrays([frame["instrument"].astype(str), frame["date"]], names=["instrument", "datetime"])
        missing = numpy.full(len(frame), numpy.nan, dtype=numpy.float32)
        values = lambda place: frame[f"field_{place}"].to_numpy(numpy.float32)  # noqa: E731
        columns = {name: missing if place in left_out else values(place) for place, name in enumerate(asked)}
        return pandas.DataFrame(columns, index=index)

    def _prices(self) -> bs.Prices:
        """The prices of the folder, read again when its files have changed."""
        folder = C.dpm.get_data_uri("day")
        stamp = tuple(os.stat(path).st_mtime for path in (folder, *sorted(Path(folder).glob("*/"))))
        found = self._read.get(str(folder))
        if found is None or found[0] != stamp:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", bs.DataWarning)
                found = self._read[str(folder)] = (stamp, bs.read(folder, threads=self._threads))
        return found[1]

    @staticmethod
    def _by_qlib(frame: pandas.DataFrame, unknown: list[str], names: list[str], query: tuple[Any, ...]) -> pandas.DataFrame:
        instruments, *rest = query
        theirs = LocalDatasetProvider().dataset(instruments, unknown, *rest)
        joined = frame.join(theirs, how="outer") if len(frame.columns) else theirs
        return pandas.DataFrame({place: joined[name if name in unknown else place] for place, name in enumerate(names)})


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _rows(table: pandas.DataFrame, spans: Mapping[str, Sequence[tuple[Any, Any]]], first: Any, last: Any) -> Any:
    """The rows of the asked instruments, within their spans and the calendar's, sorted by instrument and date."""
    instruments = table.index.get_level_values(0)
    dates = table.index.get_level_values(1)
    codes, names = pandas.factorize(instruments)
    begin = numpy.full(len(names), numpy.datetime64("NaT"), dtype="datetime64[ns]")
    keep = numpy.zeros(len(table), dtype=bool)
    days = dates.to_numpy("datetime64[ns]")
    inside = (days >= numpy.datetime64(first)) & (days <= numpy.datetime64(last))
    most = max(len(spans[name]) for name in spans)
    for k in range(most):
        begin = numpy.array([_edge(spans.get(name, ()), k, 0) for name in names], dtype="datetime64[ns]")
        end = numpy.array([_edge(spans.get(name, ()), k, 1) for name in names], dtype="datetime64[ns]")
        keep |= inside & (days >= begin[codes]) & (days <= end[codes])
    return numpy.flatnonzero(keep)


def _edge(spans: Sequence[tuple[Any, Any]], k: int, side: int) -> Any:
    # Nothing is later than NaT, nor earlier: an instrument without a span has no row.
    return numpy.datetime64(pandas.Timestamp(spans[k][side])) if k < len(spans) else numpy.datetime64("NaT")
