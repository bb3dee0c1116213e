"""XGBoost, where it is installed."""

from __future__ import annotations

from typing import Any

import pandas

from backstaff.qlib._names import refuse
from backstaff.qlib.contrib.model._package import learned, package
from backstaff.qlib.data.dataset.handler import DataHandlerLP
from backstaff.qlib.model.base import Model

__all__ = ["XGBModel"]


class XGBModel(Model):
    """Trees of XGBoost with its parameters, stopped by the segment ``valid``."""

    def __init__(self, **kwargs: Any) -> None:
        self._params = dict(kwargs)
        self.model: Any = None

    def fit(
        self,
        dataset: Any,
        num_boost_round: int = 1000,
        early_stopping_rounds: int = 50,
        verbose_eval: int = 20,
        evals_result: dict[str, Any] | None = None,
        reweighter: Any = None,
        **kwargs: Any,
    ) -> None:
        """Train on the segment ``train``."""
        xgb = package("xgboost", "XGBModel")
        matrices = [xgb.DMatrix(x, label=y, weight=w) for x, y, w in learned(dataset, reweighter)]
        found: dict[str, Any] = {}
        self.model = xgb.train(
            self._params,
            dtrain=matrices[0],
            num_boost_round=num_boost_round,
            evals=list(zip(matrices, ("train", "valid"), strict=True)),
            early_stopping_rounds=early_stopping_rounds,
            verbose_eval=verbose_eval,
            evals_result=found,
            **kwargs,
        )
        if evals_result is not None:
            evals_result |= {name: next(iter(own.values())) for name, own in found.items()}

    def predict(self, dataset: Any, segment: Any = "test") -> pandas.Series:
        """The scores of a segment."""
        if self.model is None:
            raise ValueError("model is not fitted yet!")
        xgb = package("xgboost", "XGBModel")
        features = dataset.prepare(segment, col_set="feature", data_key=DataHandlerLP.DK_I)
        return pandas.Series(self.model.predict(xgb.DMatrix(features)), index=features.index)

    def get_feature_importance(self, *args: Any, **kwargs: Any) -> pandas.Series:
        """What XGBoost's ``get_score`` says, the highest first."""
        return pandas.Series(self.model.get_score(*args, **kwargs)).sort_values(ascending=False)


__getattr__ = refuse(__name__, __all__)
