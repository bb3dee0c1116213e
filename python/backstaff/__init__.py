"""Research and backtesting that proves it never looks ahead: the engine of the program ``backstaff``, from Python.

>>> import backstaff as bs
>>> prices = bs.read(frame)
>>> bs.compute(prices, {"momentum": "$close / Ref($close, 2) - 1"}).num_rows
6

Frames go in from pandas, Polars, pyarrow, DuckDB and whatever else has ``__arrow_c_stream__``; what comes out has it too.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from backstaff._answer import Answer, Proof
from backstaff._backtest import Backtest, Market, Order, Strategy, backtest
from backstaff._factor import Factor, factor
from backstaff._prices import Prices, compute, read
from backstaff._prove import prove
from backstaff._run import Run, Verdict
from backstaff._study import Study, compare
from backstaff._table import Table
from backstaff._walk_forward import WalkForward
from backstaff.errors import (
    DataError,
    DataWarning,
    Error,
    ExpressionError,
    ModelError,
    StoreError,
    StudyError,
)

if TYPE_CHECKING:
    from backstaff import hmm, metrics

__all__ = [
    "Answer",
    "Backtest",
    "DataError",
    "DataWarning",
    "Error",
    "ExpressionError",
    "Factor",
    "Market",
    "ModelError",
    "Order",
    "Prices",
    "Proof",
    "Run",
    "StoreError",
    "Strategy",
    "Study",
    "StudyError",
    "Table",
    "Verdict",
    "WalkForward",
    "backtest",
    "compare",
    "compute",
    "factor",
    "hmm",
    "metrics",
    "prove",
    "read",
]


def __getattr__(name: str) -> Any:
    # Not everybody who imports the module pays for these.
    if name in ("hmm", "metrics"):
        return import_module(f"backstaff.{name}")
    raise AttributeError(f"module 'backstaff' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
