"""Series and tables of numbers, in whatever a user has them, as the native part takes them."""

from __future__ import annotations

import collections.abc
import importlib
import math
from array import array
from typing import Any

from backstaff import _native
from backstaff._frames import is_from
from backstaff.errors import DataError, StudyError


def series_of(name: str, values: Any) -> Any:
    """The numbers of a series as a buffer of 64 bits each; what is missing is NaN."""
    columns = _columns(name, values)
    if len(columns) != 1:
        raise StudyError(f"{name}: has {len(columns)} columns of numbers; give one series")
    return columns[0][1]


def matrix_of(values: Any) -> tuple[list[str], list[Any]]:
    """The names and the numbers of trials."""
    if isinstance(values, collections.abc.Mapping):
        return [str(name) for name in values], [series_of(f"matrix: trial {key}", values[key]) for key in values]
    columns = _columns("matrix", values)
    return [name for name, _ in columns], [numbers for _, numbers in columns]


def _columns(name: str, values: Any) -> list[tuple[str, Any]]:
    """The columns of a frame, an array or a sequence, each with its name."""
    if isinstance(values, str | bytes | collections.abc.Mapping) or values is None:
        raise StudyError(f"{name}: {values!r} is no series of numbers")
    try:
        if is_from("pandas", "DataFrame", values):
            labels = enumerate(values.columns)
            named = [(str(label), values.iloc[:, i]) for i, label in labels if label not in ("date", "datetime")]
            return [(label, _of_pandas(f"{name}: column {label}", column)) for label, column in named]
        if is_from("pandas", "Series", values) or is_from("pandas", "Index", values):
            return [("0", _of_pandas(name, values))]
        if is_from("polars", "LazyFrame", values):
            values = values.collect()
        if hasattr(values, "__array_interface__"):
            return _of_array(name, values)
        if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
            return _of_arrow(name, values)
        return _of_sequence(name, values)
    except (TypeError, ValueError) as error:
        raise StudyError(f"{name}: is no series of numbers: {error}") from error


def _of_pandas(name: str, series: Any) -> Any:
    # Dates would become numbers, and texts such as "1" too.
    if getattr(series.dtype, "kind", "O") not in "biufO":
        raise StudyError(f"{name}: holds {series.dtype}, no numbers")
    if series.dtype == object and any(isinstance(value, str | bytes) for value in series):
        raise StudyError(f"{name}: holds texts, no numbers")
    return series.to_numpy(dtype="float64", na_value=math.nan)


def _of_array(name: str, values: Any) -> list[tuple[str, Any]]:
    if values.dtype.kind == "O":
        return _of_sequence(name, values.tolist())
    if values.dtype.kind not in "biuf":
        raise StudyError(f"{name}: holds {values.dtype}, no numbers")
    if values.ndim not in (1, 2):
        raise StudyError(f"{name}: has {values.ndim} dimensions; give one or two")
    numbers = values.astype("float64")
    if numbers.ndim == 1:
        return [("0", numbers)]
    return [(str(i), numbers[:, i]) for i in range(numbers.shape[1])]


def _of_arrow(name: str, values: Any) -> list[tuple[str, Any]]:
    table = values if hasattr(values, "columns") or hasattr(values, "column_names") else _table(values)
    try:
        columns = _native.number_columns(table)
    except (AttributeError, DataError) as error:
        raise StudyError(f"{name}: can't be read: {error}") from error
    found: list[tuple[str, Any]] = []
    for label, numbers in columns:
        if label in ("date", "datetime"):
            continue
        if numbers is None:
            raise StudyError(f"{name}: column {label} holds no numbers")
        found.append((label or str(len(found)), memoryview(numbers).cast("d")))
    return found


def _table(values: Any) -> Any:
    """A table of one column: what passes between libraries as a table is read here, a bare column is not."""
    if hasattr(values, "to_frame"):
        return values.to_frame()
    try:
        _native.number_columns(values)
        return values
    except (AttributeError, DataError):
        pass
    try:
        pyarrow = importlib.import_module("pyarrow")
        column = pyarrow.chunked_array if hasattr(values, "__arrow_c_stream__") else pyarrow.array
        return pyarrow.table({"0": column(values)})
    except ImportError:
        pass
    try:
        return importlib.import_module("polars").Series("0", values).to_frame()
    except ImportError:
        kind = type(values).__name__
        raise StudyError(f"a bare {kind} of Arrow is read by pyarrow or Polars; install one, or give a table") from None


def _of_sequence(name: str, values: collections.abc.Iterable[Any]) -> list[tuple[str, Any]]:
    if isinstance(values, array | memoryview):
        values = values.tolist()
    rows = list(values)
    if rows and all(_is_row(row) for row in rows):
        rows = [list(row) for row in rows]
        for i, row in enumerate(rows):
            if len(row) != len(rows[0]):
                raise StudyError(f"{name}: row {i} has {len(row)} values, the first one has {len(rows[0])}")
        return [(str(i), _of_values(name, column)) for i, column in enumerate(zip(*rows, strict=True))]
    return [("0", _of_values(name, rows))]


def _is_row(value: object) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | collections.abc.Mapping)


def _of_values(name: str, values: collections.abc.Iterable[Any]) -> Any:
    values = list(values)
    try:
        # All at once is several times as fast as one by one.
        return array("d", values)
    except TypeError:
        return array("d", [_value(name, i, value) for i, value in enumerate(values)])


def _value(name: str, at: int, value: Any) -> float:
    # Such as pyarrow's scalars.
    value = value.as_py() if hasattr(value, "as_py") else value
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return math.nan
    if isinstance(value, str | bytes):
        raise StudyError(f"{name}: the value at position {at} is {value!r}, no number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise StudyError(f"{name}: the value at position {at} is {value!r}, no number") from None
