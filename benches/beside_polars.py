"""Columns of the bundled panel by Backstaff and by Polars: in memory, the same data, the same run.

    python beside_polars.py PANEL.parquet

Backstaff's side is `cargo bench -p backstaff-study --bench windows`. Polars gets the rows sorted by instrument and date,
which Backstaff's panel is as well. Values are compared by the tests, not here.
"""

import os
import statistics
import subprocess
import sys
import time

import polars as pl

RUNS = 9
C, H, L, V = (pl.col(name).cast(pl.Float64) for name in ("close", "high", "low", "volume"))
COLUMNS = {
    "mean_20": C.rolling_mean(20, min_samples=1),
    "sum_20": V.rolling_sum(20, min_samples=1),
    "std_20": C.rolling_std(20, min_samples=2),
    "std_252": C.rolling_std(252, min_samples=2),
    "max_252": H.rolling_max(252, min_samples=1),
    "min_252": L.rolling_min(252, min_samples=1),
    "median_20": C.rolling_median(20, min_samples=1),
    "quantile_60": C.rolling_quantile(0.8, "linear", 60, min_samples=1),
    "cov_60": pl.rolling_cov(C, V, window_size=60, min_samples=2),
    "ema_12": C.ewm_mean(span=12, adjust=True, ignore_nulls=False),
    "shift_ratio": C / C.shift(20) - 1,
}


def median(work) -> float:
    def once() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return statistics.median(once() for _ in range(RUNS))


def ours(threads: int) -> dict[str, list[float]]:
    environment = {**os.environ, "RAYON_NUM_THREADS": str(threads)}
    command = ["cargo", "bench", "--locked", "-q", "-p", "backstaff-study", "--bench", "windows"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
    lines = (line.split() for line in done.stdout.splitlines())
    return {name: [float(text) for text in figures] for name, *figures in lines}


def main() -> None:
    frame = pl.read_parquet(sys.argv[1]).sort("symbol", "date")
    frame = frame.with_columns(pl.col("symbol").cast(pl.Categorical).to_physical())
    theirs = {name: median(lambda e=e: frame.select(e.over("symbol"))) for name, e in COLUMNS.items()}
    theirs["cross_rank"] = median(lambda: frame.select(C.rank("average").over("date") / C.count().over("date")))
    cores = os.cpu_count() or 1
    one, all_cores = ours(1), ours(cores)
    print(f"{'':<13}{'ns/row':>8}{'copies':>8}   {'seconds':>9}{'polars':>9}{'ratio':>7}")
    print(f"{'':<13}{'1 thread':>16}   {f'{cores} threads':>25}")
    for name, (seconds, *_) in all_cores.items():
        _, ns, copies = one[name]
        peer = theirs.get(name)
        beside = f"{peer:>9.4f}{peer / seconds:>7.1f}" if peer else ""
        print(f"{name:<13}{ns:>8.1f}{copies:>8.1f}   {seconds:>9.4f}{beside}")


main()
