"""Models of packages that a user may have."""

from __future__ import annotations

import importlib
from typing import Any

import numpy

from backstaff.errors import Error, StudyError
from backstaff.qlib.data.dataset.handler import DataHandlerLP


def package(name: str, model: str) -> Any:
    """A package, or an error that says how to get it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Error(f"{model} needs the package {name}, which is not installed: pip install {name}") from error


def learned(dataset: Any, reweighter: Any) -> list[tuple[Any, Any, Any]]:
    """Features, label and weights of the segments ``train`` and ``valid``."""
    parts = []
    for frame in dataset.prepare(["train", "valid"], col_set=["feature", "label"], data_key=DataHandlerLP.DK_L):
        if frame.empty:
            raise ValueError("a segment has no row after the processors; check its dates")
        label = frame["label"].to_numpy()
        if label.shape[1] != 1:
            raise StudyError(f"the model learns one label, and there are {label.shape[1]}")
        weights = None if reweighter is None else numpy.asarray(reweighter.reweight(frame))
        parts.append((frame["feature"], label[:, 0], weights))
    return parts
