"""Orders and decisions, as strategies of one's own make them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from backstaff.qlib._names import refuse

__all__ = ["BaseTradeDecision", "EmptyTradeDecision", "Order", "OrderDir", "OrderHelper", "TradeDecisionWO"]


class OrderDir(IntEnum):
    """The direction of an order."""

    SELL = 0
    BUY = 1


@dataclass
class Order:
    """An order for a number of shares in a session."""

    stock_id: str
    amount: float
    direction: int
    start_time: Any = None
    end_time: Any = None
    deal_amount: float = 0.0
    factor: float | None = None

    SELL = OrderDir.SELL
    BUY = OrderDir.BUY

    @property
    def amount_delta(self) -> float:
        """The shares, negative if sold."""
        return self.amount * self.sign

    @property
    def sign(self) -> int:
        """1, or −1 if sold."""
        return 1 if self.direction == OrderDir.BUY else -1


class OrderHelper:
    """Makes orders."""

    def __init__(self, exchange: Any = None) -> None:
        self.exchange = exchange

    @staticmethod
    def create(code: str, amount: float, direction: int, start_time: Any = None, end_time: Any = None) -> Order:
        """An order."""
        return Order(code, amount, direction, start_time, end_time)


class BaseTradeDecision:
    """What a strategy decides in a session."""

    def __init__(self, strategy: Any = None, trade_range: Any = None) -> None:
        self.strategy = strategy

    def get_decision(self) -> list[Order]:
        """The orders."""
        return []

    def empty(self) -> bool:
        """Whether nothing is traded."""
        return not self.get_decision()


class EmptyTradeDecision(BaseTradeDecision):
    """Nothing."""


class TradeDecisionWO(BaseTradeDecision):
    """Orders."""

    def __init__(self, order_list: Sequence[Order], strategy: Any = None, trade_range: Any = None) -> None:
        super().__init__(strategy)
        self.order_list = list(order_list)

    def get_decision(self) -> list[Order]:
        return self.order_list


__getattr__ = refuse(__name__, __all__)
