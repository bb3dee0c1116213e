"""How the files in this folder were made from their sources (README.md names them).

    python prepare.py PANEL.parquet SECTORS.csv ETFS.parquet FUNDAMENTALS.parquet MACRO.parquet [OUT_FOLDER]

PANEL: long daily OHLCV, columns symbol, date, open, high, low, close, volume.
SECTORS: symbol, name, sector, sub_industry, date_added, ...
ETFS: the same columns as PANEL.
FUNDAMENTALS: symbol, period_end, one column an item of annual statements.
MACRO: long, columns date, series, value.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

PRICES = ["open", "high", "low", "close"]
ITEMS = [
    "net_income", "total_equity", "total_assets", "total_liabilities", "total_revenue", "gross_profit",
    "operating_income", "net_cash_flow_operating", "total_current_assets", "total_current_liabilities",
]
SERIES = ["VIX", "DGS2", "DGS10", "DTWEXBGS", "UNRATE"]
FUNDS = ["SPY", "QQQ", "IWM", "TLT", "GLD"]
LAST_SESSION = pd.Timestamp("2017-11-10").date()


def write(frame: pd.DataFrame, path: Path) -> None:
    for column in frame.columns.difference(["symbol", "date"]):
        frame[column] = frame[column].astype("float32")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    floats = [name for name in frame.columns if frame[name].dtype == "float32"]
    pq.write_table(
        table, path, compression="zstd", compression_level=19, row_group_size=131_072,
        use_dictionary=["symbol"], use_byte_stream_split=floats,
    )
    print(path.name, len(frame), "rows", path.stat().st_size, "bytes")


def leaky(panel: pd.DataFrame) -> pd.DataFrame:
    """Twenty names and a score that a vendor could sell: the next session's return, half hidden in noise."""
    names = sorted(panel["symbol"].unique())[::24][:20]
    part = panel[panel["symbol"].isin(names)].sort_values(["symbol", "date"]).copy()
    tomorrow = part.groupby("symbol")["close"].pct_change().groupby(part["symbol"]).shift(-1)
    noise = np.random.default_rng(20171110).normal(0.0, tomorrow.std(), len(part))
    part["vendor_score"] = tomorrow + noise
    return part


def fundamentals(path: Path, out: Path) -> None:
    """Some items, unrounded; an item that every statement of a bank has as zero was not reported."""
    table = pd.read_parquet(path)[["symbol", "period_end", *ITEMS]].sort_values(["symbol", "period_end"])
    table.to_parquet(out / "us_fundamentals.parquet", compression="zstd", index=False)


def macro(path: Path, first, out: Path) -> None:
    """Some series, from two years before the first session of the prices to their last."""
    table = pd.read_parquet(path)
    dates = pd.to_datetime(table["date"])
    kept = (dates >= pd.Timestamp(first) - pd.DateOffset(years=2)) & (dates <= pd.Timestamp(LAST_SESSION))
    table = table[kept & table["series"].isin(SERIES)].sort_values(["series", "date"])
    table[["date", "series", "value"]].to_parquet(out / "us_macro.parquet", compression="zstd", index=False)


def cash(path: Path, out: Path) -> None:
    """What money market funds roughly earn: the effective federal funds rate, by month."""
    table = pd.read_parquet(path)
    dates = pd.to_datetime(table["date"])
    table = table[(dates >= "1999-01-01") & (table["series"] == "FEDFUNDS")].sort_values("date")
    table[["date", "series", "value"]].to_parquet(out / "us_cash.parquet", compression="zstd", index=False)


# Thirty names of the index, drawn by chance.
THIRTY = """ADM ADP AEP AIV BBT BMY CSX DIS FAST HAL HAS HD IP LMT MON ORCL PDCO PFG PG PKI PX TMO TWX TXN UAL VZ WAT WBA
WFC XLNX""".split()


def thirty(equities: pd.DataFrame, out: Path) -> None:
    """A file as people have it: one CSV, prices in cents."""
    table = equities[equities["symbol"].isin(THIRTY)].rename(columns={"symbol": "ticker"})
    table = table.assign(**{price: table[price].map("{:.2f}".format) for price in PRICES})
    table["volume"] = table["volume"].round().astype("int64")
    name = out / "thirty.csv.gz"
    table[["date", "ticker", *PRICES, "volume"]].to_csv(
        name, index=False, lineterminator="\n", compression={"method": "gzip", "mtime": 0}
    )


def main() -> None:
    panel, sectors, etfs, statements, series = (Path(argument) for argument in sys.argv[1:6])
    out = Path(sys.argv[6]) if len(sys.argv) > 6 else Path(__file__).parent
    columns = ["symbol", "date", *PRICES, "volume"]
    equities = pd.read_parquet(panel)[columns].sort_values(["symbol", "date"])
    write(equities, out / "us_equities.parquet")
    write(leaky(equities), out / "leaky_vendor.parquet")
    thirty(equities, out)
    spy = pd.read_parquet(etfs)
    funds = spy[spy["symbol"].isin(FUNDS)]
    write(funds[columns].sort_values(["symbol", "date"]).reset_index(drop=True), out / "us_funds.parquet")
    cash(series, out)
    spy = spy[(spy["symbol"] == "SPY") & (spy["date"] <= LAST_SESSION)]
    first = equities["date"].min()
    write(spy[spy["date"] >= first][columns].sort_values("date"), out / "spy.parquet")
    fundamentals(statements, out)
    macro(series, first, out)
    table = pd.read_csv(sectors)
    table[["symbol", "name", "sector", "date_added"]].to_csv(out / "us_sectors.csv", index=False, lineterminator="\n")


main()
