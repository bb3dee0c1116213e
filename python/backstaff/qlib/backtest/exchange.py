"""Quotes of the folder for strategies of one's own. Orders are dealt by the engine."""

from __future__ import annotations

from typing import Any

import numpy
import pandas

__all__ = ["Exchange"]


class Exchange:
    """What a strategy may ask about a session: prices, halts, limits, units."""

    def __init__(self, start_time: Any, end_time: Any, terms: dict[str, Any]) -> None:
        self._terms = terms
        self._span = (start_time, end_time)
        self._quotes: dict[str, pandas.DataFrame] | None = None
        self.open_cost, self.close_cost, self.min_cost = terms["open_cost"], terms["close_cost"], terms["min_cost"]
        self.trade_unit, self.limit_threshold = terms["trade_unit"], terms["limit_threshold"]

    def _quote(self, field: str, stock_id: str, date: Any) -> float:
        if self._quotes is None:
            from backstaff.qlib.data import D

            fields = ["$close", "$change", "$factor", "$volume", *(f"${price}" for price in self._terms["deal_price"])]
            frame = D.features("all", list(dict.fromkeys(fields)), *self._span)
            self._quotes = {name: frame[name].unstack(level=0) for name in frame.columns}
        table = self._quotes[field]
        date = pandas.Timestamp(date).normalize()
        return float(table.at[date, stock_id]) if stock_id in table.columns and date in table.index else numpy.nan

    def get_close(self, stock_id: str, start_time: Any, end_time: Any = None, method: str = "ts_data_last") -> float:
        """The close of a session."""
        return self._quote("$close", stock_id, start_time)

    def get_volume(self, stock_id: str, start_time: Any, end_time: Any = None, method: str = "sum") -> float:
        """The volume of a session."""
        return self._quote("$volume", stock_id, start_time)

    def get_factor(self, stock_id: str, start_time: Any, end_time: Any = None) -> float | None:
        """The factor of adjusted prices."""
        factor = self._quote("$factor", stock_id, start_time)
        return None if numpy.isnan(factor) else factor

    def get_deal_price(
        self, stock_id: str, start_time: Any, end_time: Any = None, direction: int = 1, method: str = "ts_data_last"
    ) -> float:
        """The price at which an order of a direction is dealt; the close where there is none."""
        buy, sell = self._terms["deal_price"]
        price = self._quote(f"${buy if direction == 1 else sell}", stock_id, start_time)
        return price if price > 1e-8 else self.get_close(stock_id, start_time)

    def check_stock_suspended(self, stock_id: str, start_time: Any, end_time: Any = None) -> bool:
        """Whether there is no close."""
        return bool(numpy.isnan(self._quote("$close", stock_id, start_time)))

    def check_stock_limit(self, stock_id: str, start_time: Any, end_time: Any = None, direction: int | None = None) -> bool:
        """Whether the price stands at a limit: of purchases (1), of sales (0), or of either."""
        limit = self.limit_threshold
        if not isinstance(limit, float | int):
            return False
        change = self._quote("$change", stock_id, start_time)
        buys, sells = change >= limit, change <= -limit
        return bool(buys if direction == 1 else sells if direction == 0 else buys or sells)

    def is_stock_tradable(self, stock_id: str, start_time: Any, end_time: Any = None, direction: int | None = None) -> bool:
        """Whether it trades, and stands at no limit."""
        return not (
            self.check_stock_suspended(stock_id, start_time)
            or self.check_stock_limit(stock_id, start_time, direction=direction)
        )

    def get_amount_of_trade_unit(
        self, factor: float | None = None, stock_id: str | None = None, start_time: Any = None, end_time: Any = None
    ) -> float | None:
        """The shares of a unit."""
        factor = self.get_factor(stock_id, start_time) if factor is None and stock_id is not None else factor
        return None if self.trade_unit is None or factor is None else self.trade_unit / factor

    def round_amount_by_trade_unit(
        self,
        deal_amount: float,
        factor: float | None = None,
        stock_id: str | None = None,
        start_time: Any = None,
        end_time: Any = None,
    ) -> float:
        """Shares in whole units."""
        factor = self.get_factor(stock_id, start_time) if factor is None and stock_id is not None else factor
        if self.trade_unit is None or factor is None:
            return deal_amount
        return (deal_amount * factor + 0.1) // self.trade_unit * self.trade_unit / factor
