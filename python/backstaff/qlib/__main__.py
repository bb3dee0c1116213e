"""``python -m backstaff.qlib script.py [arguments]``: run a script of Qlib's as it is."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

from backstaff.qlib import _names


def main() -> int:
    """Run the script of ``sys.argv`` with these modules under Qlib's names."""
    if len(sys.argv) < 2 or sys.argv[1].startswith("-"):
        print("usage: python -m backstaff.qlib SCRIPT.py [ARGUMENTS]", file=sys.stderr)
        return 2
    _names.take()
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    # A script finds the modules beside it, as if Python itself ran it.
    sys.path.insert(0, str(Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")
    return 0


if __name__ == "__main__":
    sys.exit(main())
