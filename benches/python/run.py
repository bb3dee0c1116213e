"""Speed of the Python module beside others and beside the command line: medians of several tries, and their ratios.

    python benches/python/run.py            # 500 instruments, ten years
    python benches/python/run.py 50 3       # fewer of both, or fewer tries

Run it with the Python of an environment that has the wheel (`make wheel`), pandas, Polars and pyarrow. Timings are noisy:
compare the ratios of one run. Tries of what is compared alternate, so that both meet the same noise.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy
import pandas
import polars

import backstaff as bs

warnings.simplefilter("ignore", bs.DataWarning)

INSTRUMENTS = int(sys.argv[1]) if len(sys.argv) > 1 else 500
TRIES = int(sys.argv[2]) if len(sys.argv) > 2 else 5
SESSIONS = 2_520


def market(instruments: int, sessions: int) -> pandas.DataFrame:
    """Random walks as a long frame, a volume and a traded amount beside them."""
    random = numpy.random.default_rng(11)
    shape = (instruments, sessions)
    close = 100 * numpy.exp(numpy.cumsum(random.normal(0, 0.02, shape), axis=1))
    low, high = close * random.uniform(0.97, 1, shape), close * random.uniform(1, 1.03, shape)
    volume = random.integers(1_000, 90_000, shape).astype(float)
    columns = {"open": (low + high) / 2, "high": high, "low": low, "close": close, "volume": volume}
    columns["vwap"] = (high + low + close) / 3
    keys = {
        "date": numpy.tile(pandas.bdate_range("2010-01-04", periods=sessions), instruments),
        "instrument": numpy.repeat([f"S{i:04}" for i in range(instruments)], sessions),
    }
    return pandas.DataFrame(keys | {name: values.ravel() for name, values in columns.items()})


def beside(tries: int, calls: dict) -> dict[str, float]:
    """The median seconds of each call."""
    seconds = {name: [] for name in calls}
    for _ in range(tries):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(of_call) for name, of_call in seconds.items()}


def show(title: str, medians: dict[str, float], against: str) -> None:
    print(title)
    for name, median in medians.items():
        print(f"  {name:<42} {median * 1e3:10.3f} ms   {median / medians[against]:6.2f} x")


def process(code: str):
    """A new Python that runs some code."""
    return lambda: subprocess.run([sys.executable, "-c", code], check=True)


def main() -> None:
    bare = beside(TRIES, {"": process("pass")})[""]
    imports = beside(4 * TRIES, {name: process(f"import {name}") for name in ["backstaff", "polars"]})
    show("import, without the start of Python", {name: median - bare for name, median in imports.items()}, "polars")

    small = market(4, 250)
    features = {"mom": "$close / Ref($close, 20) - 1"}
    prices, columns = bs.read(small), polars.from_pandas(small)
    calls = {
        "prices that were read": lambda: bs.compute(prices, features),
        "prices that were read, one thread": lambda: bs.compute(prices, features, threads=1),
        "a frame of Polars": lambda: bs.compute(columns, features),
        "a frame of pandas": lambda: bs.compute(small, features),
    }
    beside(100, calls)
    show("one feature of 1,000 rows", beside(1_000, calls), "prices that were read")

    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "prices.parquet", Path(folder) / "out.parquet"
        frame = market(INSTRUMENTS, SESSIONS)
        frame.to_parquet(path, index=False)
        columns = polars.from_pandas(frame)
        command = [Path(sys.executable).with_name("backstaff"), "compute", "--data", path]
        command += ["--library", "alpha158", "--out", out]
        calls = {
            "a file": lambda: bs.compute(path, libraries=["alpha158"]),
            "a frame of pandas": lambda: bs.compute(frame, libraries=["alpha158"]),
            "a frame of Polars": lambda: bs.compute(columns, libraries=["alpha158"]),
            "the command line, file to file": lambda: subprocess.run(command, check=True, capture_output=True),
        }
        show(f"Alpha158 of {INSTRUMENTS:,} instruments, {SESSIONS:,} sessions", beside(TRIES, calls), "a file")


if __name__ == "__main__":
    main()
