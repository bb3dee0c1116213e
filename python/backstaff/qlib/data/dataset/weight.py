"""How much rows count in a fit."""

from __future__ import annotations

from typing import Any

__all__ = ["Reweighter"]


class Reweighter:
    """Gives a weight to each row; one of one's own defines ``reweight``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def reweight(self, data: Any) -> Any:
        """One weight for each row of a frame of features and labels."""
        raise NotImplementedError(f"{type(self).__name__} has no reweight")
