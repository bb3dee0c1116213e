"""Strategies: the best with dropout, and weights of one's own."""

from backstaff.qlib._names import refuse
from backstaff.qlib.contrib.strategy.signal_strategy import TopkDropoutStrategy, WeightStrategyBase

__all__ = ["TopkDropoutStrategy", "WeightStrategyBase"]

__getattr__ = refuse(
    __name__, __all__, "a strategy of your own is a class with generate_target_weight_position (of WeightStrategyBase)"
)
