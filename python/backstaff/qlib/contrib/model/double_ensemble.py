"""The double ensemble."""

from __future__ import annotations

from typing import Any

from backstaff.qlib._names import refuse
from backstaff.qlib.model._native import NativeModel

__all__ = ["DEnsembleModel"]


class DEnsembleModel(NativeModel):
    """Several models of LightGBM, each with other weights of samples and other features.

    Parameters
    ----------
    base_model, loss : str
        ``"gbm"`` and ``"mse"``.
    **kwargs
        ``num_models``, ``enable_sr``, ``enable_fs``, ``alpha1``, ``alpha2``, ``bins_sr``, ``bins_fs``, ``decay``,
        ``sample_ratios``, ``sub_weights``, ``epochs``, ``early_stopping_rounds``, and LightGBM's parameters.
    """

    kind = "DEnsembleModel"

    def __init__(self, base_model: str = "gbm", loss: str = "mse", **kwargs: Any) -> None:
        super().__init__()
        self.base_model, self.loss, self.params = base_model, loss, kwargs

    def _kwargs(self) -> dict[str, Any]:
        return {"base_model": self.base_model, "loss": self.loss, **self.params}

    def fit(self, dataset: Any, reweighter: Any = None) -> None:
        """Fit on the segments ``train`` and ``valid``."""
        self._fit(dataset, reweighter)


__getattr__ = refuse(__name__, __all__)
