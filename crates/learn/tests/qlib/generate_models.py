"""Writes models.json: what the models of Qlib 0.9.7 predict after learning from a small table.

Run it with Python 3.11, pyqlib 0.9.7 and its dependencies, in this folder: python generate_models.py

Columns are written as their bytes in base 64.
"""

import json
import os
import warnings

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
warnings.filterwarnings("ignore")

import numpy as np
import pandas as pd
from generate import encoded
from qlib.contrib.model import double_ensemble, gbdt
from qlib.contrib.model.double_ensemble import DEnsembleModel
from qlib.contrib.model.linear import LinearModel

ROWS = {"train": 1100, "valid": 300, "test": 100}
NAMES = [f"f{n}" for n in range(8)]


class Quiet:
    """In place of the recorder of experiments."""

    @staticmethod
    def log_metrics(**_):
        pass


class Rows:
    """In place of a dataset: frames by segment."""

    def __init__(self, frames):
        self.frames = frames
        self.segments = {name: None for name in frames}

    def prepare(self, segments, col_set=None, data_key=None):
        pick = lambda name: self.frames[name] if isinstance(col_set, list) else self.frames[name][col_set]
        return [pick(name) for name in segments] if isinstance(segments, list) else pick(segments)


def frames(has_gaps, is_collinear, label="f4", features="f4", seed=11):
    rng = np.random.default_rng(seed)
    n = sum(ROWS.values())
    x = rng.standard_normal((n, len(NAMES)))
    x[:, 3] = np.abs(x[:, 3])
    x[:, 4] += 0.5 * x[:, 0] + 1
    x[:, 6] = np.round(x[:, 6] * 4)
    if is_collinear:
        x[:, 5] = np.round(x[:, 5] * 64) / 64
        x[:, 6] = x[:, 6] / 4
        x[:, 7] = x[:, 5] - x[:, 6]
    x = x.astype("f4")
    y = x[:, 0] - 0.5 * x[:, 1] + 0.3 * x[:, 3] * x[:, 2] + 0.2 * np.abs(x[:, 4]) + 0.1 * x[:, 7] + rng.standard_normal(n)
    y = (0.3 * y).astype("f4").astype(label)
    if has_gaps:
        x[rng.random(x.shape) < 0.05] = np.nan
    columns = pd.MultiIndex.from_tuples([("feature", name) for name in NAMES] + [("label", "LABEL0")])
    frame = pd.concat([pd.DataFrame(x.astype(features)), pd.DataFrame(y)], axis=1)
    frame.columns = columns
    ends = np.cumsum([0] + list(ROWS.values()))
    return {name: frame.iloc[a:b] for name, a, b in zip(ROWS, ends[:-1], ends[1:])}


def given(parts):
    whole = pd.concat(parts.values())
    return [encoded(whole[key].values.astype("f4")) for key in whole.columns]


LINEAR = [
    {},
    {"fit_intercept": True},
    {"fit_intercept": True, "include_valid": True},
    {"estimator": "nnls"},
    {"estimator": "nnls", "fit_intercept": True},
    {"estimator": "ridge", "alpha": 3.0},
    {"estimator": "ridge", "alpha": 200.0, "fit_intercept": True},
    {"estimator": "lasso", "alpha": 0.02},
    {"estimator": "lasso", "alpha": 0.001, "fit_intercept": True},
]


def linear(has_gaps, is_collinear):
    cases = []
    for kwargs in LINEAR:
        if is_collinear and kwargs.get("estimator") == "nnls":
            continue
        for width in ("f8", "f4"):
            parts = frames(has_gaps, is_collinear, width, width)
            model = LinearModel(**kwargs)
            model.fit(Rows(parts))
            cases.append({"kwargs": kwargs, "width": width, "test": encoded(model.predict(Rows(parts)).values.astype("f8"))})
    return {"model": "LinearModel", "data": given(frames(has_gaps, is_collinear)), "cases": cases}


BOOSTED = [
    {"num_boost_round": 60, "early_stopping_rounds": 8, "learning_rate": 0.1, "num_threads": 1},
    {
        "loss": "mse",
        "colsample_bytree": 0.8879,
        "learning_rate": 0.05,
        "subsample": 0.8789,
        "lambda_l1": 1.5,
        "lambda_l2": 20,
        "max_depth": 8,
        "num_leaves": 50,
        "num_boost_round": 40,
        "num_threads": 1,
    },
    {"colsample_bytree": 0.7, "subsample": 0.6, "subsample_freq": 2, "seed": 5, "num_boost_round": 25, "num_threads": 1},
    {"loss": "binary", "learning_rate": 0.1, "num_boost_round": 30, "early_stopping_rounds": 4, "num_threads": 1},
]


def boosted():
    parts = frames(True, False)
    cases = []
    for kwargs in BOOSTED:
        rows = parts
        if kwargs.get("loss") == "binary":
            rows = {name: part.copy() for name, part in parts.items()}
            for part in rows.values():
                part[("label", "LABEL0")] = (part[("label", "LABEL0")] > 0).astype("f4")
        model, evals = gbdt.LGBModel(**kwargs), {}
        model.fit(Rows(rows), evals_result=evals, verbose_eval=0)
        case = {
            "kwargs": kwargs,
            "n_trees": model.model.num_trees(),
            "test": encoded(model.predict(Rows(rows)).values),
            "split": [int(v) for v in model.model.feature_importance("split")],
            "gain": encoded(model.model.feature_importance("gain")),
        }
        for name in ("train", "valid"):
            (case[name],) = [encoded(np.array(values)) for values in evals[name].values()]
        cases.append(case)
    return {"model": "LGBModel", "data": given(parts), "cases": cases}


ENSEMBLES = [
    {"num_models": 4, "enable_fs": False, "decay": 0.5, "epochs": 12, "num_threads": 1},
    {
        "num_models": 3,
        "enable_fs": False,
        "alpha1": 0.7,
        "bins_sr": 4,
        "decay": 0.8,
        "epochs": 40,
        "early_stopping_rounds": 5,
        "sub_weights": [1, 0.5, 2],
        "learning_rate": 0.2,
        "num_threads": 1,
    },
    {"num_models": 4, "enable_sr": False, "decay": 0.5, "epochs": 10, "num_threads": 1},
    {"num_models": 4, "decay": 0.5, "epochs": 15, "colsample_bytree": 0.8, "num_leaves": 12, "num_threads": 1},
    {"num_models": 3, "decay": 0.5, "epochs": 10, "bins_fs": 3, "sample_ratios": [1.0, 0.6, 0.2], "num_threads": 1},
]
SEED = 29


def ensembles():
    parts = frames(True, False)
    # Features that were drawn go through a set, whose order would be another in each process.
    double_ensemble.set = sorted
    cases = []
    for kwargs in ENSEMBLES:
        model = DEnsembleModel(**kwargs)
        np.random.seed(SEED)
        model.fit(Rows(parts))
        case = {
            "kwargs": kwargs,
            "seed": SEED,
            "features": [list(features) for features in model.sub_features],
            "test": encoded(model.predict(Rows(parts)).values),
        }
        cases.append(case)
    return {"model": "DEnsembleModel", "data": given(parts), "cases": cases}


def main():
    gbdt.R = Quiet
    models = [linear(False, False), linear(True, True), boosted(), ensembles()]
    with open("models.json", "w") as file:
        json.dump(models, file, separators=(",", ":"))


if __name__ == "__main__":
    main()
