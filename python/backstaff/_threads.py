"""How many threads a call may use."""

from __future__ import annotations

import os

from backstaff.errors import StudyError


def n_threads(threads: int | None) -> int:
    """The number of threads that a caller asks for: all that the process may use if it is None."""
    if threads is None:
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if threads < 1:
        raise StudyError(f"threads: {threads} would do nothing; give 1 or more")
    return threads
