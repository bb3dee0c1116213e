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
        table, places, unknown = self._computed(names)
        rows, index = _rows(table, spans, calendar)
        frame = pandas.DataFrame(_values(table, [places.get(name) for name in names], rows), index=index, copy=False)
        if unknown:
            frame = self._by_qlib(frame, unknown, names, (instruments, start_time, end_time, freq))
        frame.columns = names
        return frame

    def _computed(self, names: list[str]) -> tuple[Any, dict[str, str | None], list[str]]:
        """The fields that the engine knows, over the whole folder: a table, the column of each; and the other fields."""
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
                name = asked[int(error.feature.rpartition("_")[2])]
                unknown.append(name)
                warnings.warn(f"backstaff does not know {name!r}, which Qlib computes itself: {error}", stacklevel=6)
        # Qlib gives no value of a field that the folder lacks, and says nothing.
        missing = {int(name.rpartition("_")[2]): why for name, why in table.left_out}
        for place, why in missing.items():
            warnings.warn(f"{asked[place]} has no value: {why}", bs.DataWarning, stacklevel=6)
        places = {name: None if place in missing else f"field_{place}" for place, name in enumerate(asked)}
        return table.to_arrow(), places, unknown

    def _table(self, prices: bs.Prices, asked: list[str]) -> bs.Table:
        # A label may look ahead; a library has such entries apart from its features.
        with tempfile.TemporaryDirectory(prefix="backstaff-qlib-") as folder:
            path = Path(folder) / "asked.yaml"
            entries = "\n".join(f"  - name: field_{place}\n    expression: {_quoted(name)}" for place, name in enumerate(asked))
            path.write_text(f"features:\n  - name: anchor_0\n    expression: $close\ntargets:\n{entries}\n", encoding="utf-8")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", bs.DataWarning)
                return bs.compute(prices, file=path, threads=self._threads)

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
        theirs = LocalDatasetProvider().dataset(instruments, unknown, *rest).reindex(frame.index)
        return pandas.DataFrame({k: theirs[name] if name in unknown else frame[k] for k, name in enumerate(names)})


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _values(table: Any, columns: Sequence[str | None], rows: Any) -> Any:
    """The columns in some rows, as one array of 32-bit numbers; NaN where there is no column."""
    values = numpy.empty((len(rows), len(columns)), dtype=numpy.float32, order="F")
    for k, column in enumerate(columns):
        values[:, k] = numpy.nan if column is None else table[column].to_numpy()[rows]
    return values


def _rows(table: Any, spans: Mapping[str, Sequence[tuple[Any, Any]]], calendar: Any) -> tuple[Any, pandas.MultiIndex]:
    """The rows of the asked instruments, within their spans and the calendar's, with their index as Qlib has it."""
    instruments = table["instrument"].combine_chunks().dictionary_encode()
    if hasattr(instruments, "combine_chunks"):
        instruments = instruments.combine_chunks()
    codes, names = instruments.indices.to_numpy(), instruments.dictionary.to_pylist()
    days = table["date"].to_numpy().astype("datetime64[D]")
    first, last = (numpy.datetime64(pandas.Timestamp(day), "D") for day in (calendar[0], calendar[-1]))
    keep = numpy.zeros(len(codes), dtype=bool)
    for k in range(max(len(own) for own in spans.values())):
        # Nothing is later than NaT, nor earlier: an instrument without a span has no row.
        edges = [[_edge(spans.get(name, ()), k, side) for name in names] for side in (0, 1)]
        begin, end = (numpy.array(edge, dtype="datetime64[D]") for edge in edges)
        keep |= (days >= numpy.maximum(begin, first)[codes]) & (days <= numpy.minimum(end, last)[codes])
    rows = numpy.flatnonzero(keep)
    # Of the unit that Qlib's calendar has, which depends on the version of pandas.
    dates, places = numpy.unique(days[rows], return_inverse=True)
    levels = [pandas.Index(names).astype(str), pandas.DatetimeIndex(dates).astype(pandas.DatetimeIndex(calendar[:1]).dtype)]
    index = pandas.MultiIndex(levels=levels, codes=[codes[rows], places], names=["instrument", "datetime"])
    return rows, index.remove_unused_levels()


def _edge(spans: Sequence[tuple[Any, Any]], k: int, side: int) -> Any:
    return numpy.datetime64(pandas.Timestamp(spans[k][side]), "D") if k < len(spans) else numpy.datetime64("NaT")
