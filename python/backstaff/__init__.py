"""Research and backtesting that proves it never looks ahead: the engine of the program ``backstaff``, from Python.

>>> import backstaff as bs
>>> prices = bs.read(frame)
>>> bs.compute(prices, {"momentum": "$close / Ref($close, 2) - 1"}).num_rows
6

Frames go in from pandas, Polars, pyarrow, DuckDB and whatever else has ``__arrow_c_stream__``; what comes out has it too.
"""

from backstaff import hmm, metrics
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
