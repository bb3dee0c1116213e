"""What the comparison programs share: names, rules, the clock, the arguments."""

import argparse
import json
import pathlib
import sqlite3
import sys
import time

HORIZON = 21
TECHNICAL = [
    "mom_5d", "mom_20d", "mom_60d", "mom_126d", "intermediate_momentum", "dist_ma_20", "rs_vs_market_20d",
    "rs_acceleration", "volume_surprise", "volume_trend", "volume_breakout", "value_surprise", "smart_money_flow",
    "accumulation_index", "amihud_rank", "volatility_20d", "volatility_ratio", "drawdown_from_high",
    "fallen_angel_score", "vcp_score", "rsi_14", "bb_squeeze", "rs_vs_sector_20d",
]  # fmt: skip
BETAS = {"rolling_beta": (252, 60), "rolling_beta_60d": (60, 30)}  # window, least pairs
FINANCIAL = ["roe", "gp_over_assets", "roe_delta_yoy", "pb_sector_zscore"]
MACRO = ["market_regime_score"]
FEATURES = [*TECHNICAL, *BETAS, *FINANCIAL, *MACRO]
TARGETS = ["forward_return", "forward_alpha", "forward_residual", "target_rank", "target_residual_rank",
           "target_sector_rank"]  # fmt: skip
COLUMNS = ["instrument", "date", *FEATURES, *TARGETS]

# The tables' names for what is read, and ours.
BARS = {
    "stock_code": "instrument", "date": "date", "market_type": "venue", "opening_price": "open", "high_price": "high",
    "low_price": "low", "closing_price": "close", "volume": "volume", "value": "value", "market_cap": "cap",
}  # fmt: skip
ITEMS = {
    "financial_items_bs_cf": ("amount_current", {"ifrs-full_Equity": "equity", "ifrs-full_Assets": "assets"}),
    "financial_items_pl": ("amount_current_ytd", {"ifrs-full_ProfitLoss": "profit", "ifrs-full_GrossProfit": "gross"}),
}
AMOUNTS = ["equity", "assets", "profit", "gross"]
VENUES = ["kospi", "kosdaq"]
CONSOLIDATED = "연결"
CURRENCY = "KRW"  # amounts in another one cannot stand beside prices in won
KOSPI200 = "KOSPI_코스피_200"
LEAST = {"close": 1000, "cap": 500_000_000_000, "value": 10_000_000_000}
PRESENT = ["mom_20d", "volume_surprise", "volatility_20d"]


def quoted(words) -> str:
    return ",".join(f"'{word}'" for word in words)


def memory() -> dict[str, float]:
    """The largest memory so far in GiB: all of it, and without the file pages mapped now."""
    lines = pathlib.Path("/proc/self/status").read_text().splitlines()
    kilobytes = {line.split(":")[0]: float(line.split()[1]) for line in lines if line.endswith(" kB")}
    peak = kilobytes["VmHWM"]
    return {"peak_gib": peak / 2**20, "peak_anonymous_gib": (peak - kilobytes["RssFile"]) / 2**20}


class Clock:
    """Seconds a stage."""

    def __init__(self):
        self.stages, self.since = {}, time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.stages[stage] = now - self.since
        self.since = now
        print(f"{stage:<16} {self.stages[stage]:8.2f} s", file=sys.stderr, flush=True)

    def report(self, **more) -> None:
        print(json.dumps({"stages": self.stages, "total": sum(self.stages.values()), **memory(), **more}))


class Source:
    """The tables: of krx.db, or the Parquet files of the same names."""

    def __init__(self, folder: pathlib.Path, kind: str):
        self.folder = folder
        self.database = sqlite3.connect(f"file:{folder}/krx.db?mode=ro", uri=True) if kind == "sqlite" else None

    def parquet(self, table: str) -> pathlib.Path:
        return self.folder / f"{table}.parquet"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path, help="holds krx.db or the Parquet tables")
    parser.add_argument("--source", choices=["sqlite", "parquet"], default="sqlite")
    parser.add_argument("--save", type=pathlib.Path, help="write all rows here; not timed")
    parser.add_argument("--save-universe", type=pathlib.Path, help="write the rows of the universe here; not timed")
    return parser.parse_args()
