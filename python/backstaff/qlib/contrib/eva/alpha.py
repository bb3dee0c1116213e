"""How scores and labels go together, session by session."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from backstaff import _native
from backstaff.errors import StudyError
from backstaff.qlib import _frame
from backstaff.qlib._names import refuse

__all__ = ["calc_ic", "calc_long_short_return"]


def _found(pred: pandas.Series, label: pandas.Series) -> tuple[dict[str, Any], pandas.DatetimeIndex]:
    both = _frame.ordered(pandas.DataFrame({"pred": pred, "label": label}))
    index = both.index
    codes: list[Any] = [numpy.ascontiguousarray(code).astype(numpy.uint32) for code in index.codes]
    columns: list[Any] = [numpy.ascontiguousarray(both[name], dtype=numpy.float64) for name in ("pred", "label")]
    found = _native.qlib_signal(*codes, *columns)
    return found, index.levels[0][numpy.frombuffer(found["sessions"], dtype=numpy.int32)].rename("datetime")


def calc_ic(
    pred: pandas.Series, label: pandas.Series, date_col: str = "datetime", dropna: bool = False
) -> tuple[pandas.Series, pandas.Series]:
    """The correlation of values, and that of ranks, of each session."""
    found, dates = _found(pred, label)
    pair = [pandas.Series(numpy.frombuffer(found[name]), index=dates) for name in ("ic", "ric")]
    return (pair[0].dropna(), pair[1].dropna()) if dropna else (pair[0], pair[1])


def calc_long_short_return(
    pred: pandas.Series, label: pandas.Series, date_col: str = "datetime", quantile: float = 0.2, dropna: bool = False
) -> tuple[pandas.Series, pandas.Series]:
    """Half the difference of the mean labels of the best and worst fifth, and the mean label, of each session."""
    if quantile != 0.2:
        raise StudyError("quantile: the fifth is computed here, 0.2")
    found, dates = _found(pred, label)
    # As in Qlib, the difference has the width of the labels, and the mean of all has 64 bits.
    spread = pandas.Series(numpy.frombuffer(found["long_short"]).astype(label.dtype), index=dates)
    return spread, pandas.Series(numpy.frombuffer(found["average"]), index=dates)


__getattr__ = refuse(__name__, __all__)
