"""What is held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["Position"]


class Position:
    """Cash and shares at a close; ``position`` is a mapping with ``amount``, ``price``, ``weight``, ``count_day`` of each."""

    def __init__(self, cash: float = 0, position_dict: Mapping[str, Any] | None = None) -> None:
        self.init_cash = cash
        held = {name: dict(one) if isinstance(one, Mapping) else {"amount": one} for name, one in (position_dict or {}).items()}
        self.position: dict[str, Any] = {**held, "cash": cash}
        self.position["now_account_value"] = self.calculate_value() if all("price" in one for one in held.values()) else cash

    def get_stock_list(self) -> list[str]:
        """The names."""
        return [name for name in self.position if name not in ("cash", "now_account_value", "cash_delay")]

    def check_stock(self, stock_id: str) -> bool:
        """Whether something is held of it."""
        return stock_id in self.position

    def get_stock_amount(self, code: str) -> float:
        """The shares."""
        return self.position[code]["amount"] if code in self.position else 0

    def get_stock_price(self, code: str) -> float:
        """The last price."""
        return self.position[code]["price"]

    def get_stock_count(self, code: str, bar: str = "day") -> int:
        """The closes over which it was held."""
        return self.position[code].get(f"count_{bar}", 0) if code in self.position else 0

    def get_stock_weight(self, code: str) -> float:
        """The share of the account."""
        return self.position[code]["weight"]

    def get_cash(self, include_settle: bool = False) -> float:
        """The cash."""
        return self.position["cash"]

    def get_stock_amount_dict(self) -> dict[str, float]:
        """The shares of each."""
        return {name: self.get_stock_amount(name) for name in self.get_stock_list()}

    def get_stock_weight_dict(self, only_stock: bool = False) -> dict[str, float]:
        """The share of each in the account, or in what is held."""
        whole = self.calculate_stock_value() if only_stock else self.calculate_value()
        return {name: self.get_stock_amount(name) * self.get_stock_price(name) / whole for name in self.get_stock_list()}

    def calculate_stock_value(self) -> float:
        """What is held is worth."""
        return sum(self.get_stock_amount(name) * self.get_stock_price(name) for name in self.get_stock_list())

    def calculate_value(self) -> float:
        """What all is worth."""
        return self.calculate_stock_value() + self.position["cash"]

    def __repr__(self) -> str:
        return f"Position({self.position})"
