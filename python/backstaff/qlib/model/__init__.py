"""Models, as Qlib has them."""

from backstaff.qlib.model.base import Model

__all__ = ["Model"]
