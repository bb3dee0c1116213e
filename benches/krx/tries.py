"""What is felt from try to try: the study of `examples/krx.yaml` over the market, its label changed, a session appended.

Used by run.py. Each line is the seconds of the stages that a change reaches, apart from reading the table again and from
training; the values of an append are compared with those of a full run from an empty store.
"""

import filecmp
import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATED = ["daily_prices", "index_daily_prices", "deriv_index_daily", "bond_index_daily"]
# Stages between the table and the models; the rest is told by itself.
FELT = ["features", "labels", "folds"]


def held_back(path: pathlib.Path) -> str:
    """Take the last session out of a database; `append` gives it back."""
    with sqlite3.connect(path) as database:
        last = database.execute("SELECT max(date) FROM daily_prices").fetchone()[0]
        for table in DATED:
            database.execute(f"CREATE TABLE held_{table} AS SELECT * FROM {table} WHERE date = ?", [last])
            database.execute(f"DELETE FROM {table} WHERE date = ?", [last])
    database.close()
    return last


def append(path: pathlib.Path) -> None:
    with sqlite3.connect(path) as database:
        for table in DATED:
            database.execute(f"INSERT INTO {table} SELECT * FROM held_{table}")
    database.close()


def study(folder: pathlib.Path, name: str, horizon: int, high_water_mark: bool = False) -> pathlib.Path:
    """The example's study over the database in a folder, tested from the first year that has three before it."""
    text = (ROOT / "examples" / "krx.yaml").read_text()
    prices = "{path: krx.db, preset: krx" + (", high_water_mark: true}" if high_water_mark else "}")
    text = re.sub(r"prices: \{path: .*\}", f"prices: {prices}", text)
    text = text.replace("name: krx\n", f"name: {name}\n").replace("from: 2017-01-01", "from: 2015-01-01")
    text = text.replace("horizon: 21", f"horizon: {horizon}")
    path = folder / f"{name}-{horizon}.yaml"
    path.write_text(text)
    return path


class Tries:
    def __init__(self, options, environment: dict, folder: pathlib.Path):
        self.program, self.environment, self.folder = options.program, environment, folder

    def run(self, name: str, horizon: int, store: str, high_water_mark: bool = False) -> dict[str, float]:
        """Seconds by stage and by part of loading; a stage that was found counts too."""
        trace = self.folder / "trace.json"
        path = study(self.folder, name, horizon, high_water_mark)
        command = [self.program, "run", path, "--store", self.folder / store, "--trace", trace, "--json"]
        done = subprocess.run([str(part) for part in command], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))}\n{done.stderr[-3000:]}")
        seconds = {stage["name"]: stage["seconds"] for stage in json.loads(done.stdout)["stages"]}
        for event in json.loads(trace.read_text())["traceEvents"]:
            seconds.setdefault(event["name"], event["dur"] / 1e6)
        seconds["felt"] = sum(seconds[stage] for stage in FELT)
        return seconds


def same(one: pathlib.Path, other: pathlib.Path) -> bool:
    files = ["results.json", "equity.parquet", "ic.parquet", "quantiles.parquet"]
    return all(filecmp.cmp(one / file, other / file, shallow=False) for file in files)


def measure(options, environment: dict, market: pathlib.Path) -> dict[str, dict[str, float]]:
    folder = options.folder / "tries"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copyfile(market / "krx.db", folder / "krx.db")
    held_back(folder / "krx.db")
    time.sleep(3)  # a file that has just changed has no witness yet
    tries = Tries(options, environment, folder)
    found = {"first run": tries.run("study", 21, "store")}
    found["nothing changed"] = tries.run("study", 21, "store")
    found["another label"] = tries.run("study", 20, "store")
    tries.run("marked", 21, "marked", high_water_mark=True)
    append(folder / "krx.db")
    found["a session appended"] = tries.run("study", 21, "store")
    found["the same above a mark"] = tries.run("marked", 21, "marked", high_water_mark=True)
    shutil.copytree(folder / "reports" / "study", folder / "grown")
    tries.run("study", 21, "anew")
    if not same(folder / "grown", folder / "reports" / "study"):
        sys.exit("after an appended session the results are not those of a full run")
    shutil.rmtree(folder)
    return found


def table(found: dict[str, dict[str, float]]) -> str:
    """Runs down; of each the table read, the panel, what is computed from it before and after training."""
    columns = {
        "digest": lambda s: s.get("digest files", 0.0),
        "load": lambda s: s["load"],
        "features": lambda s: s["features"],
        "labels": lambda s: s["labels"],
        "folds": lambda s: s["folds"],
        "sum of 3": lambda s: s["felt"],
        "train": lambda s: s["train"],
        "the rest": lambda s: sum(s[stage] for stage in ["predict", "suspects", "evaluate", "backtest", "report"]),
    }
    lines = [f"{'the example study':<24}" + "".join(f"{name:>10}" for name in columns)]
    lines += [f"{name:<24}" + "".join(f"{cell(s):>10.2f}" for cell in columns.values()) for name, s in found.items()]
    return "\n".join(lines)
