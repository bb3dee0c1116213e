"""The peers' side of benches/features.py; also makes the panels.

    peers.py panels FOLDER 2700x3000        writes returns.parquet, bars.parquet, and bars as Qlib's files
    peers.py polars|pandas|talib|qlib FOLDER     prints `name seconds`
"""

import datetime
import pathlib
import statistics
import sys
import time

import numpy as np

FOLDER = pathlib.Path(sys.argv[2])


def measure(name: str, work, runs: int = 5) -> None:
    seconds = []
    for _ in range(runs + 1):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    print(name, statistics.median(seconds[1:]), flush=True)


def weekdays(n: int) -> list[datetime.date]:
    days = (datetime.date(2008, 1, 1) + datetime.timedelta(days=day) for day in range(2 * n))
    return [day for day in days if day.weekday() < 5][:n]


def panels(size: str) -> None:
    import polars as pl

    n, t = map(int, size.split("x"))
    random = np.random.default_rng(7)

    def keys(n, t):
        symbols = [f"S{i:04}" for i in range(n)]
        return {"symbol": np.repeat(symbols, t), "date": np.tile(np.array(weekdays(t), "datetime64[D]"), n)}

    market = random.normal(0, 0.01, t)
    r = 0.8 * market + random.normal(0, 0.02, (n, t))
    close = 20 * np.exp(np.cumsum(r, axis=1))
    columns = {"close": close.ravel(), "r": r.ravel(), "m": np.tile(market, n)}
    pl.DataFrame({**keys(n, t), **columns}).write_parquet(FOLDER / "returns.parquet")

    n, t = 500, 2340
    r = random.normal(0, 0.01, t) + random.normal(0, 0.02, (n, t))
    close = random.uniform(5, 80, (n, 1)) * np.exp(np.cumsum(r, axis=1))
    opened = close * np.exp(random.normal(0, 0.008, (n, t)))
    high = np.maximum(opened, close) * np.exp(np.abs(random.normal(0, 0.006, (n, t))))
    low = np.minimum(opened, close) * np.exp(-np.abs(random.normal(0, 0.006, (n, t))))
    volume = np.round(np.exp(random.normal(13, 1.2, (n, 1)) + random.normal(0, 0.35, (n, t))))
    bars = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
    bars["vwap"] = (opened + high + low + 2 * close) / 5
    bars = {name: values.astype("f4") for name, values in bars.items()}
    columns = {name: values.ravel() for name, values in bars.items()}
    pl.DataFrame({**keys(n, t), **columns}).write_parquet(FOLDER / "bars.parquet")
    qlib_files(weekdays(t), bars)


def qlib_files(days: list[datetime.date], bars: dict[str, np.ndarray]) -> None:
    """The bars in Qlib's layout: a calendar, the instruments with their first and last day, one file a field."""
    home = FOLDER / "qlib"
    for folder in ("calendars", "instruments"):
        (home / folder).mkdir(parents=True)
    (home / "calendars" / "day.txt").write_text("\n".join(map(str, days)) + "\n")
    n = len(bars["close"])
    lives = [f"S{i:04}\t{days[0]}\t{days[-1]}" for i in range(n)]
    (home / "instruments" / "all.txt").write_text("\n".join(lives) + "\n")
    for i in range(n):
        folder = home / "features" / f"s{i:04}"
        folder.mkdir(parents=True)
        for name, values in bars.items():
            np.concatenate([np.zeros(1, "f4"), values[i]]).astype("<f4").tofile(folder / f"{name}.day.bin")


def polars() -> None:
    import polars as pl

    frame = pl.read_parquet(FOLDER / "returns.parquet", columns=["symbol", "date", "r", "m"])
    frame = frame.with_columns(pl.col("symbol").cast(pl.Categorical).to_physical())

    def beta(length, minimum):
        covariance = pl.rolling_cov("r", "m", window_size=length, min_samples=minimum)
        return (covariance / pl.col("m").rolling_var(length, min_samples=minimum)).over("symbol")

    r = pl.col("r")
    columns = {
        "beta252_60": [beta(252, 60).alias("long"), beta(60, 30).alias("short")],
        "std252": r.rolling_std(252, min_samples=60).over("symbol"),
        "mean20": r.rolling_mean(20, min_samples=10).over("symbol"),
        "max252": r.rolling_max(252, min_samples=60).over("symbol"),
        "quantile60": r.rolling_quantile(0.8, "linear", 60, min_samples=30).over("symbol"),
        "rank": r.rank("average").over("date"),
    }
    for name, expressions in columns.items():
        measure(name, lambda expressions=expressions: frame.select(expressions))


def pandas() -> None:
    import pandas as pd

    frame = pd.read_parquet(FOLDER / "returns.parquet", columns=["symbol", "date", "r", "m"])
    frame["symbol"] = pd.factorize(frame["symbol"])[0]
    groups = frame.groupby("symbol", sort=False)

    def beta(length, minimum):
        def one(group):
            window = group["m"].rolling(length, min_periods=minimum)
            return group["r"].rolling(length, min_periods=minimum).cov(group["m"]) / window.var()

        return groups[["r", "m"]].apply(one)

    measure("beta252_60", lambda: (beta(252, 60), beta(60, 30)), 1)
    measure("std252", lambda: groups["r"].rolling(252, min_periods=60).std(), 3)
    measure("mean20", lambda: groups["r"].rolling(20, min_periods=10).mean(), 3)
    measure("max252", lambda: groups["r"].rolling(252, min_periods=60).max(), 3)
    measure("rank", lambda: frame.groupby("date")["r"].rank(pct=True), 3)


def talib() -> None:
    import polars as pl
    import talib as ta

    close = pl.read_parquet(FOLDER / "bars.parquet", columns=["close"])["close"].to_numpy().astype("f8").reshape(500, -1)

    def indicators():
        for c in close:
            (ta.RSI(c, 14), ta.RSI(c, 30), ta.MACD(c, 12, 26, 9), ta.SMA(c, 20), ta.SMA(c, 50), ta.SMA(c, 200))
            (ta.EMA(c, 12), ta.EMA(c, 26), ta.BBANDS(c, 20, 2, 2))

    measure("indicators", indicators)


def qlib() -> None:
    import logging

    import qlib as q
    from qlib.contrib.data.loader import Alpha158DL
    from qlib.data import D

    q.init(provider_uri=str(FOLDER / "qlib"), region="cn", logging_level=logging.ERROR, expression_cache=None,
           dataset_cache=None, kernels=2)
    instruments = D.instruments("all")
    measure("alpha158", lambda: D.features(instruments, Alpha158DL.get_feature_config()[0]), 2)
    measure("factors", lambda: D.features(instruments, sys.argv[3].split(";")), 2)


if __name__ == "__main__":
    if sys.argv[1] == "panels":
        panels(sys.argv[3])
    else:
        {"polars": polars, "pandas": pandas, "talib": talib, "qlib": qlib}[sys.argv[1]]()
