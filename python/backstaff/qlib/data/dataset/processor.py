"""Processors: what becomes of columns between their loading and a model. They are the engine's; one's own work on frames."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import pandas

from backstaff import _native
from backstaff._threads import n_threads
from backstaff.qlib import _frame
from backstaff.qlib._names import refuse

__all__ = [
    "CSRankNorm", "CSZFillna", "CSZScoreNorm", "DropCol", "DropnaLabel", "DropnaProcessor", "Fillna", "FilterCol",
    "HashStockFormat", "InstProcessor", "MinMaxNorm", "ProcessInf", "Processor", "RobustZScoreNorm", "TanhProcess",
    "TimeRangeFlt", "ZScoreNorm", "get_group_columns",
]  # fmt: skip


def get_group_columns(df: pandas.DataFrame, group: str | None) -> pandas.Index:
    """The columns of a group; all of them if it is None."""
    return df.columns if group is None else df.columns[df.columns.get_loc(group)]


class Processor:
    """A processor: one of one's own defines ``__call__`` on frames, and ``fit`` if it learns something."""

    def fit(self, df: pandas.DataFrame | None = None) -> Any:
        """Learn from the rows of a frame."""

    def __call__(self, df: pandas.DataFrame) -> pandas.DataFrame:
        raise NotImplementedError(f"{type(self).__name__} has no __call__")

    def is_for_infer(self) -> bool:
        """Whether rows that are predicted for may pass through it."""
        return True

    def readonly(self) -> bool:
        """Whether it leaves its frame as it is."""
        return False

    def config(self, **kwargs: Any) -> None:
        """Change settings."""
        for key, value in kwargs.items():
            if hasattr(self, key):
                setattr(self, key, value)


class InstProcessor:
    """A processor of one instrument's rows, for a loader."""

    def __call__(self, df: pandas.DataFrame, instrument: str, *args: Any, **kwargs: Any) -> pandas.DataFrame:
        raise NotImplementedError(f"{type(self).__name__} has no __call__")


class _Native(Processor):
    """A processor of the engine."""

    # The keyword arguments besides the dates, in their order.
    keywords: Sequence[str] = ()
    fit_start_time: Any = None
    fit_end_time: Any = None

    def __init__(self) -> None:
        self._fitted: _native.QlibProcessor | None = None

    def made(self) -> _native.QlibProcessor:
        """The engine's processor."""
        if self._fitted is None:
            name = next(c.__name__ for c in type(self).__mro__ if c.__module__ == __name__)
            kwargs = {keyword: _plain(getattr(self, keyword)) for keyword in self.keywords}
            self._fitted = _native.QlibProcessor(name, json.dumps(kwargs), n_threads(None))
        return self._fitted

    def fit(self, df: pandas.DataFrame | None = None) -> None:
        if df is not None:
            self.fit_table(_frame.to_table(df))

    def __call__(self, df: pandas.DataFrame) -> pandas.DataFrame:
        # What was given is never changed.
        given = _frame.ordered(df)
        made = _frame.to_frame(self.apply_table(_frame.to_table(given)))
        # Labels stay as they are, which may be others than texts and days.
        if len(made) == len(given):
            made.index = given.index
        if len(made.columns) == len(given.columns):
            made.columns = given.columns
        return made

    def fit_table(self, table: _native.QlibTable) -> None:
        """Learn from the rows of its dates."""
        self._fitted = None
        made = self.made()
        if made.needs_fit():
            made.fit(table, _frame.day(self.fit_start_time), _frame.last_day(self.fit_end_time))

    def apply_table(self, table: _native.QlibTable) -> _native.QlibTable:
        """What becomes of a table."""
        dates = (_frame.day(getattr(self, "start_time", None)), _frame.last_day(getattr(self, "end_time", None)))
        return self.made().apply(table, *dates)

    def is_for_infer(self) -> bool:
        return self.made().is_for_inference()

    def runs_natively(self) -> bool:
        """Whether no method is one's own."""
        return all(getattr(type(self), name) is getattr(_Native, name) for name in ("fit", "__call__"))

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_fitted": None}

    def __deepcopy__(self, memo: Any) -> _Native:
        twin = copy.copy(self)
        twin._fitted = None
        return twin


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple | pandas.Index) else value


class _Group(_Native):
    keywords: Sequence[str] = ("fields_group",)

    def __init__(self, fields_group: Any = None) -> None:
        super().__init__()
        self.fields_group = fields_group


class DropnaProcessor(_Group):
    """Leaves out rows that miss a column of the group."""


class DropnaLabel(DropnaProcessor):
    """Leaves out rows that miss a label; not for rows that are predicted."""

    def __init__(self, fields_group: Any = "label") -> None:
        super().__init__(fields_group)


class CSRankNorm(_Group):
    """``(rank − 0.5) · 3.46`` in each session, with ranks from above 0 to 1."""


class CSZFillna(_Group):
    """The session's mean for what is missing."""


class CSZScoreNorm(_Group):
    """``(x − mean) / deviation`` in each session; ``method="robust"`` with medians, clipped to ±3."""

    keywords = ("fields_group", "method")

    def __init__(self, fields_group: Any = None, method: str = "zscore") -> None:
        super().__init__(fields_group)
        self.method = method


class Fillna(_Group):
    """A number for what is missing."""

    keywords = ("fields_group", "fill_value")

    def __init__(self, fields_group: Any = None, fill_value: float = 0) -> None:
        super().__init__(fields_group)
        self.fill_value = fill_value


class DropCol(_Native):
    """Leaves out columns by name."""

    keywords = ("col_list",)

    def __init__(self, col_list: Sequence[str] = ()) -> None:
        super().__init__()
        self.col_list = list(col_list)


class FilterCol(_Native):
    """Keeps columns of a group by name, and the other groups."""

    keywords = ("fields_group", "col_list")

    def __init__(self, fields_group: Any = "feature", col_list: Sequence[str] = ()) -> None:
        super().__init__()
        self.fields_group = fields_group
        self.col_list = list(col_list)


class TanhProcess(_Native):
    """``tanh(x − 1)`` of what is no label."""


class ProcessInf(_Native):
    """The session's mean for what is infinite."""


class HashStockFormat(_Native):
    """Leaves everything as it is: how rows are stored is the engine's matter."""


class _Fitted(_Group):
    def __init__(self, fit_start_time: Any = None, fit_end_time: Any = None, fields_group: Any = None) -> None:
        super().__init__(fields_group)
        self.fit_start_time = fit_start_time
        self.fit_end_time = fit_end_time


class MinMaxNorm(_Fitted):
    """``(x − min) / (max − min)`` of the dates that it is fitted on."""


class ZScoreNorm(_Fitted):
    """``(x − mean) / deviation`` of the dates that it is fitted on."""


class RobustZScoreNorm(_Fitted):
    """``(x − median) / (1.4826 · median deviation)`` of the dates that it is fitted on, clipped to ±3 if wanted."""

    keywords = ("fields_group", "clip_outlier")

    def __init__(
        self, fit_start_time: Any = None, fit_end_time: Any = None, fields_group: Any = None, clip_outlier: bool = True
    ) -> None:
        super().__init__(fit_start_time, fit_end_time, fields_group)
        self.clip_outlier = clip_outlier


class TimeRangeFlt(_Native, InstProcessor):
    """Instruments that have a row at or before one date and one at or after another; for loaders too."""

    def __init__(self, start_time: Any = None, end_time: Any = None, freq: str = "day") -> None:
        super().__init__()
        self.start_time = start_time
        self.end_time = end_time

    def __call__(self, df: pandas.DataFrame, instrument: str | None = None, *args: Any, **kwargs: Any) -> pandas.DataFrame:
        if instrument is None:
            return super().__call__(df)
        begins, ends = self.start_time, self.end_time
        lives = len(df) > 0 and (begins is None or df.index.min() <= pandas.Timestamp(begins))
        return df if lives and (ends is None or df.index.max() >= pandas.Timestamp(ends)) else df.head(0)

    def runs_natively(self) -> bool:
        return type(self).__call__ is TimeRangeFlt.__call__


def make(config: Any) -> Any:
    """The processor that a configuration names."""
    from backstaff.qlib.utils import init_instance_by_config

    return init_instance_by_config(config, default_module=__name__, accept_types=(Processor, InstProcessor))


def apply(processor: Any, held: _frame.Held, fits: bool) -> _frame.Held:
    """What a processor makes of rows, fitted on them first if wanted."""
    if isinstance(processor, _Native) and processor.runs_natively():
        if fits:
            processor.fit_table(held.table)
        return _frame.Held(processor.apply_table(held.table))
    if fits:
        processor.fit(held.frame)
    return _frame.Held(frame=processor(held.frame if processor.readonly() else held.frame.copy()))


__getattr__ = refuse(__name__, __all__)
