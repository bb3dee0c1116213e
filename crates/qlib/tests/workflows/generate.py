"""Make a small market in Qlib's layout and run workflows on it with Qlib itself: `python generate.py` in an environment with
pyqlib 0.9.7 (Python 3.11). Writes market.zip, mined.parquet and expected.zip beside itself.

Everything random has a seed. What Qlib leaves to a hash or to an unstable sort is avoided: scores are distinct.
"""

import io
import json
import os
import tempfile
import zipfile
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"

import numpy as np
import pandas as pd
import yaml

HERE = Path(__file__).parent
SEED = 19


def market(folder: Path) -> None:
    """Twenty stocks and an index over 620 weekdays: halts, a late listing, an early end, splits in the factor."""
    draw = np.random.default_rng(SEED)
    days = pd.bdate_range("2018-01-02", periods=620)
    (folder / "calendars").mkdir(parents=True)
    (folder / "calendars" / "day.txt").write_text("".join(f"{day:%Y-%m-%d}\n" for day in days))
    lines, half = [], []
    common = draw.normal(0.0003, 0.008, len(days))
    for k in range(21):
        name = "INDEX" if k == 20 else f"SH60{k:04d}"
        first, end = (40 if k == 3 else 0), (500 if k == 7 else len(days))
        n = end - first
        own = draw.normal(0, 0.018, n)
        # What a share gained beside the market it gives back in the days after: something to learn.
        back = pd.Series(own).rolling(5, min_periods=1).sum().shift(1, fill_value=0).to_numpy()
        steps = common[first:end] + (0 if k == 20 else own - 0.25 * back)
        close = 20 * np.exp(np.cumsum(steps)) * (1 + 0.2 * k)
        spread = 0.002 + np.abs(draw.normal(0, 0.006, n))
        start = close * (1 + draw.normal(0, 0.006, n))
        high = np.maximum(start, close) * (1 + spread)
        low = np.minimum(start, close) * (1 - spread)
        volume = np.exp(draw.normal(13, 0.4, n))
        vwap = (high + low + close) / 3
        factor = np.where(np.arange(n) < 200, 0.5, 1.0) if k % 5 == 0 else np.full(n, 0.8)
        columns = dict(open=start, high=high, low=low, close=close, volume=volume, vwap=vwap, factor=factor)
        halted = draw.random(n) < (0.02 if k < 20 else 0)
        for values in columns.values():
            values[halted] = np.nan
        last = pd.Series(columns["close"]).ffill().shift(1).to_numpy()
        columns["change"] = columns["close"] / last - 1
        home = folder / "features" / name.lower()
        home.mkdir(parents=True)
        for field, values in columns.items():
            np.concatenate([[first], values]).astype("<f4").tofile(home / f"{field}.day.bin")
        span = f"{name}\t{days[first]:%Y-%m-%d}\t{days[end - 1]:%Y-%m-%d}\n"
        lines.append(span)
        if k < 14:
            half.append(f"{name}\t{days[max(first, 30)]:%Y-%m-%d}\t{days[300 + 10 * k]:%Y-%m-%d}\n")
            half.append(f"{name}\t{days[330 + 10 * k]:%Y-%m-%d}\t{days[-1]:%Y-%m-%d}\n" if k != 7 else "")
    (folder / "instruments").mkdir()
    (folder / "instruments" / "all.txt").write_text("".join(lines))
    (folder / "instruments" / "stocks.txt").write_text("".join(lines[:20]))
    (folder / "instruments" / "half.txt").write_text("".join(half))


def mined(folder: Path) -> None:
    """A table of two factors as a miner leaves it, with columns of two levels."""
    draw = np.random.default_rng(SEED + 1)
    days = pd.bdate_range("2018-03-01", periods=500)
    index = pd.MultiIndex.from_product([days, [f"SH60{k:04d}" for k in range(18)]], names=["datetime", "instrument"])
    values = draw.normal(size=(len(index), 2)).astype("float32")
    values[draw.random(values.shape) < 0.05] = np.nan
    frame = pd.DataFrame(values, index=index, columns=pd.MultiIndex.from_tuples([("feature", "mined_a"), ("feature", "mined_b")]))
    frame.to_parquet(folder / "mined.parquet")


def run(path: Path, provider: Path) -> dict:
    """The scores, measures, account and orders of a workflow."""
    import qlib
    from qlib.backtest import executor as executors
    from qlib.utils import fill_placeholder, init_instance_by_config
    from qlib.workflow import R

    text = path.read_text().replace("PROVIDER", str(provider)).replace("MINED", str(HERE / "mined.parquet"))
    config = yaml.safe_load(text)
    qlib.init(**config["qlib_init"], kernels=1)
    task = config["task"]
    np.random.seed(0)
    with R.start(experiment_name=path.stem):
        model, dataset = init_instance_by_config(task["model"]), init_instance_by_config(task["dataset"])
        model.fit(dataset)
        recorder = R.get_recorder()
        for record in task["record"]:
            record = fill_placeholder(record, {"<MODEL>": model, "<DATASET>": dataset})
            init_instance_by_config(record, recorder=recorder, default_module="qlib.workflow.record_temp").generate()
        scores = recorder.load_object("pred.pkl")["score"]
        found = {"metrics": {name: value for name, value in recorder.list_metrics().items()}}
        raw = dataset.prepare("test", col_set="feature", data_key="raw")
        infer = dataset.prepare("test", col_set="feature", data_key="infer")
        found["columns"] = [str(name) for name in infer.columns]
        found["raw_sums"] = [float(np.nansum(raw.iloc[:, k].to_numpy(dtype="f8"))) for k in range(raw.shape[1])]
        found["infer_sums"] = [float(np.nansum(infer.iloc[:, k].to_numpy(dtype="f8"))) for k in range(infer.shape[1])]
        if any(record["class"] == "PortAnaRecord" for record in task["record"]):
            report = recorder.load_object("portfolio_analysis/report_normal_1day.pkl")
            found["report"] = {name: [float(value) for value in report[name]] for name in ("account", "return", "turnover", "cost", "cash", "bench")}
            found["days"] = [f"{day:%Y-%m-%d}" for day in report.index]
    found["scores"] = {
        "dates": [f"{day:%Y-%m-%d}" for day in scores.index.get_level_values(0)],
        "instruments": list(scores.index.get_level_values(1)),
        "values": [None if np.isnan(value) else float(value) for value in scores],
    }
    same = scores.groupby(level=0).apply(lambda day: day.dropna().duplicated().any())
    found["ties"] = int(same.sum())
    return found


def rounded(node):
    """The same with twelve digits of each number."""
    if isinstance(node, dict):
        return {key: rounded(value) for key, value in node.items()}
    if isinstance(node, list):
        return [rounded(value) for value in node]
    return float(f"{node:.12g}") if isinstance(node, float) else node


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        provider = Path(folder) / "provider"
        market(provider)
        mined(HERE)
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as made:
            for file in sorted(provider.rglob("*")):
                if file.is_file():
                    made.writestr(zipfile.ZipInfo(str(file.relative_to(provider))), file.read_bytes(), zipfile.ZIP_DEFLATED)
        (HERE / "market.zip").write_bytes(archive.getvalue())
        before = os.getcwd()
        os.chdir(folder)
        expected = {path.stem: run(path, provider) for path in sorted(HERE.glob("*.yaml"))}
        os.chdir(before)
    text = json.dumps(rounded(expected), separators=(",", ":"))
    with zipfile.ZipFile(HERE / "expected.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(zipfile.ZipInfo("expected.json"), text, zipfile.ZIP_DEFLATED)
    for name, found in expected.items():
        print(name, len(found["scores"]["values"]), "scores", found["ties"], "days with ties", found["metrics"].get("IC"))
