"""Datasets: a handler's rows in segments of dates."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from copy import copy
from pathlib import Path
from typing import Any

import pandas

from backstaff.errors import DataWarning, StudyError
from backstaff.qlib import _frame
from backstaff.qlib._names import refuse
from backstaff.qlib.data.dataset.handler import DataHandler, DataHandlerLP
from backstaff.qlib.data.dataset.windows import TSDataSampler

__all__ = ["DataHandler", "DataHandlerLP", "Dataset", "DatasetH", "TSDataSampler", "TSDatasetH"]


class Dataset:
    """What models read; one of one's own defines ``prepare``."""

    def __init__(self, **kwargs: Any) -> None:
        self.setup_data(**kwargs)

    def config(self, **kwargs: Any) -> None:
        """Change settings."""

    def setup_data(self, **kwargs: Any) -> None:
        """Load what is needed."""

    def prepare(self, *args: Any, **kwargs: Any) -> Any:
        """What a model reads."""
        raise NotImplementedError(f"{type(self).__name__} has no prepare")

    def to_pickle(self, path: str | os.PathLike[str], dump_all: bool = False, **kwargs: Any) -> None:
        """Write the dataset as a pickle, without its rows unless ``dump_all``."""
        import pickle

        with Path(path).expanduser().open("wb") as file:
            pickle.dump(self, file)


class DatasetH(Dataset):
    """A handler's rows in segments.

    Parameters
    ----------
    handler : DataHandler or mapping
        The handler, or its configuration.
    segments : mapping
        ``{name: (first date, last date)}``, both inclusive.
    fetch_kwargs : mapping
        What is passed to the handler's ``fetch`` beside.
    """

    def __init__(
        self, handler: Any, segments: Mapping[str, Any], fetch_kwargs: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> None:
        from backstaff.qlib.utils import init_instance_by_config

        self.handler = init_instance_by_config(handler, accept_types=DataHandler)
        self.segments = dict(segments)
        self.fetch_kwargs = dict(fetch_kwargs or {})
        for leak in leaks(self):
            warnings.warn(leak, DataWarning, stacklevel=3)
        super().__init__(**kwargs)

    def config(self, handler_kwargs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Change the segments, or settings of the handler."""
        if handler_kwargs is not None:
            self.handler.config(**handler_kwargs)
        if "segments" in kwargs:
            self.segments = dict(kwargs.pop("segments"))
        super().config(**kwargs)

    def setup_data(self, handler_kwargs: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        """Load the handler's rows again, if its arguments are given."""
        super().setup_data(**kwargs)
        if handler_kwargs is not None:
            self.handler.setup_data(**handler_kwargs)

    def prepare(
        self, segments: Any, col_set: Any = DataHandler.CS_ALL, data_key: str = DataHandlerLP.DK_I, **kwargs: Any
    ) -> Any:
        """The rows of a segment, or of each of several: frames by date and instrument.

        ``col_set`` is a group of columns (its frame has no name of it), or several; ``data_key`` one of ``DK_R``, ``DK_I``,
        ``DK_L``.
        """
        asked = {"col_set": col_set, "data_key": data_key, **kwargs}
        if isinstance(segments, str) and segments in self.segments:
            return self._prepare_seg(self._span(self.segments[segments]), **asked)
        if isinstance(segments, list | tuple) and all(isinstance(one, str) and one in self.segments for one in segments):
            return [self._prepare_seg(self._span(self.segments[one]), **asked) for one in segments]
        if isinstance(segments, str) and not segments[:1].isdigit():
            raise StudyError(f"there is no segment {segments!r} (known: {', '.join(self.segments)})")
        return self._prepare_seg(segments, **asked)

    @staticmethod
    def _span(segment: Any) -> Any:
        return slice(*segment) if isinstance(segment, list | tuple) else segment

    def _prepare_seg(self, slc: Any, **kwargs: Any) -> Any:
        return self.handler.fetch(slc, **kwargs, **self.fetch_kwargs)

    @staticmethod
    def get_min_time(segments: Mapping[str, Any]) -> Any:
        """The first date of all segments; None if one of them is open."""
        dates = [segment[0] for segment in segments.values()]
        return None if None in dates else min(dates, key=pandas.Timestamp)

    @staticmethod
    def get_max_time(segments: Mapping[str, Any]) -> Any:
        """The last date of all segments; None if one of them is open."""
        dates = [segment[1] for segment in segments.values()]
        return None if None in dates else max(dates, key=pandas.Timestamp)

    def __getstate__(self) -> dict[str, Any]:
        # The rows are loaded again by setup_data, as in Qlib.
        handler = copy(self.handler)
        handler._held = {}
        return {**self.__dict__, "handler": handler}

    def __repr__(self) -> str:
        return f"{type(self).__name__}(handler={type(self.handler).__name__}, segments={self.segments})"


class TSDatasetH(DatasetH):
    """The same as windows: the last ``step_len`` rows of each instrument, for models that read sequences.

    Parameters
    ----------
    step_len : int
        The length of a window.
    flt_col : str, optional
        A group of one column that says which rows are samples.
    """

    DEFAULT_STEP_LEN = 30

    def __init__(self, step_len: int = DEFAULT_STEP_LEN, flt_col: str | None = None, **kwargs: Any) -> None:
        self.step_len = step_len
        self.flt_col = flt_col
        super().__init__(**kwargs)

    def config(self, **kwargs: Any) -> None:
        self.step_len = kwargs.pop("step_len", self.step_len)
        super().config(**kwargs)

    def _prepare_seg(self, slc: Any, **kwargs: Any) -> TSDataSampler:
        dtype = kwargs.pop("dtype", None)
        fill = kwargs.pop("fillna_type", "none")
        flt_col = kwargs.pop("flt_col", self.flt_col)
        start, end = slc.start, slc.stop
        # The calendar of the rows as loaded; a window reaches so many of its dates back.
        dates = self.handler.fetch(col_set=self.handler.CS_RAW).index.unique("datetime").sort_values()
        first = max(0, int(dates.searchsorted(pandas.Timestamp(start))) - self.step_len) if start is not None else 0
        wide = slice(dates[first], end)
        rows = super()._prepare_seg(wide, **kwargs)
        flt = None if flt_col is None else super()._prepare_seg(wide, **{**kwargs, "col_set": flt_col})
        return TSDataSampler(rows, start, end, self.step_len, fillna_type=fill, dtype=dtype, flt_data=flt)


def leaks(dataset: DatasetH) -> list[str]:
    """Processors that are fitted behind the training segment: what they learn there is known too early."""
    train = dataset.segments.get("train")
    if not isinstance(train, list | tuple) or train[1] is None or not hasattr(dataset.handler, "get_all_processors"):
        return []
    known = _frame.last_day(train[1])
    found = []
    for one in dataset.handler.get_all_processors():
        end = _frame.last_day(getattr(one, "fit_end_time", None))
        if end is not None and known is not None and end > known:
            found.append(
                f"LEAK: {type(one).__name__} is fitted up to {one.fit_end_time}, and the training segment ends on {train[1]}: "
                f"set its fit_end_time to {train[1]} or before"
            )
    return found


__getattr__ = refuse(__name__, __all__)
