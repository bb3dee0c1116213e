"""The configurations that Qlib's examples begin with: LightGBM on Alpha158 of a Chinese index."""

from __future__ import annotations

import copy
from typing import Any

from backstaff.qlib._names import refuse

__all__ = [
    "CSI100_MARKET", "CSI300_BENCH", "CSI300_DATASET_CONFIG", "CSI300_GBDT_TASK", "CSI300_MARKET", "GBDT_MODEL",
    "RECORD_CONFIG", "get_data_handler_config", "get_dataset_config", "get_gbdt_task",
]  # fmt: skip

CSI300_MARKET, CSI100_MARKET, CSI300_BENCH = "csi300", "csi100", "SH000300"
DATASET_ALPHA158_CLASS, DATASET_ALPHA360_CLASS = "Alpha158", "Alpha360"

_TREES = {"loss": "mse", "colsample_bytree": 0.8879, "learning_rate": 0.0421, "subsample": 0.8789, "max_depth": 8}
_TREES |= {"lambda_l1": 205.6999, "lambda_l2": 580.9768, "num_leaves": 210, "num_threads": 20}
GBDT_MODEL = {"class": "LGBModel", "module_path": "qlib.contrib.model.gbdt", "kwargs": _TREES}
_SIGNAL = {"dataset": "<DATASET>", "model": "<MODEL>"}
SA_RC = {"class": "SigAnaRecord", "module_path": "qlib.workflow.record_temp"}
RECORD_CONFIG = [{"class": "SignalRecord", "module_path": "qlib.workflow.record_temp", "kwargs": _SIGNAL}, SA_RC]
_SEGMENTS = {"train": ("2008-01-01", "2014-12-31"), "valid": ("2015-01-01", "2016-12-31"), "test": ("2017-01-01", "2020-08-01")}


def get_data_handler_config(
    start_time: str = "2008-01-01",
    end_time: str = "2020-08-01",
    fit_start_time: str = "<dataset.kwargs.segments.train.0>",
    fit_end_time: str = "<dataset.kwargs.segments.train.1>",
    instruments: Any = CSI300_MARKET,
) -> dict[str, Any]:
    """The arguments of a handler."""
    dates = {"start_time": start_time, "end_time": end_time, "fit_start_time": fit_start_time, "fit_end_time": fit_end_time}
    return {**dates, "instruments": instruments}


def get_dataset_config(
    dataset_class: str = DATASET_ALPHA158_CLASS,
    train: tuple[str, str] = _SEGMENTS["train"],
    valid: tuple[str, str] = _SEGMENTS["valid"],
    test: tuple[str, str] = _SEGMENTS["test"],
    handler_kwargs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A dataset of a handler's class."""
    kwargs = get_data_handler_config(**(handler_kwargs or {"instruments": CSI300_MARKET}))
    handler = {"class": dataset_class, "module_path": "qlib.contrib.data.handler", "kwargs": kwargs}
    segments = {"train": train, "valid": valid, "test": test}
    return {"class": "DatasetH", "module_path": "qlib.data.dataset", "kwargs": {"handler": handler, "segments": segments}}


def get_gbdt_task(dataset_kwargs: dict[str, Any] | None = None, handler_kwargs: dict[str, Any] | None = None) -> dict[str, Any]:
    """LightGBM on a dataset."""
    return {
        "model": copy.deepcopy(GBDT_MODEL),
        "dataset": get_dataset_config(**(dataset_kwargs or {}), handler_kwargs=handler_kwargs),
    }


CSI300_DATASET_CONFIG = get_dataset_config()
CSI300_GBDT_TASK = get_gbdt_task()

__getattr__ = refuse(__name__, __all__)
