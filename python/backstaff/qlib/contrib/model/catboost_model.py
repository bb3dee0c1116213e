"""CatBoost, where it is installed."""

from __future__ import annotations

from typing import Any

import pandas

from backstaff.qlib._names import refuse
from backstaff.qlib.contrib.model._package import learned, package
from backstaff.qlib.data.dataset.handler import DataHandlerLP
from backstaff.qlib.model.base import Model

__all__ = ["CatBoostModel"]


class CatBoostModel(Model):
    """Trees of CatBoost with its parameters, cut at the best round on the segment ``valid``."""

    def __init__(self, loss: str = "RMSE", **kwargs: Any) -> None:
        if loss not in ("RMSE", "Logloss"):
            raise NotImplementedError(f"loss: {loss!r} is neither 'RMSE' nor 'Logloss'")
        self._params: dict[str, Any] = {"loss_function": loss, **kwargs}
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
        catboost = package("catboost", "CatBoostModel")
        train, valid = (catboost.Pool(data=x, label=y, weight=w) for x, y, w in learned(dataset, reweighter))
        limits = {"iterations": num_boost_round, "early_stopping_rounds": early_stopping_rounds, "verbose_eval": verbose_eval}
        # Nothing of a training is written but by who asks for it.
        self.model = catboost.CatBoost({"allow_writing_files": False, **self._params, **limits})
        self.model.fit(train, eval_set=valid, use_best_model=True, **kwargs)
        if evals_result is not None:
            found = self.model.get_evals_result()
            evals_result["train"] = next(iter(found["learn"].values()))
            evals_result["valid"] = next(iter(found["validation"].values()))

    def predict(self, dataset: Any, segment: Any = "test") -> pandas.Series:
        """The scores of a segment."""
        if self.model is None:
            raise ValueError("model is not fitted yet!")
        features = dataset.prepare(segment, col_set="feature", data_key=DataHandlerLP.DK_I)
        return pandas.Series(self.model.predict(features.to_numpy()), index=features.index)

    def get_feature_importance(self, *args: Any, **kwargs: Any) -> pandas.Series:
        """What CatBoost says, the highest first."""
        found = self.model.get_feature_importance(*args, **kwargs)
        return pandas.Series(found, index=self.model.feature_names_).sort_values(ascending=False)


__getattr__ = refuse(__name__, __all__)
