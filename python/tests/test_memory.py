"""A frame goes in without a second one of its size, and what comes out is there once."""

import subprocess
import sys

import pytest

# Peaks are those of the whole process, so that each call has one of its own.
SCRIPT = """
import sys
import numpy, pandas, polars
import backstaff as bs

def status(key):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024

rows, columns, library = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
sessions = 2_000
dates = numpy.tile(pandas.bdate_range("2015-01-01", periods=sessions), rows // sessions)
names = numpy.repeat(numpy.arange(rows // sessions), sessions)
names = pandas.Categorical.from_codes(names, [f"S{i:05}" for i in range(rows // sessions)])
values = numpy.random.default_rng(0).uniform(50, 60, (4, len(dates)))
fields = dict(zip(["open", "close", "score", "volume"], values))
if library == "polars":
    frame = polars.DataFrame({"date": dates, "instrument": pandas.Series(names), **fields})
else:
    frame = pandas.DataFrame({"date": dates, "instrument": names, **fields})
del dates, names, values, fields
features = {f"x{i}": f"$close * {i} - $open" for i in range(columns)}
small = frame.head(10)
bs.compute(small, {"x": "$close"})
try:
    open("/proc/self/clear_refs", "w").write("5")
except OSError:
    sys.exit(77)
before = status("VmRSS")
table = bs.compute(frame, features)
peak, out = status("VmHWM") - before, table.to_arrow().nbytes
print(table.num_rows, out / 2**20, peak / out)
before = status("VmRSS")
open("/proc/self/clear_refs", "w").write("5")
frame = table.to_pandas()
print(len(frame), out / 2**20, (status("VmHWM") - before) / out)
"""


def measured(rows: int, columns: int, library: str) -> list[list[float]]:
    """For the computation and for the way to pandas: the rows, the mebibytes of the output, the peak as a share of them."""
    command = [sys.executable, "-P", "-c", SCRIPT, str(rows), str(columns), library]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 77:
        pytest.skip("the system does not reset the peak of a process")
    assert done.returncode == 0, done.stderr
    return [[float(word) for word in line.split()] for line in done.stdout.splitlines()]


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_takes_no_more_than_what_comes_out(library):
    computed, shown = measured(800_000, 60, library)
    assert computed[0] == shown[0] == 800_000
    assert computed[2] <= 1.3, computed
    assert shown[2] <= 1.2, shown
