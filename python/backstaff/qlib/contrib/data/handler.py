"""Handlers of Qlib's two sets of features."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from backstaff.errors import StudyError
from backstaff.qlib._names import refuse
from backstaff.qlib.contrib.data.loader import Alpha158DL, Alpha360DL
from backstaff.qlib.data.dataset.handler import DataHandlerLP
from backstaff.qlib.data.dataset.processor import Processor

__all__ = ["Alpha158", "Alpha158vwap", "Alpha360", "Alpha360vwap", "check_transform_proc"]

_LEARN = [{"class": "DropnaLabel"}, {"class": "CSZScoreNorm", "kwargs": {"fields_group": "label"}}]
_INFER = [
    {"class": "ProcessInf", "kwargs": {}},
    {"class": "ZScoreNorm", "kwargs": {}},
    {"class": "Fillna", "kwargs": {}},
]


def check_transform_proc(proc_l: Sequence[Any], fit_start_time: Any, fit_end_time: Any) -> list[Any]:
    """Processors with the handler's dates for those that are fitted."""
    from backstaff.qlib.utils import get_callable_kwargs

    made: list[Any] = []
    for one in proc_l:
        if isinstance(one, Processor):
            made.append(one)
            continue
        known, kwargs = get_callable_kwargs(one, "qlib.data.dataset.processor")
        if {"fit_start_time", "fit_end_time"} <= set(inspect.signature(known).parameters):
            if fit_start_time is None or fit_end_time is None:
                raise StudyError(f"{known.__name__} is fitted: say fit_start_time and fit_end_time of the handler")
            kwargs |= {"fit_start_time": fit_start_time, "fit_end_time": fit_end_time}
        made.append({"class": known, "kwargs": kwargs})
    return made


class _Alpha(DataHandlerLP):
    """A handler of expressions with a label.

    Parameters
    ----------
    instruments : str, list or mapping
        A market, names, or a market with filters.
    start_time, end_time : date, optional
        The dates that are loaded.
    infer_processors, learn_processors : sequence, optional
        Processors; Qlib's own if absent.
    fit_start_time, fit_end_time : date, optional
        The dates on which processors are fitted.
    label : tuple, list or str, optional
        Expressions and names of the label; the return from the next close to the one behind it if absent.
    """

    _loader: Any
    _infer_default: Sequence[Any] = ()

    def __init__(
        self,
        instruments: Any = "csi500",
        start_time: Any = None,
        end_time: Any = None,
        freq: str = "day",
        infer_processors: Sequence[Any] | None = None,
        learn_processors: Sequence[Any] | None = None,
        fit_start_time: Any = None,
        fit_end_time: Any = None,
        filter_pipe: Sequence[Any] | None = None,
        inst_processors: Sequence[Any] | None = None,
        **kwargs: Any,
    ) -> None:
        dates = (fit_start_time, fit_end_time)
        label = kwargs.pop("label", None)
        label = self.get_label_config() if label is None else [label] if isinstance(label, str) else label
        loader = {
            "class": "QlibDataLoader",
            "kwargs": {
                "config": {"feature": self.get_feature_config(), "label": label},
                "filter_pipe": filter_pipe,
                "freq": freq,
                "inst_processors": inst_processors,
            },
        }
        super().__init__(
            instruments=instruments,
            start_time=start_time,
            end_time=end_time,
            data_loader=kwargs.pop("data_loader", loader),
            infer_processors=check_transform_proc(
                self._infer_default if infer_processors is None else infer_processors, *dates
            ),
            learn_processors=check_transform_proc(_LEARN if learn_processors is None else learn_processors, *dates),
            **kwargs,
        )

    def get_feature_config(self) -> Any:
        """Expressions and names of the features."""
        return self._loader.get_feature_config()

    def get_label_config(self) -> Any:
        """Expressions and names of the label."""
        return ["Ref($close, -2)/Ref($close, -1) - 1"], ["LABEL0"]


class Alpha158(_Alpha):
    """158 features of bars and windows of 5 to 60 sessions, and the label."""

    _loader = Alpha158DL


class Alpha360(_Alpha):
    """Sixty sessions of prices and volumes over the last ones, and the label."""

    _loader = Alpha360DL
    _infer_default = _INFER


class Alpha158vwap(Alpha158):
    """Alpha158 with a label of average prices."""

    def get_label_config(self) -> Any:
        return ["Ref($vwap, -2)/Ref($vwap, -1) - 1"], ["LABEL0"]


class Alpha360vwap(Alpha360):
    """Alpha360 with a label of average prices."""

    def get_label_config(self) -> Any:
        return ["Ref($vwap, -2)/Ref($vwap, -1) - 1"], ["LABEL0"]


__getattr__ = refuse(__name__, __all__)
