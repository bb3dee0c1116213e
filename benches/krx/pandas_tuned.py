"""The canonical features and targets in pandas, tuned: one grouping, categories, no callbacks, betas in numba."""

import numba
import numpy as np
import pandas as pd
from common import (
    AMOUNTS, BARS, BETAS, COLUMNS, CONSOLIDATED, CURRENCY, FINANCIAL, HORIZON, ITEMS, KOSPI200, LEAST, PRESENT, VENUES, Clock,
    Source, arguments, quoted,
)  # fmt: skip

CELL = ["date", "sector"]


def read(source: Source, table: str, columns: list[str], where: str | None = None, filters=None) -> pd.DataFrame:
    if source.database is None:
        return pd.read_parquet(source.parquet(table), columns=columns, filters=filters)
    query = f"SELECT {', '.join(columns)} FROM {table}" + (f" WHERE {where}" if where else "")
    return pd.read_sql_query(query, source.database)


@numba.njit(cache=True)
def windowed_beta(r, m, start, window, least, out):
    """Covariance over variance of the pairs that are both present; `start[t]` is the first row of t's instrument."""
    for t in range(len(r)):
        first = max(start[t], t - window + 1)
        if t - first + 1 < least:
            continue
        pairs, sum_r, sum_m = 0, 0.0, 0.0
        for s in range(first, t + 1):
            if not np.isnan(r[s] + m[s]):
                pairs += 1
                sum_r += r[s]
                sum_m += m[s]
        if pairs < least:
            continue
        mean_r, mean_m = sum_r / pairs, sum_m / pairs
        covariance, variance = 0.0, 0.0
        for s in range(first, t + 1):
            if not np.isnan(r[s] + m[s]):
                covariance += (r[s] - mean_r) * (m[s] - mean_m)
                variance += (m[s] - mean_m) ** 2
        out[t] = min(3.0, max(-3.0, covariance / pairs / max(variance / pairs, 1e-8)))


class Frame:
    """The rows, sorted by instrument and date, and their groupings, made once."""

    def __init__(self, rows: pd.DataFrame):
        self.rows = rows
        self.instrument = rows["instrument"].cat.codes.to_numpy()
        self.date = rows["date"].cat.codes.to_numpy()
        sector = rows["sector"].cat.codes.to_numpy()
        cells = self.date.astype(np.int64) * (sector.max() + 2) + sector
        self.cell = np.where(sector < 0, np.nan, cells)

    def own(self, values):
        """Within one instrument."""
        return pd.Series(values).groupby(self.instrument, sort=False)

    def rolling(self, values, window: int, least: int):
        return self.own(values).rolling(window, min_periods=least)

    def by_date(self, values):
        return pd.Series(values).groupby(self.date, sort=False)

    def by_cell(self, values):
        """Within the date's sector; rows without a sector belong to none."""
        return pd.Series(values).groupby(self.cell, sort=False)

    def standard_score(self, values):
        groups = self.by_cell(values)
        return (pd.Series(values) - groups.transform("mean")) / groups.transform("std").clip(lower=0.01)


def plain(rolled: pd.Series) -> pd.Series:
    """Rolled groups without the group's key; the rows keep their order."""
    return rolled.droplevel(0)


def load(source: Source) -> Frame:
    wanted = f"market_type IN ({quoted(VENUES)}) AND closing_price > 0 AND volume > 0"
    filters = [("market_type", "in", VENUES), ("closing_price", ">", 0), ("volume", ">", 0)]
    rows = read(source, "daily_prices", list(BARS), wanted, filters).rename(columns=BARS).drop(columns="venue")
    stocks = read(source, "stocks", ["stock_code", "current_sector_type"])
    sector = stocks.set_index("stock_code")["current_sector_type"].astype("category")
    for key in ("instrument", "date"):
        rows[key] = rows[key].astype("category")
    of_code = sector.reindex(rows["instrument"].cat.categories)
    codes = of_code.cat.codes.to_numpy()[rows["instrument"].cat.codes.to_numpy()]
    rows["sector"] = pd.Categorical.from_codes(codes, dtype=of_code.dtype)
    order = np.lexsort((rows["date"].cat.codes, rows["instrument"].cat.codes))
    return Frame(rows.take(order).reset_index(drop=True))


def technical(frame: Frame) -> None:
    rows = frame.rows
    close, volume = rows["close"], rows["volume"]
    own = frame.own(close)
    rows["r"] = own.pct_change()
    for n in (5, 20, 60, 126):
        rows[f"mom_{n}d"] = own.pct_change(n)
    rows["intermediate_momentum"] = own.shift(21) / own.shift(126) - 1
    windows = frame.rolling(close, 20, 10)
    mid = plain(windows.mean()).clip(lower=1)
    rows["dist_ma_20"] = close / mid - 1
    width = 4 * plain(windows.std()) / mid
    rows["bb_squeeze"] = (width < 0.8 * plain(frame.rolling(width, 60, 30).mean())).astype(float)
    rows["rs_vs_market_20d"] = rows["mom_20d"] - frame.by_date(rows["mom_20d"]).transform("median")
    of_60 = rows["mom_60d"] - frame.by_date(rows["mom_60d"]).transform("median")
    rows["rs_acceleration"] = (rows["rs_vs_market_20d"] - of_60).clip(-0.5, 0.5)
    of_20 = frame.rolling(volume, 20, 10)
    usual = plain(of_20.mean()).clip(lower=1)
    rows["volume_surprise"] = volume / usual
    rows["volume_trend"] = plain(frame.rolling(volume, 5, 3).mean()) / usual
    rows["volume_breakout"] = volume / plain(frame.rolling(volume, 60, 30).max()).clip(lower=1)
    rows["value_surprise"] = rows["value"] / plain(frame.rolling(rows["value"], 20, 10).mean()).clip(lower=1)
    flow = (2 * (close - rows["low"]) / (rows["high"] - rows["low"]).clip(lower=1) - 1) * volume
    total = plain(of_20.sum()).clip(lower=1)
    rows["smart_money_flow"] = plain(frame.rolling(flow, 20, 10).sum()) / total
    rows["accumulation_index"] = plain(frame.rolling(rows["smart_money_flow"], 10, 5).mean())
    cost = rows["r"].abs() / (rows["value"].clip(lower=1e6) / 1e9)
    rows["amihud_rank"] = frame.by_date(plain(frame.rolling(cost, 20, 10).mean())).rank(pct=True)
    rows["volatility_20d"] = plain(frame.rolling(rows["r"], 20, 10).std()) * np.sqrt(252)
    longer = plain(frame.rolling(rows["r"], 60, 30).std()) * np.sqrt(252)
    rows["volatility_ratio"] = rows["volatility_20d"] / longer.clip(lower=0.01)
    top = plain(frame.rolling(rows["high"], 252, 126).max()).clip(lower=1)
    bottom = plain(frame.rolling(rows["low"], 252, 126).min()).clip(lower=1)
    fall, glory = close / top - 1, top / bottom - 1
    rows["drawdown_from_high"] = fall
    rows["fallen_angel_score"] = ((glory > 1) & (fall > -0.5) & (fall < -0.3)).astype(float) * glory * -fall
    quiet = (rows["volatility_ratio"] < 0.7) & (rows["volume_trend"] < 0.8) & (rows["dist_ma_20"].abs() < 0.05)
    rows["vcp_score"] = quiet.astype(float) * glory.clip(0, 2)
    step = own.diff().fillna(0.0)
    gain = plain(frame.rolling(step.clip(lower=0), 14, 14).mean())
    loss = plain(frame.rolling((-step).clip(lower=0), 14, 14).mean())
    rows["rsi_14"] = 100 - 100 / (1 + gain / loss.clip(lower=0.001))
    rows["rs_vs_sector_20d"] = frame.standard_score(rows["mom_20d"])


def filings(source: Source) -> pd.DataFrame:
    """What is known of each instrument from a date on: items go on until a newer filing has them."""
    periods = read(source, "financial_periods", ["id", "stock_code", "available_date", "fiscal_date"],
                   f"consolidation_type = '{CONSOLIDATED}' AND currency = '{CURRENCY}'",
                   [("consolidation_type", "==", CONSOLIDATED), ("currency", "==", CURRENCY)])  # fmt: skip
    parts = []
    for table, (amount, names) in ITEMS.items():
        where, filters = f"item_code_normalized IN ({quoted(names)})", [("item_code_normalized", "in", list(names))]
        items = read(source, table, ["period_id", "item_code_normalized", amount], where, filters)
        items["item_code_normalized"] = items["item_code_normalized"].map(names)
        parts.append(items.rename(columns={amount: "amount"}))
    wide = pd.concat(parts).pivot(index="period_id", columns="item_code_normalized", values="amount")
    known = periods.merge(wide, left_on="id", right_index=True)
    known = known.sort_values(["stock_code", "available_date", "fiscal_date"])
    known[AMOUNTS] = known.groupby("stock_code", sort=False)[AMOUNTS].ffill()
    return known.drop_duplicates(["stock_code", "available_date"], keep="last")


def merge(frame: Frame, known: pd.DataFrame) -> None:
    """The filing known at each row: the last one not after its date, by one search over (instrument, date)."""
    rows = frame.rows
    codes = rows["instrument"].cat.categories.get_indexer(known["stock_code"])
    known = known.loc[codes >= 0, ["available_date", *AMOUNTS]]
    codes = codes[codes >= 0]
    days = rows["date"].cat.categories.astype(np.int64).to_numpy()
    at = codes.astype(np.int64) * 10**8 + known["available_date"].astype(np.int64).to_numpy()
    wanted = frame.instrument.astype(np.int64) * 10**8 + days[frame.date]
    place = np.searchsorted(at, wanted, side="right") - 1
    found = (place >= 0) & (codes[np.maximum(place, 0)] == frame.instrument)
    amounts = {name: np.where(found, known[name].to_numpy()[place], np.nan) for name in AMOUNTS}
    equity = np.maximum(amounts["equity"], 1)
    rows["roe"] = amounts["profit"] / equity
    rows["gp_over_assets"] = amounts["gross"] / np.maximum(amounts["assets"], 1)
    rows["roe_delta_yoy"] = rows["roe"] - frame.own(rows["roe"]).shift(252)
    rows["pb_sector_zscore"] = frame.standard_score(rows["cap"] / equity).clip(-3, 3)
    for name in FINANCIAL:
        rows[name] = rows[name].fillna(frame.by_date(rows[name]).transform("median"))


def betas(frame: Frame) -> None:
    r = frame.rows["r"].to_numpy()
    market = frame.by_date(frame.rows["r"]).transform("median").to_numpy()
    first = np.flatnonzero(np.diff(frame.instrument, prepend=-1))
    start = np.repeat(first, np.diff(first, append=len(r)))
    for name, (window, least) in BETAS.items():
        beta = np.full(len(r), 1.0)
        windowed_beta(r, market, start, window, least, beta)
        frame.rows[name] = beta
    frame.rows = frame.rows.drop(columns="r")


def targets(frame: Frame) -> None:
    rows = frame.rows
    opens = frame.own(rows["open"])
    rows["forward_return"] = (opens.shift(-1 - HORIZON) / opens.shift(-1) - 1).clip(-0.5, 0.5)
    market = frame.by_date(rows["forward_return"]).transform("median")
    rows["forward_alpha"] = rows["forward_return"] - market
    rows["forward_residual"] = rows["forward_return"] - rows["rolling_beta"] * market
    rows["target_rank"] = frame.by_date(rows["forward_return"]).rank(pct=True)
    rows["target_residual_rank"] = frame.by_date(rows["forward_residual"]).rank(pct=True)
    rows["target_sector_rank"] = frame.by_cell(rows["forward_return"]).rank(pct=True)


def macro(source: Source, frame: Frame) -> None:
    levels = read(source, "index_daily_prices", ["date", "closing_index"], f"index_code = '{KOSPI200}'",
                  [("index_code", "==", KOSPI200)])  # fmt: skip
    level = levels.set_index("date")["closing_index"].sort_index()
    score = level / level.rolling(120, min_periods=60).mean() - 1
    frame.rows["market_regime_score"] = score.reindex(frame.rows["date"].cat.categories).to_numpy()[frame.date]


def main() -> None:
    options = arguments()
    one = np.zeros(1)
    windowed_beta(one, one, np.zeros(1, np.int64), 2, 1, one.copy())  # compiled before the clock starts
    clock = Clock()
    source = Source(options.folder, options.source)
    frame = load(source)
    clock.lap("load")
    technical(frame)
    clock.lap("technical")
    known = filings(source)
    clock.lap("financial load")
    merge(frame, known)
    clock.lap("financial merge")
    betas(frame)
    clock.lap("beta")
    targets(frame)
    clock.lap("targets")
    macro(source, frame)
    clock.lap("macro")
    rows = frame.rows
    inside = np.logical_and.reduce([rows[name] >= least for name, least in LEAST.items()])
    universe = rows[inside].dropna(subset=PRESENT)
    clock.lap("universe")
    clock.report(rows=len(rows), universe=len(universe))
    for path, kept in ((options.save, rows), (options.save_universe, universe)):
        if path:
            dates = pd.to_datetime(kept["date"].astype(str), format="%Y%m%d").dt.date
            kept[COLUMNS].assign(date=dates, instrument=kept["instrument"].astype(str)).to_parquet(path, index=False)


main()
