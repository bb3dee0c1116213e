"""The canonical features and targets as one would write them in Polars today: seconds a stage as JSON."""

import polars as pl
from common import (
    AMOUNTS, BARS, BETAS, COLUMNS, CONSOLIDATED, CURRENCY, FINANCIAL, HORIZON, ITEMS, KOSPI200, LEAST, PRESENT, VENUES, Clock,
    Source, arguments, quoted,
)  # fmt: skip

CELL = ["date", "sector"]
col = pl.col


def read(source: Source, table: str, columns: list[str], where: str | None = None) -> pl.DataFrame:
    if source.database is None:
        frame = pl.scan_parquet(source.parquet(table))
        if where:
            frame = pl.SQLContext(t=frame).execute(f"SELECT * FROM t WHERE {where}")
        return frame.select(columns).collect()
    query = f"SELECT {', '.join(columns)} FROM {table}" + (f" WHERE {where}" if where else "")
    return pl.read_database(query, source.database, infer_schema_length=None)


def own(expression: pl.Expr) -> pl.Expr:
    """Within one instrument."""
    return expression.over("instrument")


def rolling(what: pl.Expr, kind: str, window: int, least: int) -> pl.Expr:
    return own(getattr(what, f"rolling_{kind}")(window, min_samples=least))


def at_least(expression: pl.Expr, bound: float) -> pl.Expr:
    return expression.clip(lower_bound=bound)


def percent_rank(name: str, groups) -> pl.Expr:
    return col(name).rank("average").over(groups) / col(name).count().over(groups)


def standard_score(name: str) -> pl.Expr:
    score = (col(name) - col(name).mean().over(CELL)) / at_least(col(name).std().over(CELL), 0.01)
    return pl.when(col("sector").is_not_null()).then(score)


def one_if(condition: pl.Expr) -> pl.Expr:
    return condition.fill_null(False).cast(pl.Float64)


def load(source: Source) -> pl.DataFrame:
    wanted = f"market_type IN ({quoted(VENUES)}) AND closing_price > 0 AND volume > 0"
    bars = read(source, "daily_prices", list(BARS), wanted).rename(BARS)
    stocks = read(source, "stocks", ["stock_code", "current_sector_type"])
    codes = pl.Enum(stocks["stock_code"].sort())
    sectors = pl.Enum(stocks["current_sector_type"].drop_nulls().unique().sort())
    stocks = stocks.select(
        col("stock_code").cast(codes).alias("instrument"), col("current_sector_type").cast(sectors).alias("sector")
    )
    bars = bars.with_columns(col("instrument").cast(codes), col("date").str.to_date("%Y%m%d")).drop("venue")
    return bars.join(stocks, on="instrument", how="left").sort("instrument", "date")


def technical(frame: pl.DataFrame) -> pl.DataFrame:
    close, volume = col("close"), col("volume")
    step = close.diff()
    flow = (2 * (close - col("low")) / at_least(col("high") - col("low"), 1) - 1) * volume
    frame = frame.with_columns(
        own(close.pct_change()).alias("r"),
        *(own(close.pct_change(n)).alias(f"mom_{n}d") for n in (5, 20, 60, 126)),
        own(close.shift(21) / close.shift(126) - 1).alias("intermediate_momentum"),
        at_least(rolling(close, "mean", 20, 10), 1).alias("mid"),
        rolling(close, "std", 20, 10).alias("deviation"),
        rolling(volume, "mean", 5, 3).alias("v5"),
        at_least(rolling(volume, "mean", 20, 10), 1).alias("v20"),
        at_least(rolling(volume, "max", 60, 30), 1).alias("v60"),
        at_least(rolling(volume, "sum", 20, 10), 1).alias("sum20"),
        at_least(rolling(col("value"), "mean", 20, 10), 1).alias("value20"),
        at_least(rolling(col("high"), "max", 252, 126), 1).alias("top"),
        at_least(rolling(col("low"), "min", 252, 126), 1).alias("bottom"),
        own(flow.rolling_sum(20, min_samples=10)).alias("flow20"),
        own(step.clip(lower_bound=0).fill_null(0).rolling_mean(14)).alias("gain"),
        own((-step).clip(lower_bound=0).fill_null(0).rolling_mean(14)).alias("loss"),
    )
    cost = col("r").abs() / (at_least(col("value"), 1e6) / 1e9)
    year = 252**0.5
    frame = frame.with_columns(
        (close / col("mid") - 1).alias("dist_ma_20"),
        (col("mom_20d") - col("mom_20d").median().over("date")).alias("rs_vs_market_20d"),
        (col("mom_60d") - col("mom_60d").median().over("date")).alias("rs60"),
        (volume / col("v20")).alias("volume_surprise"),
        (col("v5") / col("v20")).alias("volume_trend"),
        (volume / col("v60")).alias("volume_breakout"),
        (col("value") / col("value20")).alias("value_surprise"),
        (col("flow20") / col("sum20")).alias("smart_money_flow"),
        own(cost.rolling_mean(20, min_samples=10)).alias("amihud"),
        (rolling(col("r"), "std", 20, 10) * year).alias("volatility_20d"),
        (rolling(col("r"), "std", 60, 30) * year).alias("volatility_60d"),
        (close / col("top") - 1).alias("drawdown_from_high"),
        (col("top") / col("bottom") - 1).alias("glory"),
        (100 - 100 / (1 + col("gain") / at_least(col("loss"), 0.001))).alias("rsi_14"),
        (4 * col("deviation") / col("mid")).alias("width"),
        standard_score("mom_20d").alias("rs_vs_sector_20d"),
    )
    fall, glory = col("drawdown_from_high"), col("glory")
    calm = one_if(col("volatility_ratio") < 0.7) * one_if(col("volume_trend") < 0.8)
    frame = frame.with_columns(
        (col("rs_vs_market_20d") - col("rs60")).clip(-0.5, 0.5).alias("rs_acceleration"),
        rolling(col("smart_money_flow"), "mean", 10, 5).alias("accumulation_index"),
        (col("volatility_20d") / at_least(col("volatility_60d"), 0.01)).alias("volatility_ratio"),
        (one_if(glory > 1) * one_if((fall > -0.5) & (fall < -0.3)) * glory * -fall).alias("fallen_angel_score"),
        one_if(col("width") < 0.8 * rolling(col("width"), "mean", 60, 30)).alias("bb_squeeze"),
        percent_rank("amihud", "date").alias("amihud_rank"),
    ).with_columns((calm * one_if(col("dist_ma_20").abs() < 0.05) * glory.clip(0, 2)).alias("vcp_score"))
    return frame.drop("mid", "deviation", "v5", "v20", "v60", "sum20", "value20", "top", "bottom", "flow20", "gain",
                      "loss", "rs60", "amihud", "volatility_60d", "glory", "width")  # fmt: skip


def filings(source: Source, codes) -> pl.DataFrame:
    """What is known of each instrument from a date on: items go on until a newer filing has them."""
    periods = read(source, "financial_periods", ["id", "stock_code", "available_date", "fiscal_date"],
                   f"consolidation_type = '{CONSOLIDATED}' AND currency = '{CURRENCY}'")  # fmt: skip
    items = [
        read(source, table, ["period_id", "item_code_normalized", amount], f"item_code_normalized IN ({quoted(names)})")
        .with_columns(col("item_code_normalized").replace_strict(names))
        .rename({amount: "amount"})
        for table, (amount, names) in ITEMS.items()
    ]
    wide = pl.concat(items).pivot("item_code_normalized", index="period_id", values="amount", aggregate_function="first")
    return (
        wide.join(periods, left_on="period_id", right_on="id")
        .with_columns(col("stock_code").cast(codes).alias("instrument"), col("available_date").str.to_date("%Y%m%d"))
        .sort("instrument", "available_date", "fiscal_date")
        .with_columns(own(col(amount).forward_fill()) for amount in AMOUNTS)
        .unique(["instrument", "available_date"], keep="last", maintain_order=True)
        .select("instrument", "available_date", *AMOUNTS)
    )


def merge(frame: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    frame = frame.join_asof(known, left_on="date", right_on="available_date", by="instrument", check_sortedness=False)
    equity = at_least(col("equity"), 1)
    frame = frame.with_columns(
        (col("profit") / equity).alias("roe"),
        (col("gross") / at_least(col("assets"), 1)).alias("gp_over_assets"),
        (col("cap") / equity).alias("book"),
    )
    frame = frame.with_columns(
        (col("roe") - own(col("roe").shift(252))).alias("roe_delta_yoy"),
        standard_score("book").clip(-3, 3).alias("pb_sector_zscore"),
    )
    filled = (col(name).fill_null(col(name).median().over("date")) for name in FINANCIAL)
    return frame.with_columns(filled).drop("book", "available_date", *AMOUNTS)


def betas(frame: pl.DataFrame) -> pl.DataFrame:
    frame = frame.with_columns(pl.when(col("r").is_not_null()).then(col("r").median().over("date")).alias("m"))
    frame = frame.with_columns((col("r") * col("m")).alias("rm"), (col("m") * col("m")).alias("mm"))
    for name, (window, least) in BETAS.items():
        r, m, rm, mm = (rolling(col(part), "mean", window, least) for part in ("r", "m", "rm", "mm"))
        beta = (rm - r * m) / at_least(mm - m * m, 1e-8)
        frame = frame.with_columns(beta.clip(-3, 3).fill_null(1.0).alias(name))
    return frame.drop("m", "rm", "mm", "r")


def targets(frame: pl.DataFrame) -> pl.DataFrame:
    forward = own(col("open").shift(-1 - HORIZON) / col("open").shift(-1) - 1)
    frame = frame.with_columns(forward.clip(-0.5, 0.5).alias("forward_return"))
    market = col("forward_return").median().over("date")
    frame = frame.with_columns(
        (col("forward_return") - market).alias("forward_alpha"),
        (col("forward_return") - col("rolling_beta") * market).alias("forward_residual"),
    )
    in_sector = pl.when(col("sector").is_not_null()).then(percent_rank("forward_return", CELL))
    return frame.with_columns(
        percent_rank("forward_return", "date").alias("target_rank"),
        percent_rank("forward_residual", "date").alias("target_residual_rank"),
        in_sector.alias("target_sector_rank"),
    )


def macro(source: Source, frame: pl.DataFrame) -> pl.DataFrame:
    levels = read(source, "index_daily_prices", ["date", "closing_index"], f"index_code = '{KOSPI200}'")
    level = col("closing_index")
    score = (level / level.rolling_mean(120, min_samples=60) - 1).alias("market_regime_score")
    levels = levels.with_columns(col("date").str.to_date("%Y%m%d")).sort("date").select("date", score)
    return frame.join(levels, on="date", how="left", maintain_order="left")


def main() -> None:
    options = arguments()
    clock = Clock()
    source = Source(options.folder, options.source)
    frame = load(source)
    clock.lap("load")
    frame = technical(frame)
    clock.lap("technical")
    known = filings(source, frame["instrument"].dtype)
    clock.lap("financial load")
    frame = merge(frame, known)
    clock.lap("financial merge")
    frame = betas(frame)
    clock.lap("beta")
    frame = targets(frame)
    clock.lap("targets")
    frame = macro(source, frame)
    clock.lap("macro")
    floors = [col(name) >= least for name, least in LEAST.items()]
    universe = frame.filter(*floors).drop_nulls(PRESENT)
    clock.lap("universe")
    clock.report(rows=len(frame), universe=len(universe))
    for path, rows in ((options.save, frame), (options.save_universe, universe)):
        if path:
            rows.select(COLUMNS).with_columns(col("instrument").cast(pl.String)).write_parquet(path)


main()
