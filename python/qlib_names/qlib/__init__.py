"""The name ``qlib`` for :mod:`backstaff.qlib`: the same modules, by both names."""

import sys

import backstaff.qlib
from backstaff.qlib import _names

# By this word the modules know that no real Qlib is hidden.
_is_backstaff = True

_names.take()
sys.modules[__name__] = backstaff.qlib
