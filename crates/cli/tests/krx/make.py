"""A small market in the KRX schema with every oddity, and the canonical columns by a slow program in pandas.

Writes krx.db and expected.parquet. Needs pandas, numpy, pyarrow: python3 make.py
"""
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
RNG = np.random.default_rng(11)
SESSIONS, STOCKS = 330, 13


def market():
    """Prices on a tick grid; halts, short lives, exact ties, a constant stretch, a fund, a bad price."""
    dates = pd.bdate_range("2018-01-02", periods=SESSIONS).strftime("%Y%m%d")
    shared = RNG.normal(0.0003, 0.01, SESSIONS)
    rows = []
    for s in range(STOCKS):
        code = f"{1000 + 37 * s:06d}"
        first, last = {3: (150, SESSIONS), 4: (0, 90), 5: (300, SESSIONS), 6: (20, 25)}.get(s, (0, SESSIONS))
        close = float(RNG.integers(800, 90_000))
        shares = int(RNG.integers(1_000_000, 90_000_000))
        halted = set()
        for _ in range(4):
            start = int(RNG.integers(first + 1, max(first + 2, last)))
            halted |= set(range(start, start + int(RNG.integers(1, 9))))
        if s == 7:
            halted |= set(range(100, 190))  # a halt of months
        for t in range(first, last):
            if t in halted and t > first:
                rows.append((code, dates[t], round(close), 0, 0, 0, 0, 0, 0, round(close) * shares, "kosdaq"))
                continue
            before = close
            moves = 0 if s == 8 and 120 <= t < 200 else 1  # constant closes
            close = max(100.0, round(close * np.exp(moves * (shared[t] + RNG.normal(0, 0.02)))))
            opened = max(100, round(before * np.exp(moves * RNG.normal(0, 0.005))))
            high = max(opened, close) + int(RNG.integers(0, 40)) * moves
            low = max(50, min(opened, close) - int(RNG.integers(0, 40)) * moves)
            volume = int(RNG.integers(1, 500_000)) if s != 9 else 1000 * (1 + t % 3)
            kind = "kodex" if s == 12 else "kospi" if s % 2 else "kosdaq"
            rows.append((code, dates[t], int(close), int(opened), int(high), int(low), volume, volume * int(close),
                         int(close - round(before)), int(close) * shares, kind))
        if s == 10:  # a twin of the stock before: exact ties in every rank
            twin = [(code, *row[1:]) for row in rows if row[0] == f"{1000 + 37 * 9:06d}"]
            rows = [row for row in rows if row[0] != code] + twin
    names = ["stock_code", "date", "closing_price", "opening_price", "high_price", "low_price", "volume", "value",
             "change", "market_cap", "market_type"]
    prices = pd.DataFrame(rows, columns=names).sort_values(["date", "stock_code"], ignore_index=True)
    prices.loc[5, "closing_price"] = 0  # traded, but without a price
    return prices, list(dates)


def statements(codes, dates):
    """Filings: late, out of order, two on one day, missing items, other fiscal years, separate ones."""
    periods, items, key = [], [], 0
    for s, code in enumerate(codes):
        if s == 2:
            continue
        month = 3 if s == 1 else 12
        for q, end in enumerate(pd.date_range("2016-12-31", "2019-03-31", freq="QE")):
            lag = int(RNG.integers(30, 95)) + (200 if q % 5 == 3 and s % 3 == 0 else 0)
            known = (end + pd.Timedelta(days=lag)).strftime("%Y%m%d")
            if s == 4 and q in (4, 5):
                known = "20180615"
            for kind, scale in (("연결", 1.0), ("별도", 0.7)):
                if kind == "연결" and s == 11:
                    continue
                key += 1
                periods.append((key, code, month, end.strftime("%Y-%m-%d"), known, kind, "KRW"))
                level = 1e10 * (1 + s) * scale
                sign = -1 if s == 6 else 1
                for item, value in (("ifrs-full_Equity", sign * level), ("ifrs-full_Assets", 2.5 * level),
                                    ("ifrs-full_ProfitLoss", level * RNG.normal(0.02, 0.03) * (1 + q % 4)),
                                    ("ifrs-full_GrossProfit", level * 0.1 * (1 + q % 4)), ("entity_other", 1.0)):
                    if RNG.random() > 0.12:
                        amount = None if RNG.random() < 0.05 else float(round(value))
                        items.append((key, item, amount))
    return (pd.DataFrame(periods, columns=["id", "stock_code", "fiscal_month", "fiscal_date", "available_date",
                                           "consolidation_type", "currency"]),
            pd.DataFrame(items, columns=["period_id", "item_code_normalized", "amount"]))


def write(path):
    path.unlink(missing_ok=True)
    prices, dates = market()
    codes = sorted(prices.stock_code.unique())
    periods, items = statements(codes, dates)
    sectors = [["Food", "Chemicals", "Machinery"][s % 3] for s in range(len(codes))]
    sectors[1], sectors[4] = "Alone", None
    con = sqlite3.connect(path)
    con.executescript("""
        CREATE TABLE daily_prices (stock_code TEXT NOT NULL, date TEXT NOT NULL, closing_price INTEGER, opening_price INTEGER,
            high_price INTEGER, low_price INTEGER, volume INTEGER, value INTEGER, change INTEGER, market_cap INTEGER,
            market_type TEXT, PRIMARY KEY (stock_code, date));
        CREATE TABLE stocks (stock_code TEXT PRIMARY KEY, current_name TEXT, current_sector_type TEXT);
        CREATE TABLE financial_periods (id INTEGER PRIMARY KEY, stock_code TEXT, fiscal_month INTEGER, fiscal_date TEXT,
            available_date TEXT, consolidation_type TEXT, currency TEXT);
        CREATE TABLE financial_items_bs_cf (id INTEGER PRIMARY KEY, period_id INTEGER, item_code_normalized TEXT, amount_current REAL);
        CREATE TABLE financial_items_pl (id INTEGER PRIMARY KEY, period_id INTEGER, item_code_normalized TEXT, amount_current_ytd REAL);
        CREATE TABLE index_daily_prices (index_code TEXT, date TEXT, closing_index REAL, PRIMARY KEY (index_code, date));
        CREATE TABLE deriv_index_daily (index_code TEXT, date TEXT, closing_index REAL, PRIMARY KEY (index_code, date));
        CREATE TABLE bond_index_daily (index_code TEXT, date TEXT, total_return_index REAL, PRIMARY KEY (index_code, date));""")
    prices.to_sql("daily_prices", con, if_exists="append", index=False)
    stocks = pd.DataFrame({"stock_code": codes, "current_name": codes, "current_sector_type": sectors})
    stocks.to_sql("stocks", con, if_exists="append", index=False)
    periods.to_sql("financial_periods", con, if_exists="append", index=False)
    flows = items.item_code_normalized.str.contains("Profit")
    items[~flows].rename(columns={"amount": "amount_current"}).to_sql("financial_items_bs_cf", con, if_exists="append", index=False)
    items[flows].rename(columns={"amount": "amount_current_ytd"}).to_sql("financial_items_pl", con, if_exists="append", index=False)
    early = list(pd.bdate_range("2017-09-01", "2018-01-01").strftime("%Y%m%d"))
    level = 250 * np.exp(np.cumsum(RNG.normal(0, 0.01, len(early) + len(dates))))
    index = pd.DataFrame({"index_code": "KOSPI_코스피_200", "date": early + dates, "closing_index": level.round(2)})
    pd.concat([index, index.assign(index_code="KOSPI_코스피")]).to_sql("index_daily_prices", con, if_exists="append", index=False)
    con.commit()
    con.execute("VACUUM")
    con.close()


def expected(path):
    """The canonical columns, row by row and date by date: slow and obvious."""
    con = sqlite3.connect(path)
    px = pd.read_sql("SELECT * FROM daily_prices WHERE market_type IN ('kospi', 'kosdaq') AND closing_price > 0 AND volume > 0", con)
    px = px.merge(pd.read_sql("SELECT stock_code, current_sector_type sector FROM stocks", con), on="stock_code", how="left")
    px = px.sort_values(["stock_code", "date"], ignore_index=True)
    by, date = px.groupby("stock_code", sort=False), "date"
    c, o, hi, lo = px.closing_price.astype(float), px.opening_price.astype(float), px.high_price, px.low_price
    v, val = px.volume.astype(float), px.value.astype(float)
    code = px.stock_code

    def shift(x, n):
        return x.groupby(code, sort=False).shift(n)

    def roll(x, w, m, how):
        out = pd.Series(np.nan, index=x.index)
        for _, part in x.groupby(code, sort=False):
            a = part.to_numpy(float)
            for i in range(len(a)):
                win = a[max(0, i - w + 1): i + 1]
                win = win[~np.isnan(win)]
                if len(win) >= m and len(win) > (how == "std"):
                    out[part.index[i]] = {"mean": np.mean, "max": np.max, "min": np.min, "sum": np.sum,
                                          "std": lambda z: 0.0 if (z == z[0]).all() else np.std(z, ddof=1)}[how](win)
        return out

    def over(x, keys, how):
        return x.groupby([px[k] for k in keys]).transform(how)

    def rank(x, keys):
        return x.groupby([px[k] for k in keys]).rank(method="average", pct=True)

    one = lambda x: x.clip(lower=1)
    out = px[["stock_code", "date"]].copy()
    mom = {p: c / shift(c, p) - 1 for p in (1, 5, 20, 60, 126)}
    r = mom[1]
    for p in (5, 20, 60, 126):
        out[f"mom_{p}d"] = mom[p]
    out["intermediate_momentum"] = shift(c, 21) / shift(c, 126) - 1
    ma20 = roll(c, 20, 10, "mean")
    out["dist_ma_20"] = c / one(ma20) - 1
    rs = {p: mom[p] - over(mom[p], [date], "median") for p in (20, 60)}
    out["rs_vs_market_20d"] = rs[20]
    out["rs_acceleration"] = (rs[20] - rs[60]).clip(-0.5, 0.5)
    v20 = one(roll(v, 20, 10, "mean"))
    out["volume_surprise"] = v / v20
    out["volume_trend"] = roll(v, 5, 3, "mean") / v20
    out["volume_breakout"] = v / one(roll(v, 60, 30, "max"))
    out["value_surprise"] = val / one(roll(val, 20, 10, "mean"))
    flow = (2 * (c - lo) / one(hi - lo) - 1) * v
    out["smart_money_flow"] = roll(flow, 20, 10, "sum") / one(roll(v, 20, 10, "sum"))
    out["accumulation_index"] = roll(out.smart_money_flow, 10, 5, "mean")
    out["amihud_rank"] = rank(roll(r.abs() / (val.clip(lower=1e6) / 1e9), 20, 10, "mean"), [date])
    vol = {20: roll(r, 20, 10, "std") * np.sqrt(252), 60: roll(r, 60, 30, "std") * np.sqrt(252)}
    out["volatility_20d"] = vol[20]
    out["volatility_ratio"] = vol[20] / vol[60].clip(lower=0.01)
    high, low = roll(hi, 252, 126, "max"), roll(lo, 252, 126, "min")
    d, glory = c / one(high) - 1, high / one(low) - 1
    out["drawdown_from_high"] = d
    out["fallen_angel_score"] = (glory > 1).astype(float) * ((d > -0.5) & (d < -0.3)) * glory * -d
    out["vcp_score"] = ((out.volatility_ratio < 0.7) & (out.volume_trend < 0.8) & (out.dist_ma_20.abs() < 0.05)) * glory.clip(0, 2)
    change = (c - shift(c, 1)).fillna(0)
    gain, loss = roll(change.clip(lower=0), 14, 14, "mean"), roll((-change).clip(lower=0), 14, 14, "mean")
    out["rsi_14"] = 100 - 100 / (1 + gain / loss.clip(lower=0.001))
    width = 4 * roll(c, 20, 10, "std") / one(ma20)
    out["bb_squeeze"] = (width < 0.8 * roll(width, 60, 30, "mean")).astype(float)
    keys = [date, "sector"]
    z = lambda x: (x - over(x, keys, "mean")) / over(x, keys, "std").clip(lower=0.01)
    out["rs_vs_sector_20d"] = z(mom[20])
    m = over(r, [date], "median")
    for name, w, least in (("rolling_beta", 252, 60), ("rolling_beta_60d", 60, 30)):
        beta = pd.Series(np.nan, index=px.index)
        for _, part in px.groupby("stock_code", sort=False):
            a, b = r[part.index].to_numpy(), m[part.index].to_numpy()
            for i in range(len(part)):
                x, y = a[max(0, i - w + 1): i + 1], b[max(0, i - w + 1): i + 1]
                ok = ~np.isnan(x) & ~np.isnan(y)
                if ok.sum() >= least:
                    x, y = x[ok], y[ok]
                    cov = np.mean((x - x.mean()) * (y - y.mean()))
                    beta[part.index[i]] = np.clip(cov / max(np.mean((y - y.mean()) ** 2), 1e-8), -3, 3)
        out[name] = beta.fillna(1.0)
    index = pd.read_sql("SELECT date, closing_index x FROM index_daily_prices WHERE index_code = 'KOSPI_코스피_200' ORDER BY date", con)
    index["score"] = index.x / index.x.rolling(120, min_periods=60).mean() - 1
    out["market_regime_score"] = px.date.map(index.set_index("date").score)

    per = pd.read_sql("SELECT * FROM financial_periods WHERE consolidation_type = '연결'", con)
    items = pd.concat([
        pd.read_sql("SELECT period_id, item_code_normalized k, amount_current a FROM financial_items_bs_cf ORDER BY id", con),
        pd.read_sql("SELECT period_id, item_code_normalized k, amount_current_ytd a FROM financial_items_pl ORDER BY id", con)])
    wide = items.pivot_table(index="period_id", columns="k", values="a", aggfunc="first")
    per = per.merge(wide, left_on="id", right_index=True, how="left").sort_values(["stock_code", "available_date", "fiscal_date", "id"])
    wanted = {"E": "ifrs-full_Equity", "A": "ifrs-full_Assets", "NI": "ifrs-full_ProfitLoss", "GP": "ifrs-full_GrossProfit"}
    known = {k: np.full(len(px), np.nan) for k in wanted}
    for stock, rows in px.groupby("stock_code"):
        filings = per[per.stock_code == stock]
        for i in rows.index:
            past = filings[filings.available_date <= px.date[i]]
            for k, item in wanted.items():
                values = past[item].dropna()
                if len(values):
                    known[k][i] = values.iloc[-1]
    E, A, NI, GP = (pd.Series(known[k]) for k in ("E", "A", "NI", "GP"))
    pb = px.market_cap / one(E)
    raw = {"roe": NI / one(E), "gp_over_assets": GP / one(A)}
    raw["roe_delta_yoy"] = raw["roe"] - shift(raw["roe"], 252)
    raw["pb_sector_zscore"] = z(pb).clip(-3, 3)
    for name, x in raw.items():
        out[name] = x.fillna(over(x, [date], "median"))
    fr = (shift(o, -22) / shift(o, -1) - 1).clip(-0.5, 0.5)
    fm = over(fr, [date], "median")
    out["forward_return"], out["forward_alpha"] = fr, fr - fm
    out["forward_residual"] = fr - out.rolling_beta * fm
    out["target_rank"] = rank(fr, [date])
    out["target_residual_rank"] = rank(out.forward_residual, [date])
    out["target_sector_rank"] = rank(fr, keys)
    return out


if __name__ == "__main__":
    write(HERE / "krx.db")
    expected(HERE / "krx.db").to_parquet(HERE / "expected.parquet", index=False, compression="zstd")
