"""What a strategy of one's own is."""

from __future__ import annotations

from typing import Any

from backstaff.qlib._names import refuse

__all__ = ["BaseStrategy"]


class TradeCalendar:
    """The steps of a backtest."""

    def __init__(self, dates: Any, before: Any) -> None:
        self._dates = list(dates)
        self._before = before
        self.step = 0

    def get_trade_step(self) -> int:
        """The number of the session that is traded in."""
        return self.step

    def get_trade_len(self) -> int:
        """The number of sessions."""
        return len(self._dates)

    def get_step_time(self, trade_step: int | None = None, shift: int = 0) -> tuple[Any, Any]:
        """The begin and the end of a session, or of one so many before."""
        place = (self.step if trade_step is None else trade_step) - shift
        date = self._before if place < 0 else self._dates[place]
        import pandas

        return date, date + pandas.Timedelta(days=1) - pandas.Timedelta(seconds=1)

    def get_freq(self) -> str:
        """``"day"``."""
        return "day"


class BaseStrategy:
    """A strategy: one of one's own defines ``generate_trade_decision``.

    It sees the account at the close before (``trade_position``), the calendar (``trade_calendar``), and quotes of the folder
    (``trade_exchange``).
    """

    def __init__(
        self, outer_trade_decision: Any = None, level_infra: Any = None, common_infra: Any = None, trade_exchange: Any = None
    ) -> None:
        self.trade_exchange = trade_exchange
        self.trade_position: Any = None
        self.trade_calendar: Any = None

    def generate_trade_decision(self, execute_result: Any = None) -> Any:
        """A ``TradeDecisionWO`` of orders for the session."""
        raise NotImplementedError(f"{type(self).__name__} has no generate_trade_decision")

    def reset(self, **kwargs: Any) -> None:
        """Called before a backtest."""


__getattr__ = refuse(__name__, __all__)
