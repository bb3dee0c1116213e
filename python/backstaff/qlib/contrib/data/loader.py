"""Loaders of Qlib's two sets of features."""

from __future__ import annotations

import json
from typing import Any

from backstaff import _native
from backstaff.qlib._names import refuse
from backstaff.qlib.data.dataset.loader import QlibDataLoader

__all__ = ["Alpha158DL", "Alpha360DL"]


class Alpha158DL(QlibDataLoader):
    """The features Alpha158, or the parts of them that ``config["feature"]`` names."""

    def __init__(self, config: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"feature": self.get_feature_config(), **(config or {})}, **kwargs)

    @staticmethod
    def get_feature_config(config: dict[str, Any] | None = None) -> tuple[list[str], list[str]]:
        """Expressions and names of Alpha158; ``config`` has the parts ``kbar``, ``price``, ``volume``, ``rolling``."""
        return _split(_native.qlib_alpha("Alpha158", None if config is None else json.dumps(config, default=list)))


class Alpha360DL(QlibDataLoader):
    """The features Alpha360."""

    def __init__(self, config: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__({"feature": self.get_feature_config(), **(config or {})}, **kwargs)

    @staticmethod
    def get_feature_config() -> tuple[list[str], list[str]]:
        """Expressions and names of Alpha360."""
        return _split(_native.qlib_alpha("Alpha360", None))


def _split(pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [expression for _, expression in pairs], [name for name, _ in pairs]


__getattr__ = refuse(__name__, __all__)
