"""What Qlib's examples import to have data."""

from backstaff.qlib.tests.data import GetData

__all__ = ["GetData"]
