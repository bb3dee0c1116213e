"""Strategies of one's own, asked by the engine at each close."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

from backstaff.errors import StudyError
from backstaff.qlib import _frame
from backstaff.qlib.backtest.exchange import Exchange
from backstaff.qlib.backtest.position import Position
from backstaff.qlib.strategy.base import TradeCalendar


class Asked:
    """A strategy with what it sees."""

    def __init__(self, strategy: Any, start: Any, end: Any, account: float, terms: dict[str, Any]) -> None:
        from backstaff.qlib.data import D

        calendar = D.calendar()
        dates = D.calendar(start, end)
        if len(dates) == 0:
            raise StudyError(f"backtest: no session lies between {start} and {end}")
        place = int(numpy.searchsorted(calendar, dates[0]))
        self._dates = dates
        self._strategy = strategy
        before = calendar[place - 1] if place else dates[0] - pandas.Timedelta(days=1)
        self._after = {before: 0} | {date: step + 1 for step, date in enumerate(dates)}
        # Orders before the first session have no close to be made at.
        strategy.trade_calendar = TradeCalendar(dates, before)
        exchange = Exchange(before, dates[-1], {**terms, "trade_unit": terms["trade_unit"] or None})
        strategy.trade_exchange = strategy.trade_exchange or exchange
        strategy.reset()

    def decide(self, day: int, cash: float, held: list[tuple[str, float, float, int]]) -> list[tuple[str, str, float]]:
        """The orders of the session behind a close."""
        step = self._after[_frame.dates([day])[0]]
        if step >= len(self._dates):
            return []
        strategy = self._strategy
        equity = cash + sum(shares * price for _, shares, price, _ in held)
        own = {
            name: {"amount": shares, "price": price, "weight": shares * price / equity, "count_day": age}
            for name, shares, price, age in held
        }
        strategy.trade_position = Position(cash, own)
        strategy.trade_calendar.step = step
        if hasattr(strategy, "weights") and _is_plain(strategy):
            return self._of_weights(strategy.weights(), [one[0] for one in held])
        decision = strategy.generate_trade_decision(None)
        return [self._order(one) for one in decision.get_decision()]

    def _of_weights(self, weights: Any, held: list[str]) -> list[tuple[str, str, float]]:
        if weights is None:
            return []
        weights = dict(weights.items())
        degree = self._strategy.get_risk_degree(self._strategy.trade_calendar.step)
        sold = [(name, "exit", 0.0) for name in held if name not in weights]
        return sold + [(str(name), "weight", float(weight) * degree) for name, weight in weights.items()]

    def _order(self, order: Any) -> tuple[str, str, float]:
        if order.sign < 0 and order.amount >= self._strategy.trade_position.get_stock_amount(order.stock_id) > 0:
            return order.stock_id, "exit", 0.0
        return order.stock_id, "shares", float(order.amount_delta)


def _is_plain(strategy: Any) -> bool:
    from backstaff.qlib.contrib.strategy.signal_strategy import WeightStrategyBase
    from backstaff.qlib.strategy.base import BaseStrategy

    return (
        isinstance(strategy, WeightStrategyBase)
        and type(strategy).generate_trade_decision is BaseStrategy.generate_trade_decision
    )
