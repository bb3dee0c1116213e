"""Writes processors.json: what Qlib 0.9.7 makes of a small table, processor by processor and chain by chain.

Run it with Python 3.11, pyqlib 0.9.7 and its dependencies, in this folder: python generate.py

A column is written as its bytes in base 64, so that nothing is lost on the way. Of a result only the columns are
written that the case has changed, and its rows only where there are fewer.
"""

import base64
import json
import os
import warnings

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from qlib.data.dataset import processor
from qlib.data.dataset.handler import DataHandlerLP
from qlib.data.dataset.loader import StaticDataLoader
from qlib.utils.paral import datetime_groupby_apply

FIT = ("2020-01-03", "2020-01-24")
NAMES = ["plain", "gaps", "ties", "constant", "tails", "empty", "zeros"]


def encoded(values):
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


def table(df, days, given=None):
    """A table as JSON, or what has changed since another one."""
    same_rows = given is not None and df.index.equals(given.index)
    columns = []
    for key in df.columns:
        values = df[key].values
        is_same = same_rows and values.dtype == given[key].values.dtype and np.array_equal(values, given[key].values, equal_nan=True)
        column = {"group": key[0], "name": key[1], "dtype": str(values.dtype)}
        columns.append(column if is_same else column | {"values": encoded(values)})
    if same_rows:
        return {"columns": columns}
    sessions = [int(days.get_loc(day)) for day in df.index.get_level_values(0)]
    instruments = [int(name[1:]) for name in df.index.get_level_values(1)]
    return {"sessions": sessions, "instruments": instruments, "columns": columns}


def market(has_infinite, wide_label=False, seed=7):
    """Sessions of 1 to 14 rows, with gaps, ties, constants, an empty column, heavy tails and infinite values."""
    rng = np.random.default_rng(seed)
    days = pd.bdate_range("2020-01-01", periods=20)
    index = []
    for n, day in enumerate(days):
        held = 1 if n in (3, 20) else 2 if n == 5 else int(rng.integers(8, 15))
        index += [(day, f"i{i:02d}") for i in np.sort(rng.choice(40, held, replace=False))]
    index = pd.MultiIndex.from_tuples(index, names=["datetime", "instrument"])
    n = len(index)
    x = rng.standard_normal((len(NAMES) + 1, n)).astype("f4")
    x[0] = x[0] * 3 + 100
    x[1][rng.random(n) < 0.3] = np.nan
    x[1][index.get_level_values(0) == days[7]] = np.nan
    x[2] = np.round(x[2] * 2) / 2
    x[3] = 0.1
    x[4] = x[4] ** 7
    if has_infinite:
        x[4][rng.random(n) < 0.05] = np.inf
        x[4][rng.random(n) < 0.03] = -np.inf
        x[4][index.get_level_values(0) == days[9]] = np.inf
        x[1][3] = np.inf
    x[5] = np.nan
    x[6][rng.random(n) < 0.8] = 0
    x[7] *= np.float32(0.02)
    x[7][rng.random(n) < 0.1] = np.nan
    columns = pd.MultiIndex.from_tuples([("feature", name) for name in NAMES] + [("label", "LABEL0")])
    df = pd.DataFrame(x.T, index=index, columns=columns).copy()
    # One block with a column after the other, as Qlib's loader leaves it.
    df = pd.concat([df["feature"], df["label"]], axis=1, keys=["feature", "label"]).sort_index().copy()
    if wide_label:
        df[("label", "LABEL0")] = df[("label", "LABEL0")].astype("f8") * 1.1
    return df, days


CASES = [
    ("DropnaLabel", {}),
    ("DropnaLabel", {"fields_group": "feature"}),
    ("DropnaProcessor", {"fields_group": "label"}),
    ("DropnaProcessor", {}),
    ("DropCol", {"col_list": ["ties", "LABEL0", "unknown"]}),
    ("FilterCol", {"col_list": ["zeros", "plain"]}),
    ("FilterCol", {"fields_group": "label", "col_list": []}),
    ("TanhProcess", {}),
    ("ProcessInf", {}),
    ("Fillna", {}),
    ("Fillna", {"fields_group": "feature", "fill_value": 0.1}),
    ("Fillna", {"fields_group": "label", "fill_value": -2}),
    ("MinMaxNorm", {"fields_group": "feature"}),
    ("MinMaxNorm", {}),
    ("ZScoreNorm", {"fields_group": "feature"}),
    ("ZScoreNorm", {}),
    ("RobustZScoreNorm", {"fields_group": "feature", "clip_outlier": True}),
    ("RobustZScoreNorm", {"clip_outlier": False}),
    ("CSZScoreNorm", {"fields_group": "label"}),
    ("CSZScoreNorm", {"fields_group": ["feature", "label"]}),
    ("CSZScoreNorm", {"fields_group": "feature", "method": "robust"}),
    ("CSZScoreNorm", {}),
    ("CSRankNorm", {"fields_group": "label"}),
    ("CSRankNorm", {"fields_group": "feature"}),
    ("CSRankNorm", {}),
    ("CSZFillna", {"fields_group": "feature"}),
    ("CSZFillna", {}),
]
FITTED = {"MinMaxNorm", "ZScoreNorm", "RobustZScoreNorm"}


def instance(name, kwargs):
    if name in FITTED:
        kwargs = kwargs | {"fit_start_time": FIT[0], "fit_end_time": FIT[1]}
    return getattr(processor, name)(**kwargs)


def case(df, days, name, kwargs):
    made = instance(name, kwargs)
    given = df.copy()
    made.fit(given)
    return {"class": name, "kwargs": kwargs, "result": table(made(given), days, df)}


CHAINS = [
    {
        "process_type": "append",
        "shared": [],
        "infer": [["RobustZScoreNorm", {"fields_group": "feature", "clip_outlier": True}], ["Fillna", {"fields_group": "feature"}]],
        "learn": [["DropnaLabel", {}], ["CSRankNorm", {"fields_group": "label"}]],
    },
    {
        "process_type": "append",
        "shared": [],
        "infer": [["ProcessInf", {}], ["ZScoreNorm", {}], ["Fillna", {}]],
        "learn": [["DropnaLabel", {}], ["CSZScoreNorm", {"fields_group": "label"}]],
    },
    {
        "process_type": "independent",
        "shared": [["ProcessInf", {}]],
        "infer": [["MinMaxNorm", {"fields_group": "feature"}]],
        "learn": [["DropnaLabel", {}], ["MinMaxNorm", {"fields_group": "feature"}], ["CSRankNorm", {}], ["ZScoreNorm", {}]],
    },
    {
        "process_type": "append",
        "shared": [["CSRankNorm", {"fields_group": "label"}]],
        "infer": [["MinMaxNorm", {"fields_group": "feature"}], ["RobustZScoreNorm", {}], ["CSZFillna", {}]],
        "learn": [["DropnaProcessor", {"fields_group": "label"}], ["CSZScoreNorm", {}]],
    },
]


def chain(df, days, spec):
    made = lambda key: [instance(name, kwargs) for name, kwargs in spec[key]]
    handler = DataHandlerLP(
        data_loader=StaticDataLoader(df.copy()),
        shared_processors=made("shared"),
        infer_processors=made("infer"),
        learn_processors=made("learn"),
        process_type=spec["process_type"],
    )
    return spec | {"inference": table(handler._infer, days, df), "learning": table(handler._learn, days, df)}


def main():
    # A pool of processes would take longer than the work.
    datetime_groupby_apply.__defaults__ = (0, "datetime", "ME", 1)
    markets = []
    for has_infinite, wide_label in [(False, False), (True, False), (False, True)]:
        df, days = market(has_infinite, wide_label)
        fit = [int(days.searchsorted(pd.Timestamp(FIT[0]))), int(days.searchsorted(pd.Timestamp(FIT[1]), "right")) - 1]
        # pandas 3 refuses to widen columns in place, which these two do to a table of columns in both widths.
        is_refused = lambda name, kwargs: wide_label and name in ("MinMaxNorm", "ZScoreNorm") and not kwargs
        is_new = lambda kwargs: not wide_label or kwargs.get("fields_group") != "feature"
        wanted = [(name, kwargs) for name, kwargs in CASES if is_new(kwargs) and not is_refused(name, kwargs)]
        cases = [case(df, days, name, kwargs) for name, kwargs in wanted]
        chains = [chain(df, days, spec) for spec in CHAINS] if not wide_label else []
        markets.append({"fit": fit, "table": table(df, days), "cases": cases, "chains": chains})
    with open("processors.json", "w") as file:
        json.dump(markets, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
