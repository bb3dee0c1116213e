"""The command line: ``python -m backstaff``."""

import sys

from backstaff._program import main

if __name__ == "__main__":
    sys.exit(main())
