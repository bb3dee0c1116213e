"""What a portfolio earned, at which risk, and how orders were filled."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy
import pandas

from backstaff import _native
from backstaff.errors import StudyError
from backstaff.qlib._names import refuse

__all__ = ["backtest_daily", "indicator_analysis", "long_short_backtest", "risk_analysis"]

_A_YEAR = {"day": 238, "d": 238, "week": 50, "w": 50, "month": 12, "mon": 12, "minute": 238 * 240, "min": 238 * 240}


def risk_analysis(r: Any, N: float | None = None, freq: str = "day", mode: str = "sum") -> pandas.DataFrame:
    """The risk of some returns: ``mean``, ``std``, ``annualized_return``, ``information_ratio``, ``max_drawdown``.

    Parameters
    ----------
    r : series
        The returns.
    N : float, optional
        The sessions of a year; that of ``freq`` if absent: 238 days, 50 weeks, 12 months.
    mode : {'sum', 'product'}
        Whether returns are added, or compounded.
    """
    if mode not in ("sum", "product"):
        raise ValueError(f"risk_analysis accumulation mode {mode} is not supported. Expected `sum` or `product`.")
    if N is None:
        parts = re.fullmatch(r"(\d*)([a-z]+)", freq)
        if parts is None or parts[2] not in _A_YEAR:
            raise StudyError(f"freq: {freq!r} is none of day, week, month, minute")
        N = _A_YEAR[parts[2]] / int(parts[1] or 1)
    returns: Any = numpy.ascontiguousarray(r, dtype=numpy.float64)
    found = _native.qlib_risk(returns, float(N), mode == "product")
    names = ["mean", "std", "annualized_return", "information_ratio", "max_drawdown"]
    return pandas.Series(dict(zip(names, found, strict=True))).to_frame("risk")


def indicator_analysis(df: pandas.DataFrame, method: str = "mean") -> pandas.DataFrame:
    """The means of ``ffr``, ``pa`` and ``pos`` over sessions, weighted by orders, amounts or values."""
    weights = {"mean": df["count"], "amount_weighted": df["deal_amount"].abs(), "value_weighted": df["value"].abs()}
    if method not in weights:
        raise ValueError(f"indicator_analysis method {method} is not supported!")
    found = {name: (df[name] * weights[method]).sum() / weights[method].sum() for name in ("ffr", "pa")}
    found["pos"] = (df["pos"] * df["count"]).sum() / df["count"].sum()
    return pandas.Series(found).to_frame("value")


def backtest_daily(
    start_time: Any,
    end_time: Any,
    strategy: Any,
    executor: Any = None,
    account: float = 1e8,
    benchmark: Any = "SH000300",
    exchange_kwargs: Mapping[str, Any] | None = None,
    pos_type: str = "Position",
) -> tuple[pandas.DataFrame, dict[Any, Any]]:
    """A backtest in sessions: the report, and the positions at each close."""
    from backstaff.qlib.backtest import backtest

    executor = executor or {
        "class": "SimulatorExecutor",
        "module_path": "qlib.backtest.executor",
        "kwargs": {"time_per_step": "day", "generate_portfolio_metrics": True},
    }
    usual = {"open_cost": 0.0005, "close_cost": 0.0015, "min_cost": 5.0}
    portfolio, _ = backtest(
        start_time, end_time, strategy, executor, benchmark, account, {**usual, **(exchange_kwargs or {})}, pos_type
    )
    return portfolio["1day"]


def long_short_backtest(*args: Any, **kwargs: Any) -> Any:
    """Qlib's old long-short backtest, which is not here."""
    raise StudyError(
        "long_short_backtest is not here: SigAnaRecord(ana_long_short=True) gives the long-short return of scores, and "
        "`backstaff run` a long-short book with its costs"
    )


__getattr__ = refuse(__name__, __all__)
