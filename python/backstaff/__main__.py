"""The command line: ``python -m backstaff``."""

import sys

from backstaff._program import main

sys.exit(main())
