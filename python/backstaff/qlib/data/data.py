"""The name under which some scripts import ``D``."""

from backstaff.qlib.data import D

__all__ = ["D"]
