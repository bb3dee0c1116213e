"""Scores by date and instrument, for strategies."""

from __future__ import annotations

from typing import Any

import pandas

from backstaff.errors import StudyError
from backstaff.qlib import _frame

__all__ = ["Signal", "create_signal_from"]


class Signal:
    """Scores; of a frame those of its first column."""

    def __init__(self, scores: Any) -> None:
        self._all = _frame.ordered(scores if isinstance(scores, pandas.DataFrame) else scores.to_frame("score"))
        self._is_series = isinstance(scores, pandas.Series)

    @property
    def scores(self) -> pandas.Series:
        """One score a row."""
        return self._all.iloc[:, 0]

    def get_signal(self, start_time: Any, end_time: Any) -> Any:
        """The scores of the last session within two dates, by instrument, in the form that was given; None if there is none."""
        found = self._all.loc[pandas.Timestamp(start_time) : pandas.Timestamp(end_time)]
        if found.empty:
            return None
        last = found.loc[found.index.get_level_values(0)[-1]]
        return last.iloc[:, 0] if self._is_series else last

    def rows(self) -> tuple[list[str], tuple[Any, Any, Any]]:
        """The scores for the native part."""
        import numpy

        index = self.scores.index
        days = index.levels[0].to_numpy().astype("datetime64[D]").astype(numpy.int32)
        names = [str(name) for name in index.levels[1]]
        values = numpy.ascontiguousarray(self.scores.to_numpy(dtype=numpy.float64))
        places = numpy.asarray(index.codes[1]).astype(numpy.uint32)
        return names, (numpy.ascontiguousarray(days[numpy.asarray(index.codes[0])]), places, values)


def create_signal_from(obj: Any) -> Signal:
    """Scores from a series, a frame, ``(model, dataset)``, or a configuration of one of these."""
    if isinstance(obj, Signal):
        return obj
    if isinstance(obj, tuple | list) and len(obj) == 2 and hasattr(obj[0], "predict"):
        obj = obj[0].predict(dataset=obj[1])
    if isinstance(obj, dict | str):
        from backstaff.qlib.utils import init_instance_by_config

        obj = init_instance_by_config(obj)
    if not isinstance(obj, pandas.Series | pandas.DataFrame):
        raise StudyError(f"signal: {type(obj).__name__} holds no scores; give a series or a frame by date and instrument")
    return Signal(obj)
