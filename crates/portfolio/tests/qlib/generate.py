"""Writes markets and cases: what the backtest of Microsoft Qlib 0.9.7 makes of small markets under many settings.

Run it with Python 3.11 and pyqlib 0.9.7 installed, in this folder: python generate.py

MARKET.csv: instrument,session,columns of single precision, a score; an empty field is missing, a missing close is a
halt, the sessions between the rows of an instrument are those of the market. CASE.json: settings, and of Qlib the orders,
the daily report, the indicators, the analysis of risk. Each case is run with two seeds of Python's hashes, and must
come out the same: where Qlib's result hangs on that seed there is no number to compare with.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd

HERE = pathlib.Path(__file__).parent
COLUMNS = ["open", "high", "low", "close", "vwap", "volume", "factor", "change", "full", "empty", "cap", "ask"]
TOPK = {"topk": 4, "n_drop": 1}

# name: market, region, arguments of the exchange, arguments of the strategy, other things
CASES = {
    "cn_default": ("main", "cn", {}, TOPK, {}),
    "cn_two_drops": ("main", "cn", {}, {"topk": 5, "n_drop": 2}, {"account": 3e6}),
    "cn_open_price": ("main", "cn", {"deal_price": "open"}, TOPK, {}),
    "cn_price_pair": ("main", "cn", {"deal_price": ("$open", "$vwap")}, {"topk": 5, "n_drop": 2}, {}),
    "cn_no_limit": ("main", "cn", {"limit_threshold": 1e6}, {"topk": 5, "n_drop": 2}, {}),
    "cn_tight_limit": ("main", "cn", {"limit_threshold": 0.02}, {"topk": 5, "n_drop": 2}, {}),
    "cn_limit_one_side": (
        "main", "cn", {"limit_threshold": 0.02}, {"topk": 5, "n_drop": 2, "forbid_all_trade_at_limit": False}, {},
    ),
    "cn_limit_columns": ("main", "cn", {"limit_threshold": ("$full", "$empty")}, {"topk": 5, "n_drop": 2}, {}),
    "cn_limit_columns_one_side": (
        "main", "cn", {"limit_threshold": ("$full", "$empty")},
        {"topk": 5, "n_drop": 2, "forbid_all_trade_at_limit": False}, {},
    ),
    "cn_only_tradable": (
        "main", "cn", {"limit_threshold": 0.03}, {"topk": 5, "n_drop": 2, "only_tradable": True}, {},
    ),
    "cn_only_tradable_one_side": (
        "main", "cn", {"limit_threshold": 0.03},
        {"topk": 4, "n_drop": 1, "only_tradable": True, "forbid_all_trade_at_limit": False}, {},
    ),
    "cn_hold_3": ("main", "cn", {}, {"topk": 4, "n_drop": 2, "hold_thresh": 3}, {}),
    "cn_hold_6": ("main", "cn", {}, {"topk": 3, "n_drop": 3, "hold_thresh": 6}, {}),
    "cn_hold_3_only_tradable": (
        "main", "cn", {"limit_threshold": 0.05}, {"topk": 3, "n_drop": 2, "hold_thresh": 3, "only_tradable": True}, {},
    ),
    "cn_no_drop": ("main", "cn", {}, {"topk": 4, "n_drop": 0}, {}),
    "cn_small_account": ("main", "cn", {}, TOPK, {"account": 12_000}),
    "cn_tiny_account": ("main", "cn", {"min_cost": 20}, {"topk": 2, "n_drop": 1}, {"account": 3_000}),
    "cn_high_costs": ("main", "cn", {"open_cost": 0.01, "close_cost": 0.02, "min_cost": 300}, TOPK, {"account": 90_000}),
    "cn_all_cash": ("main", "cn", {}, {"topk": 4, "n_drop": 2, "risk_degree": 1.0}, {"account": 200_000}),
    "cn_half_cash": ("main", "cn", {}, {"topk": 4, "n_drop": 2, "risk_degree": 0.5}, {}),
    "cn_impact": ("main", "cn", {"impact_cost": 0.1}, TOPK, {"account": 5e6}),
    "cn_volume_current": ("main", "cn", {"volume_threshold": ("current", "$cap")}, {"topk": 4, "n_drop": 2}, {}),
    "cn_volume_cum": ("main", "cn", {"volume_threshold": ("cum", "$cap")}, {"topk": 4, "n_drop": 2, "hold_thresh": 2}, {}),
    "cn_volume_sides": (
        "main", "cn", {"volume_threshold": {"all": ("cum", "$cap"), "buy": ("current", "$ask")}},
        {"topk": 4, "n_drop": 2}, {},
    ),
    "cn_parallel": ("main", "cn", {}, {"topk": 4, "n_drop": 2}, {"trade_type": "parallel", "account": 300_000}),
    "cn_parallel_all_cash": (
        "main", "cn", {"deal_price": "open"}, {"topk": 4, "n_drop": 2, "risk_degree": 1.0}, {"trade_type": "parallel"},
    ),
    "cn_first_day": ("main", "cn", {}, TOPK, {"start": 0}),
    "cn_no_unit": ("main", "cn", {"trade_unit": None}, {"topk": 5, "n_drop": 1}, {}),
    "cn_missing_factor": ("holes", "cn", {}, {"topk": 3, "n_drop": 1}, {}),
    "cn_many_halts": ("halts", "cn", {"deal_price": "open"}, {"topk": 3, "n_drop": 1}, {}),
    "us_default": ("main", "us", {}, TOPK, {}),
    "us_open_no_cost": (
        "main", "us", {"open_cost": 0.0005, "close_cost": 0.0015, "min_cost": 0, "deal_price": "open"},
        {"topk": 5, "n_drop": 2}, {},
    ),
    "us_hold_small": ("main", "us", {"deal_price": "vwap"}, {"topk": 3, "n_drop": 1, "hold_thresh": 2}, {"account": 2_500}),
    "us_few_scores": ("few", "us", {}, {"topk": 6, "n_drop": 3}, {}),
    "us_few_scores_tradable": ("few", "us", {"limit_threshold": 0.04}, {"topk": 4, "n_drop": 2, "only_tradable": True}, {}),
    "cn_weights": ("main", "cn", {}, {"weights": 5}, {}),
    "cn_weights_at_limits": ("main", "cn", {"limit_threshold": 0.03, "deal_price": "open"}, {"weights": 6}, {}),
    "cn_weights_all_cash": ("main", "cn", {"deal_price": "vwap"}, {"weights": 5, "risk_degree": 1.0}, {"account": 60_000}),
    "us_weights_parallel": ("main", "us", {}, {"weights": 4, "risk_degree": 1.0}, {"trade_type": "parallel"}),
}


def market(name):
    """Prices with limits, halts, listings and delistings; a score that lasts some days."""
    shape = {"main": (14, 75), "holes": (8, 60), "halts": (8, 60), "few": (12, 60)}[name]
    n, days = shape
    seed = {"main": 11, "holes": 5, "halts": 8, "few": 4}[name]
    g = np.random.default_rng(seed)
    calendar = [d for k, d in enumerate(pd.bdate_range("2021-03-01", periods=days + 4)) if k % 23 != 17][:days]
    frames = []
    for j in range(n):
        move = np.clip(g.standard_t(3, days) * 0.02, -0.1, 0.1)
        close = g.uniform(4, 60) * np.cumprod(1 + move)
        opened = close / (1 + move) * np.exp(g.normal(0, 0.008, days))
        volume = np.round(np.exp(g.normal(11, 0.8, days)))
        steps = np.where(g.random(days) < 0.04, g.choice([1.02, 1.5], days), 1.0)
        frame = pd.DataFrame({
            "open": opened,
            "high": np.maximum(opened, close) * 1.01,
            "low": np.minimum(opened, close) * 0.99,
            "close": close,
            "vwap": (opened + 2 * close) / 3,
            "volume": volume,
            "factor": np.cumprod(steps) * g.uniform(0.3, 3),
            "full": (g.random(days) < 0.15) * 1.0,
            "empty": (g.random(days) < 0.15) * 1.0,
            "cap": np.round(volume * g.uniform(0, 0.25, days)),
            "ask": np.round(volume * g.uniform(0, 0.2, days)),
        }, index=pd.Index(calendar, name="session"))
        frame.loc[g.random(days) < 0.06, "open"] = np.nan
        frame.loc[g.random(days) < 0.03, "open"] = 0.0
        frame.loc[g.random(days) < 0.05, "full"] = np.nan
        frame.loc[g.random(days) < 0.05, "volume"] = np.nan
        for start in np.flatnonzero(g.random(days) < {"halts": 0.08}.get(name, 0.02)):
            frame.iloc[start : start + g.integers(1, 6)] = np.nan
        frame["change"] = frame["close"] / frame["close"].ffill().shift(1) - 1
        first = g.integers(1, days // 2) if j in (2, 7) else 0
        last = g.integers(days // 3, days - 10) if j in {"holes": (1,), "few": ()}.get(name, (1, 5)) else days
        score = pd.Series(g.standard_normal(days)).ewm(halflife=4).mean().to_numpy().round(6) + j * 1e-7
        if name == "few":
            score = np.where(g.random(days) < 0.12, np.nan, score)
        elif j in (3, 9):
            score = np.where(g.random(days) < 0.1, np.nan, score)
        frame["score"] = score
        if name == "holes" and j == 4:
            frame.iloc[20:25, frame.columns.get_loc("factor")] = np.nan
        frame.loc[calendar[40], "score"] = np.nan  # a day without any score
        frame.insert(0, "instrument", f"S{j:02}")
        frames.append(frame.iloc[first:last])
    out = pd.concat(frames).reset_index()
    out[COLUMNS] = out[COLUMNS].astype("float32")
    return calendar, out[["instrument", "session", *COLUMNS, "score"]]


def write_provider(folder, calendar, table):
    """The layout of Qlib's files: little-endian single precision, the position of the first day in front."""
    (folder / "calendars").mkdir(parents=True)
    (folder / "instruments").mkdir()
    (folder / "calendars" / "day.txt").write_text("".join(f"{d:%Y-%m-%d}\n" for d in calendar))
    spans = []
    for name, own in table.groupby("instrument"):
        begin, end = own.session.iloc[0], own.session.iloc[-1]
        spans.append(f"{name}\t{begin:%Y-%m-%d}\t{end:%Y-%m-%d}\n")
        target = folder / "features" / name.lower()
        target.mkdir(parents=True)
        for column in COLUMNS:
            values = np.r_[calendar.index(begin), own[column].to_numpy()]
            values.astype("<f4").tofile(target / f"{column}.day.bin")
    (folder / "instruments" / "all.txt").write_text("".join(spans))


def run(case, calendar, table):
    """Qlib's account of a case; the provider is there."""
    from qlib.backtest import backtest
    from qlib.backtest.executor import SimulatorExecutor
    from qlib.contrib.evaluate import indicator_analysis, risk_analysis
    from qlib.contrib.strategy import TopkDropoutStrategy
    from qlib.contrib.strategy.signal_strategy import WeightStrategyBase

    class Recorder(SimulatorExecutor):
        def _collect_data(self, trade_decision, level=0):
            out = super()._collect_data(trade_decision, level)
            session = self.trade_calendar.get_step_time()[0]
            for order, value, cost, price in out[0]:
                side = "sell" if order.direction == 0 else "buy"
                log.append([f"{session:%Y-%m-%d}", order.stock_id, side, order.amount, order.deal_amount, price, value, cost])
            return out

    class Ladder(WeightStrategyBase):
        """The best n by score, with the weights n : n − 1 : … : 1."""

        def __init__(self, n, **kwargs):
            super().__init__(**kwargs)
            self.n = n

        def generate_target_weight_position(self, score, current, trade_start_time, trade_end_time):
            best = score.iloc[:, 0] if isinstance(score, pd.DataFrame) else score
            best = best.sort_values(ascending=False).index[: self.n]
            total = sum(range(1, len(best) + 1))
            return {name: (len(best) - rank) / total for rank, name in enumerate(best)}

    log = []
    _, _, exchange, arguments, other = case
    scores = table.dropna(subset="score").set_index(["session", "instrument"]).score
    scores.index.names = ["datetime", "instrument"]
    arguments = dict(arguments)
    n = arguments.pop("weights", None)
    strategy = TopkDropoutStrategy(signal=scores, **arguments) if n is None else Ladder(n, signal=scores, **arguments)
    executor = Recorder(
        time_per_step="day", generate_portfolio_metrics=True, trade_type=other.get("trade_type", "serial")
    )
    start, end = calendar[other.get("start", 3)], calendar[-2]
    portfolio, indicators = backtest(
        start_time=start,
        end_time=end,
        strategy=strategy,
        executor=executor,
        benchmark=pd.Series(0.0, index=calendar),
        account=other.get("account", 1e6),
        exchange_kwargs={"freq": "day", **exchange},
    )
    report, _ = portfolio["1day"]
    indicators = indicators["1day"][0]
    columns = ["account", "return", "total_turnover", "turnover", "total_cost", "cost", "value", "cash"]
    columns_of_indicators = ["ffr", "pa", "pos", "deal_amount", "value", "count"]
    returns = report["return"] - report["cost"]
    return {
        "start": f"{start:%Y-%m-%d}",
        "end": f"{end:%Y-%m-%d}",
        "orders": log,
        "report": [[f"{d:%Y-%m-%d}", *row] for d, row in zip(report.index, report[columns].to_numpy().tolist())],
        "indicators": indicators[columns_of_indicators].astype(float).to_numpy().tolist(),
        "indicator_means": indicator_analysis(indicators.astype(float))["value"].tolist(),
        "risk_sum": risk_analysis(returns, freq="day")["risk"].tolist(),
        "risk_product": risk_analysis(returns, freq="day", mode="product")["risk"].tolist(),
    }


def work(name, region):
    """All cases of a market and a region, to standard output."""
    import logging

    import qlib

    calendar, table = market(name)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder) / "provider"
        write_provider(folder, calendar, table)
        qlib.init(provider_uri=str(folder), region=region, kernels=1, logging_level=logging.ERROR)
        print(json.dumps({k: run(c, calendar, table) for k, c in CASES.items() if c[:2] == (name, region)}))


def short(value):
    if isinstance(value, float):
        return None if np.isnan(value) else float(f"{value:.12g}")
    if isinstance(value, (list, tuple)):
        return [short(one) for one in value]
    return {k: short(v) for k, v in value.items()} if isinstance(value, dict) else value


def lines(case):
    """JSON with a line for each order and day, so that a change can be read."""
    parts = []
    for key, value in case.items():
        if isinstance(value, list) and value and isinstance(value[0], list):
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in value)
            parts.append(f'"{key}":[\n{rows}]')
        else:
            parts.append(f'"{key}":{json.dumps(value)}')
    return "{" + ",\n".join(parts) + "}\n"


def main():
    os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
    groups = sorted({case[:2] for case in CASES.values()})
    for name in sorted({name for name, _ in groups}):
        market(name)[1].to_csv(HERE / f"{name}.csv", index=False, date_format="%Y-%m-%d")
    for name, region in groups:
        runs = []
        for seed in ("0", "1", "2"):
            command = [sys.executable, __file__, name, region]
            done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, check=True)
            runs.append(json.loads(done.stdout.splitlines()[-1]))
        for key, found in runs[0].items():
            for other in runs[1:]:
                same = sorted(map(str, short(found["orders"]))) == sorted(map(str, short(other[key]["orders"])))
                if not same:
                    sys.exit(f"the result of {key} hangs on the seed of the hashes: change the case")
            _, _, exchange, strategy, rest = CASES[key]
            case = {"market": name, "region": region, "exchange": exchange, "strategy": strategy, "other": rest}
            (HERE / f"{key}.json").write_text(lines(short({**case, **found})))
            print(key, len(found["orders"]), "orders, ends at", found["report"][-1][1])


if __name__ == "__main__":
    work(*sys.argv[1:]) if len(sys.argv) > 1 else main()
