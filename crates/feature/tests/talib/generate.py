"""Writes bars.csv and expected.csv: what TA-Lib 0.8.1 (Python package 0.8.2) says about a small market.

Run it with Python 3.11, numpy and TA-Lib installed, in this folder: python generate.py

bars.csv: instrument,open,high,low,close,volume, row by row; an empty field is missing. The instruments: a trend, one
with a flat stretch and rows without range, one with whole prices (ties), one with holes, and a short one.
expected.csv: expression;instrument;row of the first value (or -);row:value ... of some rows. Rows on which an input is
missing are left out before TA-Lib sees the series: it would return nothing behind the first hole.
"""

import numpy as np
import talib
import talib.abstract

FIELDS = ["open", "high", "low", "close", "volume"]
INPUTS = {"real": "close", "real0": "high", "real1": "close"}
# Functions whose periods begin at 2; all others begin at 1.
FROM_TWO = (
    "RSI CMO BBANDS ADX ADXR DX AROON AROONOSC CCI MFI WILLR LINEARREG LINEARREG_SLOPE LINEARREG_INTERCEPT "
    "LINEARREG_ANGLE TSF STDDEV MIDPOINT MIDPRICE MIN MAX MINMAX SUM"
).split()
ONE_PERIOD = (
    "SMA EMA WMA DEMA TEMA TRIMA KAMA RSI ATR NATR ADX ADXR DX PLUS_DI MINUS_DI PLUS_DM MINUS_DM AROON AROONOSC CCI "
    "CMO MFI WILLR ROC ROCP ROCR ROCR100 MOM TRIX LINEARREG LINEARREG_SLOPE LINEARREG_INTERCEPT LINEARREG_ANGLE TSF "
    "CORREL BETA MIDPOINT MIDPRICE MIN MAX MINMAX SUM"
).split()
NO_PERIOD = "TRANGE OBV AD BOP TYPPRICE MEDPRICE AVGPRICE WCLPRICE".split()
OTHERS = {
    "MA": [{}] + [{"timeperiod": 7, "matype": kind} for kind in (0, 1, 2, 3, 4, 5, 6, 8)] + [{"timeperiod": 1, "matype": 3}],
    "T3": [{}, {"timeperiod": 4, "vfactor": 0.3}, {"timeperiod": 1}],
    "MACD": [{}, {"fastperiod": 9, "slowperiod": 4, "signalperiod": 1}],
    "MACDFIX": [{}, {"signalperiod": 4}],
    "MACDEXT": [
        {},
        {"fastperiod": 5, "fastmatype": 1, "slowperiod": 8, "slowmatype": 6, "signalperiod": 3, "signalmatype": 2},
        {"fastperiod": 9, "fastmatype": 8, "slowperiod": 6, "slowmatype": 3, "signalperiod": 4, "signalmatype": 4},
    ],
    "BBANDS": [{}, {"timeperiod": 5, "nbdevup": 1.5, "nbdevdn": 1, "matype": 1}, {"timeperiod": 2}],
    "STDDEV": [{}, {"timeperiod": 20, "nbdev": 2}],
    "VAR": [{}, {"timeperiod": 20}, {"timeperiod": 1}],
    "STOCH": [
        {},
        {"fastk_period": 14, "slowk_period": 3, "slowd_period": 3},
        {"fastk_period": 1, "slowk_period": 4, "slowk_matype": 2, "slowd_period": 3, "slowd_matype": 1},
    ],
    "STOCHF": [{}, {"fastk_period": 14, "fastd_period": 1}, {"fastk_period": 7, "fastd_period": 5, "fastd_matype": 3}],
    "STOCHRSI": [{}, {"timeperiod": 7, "fastk_period": 9, "fastd_period": 3, "fastd_matype": 1}],
    "ADOSC": [{}, {"fastperiod": 12, "slowperiod": 4}],
    "ULTOSC": [{}, {"timeperiod1": 6, "timeperiod2": 2, "timeperiod3": 4}, {"timeperiod1": 1, "timeperiod2": 1, "timeperiod3": 2}],
    "APO": [{}, {"fastperiod": 8, "slowperiod": 3, "matype": 0}, {"fastperiod": 2, "slowperiod": 5, "matype": 6}],
    "PPO": [{}, {"fastperiod": 8, "slowperiod": 3, "matype": 0}, {"fastperiod": 2, "slowperiod": 5, "matype": 8}],
    "SAR": [{}, {"acceleration": 0.1, "maximum": 0.3}, {"acceleration": 0.5, "maximum": 0.2}],
}


def bars(random, kind, rows):
    moves = random.normal(0, 0.02, rows)
    flat = slice(rows // 3, rows // 3 + 45) if kind == "flat" else slice(0, 0)
    moves[flat] = 0
    close = np.round(40 * np.exp(np.cumsum(moves)), 2)
    open_ = np.round(close * (1 + random.normal(0, 0.004, rows)), 2)
    high = np.round(np.maximum(open_, close) * (1 + np.abs(random.normal(0, 0.006, rows))), 2)
    low = np.round(np.minimum(open_, close) * (1 - np.abs(random.normal(0, 0.006, rows))), 2)
    volume = np.round(random.lognormal(11, 0.6, rows))
    volume[random.random(rows) < 0.05] = 0
    if kind == "flat":
        open_[flat] = high[flat] = low[flat] = close[flat]
        volume[flat][10:30] = 0
    if kind == "ties":
        open_, high, low, close = np.round([open_, high, low, close])
    bars = np.array([open_, high, low, close, volume])
    if kind == "holes":
        bars[:, :4] = np.nan
        bars[:, random.random(rows) < 0.06] = np.nan
        bars[random.random(bars.shape) < 0.01] = np.nan
    return bars


def expressions():
    for name in NO_PERIOD:
        yield name, {}
    for name in ONE_PERIOD:
        for parameters in ({}, {"timeperiod": 3}, {"timeperiod": 2 if name in FROM_TWO else 1}):
            yield name, parameters
    for name, all_parameters in OTHERS.items():
        for parameters in all_parameters:
            yield name, parameters


def number(value):
    return "" if np.isnan(value) else f"{value:.15g}"


def main():
    random = np.random.default_rng(20)
    market = {kind: bars(random, kind, rows) for kind, rows in
              {"trend": 200, "flat": 200, "ties": 200, "holes": 200, "short": 19}.items()}
    with open("bars.csv", "w") as file:
        for kind, values in market.items():
            for row in values.T:
                file.write(",".join([kind] + [number(value) for value in row]) + "\n")
    with open("expected.csv", "w") as file:
        for name, parameters in expressions():
            function = getattr(talib, name)
            head = function.__doc__.split("(")[1].split(")")[0]
            inputs = [part.split()[1] for part in head.split(",") if "ndarray" in part]
            fields = [INPUTS.get(name, name) for name in inputs]
            outputs = list(talib.abstract.Function(name).output_names)
            arguments = ["$" + field for field in fields] + [f"{key}={value}" for key, value in parameters.items()]
            for kind, values in market.items():
                columns = [values[FIELDS.index(field)] for field in fields]
                present = np.isfinite(columns).all(axis=0)
                results = function(*[column[present] for column in columns], **parameters)
                results = results if len(outputs) > 1 else [results]
                for output, result in zip(outputs, results):
                    member = f".{output}" if len(outputs) > 1 else ""
                    series = np.full(len(present), np.nan)
                    series[present] = result
                    rows = np.flatnonzero(~np.isnan(series))
                    some = sorted({*rows[:2], *rows[5::23], *rows[-1:]})
                    first = str(rows[0]) if len(rows) else "-"
                    found = " ".join(f"{row}:{series[row]:.13g}" for row in some)
                    file.write(f"ta.{name}({', '.join(arguments)}){member};{kind};{first};{found}\n")


main()
