"""Observations that come in as whatever holds numbers: rows for the native part, without a loop in Python."""

from __future__ import annotations

import operator
import sys
from typing import Any

from backstaff import _native
from backstaff.errors import DataError, Error, StudyError


class InvalidParameter(StudyError, ValueError):
    """A parameter of a model, or an argument of one of its methods, is wrong; also a ``ValueError``."""


class InvalidData(DataError, ValueError):
    """Observations are wrong: an infinity, a text, another number of columns; also a ``ValueError``."""


class NotFitted(InvalidParameter, AttributeError):
    """A model is asked for what it has only once it is fitted, or its parameters are set."""


for _class in (InvalidParameter, InvalidData, NotFitted):
    _class.__module__ = "backstaff.hmm"


def load_numpy() -> Any:
    """The package numpy, which ``import backstaff`` does without."""
    try:
        import numpy
    except ImportError as error:
        raise Error("backstaff.hmm gives arrays of numpy, which is not installed: pip install numpy") from error
    return numpy


def observed(X: Any, lengths: Any) -> tuple[_native.Observed, tuple[int, int]]:
    """Observations for the native part, and their shape."""
    rows = matrix(X)
    return _native.Observed(rows, rows.shape[1], _lengths(lengths)), rows.shape


def matrix(X: Any) -> Any:
    """Rows × columns of numbers in the order of rows; what is missing is NaN."""
    numpy = load_numpy()
    pandas = sys.modules.get("pandas")
    if type(X).__name__ == "LazyFrame":
        X = X.collect()
    if len(getattr(X, "shape", (0, 0))) == 1:
        raise InvalidData("X has one dimension; give rows × columns, of one series with X.reshape(-1, 1) or as a frame")
    try:
        if pandas is not None and isinstance(X, pandas.DataFrame):
            rows = X.to_numpy(dtype=numpy.float64, na_value=numpy.nan)
        elif hasattr(X, "__arrow_c_stream__"):
            data, n_rows, n_columns = _native.numbers(X)
            rows = numpy.frombuffer(data, dtype=numpy.float64).reshape(n_rows, n_columns)
        else:
            rows = numpy.asarray(X)
            if rows.dtype.kind not in "fiubO":
                raise InvalidData(f"X holds {rows.dtype}, which are no numbers")
        rows = numpy.ascontiguousarray(rows, dtype=numpy.float64)
    except (TypeError, ValueError) as error:
        if isinstance(error, InvalidData):
            raise
        raise InvalidData(f"X holds what is no number: {error}") from error
    if rows.ndim != 2:
        raise InvalidData(f"X has {rows.ndim} dimensions; give rows × columns")
    if rows.size == 0:
        raise InvalidData(f"X has {rows.shape[0]} rows and {rows.shape[1]} columns; give at least one of each")
    return rows


def _lengths(lengths: Any) -> list[int] | None:
    if lengths is None:
        return None
    try:
        lengths = [operator.index(length) for length in lengths]
    except TypeError as error:
        raise InvalidParameter(f"lengths: {lengths!r} are no numbers of rows") from error
    if any(length < 1 for length in lengths):
        raise InvalidParameter(f"lengths: {lengths} hold one that is not positive")
    return lengths


def seed_of(random_state: Any) -> int | None:
    """The seed that a number or a generator of numpy stands for; None stands for none."""
    if random_state is None:
        return None
    if hasattr(random_state, "integers"):
        return int(random_state.integers(2**63))
    if hasattr(random_state, "randint"):
        return int(random_state.randint(2**31 - 1))
    try:
        seed = operator.index(random_state)
    except TypeError:
        seed = -1
    if not 0 <= seed < 2**64:
        raise InvalidParameter(f"random_state: {random_state!r} is no seed; give a whole number or a generator of numpy")
    return seed
