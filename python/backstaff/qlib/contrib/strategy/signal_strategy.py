"""Strategies that trade scores."""

from __future__ import annotations

from typing import Any

from backstaff.errors import StudyError
from backstaff.qlib._names import refuse
from backstaff.qlib.backtest.signal import create_signal_from
from backstaff.qlib.strategy.base import BaseStrategy

__all__ = ["BaseSignalStrategy", "TopkDropoutStrategy", "WeightStrategyBase"]


class BaseSignalStrategy(BaseStrategy):
    """A strategy with scores.

    Parameters
    ----------
    signal : series, frame, or (model, dataset)
        Scores by date and instrument; those of the session before are traded on.
    risk_degree : float
        The share of the cash that is spent.
    """

    def __init__(
        self, *, signal: Any = None, model: Any = None, dataset: Any = None, risk_degree: float = 0.95, **kwargs: Any
    ) -> None:
        super().__init__(**{key: kwargs.pop(key) for key in ("trade_exchange", "level_infra", "common_infra") if key in kwargs})
        if kwargs:
            raise StudyError(f"{type(self).__name__} has no argument {', '.join(kwargs)}")
        if model is not None and dataset is not None:
            signal = (model, dataset)
        if signal is None:
            raise StudyError(f"{type(self).__name__}: needs `signal`")
        self.signal = create_signal_from(signal)
        self.risk_degree = risk_degree

    def get_risk_degree(self, trade_step: int | None = None) -> float:
        """The share of the cash that is spent."""
        return self.risk_degree


class TopkDropoutStrategy(BaseSignalStrategy):
    """Holds the ``topk`` best and replaces the ``n_drop`` worst of them each session; the engine's.

    Parameters
    ----------
    topk, n_drop : int
        How many are held, and how many replaced at most.
    hold_thresh : int
        The closes over which something is held at least.
    only_tradable, forbid_all_trade_at_limit : bool
        Whether only what trades is chosen, and whether what stands at one limit trades in no direction.
    """

    def __init__(
        self,
        *,
        topk: int,
        n_drop: int,
        method_sell: str = "bottom",
        method_buy: str = "top",
        hold_thresh: int = 1,
        only_tradable: bool = False,
        forbid_all_trade_at_limit: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        for key, given, known in (("method_sell", method_sell, "bottom"), ("method_buy", method_buy, "top")):
            if given != known:
                raise StudyError(f"{key}: only {known!r} runs here; {given!r} draws at random without a seed in Qlib")
        self.topk, self.n_drop, self.hold_thresh = topk, n_drop, hold_thresh
        self.method_sell, self.method_buy = method_sell, method_buy
        self.only_tradable, self.forbid_all_trade_at_limit = only_tradable, forbid_all_trade_at_limit

    def terms(self) -> dict[str, Any] | None:
        """The rules for the engine; None if a method is one's own."""
        for name in ("generate_trade_decision", "get_risk_degree"):
            if getattr(type(self), name) is not getattr(TopkDropoutStrategy, name):
                return None
        keys = (
            "topk",
            "n_drop",
            "method_sell",
            "method_buy",
            "hold_thresh",
            "only_tradable",
            "forbid_all_trade_at_limit",
            "risk_degree",
        )
        return {key: getattr(self, key) for key in keys}

    def generate_trade_decision(self, execute_result: Any = None) -> Any:
        raise StudyError(
            "TopkDropoutStrategy is the engine's: its decisions can't be asked for; derive from WeightStrategyBase"
        )


class WeightStrategyBase(BaseSignalStrategy):
    """A strategy whose ``generate_target_weight_position`` gives the weights that are to be held."""

    def __init__(self, *, order_generator_cls_or_obj: Any = None, **kwargs: Any) -> None:
        name = getattr(order_generator_cls_or_obj, "__name__", type(order_generator_cls_or_obj).__name__)
        if order_generator_cls_or_obj is not None and name != "OrderGenWOInteract":
            raise StudyError(f"order_generator_cls_or_obj: {name} is not here; OrderGenWOInteract is, by itself")
        super().__init__(**kwargs)

    def generate_target_weight_position(self, score: Any, current: Any, trade_start_time: Any, trade_end_time: Any) -> Any:
        """The weight of each instrument, from the scores of the session before and what is held."""
        raise NotImplementedError(f"{type(self).__name__} has no generate_target_weight_position")

    def weights(self) -> Any:
        """The weights of now; None leaves everything as it is."""
        step = self.trade_calendar.get_trade_step()
        begin, end = self.trade_calendar.get_step_time(step)
        score = self.signal.get_signal(*self.trade_calendar.get_step_time(step, shift=1))
        if score is None:
            return None
        return self.generate_target_weight_position(
            score=score, current=self.trade_position, trade_start_time=begin, trade_end_time=end
        )


__getattr__ = refuse(__name__, __all__, "derive a strategy of your own from WeightStrategyBase")
