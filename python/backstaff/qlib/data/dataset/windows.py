"""Windows over rows: for each sample the last rows of its instrument, as one array."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from backstaff.errors import StudyError
from backstaff.qlib import _frame

_FILLS = ("none", "ffill", "ffill+bfill")


class TSDataSampler:
    """Samples by number, by a list of numbers, or by ``(date, instrument)``: arrays of ``step_len`` rows and all columns.

    A date on which the instrument has no row is NaN; ``fillna_type="ffill"`` repeats the row before, ``"ffill+bfill"`` the
    row behind where there is none before.
    """

    def __init__(
        self,
        data: pandas.DataFrame,
        start: Any,
        end: Any,
        step_len: int,
        fillna_type: str = "none",
        dtype: Any = None,
        flt_data: Any = None,
    ) -> None:
        if fillna_type not in _FILLS:
            raise StudyError(f"fillna_type: {fillna_type!r} is none of {', '.join(_FILLS)}")
        self.start, self.end, self.step_len, self.fillna_type = start, end, step_len, fillna_type
        rows = _frame.ordered(data).swaplevel().sort_index()
        values = rows.to_numpy(dtype=dtype)
        # The last row is what a date without a row reads.
        self.data_arr = numpy.append(values, numpy.full((1, values.shape[1]), numpy.nan, dtype=values.dtype), axis=0)
        self.nan_idx = len(values)
        names, dates = rows.index.get_level_values(0), rows.index.get_level_values(1)
        self._names, self._dates = names.unique().sort_values(), dates.unique().sort_values()
        row, column = self._dates.get_indexer(dates), self._names.get_indexer(names)
        self._places = numpy.full((len(self._dates), len(self._names)), self.nan_idx)
        self._places[row, column] = numpy.arange(len(rows))
        first, last = self._dates.slice_locs(*(None if date is None else pandas.Timestamp(date) for date in (start, end)))
        kept = (row >= first) & (row < last)
        if flt_data is not None:
            flags = flt_data.iloc[:, 0] if isinstance(flt_data, pandas.DataFrame) else flt_data
            # What has no flag is no sample.
            kept &= flags.swaplevel().reindex(rows.index).eq(True).to_numpy()
        self.idx_map = numpy.stack([row[kept], column[kept]], axis=1).astype(numpy.int32)
        self.data_index = rows.index[kept]

    @property
    def idx_df(self) -> pandas.DataFrame:
        """The row of ``data_arr`` of each date and instrument."""
        return pandas.DataFrame(self._places, index=self._dates, columns=self._names)

    @property
    def empty(self) -> bool:
        """Whether there is no sample."""
        return len(self) == 0

    def get_index(self) -> pandas.MultiIndex:
        """The date and the instrument of each sample."""
        return self.data_index.swaplevel()

    def config(self, **kwargs: Any) -> None:
        """Change settings, such as ``fillna_type``."""
        for key, value in kwargs.items():
            setattr(self, key, value)

    def __len__(self) -> int:
        return len(self.idx_map)

    def _rows(self, row: int, column: int) -> numpy.ndarray:
        rows = self._places[max(row - self.step_len + 1, 0) : row + 1, column]
        rows = numpy.concatenate([numpy.full(self.step_len - len(rows), self.nan_idx), rows])
        if self.fillna_type != "none":
            rows = self._filled(rows)
        return self._filled(rows[::-1])[::-1] if self.fillna_type == "ffill+bfill" else rows

    def _filled(self, rows: numpy.ndarray) -> numpy.ndarray:
        last = numpy.maximum.accumulate(numpy.where(rows == self.nan_idx, -1, numpy.arange(len(rows))))
        return numpy.where(last < 0, self.nan_idx, rows[last])

    def _place(self, sample: Any) -> tuple[int, int]:
        if isinstance(sample, tuple):
            date, name = sample
            return int(self._dates.searchsorted(pandas.Timestamp(date), side="right")) - 1, int(self._names.searchsorted(name))
        if not 0 <= sample < len(self):
            raise KeyError(f"there is no sample {sample}: there are {len(self)}")
        return int(self.idx_map[sample][0]), int(self.idx_map[sample][1])

    def __getitem__(self, idx: Any) -> numpy.ndarray:
        if isinstance(idx, list | numpy.ndarray):
            rows = numpy.concatenate([self._rows(*self._place(one)) for one in idx])
            return self.data_arr[rows].reshape(-1, self.step_len, self.data_arr.shape[1])
        return self.data_arr[self._rows(*self._place(idx))]
