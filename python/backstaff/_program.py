"""The program ``backstaff``, which comes with the module."""

from __future__ import annotations

import os
import sys

from backstaff import _native
from backstaff._lightgbm import find_library


def main() -> int:
    """Carry out the command of ``sys.argv`` and return its exit code."""
    pages = _native.large_pages()
    if pages is not None and pages[0] not in os.environ:
        # The C library takes its settings when a process starts: it starts once more.
        os.environ[pages[0]] = pages[1]
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    find_library()
    return _native.program(["backstaff", *sys.argv[1:]])
