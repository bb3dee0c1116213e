"""The features beside those of Qlib, Polars, pandas and TA-Lib: the same data, the same run, two threads each.

    python benches/features.py [--qlib] [--rows 2700x3000]

Run by `make bench-features`. The peers are installed from PyPI into .deps/features on the first run; `--qlib` adds Qlib,
which takes a while. Ours is `cargo bench -p backstaff-study --bench windows`. Each figure is the median of five runs
(Qlib: of two) after one to warm up, in seconds. On a busy machine all of them grow: compare the ratios.
"""

import os
import pathlib
import platform
import subprocess
import sys
import tempfile

from environment import ROOT, python_of

THREADS = "2"
PEERS = ["polars==2.1.0", "pandas==3.1.1", "numpy==2.4.6", "pyarrow", "TA-Lib==0.8.2"]
QLIB = ["pyqlib==0.9.7", "pandas<3", "numpy<2.3"]
FACTORS = (
    "$close/Ref($close,1)-1;$close/Ref($close,5)-1;$close/Ref($close,20)-1;Mean($close,5)/$close;"
    "Mean($close,20)/$close;Mean($close,60)/$close;Std($close,5)/$close;Std($close,20)/$close;"
    "Max($high,20)/$close;Min($low,20)/$close;($close-$open)/$open;($high-$low)/$open;"
    "Mean($volume,5)/($volume+1e-12);Corr($close,Log($volume+1),20)"
)
INDICATORS = (
    "ta.RSI($close,14);ta.RSI($close,30);ta.MACD($close,12,26,9).macd;ta.MACD($close,12,26,9).macdsignal;"
    "ta.MACD($close,12,26,9).macdhist;ta.SMA($close,20);ta.SMA($close,50);ta.SMA($close,200);ta.EMA($close,12);"
    "ta.EMA($close,26);ta.BBANDS($close,20,2,2).upperband;ta.BBANDS($close,20,2,2).middleband;"
    "ta.BBANDS($close,20,2,2).lowerband"
)
# Which work, on which panel, how ours is asked for, how it is called.
WORK = [
    ("returns", "beta252_60=Beta($r,$m,252,min=60);Beta($r,$m,60,min=30)", "beta 252 and 60"),
    ("returns", "std252=Std($r,252,min=60)", "std 252"),
    ("returns", "mean20=Mean($r,20,min=10)", "mean 20"),
    ("returns", "max252=Max($r,252,min=60)", "max 252"),
    ("returns", "quantile60=Quantile($r,60,0.8,min=30)", "quantile 60"),
    ("returns", "rank=CsRank($r)", "rank by date"),
    ("bars", "cold:alpha158", "Alpha158 from Parquet"),
    ("bars", "cold:factors=" + FACTORS, "Qlib's 14 factors from Parquet"),
    ("bars", "indicators=" + INDICATORS, "13 indicators"),
]


def lines(command: list, **more) -> dict[str, float]:
    """The `name seconds` lines that a command prints."""
    environment = {**os.environ, "RAYON_NUM_THREADS": THREADS, "POLARS_MAX_THREADS": THREADS, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([str(part) for part in command], env=environment, capture_output=True, text=True, cwd=ROOT)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}\n{done.stderr}")
    pairs = (line.split() for line in done.stdout.splitlines())
    return {pair[0]: float(pair[1]) for pair in pairs if len(pair) >= 2}


def ours(panels: pathlib.Path) -> dict[str, float]:
    found = {}
    for panel in ("returns", "bars"):
        columns = [column for where, column, _ in WORK if where == panel]
        command = ["cargo", "bench", "--locked", "-q", "-p", "backstaff-study", "--bench", "windows", "--"]
        found |= lines([*command, panels / f"{panel}.parquet", *columns])
    return found


def main() -> None:
    arguments = sys.argv[1:]
    size = arguments[arguments.index("--rows") + 1] if "--rows" in arguments else "2700x3000"
    peers = python_of("features", PEERS)
    with tempfile.TemporaryDirectory() as folder:
        panels = pathlib.Path(folder)
        subprocess.run([peers, ROOT / "benches" / "peers.py", "panels", panels, size], check=True)
        found = {"ours": ours(panels)}
        for peer in ("polars", "pandas", "talib"):
            found[peer] = lines([peers, ROOT / "benches" / "peers.py", peer, panels])
        if "--qlib" in arguments:
            python = python_of("qlib", QLIB)
            found["qlib"] = lines([python, ROOT / "benches" / "peers.py", "qlib", panels, FACTORS])
    print(f"{platform.machine()}, {os.cpu_count()} cores, {THREADS} threads; {size} rows; {' '.join(PEERS)}")
    names = [peer for peer in found if peer != "ours"]
    print(f"{'':<34}{'ours':>9}" + "".join(f"{peer:>9}{'ratio':>7}" for peer in names))
    for _, column, title in WORK:
        name = column.removeprefix("cold:").split("=")[0]
        seconds = found["ours"][name]
        beside = (found[peer].get(name) for peer in names)
        texts = (f"{'':>16}" if peer is None else f"{peer:>9.3f}{peer / seconds:>7.1f}" for peer in beside)
        print(f"{title:<34}{seconds:>9.3f}" + "".join(texts))


main()
