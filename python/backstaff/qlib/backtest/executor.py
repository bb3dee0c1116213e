"""The executor of daily bars."""

from __future__ import annotations

from typing import Any

from backstaff.errors import StudyError
from backstaff.qlib._names import refuse

__all__ = ["BaseExecutor", "SimulatorExecutor"]


class BaseExecutor:
    """Something that executes decisions."""


class SimulatorExecutor(BaseExecutor):
    """Executes each session's orders at its prices.

    Parameters
    ----------
    time_per_step : str
        ``"day"``.
    generate_portfolio_metrics : bool
        Whether there is a report.
    trade_type : {'serial', 'parallel'}
        Sales first, or purchases first.
    """

    TT_SERIAL = "serial"
    TT_PARAL = "parallel"

    def __init__(
        self,
        time_per_step: str = "day",
        start_time: Any = None,
        end_time: Any = None,
        indicator_config: Any = None,
        generate_portfolio_metrics: bool = False,
        verbose: bool = False,
        track_data: bool = False,
        trade_exchange: Any = None,
        common_infra: Any = None,
        trade_type: str = TT_SERIAL,
        settle_type: Any = None,
        **kwargs: Any,
    ) -> None:
        if time_per_step not in ("day", "1day", "1d", "d"):
            raise StudyError(f"time_per_step: {time_per_step!r}: sessions are traded here, one step each; say 'day'")
        if trade_type not in (self.TT_SERIAL, self.TT_PARAL):
            raise StudyError(f"trade_type: {trade_type!r} is neither 'serial' nor 'parallel'")
        if kwargs:
            raise StudyError(f"SimulatorExecutor has no argument {', '.join(kwargs)}")
        self.generate_portfolio_metrics = generate_portfolio_metrics
        self.trade_type = trade_type


__getattr__ = refuse(__name__, __all__, "executors within the day are not run here")
