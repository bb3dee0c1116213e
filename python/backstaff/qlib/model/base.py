"""What a model of one's own is."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from backstaff.qlib._names import refuse

__all__ = ["BaseModel", "Model", "ModelFT"]


class BaseModel:
    """Something that predicts."""

    def predict(self, *args: Any, **kwargs: Any) -> Any:
        """Scores."""
        raise NotImplementedError(f"{type(self).__name__} has no predict")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.predict(*args, **kwargs)

    def to_pickle(self, path: str | os.PathLike[str], **kwargs: Any) -> None:
        """Write the model as a pickle."""
        import pickle

        with Path(path).expanduser().open("wb") as file:
            pickle.dump(self, file)


class Model(BaseModel):
    """A model: ``fit(dataset)``, then ``predict(dataset, segment)`` gives a series by date and instrument."""

    def fit(self, dataset: Any, reweighter: Any = None) -> None:
        """Learn from the dataset's segments ``train`` and ``valid``."""
        raise NotImplementedError(f"{type(self).__name__} has no fit")

    def predict(self, dataset: Any, segment: Any = "test") -> Any:
        """The scores of a segment."""
        raise NotImplementedError(f"{type(self).__name__} has no predict")


class ModelFT(Model):
    """A model that can be trained further."""

    def finetune(self, dataset: Any) -> None:
        """Train further."""
        raise NotImplementedError(f"{type(self).__name__} has no finetune")


__getattr__ = refuse(__name__, __all__)
