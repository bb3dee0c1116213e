"""A small market, in every shape that a frame can have."""

import signal
import subprocess
import sys
from pathlib import Path

import numpy
import pandas
import pytest

FEATURES = {
    "mom": "CsRank($close / Ref($close, 5) - 1)",
    "vol": "Std($close / Ref($close, 1) - 1, 10)",
    "turnover": "Mean($volume, 3)",
}


def market(instruments: int = 4, sessions: int = 60) -> pandas.DataFrame:
    """Random walks as a long frame; one instrument is listed late, one cell is missing."""
    random = numpy.random.default_rng(7)
    dates = pandas.bdate_range("2024-01-02", periods=sessions)
    frames = []
    for i in range(instruments):
        close = 100 * numpy.exp(numpy.cumsum(random.normal(0, 0.02, sessions)))
        bars = {"date": dates, "instrument": f"S{i}", "open": close * 0.99, "close": close}
        bars["volume"] = random.integers(1_000, 9_000, sessions).astype(float)
        frames.append(pandas.DataFrame(bars)[20 if i == 1 else 0 :])
    frame = pandas.concat(frames, ignore_index=True)
    frame.loc[7, "close"] = numpy.nan
    return frame


def program(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    """Run the command line that came with the module."""
    command = [sys.executable, "-P", "-m", "backstaff", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.fixture
def ctrl_c():
    """Ctrl-C raises, even where the tests run in the background of a shell that ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def frame() -> pandas.DataFrame:
    return market()


@pytest.fixture(scope="session")
def parquet(frame: pandas.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("market") / "prices.parquet"
    frame.to_parquet(path, index=False)
    return path


@pytest.fixture(scope="session")
def expected(parquet: Path) -> pandas.DataFrame:
    """What the command line computes."""
    out = parquet.with_name("out.parquet")
    features = [word for name, text in FEATURES.items() for word in ("--feature", f"{name}={text}")]
    done = program("compute", "--data", parquet, *features, "--out", out)
    assert done.returncode == 0, done.stderr
    return pandas.read_parquet(out)
