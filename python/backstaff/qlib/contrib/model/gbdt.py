"""LightGBM."""

from __future__ import annotations

from typing import Any

import pandas

from backstaff.qlib._names import refuse
from backstaff.qlib.model._native import NativeModel

__all__ = ["LGBModel"]


class LGBModel(NativeModel):
    """Trees of LightGBM, stopped by the segment ``valid``.

    Parameters
    ----------
    loss : {'mse', 'binary'}
        What is learned.
    early_stopping_rounds, num_boost_round : int
        Rounds without an improvement that end the training, and the most rounds.
    **kwargs
        LightGBM's parameters.
    """

    kind = "LGBModel"

    def __init__(
        self, loss: str = "mse", early_stopping_rounds: int | None = 50, num_boost_round: int = 1000, **kwargs: Any
    ) -> None:
        if loss not in ("mse", "binary"):
            raise NotImplementedError(f"loss: {loss!r} is neither 'mse' nor 'binary'")
        super().__init__()
        self.params = {"objective": loss, "verbosity": -1, **kwargs}
        self.early_stopping_rounds = early_stopping_rounds
        self.num_boost_round = num_boost_round
        self._booster: Any = None

    def _kwargs(self) -> dict[str, Any]:
        rest = {key: value for key, value in self.params.items() if key not in ("objective", "verbosity")}
        objective = self.params["objective"]
        return rest | {"loss" if objective in ("mse", "binary") else "objective": objective}

    def fit(
        self,
        dataset: Any,
        num_boost_round: int | None = None,
        early_stopping_rounds: int | None = None,
        verbose_eval: int = 20,
        evals_result: dict[str, Any] | None = None,
        reweighter: Any = None,
        **kwargs: Any,
    ) -> None:
        """Train on the segment ``train``; the metrics of each round go into ``evals_result`` and the running recorder."""
        patience = self.early_stopping_rounds if early_stopping_rounds is None else early_stopping_rounds
        limits = {"num_boost_round": num_boost_round or self.num_boost_round, "early_stopping_rounds": patience}
        model = self._fit(dataset, reweighter, **limits)
        self._booster = None
        self.best_iteration = model.best_round()
        rounds = model.rounds()
        for name, values in rounds:
            metric, _, segment = name.rpartition(".")
            if evals_result is not None:
                evals_result.setdefault(segment, {})[metric] = values
        from backstaff.qlib.workflow import R

        if R.is_active:
            R._running().log_series({name.replace("@", "_"): values for name, values in rounds})

    @property
    def model(self) -> Any:
        """The booster of the package ``lightgbm``; None before the fit."""
        if self._model is None:
            return None
        if getattr(self, "_booster", None) is None:
            import json

            import lightgbm

            self._booster = lightgbm.Booster(model_str=json.loads(self._model.to_text())["text"])
        return self._booster

    def get_feature_importance(self, importance_type: str = "split", **kwargs: Any) -> pandas.Series:
        """How often trees split on each feature, or by ``"gain"`` what that explained; the highest first."""
        place = 1 if importance_type == "gain" else 2
        found = {one[0]: one[place] for one in self.fitted.importance()}
        return pandas.Series(found).sort_values(ascending=False)


__getattr__ = refuse(__name__, __all__)
