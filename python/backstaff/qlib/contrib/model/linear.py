"""Linear models."""

from __future__ import annotations

import json
from typing import Any

import numpy

from backstaff.qlib._names import refuse
from backstaff.qlib.model._native import NativeModel

__all__ = ["LinearModel"]


class LinearModel(NativeModel):
    """Least squares: plain, non-negative, with a squared or an absolute penalty.

    Parameters
    ----------
    estimator : {'ols', 'nnls', 'ridge', 'lasso'}
        The kind.
    alpha : float
        The penalty of the last two.
    fit_intercept : bool
        Whether there is a constant.
    include_valid : bool
        Whether the segment ``valid`` is learned from too.
    """

    kind = "LinearModel"
    OLS, NNLS, RIDGE, LASSO = "ols", "nnls", "ridge", "lasso"

    def __init__(
        self, estimator: str = "ols", alpha: float = 0.0, fit_intercept: bool = False, include_valid: bool = False
    ) -> None:
        super().__init__()
        self.estimator, self.alpha, self.fit_intercept, self.include_valid = estimator, alpha, fit_intercept, include_valid
        self.coef_: Any = None
        self.intercept_ = 0.0

    def _kwargs(self) -> dict[str, Any]:
        return {
            "estimator": self.estimator,
            "alpha": self.alpha,
            "fit_intercept": self.fit_intercept,
            "include_valid": self.include_valid,
        }

    def fit(self, dataset: Any, reweighter: Any = None) -> LinearModel:
        """Fit on the segment ``train``."""
        found = json.loads(self._fit(dataset, reweighter).to_text())
        self.coef_, self.intercept_ = numpy.array(found["coefficients"]), found["intercept"]
        return self


__getattr__ = refuse(__name__, __all__)
