"""Backtests by Qlib's rules, on the engine's ledger."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import numpy
import pandas

from backstaff import _native
from backstaff._threads import n_threads
from backstaff.errors import DataWarning, StudyError
from backstaff.qlib import _frame
from backstaff.qlib._names import refuse
from backstaff.qlib.backtest._own import Asked
from backstaff.qlib.backtest.decision import Order
from backstaff.qlib.backtest.executor import BaseExecutor, SimulatorExecutor
from backstaff.qlib.backtest.position import Position
from backstaff.qlib.config import C
from backstaff.qlib.strategy.base import BaseStrategy

__all__ = ["Order", "backtest"]

_NUMBERS = ("open_cost", "close_cost", "min_cost", "impact_cost")
_EXCHANGE = [*_NUMBERS, "limit_threshold", "deal_price", "trade_unit", "volume_threshold"]
# What says which quotes are loaded, which is all of them here.
_PASSED = ("freq", "codes", "start_time", "end_time", "subscribe_fields")
_REPORT = ["account", "return", "total_turnover", "turnover", "total_cost", "cost", "value", "cash", "bench"]
_INDICATORS = ["ffr", "pa", "pos", "deal_amount", "deal_value", "count"]


def exchange_terms(given: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of ``exchange_kwargs`` for the engine, with the region's where nothing is said."""
    for key in given:
        if key not in _EXCHANGE and key not in _PASSED:
            near = get_close_matches(key, _EXCHANGE, n=1)
            raise StudyError(f"exchange_kwargs has no {key}" + (f"; did you mean {near[0]}?" if near else ""))
    terms: dict[str, Any] = {
        "open_cost": 0.0015,
        "close_cost": 0.0025,
        "min_cost": 5.0,
        "impact_cost": 0.0,
        "volume_threshold": None,
    }
    terms |= {key: float(given[key]) for key in _NUMBERS if given.get(key) is not None}
    terms["volume_threshold"] = given.get("volume_threshold")
    limit = given.get("limit_threshold")
    terms["limit_threshold"] = C["limit_threshold"] if limit is None else list(limit) if isinstance(limit, tuple) else limit
    price = given.get("deal_price") or C["deal_price"]
    pair = [price, price] if isinstance(price, str) else list(price)
    terms["deal_price"] = [str(one).removeprefix("$") for one in pair]
    # 0 stands for no unit.
    terms["trade_unit"] = (given["trade_unit"] or 0) if "trade_unit" in given else C["trade_unit"]
    return terms


def backtest(
    start_time: Any,
    end_time: Any,
    strategy: Any,
    executor: Any,
    benchmark: Any = "SH000300",
    account: Any = 1e9,
    exchange_kwargs: Mapping[str, Any] | None = None,
    pos_type: str = "Position",
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Trade a strategy between two dates.

    Parameters
    ----------
    start_time, end_time : date
        The first and the last session, both inclusive; the end of the data may be the last.
    strategy, executor : object or mapping
        ``TopkDropoutStrategy``, or one of one's own; ``SimulatorExecutor``.
    benchmark : str, list, series or None
        Instruments, whose mean return counts, or returns by date.
    account : float
        The cash at the start.
    exchange_kwargs : mapping
        ``limit_threshold``, ``deal_price``, ``open_cost``, ``close_cost``, ``min_cost``, ``impact_cost``, ``trade_unit``,
        ``volume_threshold``.

    Returns
    -------
    (dict, dict)
        ``{"1day": (report, positions)}`` and ``{"1day": (indicators, orders)}``.
    """
    from backstaff.qlib.utils import init_instance_by_config

    strategy = init_instance_by_config(strategy, accept_types=BaseStrategy)
    executor = init_instance_by_config(executor, accept_types=BaseExecutor)
    if not isinstance(executor, SimulatorExecutor):
        raise StudyError(f"{type(executor).__name__} is not run here: sessions are traded by SimulatorExecutor")
    if not isinstance(account, int | float) or pos_type != "Position":
        raise StudyError("a backtest begins with cash here: account is a number, pos_type 'Position'")
    traded = _traded(start_time, end_time, strategy, executor, benchmark, float(account), exchange_terms(exchange_kwargs or {}))
    report, indicators = _report(traded, benchmark), _indicators(traded)
    portfolio = {"1day": (report, positions(traded, report))} if executor.generate_portfolio_metrics else {}
    return portfolio, {"1day": (indicators, orders(traded))}


def _traded(
    start: Any, end: Any, strategy: Any, executor: SimulatorExecutor, benchmark: Any, account: float, terms: dict[str, Any]
) -> Any:
    named = (
        [benchmark]
        if isinstance(benchmark, str)
        else []
        if benchmark is None or isinstance(benchmark, pandas.Series)
        else list(benchmark)
    )
    rules = strategy.terms() if hasattr(strategy, "terms") else None
    asked = {
        "region": C["region"],
        "from": _frame.day(start),
        "to": _frame.last_day(end),
        "account": account,
        "benchmark": named if rules is not None else [],
        "strategy": rules,
        "exchange": {**terms, "parallel": executor.trade_type == SimulatorExecutor.TT_PARAL},
        "strict": True,
    }
    decide = None
    if rules is None:
        decide = Asked(strategy, start, end, account, terms).decide
        names: list[str] = ["own"]
        rows: Any = tuple(numpy.empty(0, dtype=kind) for kind in (numpy.int32, numpy.uint32, numpy.float64))
    else:
        names, rows = strategy.signal.rows()
    traded = _native.qlib_trade(C.folder(), json.dumps(asked), names, rows, decide, n_threads(None))
    for text in traded["warnings"]:
        warnings.warn(text, DataWarning, stacklevel=4)
    if rules is None and named:
        traded["bench"] = _returns(named, traded)
    return traded


def _returns(names: Sequence[str], traded: Any) -> Any:
    """The mean return of instruments; 0 where there is none."""
    from backstaff.qlib.data import D

    days = _frame.dates(numpy.frombuffer(traded["days"], dtype=numpy.int32))
    frame = D.features(list(names), ["$close/Ref($close,1)-1"], days[0], days[-1])
    return frame.iloc[:, 0].astype(float).groupby(level="datetime").mean().reindex(days).fillna(0.0).to_numpy()


def _report(traded: Any, benchmark: Any) -> pandas.DataFrame:
    index = _frame.dates(numpy.frombuffer(traded["days"], dtype=numpy.int32)).rename("datetime")
    columns = {
        name: numpy.frombuffer(traded[name]) if not isinstance(traded[name], numpy.ndarray) else traded[name]
        for name in _REPORT
    }
    report = pandas.DataFrame(columns, index=index)
    if isinstance(benchmark, pandas.Series):
        report["bench"] = benchmark.reindex(index).fillna(0.0).to_numpy()
    return report


def _indicators(traded: Any) -> pandas.DataFrame:
    index = _frame.dates(numpy.frombuffer(traded["days"], dtype=numpy.int32))
    frame = pandas.DataFrame({name: numpy.frombuffer(traded[name]) for name in _INDICATORS}, index=index)
    return frame.rename(columns={"deal_value": "value"}).astype({"count": "int64"})


def positions(traded: Any, report: pandas.DataFrame) -> dict[Any, Position]:
    """What was held at each close."""
    names = traded["names"]
    days = _frame.dates(numpy.frombuffer(traded["position_days"], dtype=numpy.int32))
    places = numpy.frombuffer(traded["position_names"], dtype=numpy.int32)
    shares, values = numpy.frombuffer(traded["position_shares"]), numpy.frombuffer(traded["position_values"])
    own: dict[Any, dict[str, Any]] = {}
    ages: dict[str, tuple[Any, int]] = {}
    before = dict(zip(report.index[1:], report.index, strict=False))
    equity = report["account"].to_dict()
    for date, place, amount, value in zip(days, places, shares, values, strict=True):
        if date not in equity:
            continue
        name = names[place]
        last, age = ages.get(name, (None, 0))
        ages[name] = (date, age + 1 if last is not None and last == before.get(date) else 1)
        one = {"amount": amount, "price": value / amount, "weight": value / equity[date], "count_day": ages[name][1]}
        own.setdefault(date, {})[name] = one
    found = {}
    for date, cash, account in zip(report.index, report["cash"], report["account"], strict=True):
        found[date] = Position(cash, own.get(date, {}))
        found[date].position["now_account_value"] = account
    return found


def orders(traded: Any) -> pandas.DataFrame:
    """The orders in the order in which they were executed."""
    names = numpy.array(traded["names"], dtype=object)
    columns = {
        "datetime": _frame.dates(numpy.frombuffer(traded["order_days"], dtype=numpy.int32)),
        "instrument": names[numpy.frombuffer(traded["order_names"], dtype=numpy.int32)],
        "direction": numpy.where(numpy.frombuffer(traded["order_sides"], dtype=numpy.int32) == 1, "buy", "sell"),
    }
    numbers = {"amount": "amounts", "deal_amount": "deals", "price": "prices", "value": "values", "cost": "costs"}
    return pandas.DataFrame(columns | {name: numpy.frombuffer(traded[f"order_{key}"]) for name, key in numbers.items()})


__getattr__ = refuse(__name__, __all__)
