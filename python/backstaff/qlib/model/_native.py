"""Models of the engine on datasets of Qlib's form."""

from __future__ import annotations

import json
from typing import Any

import numpy
import pandas

from backstaff import _native
from backstaff._lightgbm import find_library
from backstaff._threads import n_threads
from backstaff.errors import StudyError
from backstaff.qlib import _frame
from backstaff.qlib.data.dataset import DatasetH
from backstaff.qlib.data.dataset.handler import DataHandler, DataHandlerLP
from backstaff.qlib.model.base import Model

Rows = tuple[_native.QlibTable, int, int]


def rows(dataset: Any, segment: Any, data_key: str, col_set: list[str]) -> Rows:
    """The rows of a segment for the engine: from where they lie, or, of a dataset of one's own, from its frames."""
    handler: Any = getattr(dataset, "handler", None)
    is_plain = isinstance(dataset, DatasetH) and isinstance(handler, DataHandler) and not dataset.fetch_kwargs
    for name, own, base in (
        ("prepare", dataset, DatasetH),
        ("_prepare_seg", dataset, DatasetH),
        ("fetch", handler, DataHandler),
    ):
        is_plain = is_plain and getattr(type(own), name) is getattr(base, name)
    span = dataset.segments.get(segment, segment) if is_plain and isinstance(segment, str) else segment
    if is_plain and isinstance(span, list | tuple):
        held = handler._rows(data_key)
        if held.is_native or set(held.columns.unique(0)) >= set(col_set):
            return held.table, *held.table.rows_within(_frame.day(span[0]), _frame.last_day(span[1]))
    frame = dataset.prepare(segment, col_set=col_set if len(col_set) > 1 else col_set[0], data_key=data_key)
    if not isinstance(frame.columns, pandas.MultiIndex):
        frame = pandas.concat({col_set[0]: frame}, axis=1)
    table = _frame.to_table(frame)
    return table, 0, table.n_rows()


class NativeModel(Model):
    """A model of the engine, by Qlib's name and keyword arguments."""

    kind: str

    def __init__(self) -> None:
        self._model: _native.QlibModel | None = None

    def _kwargs(self) -> dict[str, Any]:
        raise NotImplementedError

    def _fit(self, dataset: Any, reweighter: Any = None, **more: Any) -> _native.QlibModel:
        find_library()
        both = ["feature", "label"]
        train = rows(dataset, "train", DataHandlerLP.DK_L, both)
        has_valid = "valid" in getattr(dataset, "segments", {})
        valid = rows(dataset, "valid", DataHandlerLP.DK_L, both) if has_valid else (train[0], 0, 0)
        if train[1] == train[2]:
            raise ValueError("the segment train has no row after the processors; begin it earlier, or leave a processor out")
        kwargs = self._kwargs() | more
        threads = n_threads(kwargs.get("num_threads", kwargs.get("n_jobs")) or None)
        weighed: list[Any] = [(*own, self._weights(own, reweighter)) for own in (train, valid)]
        self._model = _native.qlib_fit(self.kind, json.dumps(kwargs, default=_number), weighed[0], weighed[1], threads)
        return self._model

    @staticmethod
    def _weights(own: Rows, reweighter: Any) -> Any:
        if reweighter is None or own[1] == own[2]:
            return None
        weights = reweighter.reweight(_frame.to_frame(own[0], rows=own[1:]))
        return numpy.ascontiguousarray(weights, dtype=numpy.float64)

    def predict(self, dataset: Any, segment: Any = "test") -> pandas.Series:
        """The scores of a segment, from the rows ``DK_I``."""
        table, first, end = rows(dataset, segment, DataHandlerLP.DK_I, ["feature"])
        scores = self.fitted.predict(table, first, end, n_threads(None))
        return pandas.Series(numpy.frombuffer(scores), index=_frame.index_of(table, first, end))

    @property
    def fitted(self) -> _native.QlibModel:
        """The engine's model."""
        if self._model is None:
            raise ValueError("model is not fitted yet!")
        return self._model

    def __getstate__(self) -> dict[str, Any]:
        state = {key: value for key, value in self.__dict__.items() if key != "_booster"}
        return state | {"_model": None if self._model is None else self._model.to_text()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if state["_model"] is not None:
            find_library()
            self._model = _native.qlib_model(state["_model"])


def _number(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise StudyError(f"an argument of the model is {value!r}, which is neither a number, a text nor a list")
