"""Yearly folds of LightGBM in Python, beside `cargo bench -p backstaff-study --bench walk_forward`.

    walk_forward.py make FRAME.parquet [ROWS_A_SESSION]    a market of 14 years and 30 features, 5 % missing
    walk_forward.py serial|processes FRAME.parquet SCORES  seconds; scores as 64-bit numbers, year after year
    walk_forward.py compare SCORES SCORES                  how far two are apart

`serial` trains one year after the other on two threads of LightGBM's own, `processes` two years at a time by joblib,
one thread each. Parameters, rows and weights are those of the bench.
"""

import datetime
import sys
import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

YEARS, GAP, DECAY, ROUNDS = 12, 35, 0.7, 200
PARAMETERS = {
    "objective": "regression",
    "num_leaves": 31,
    "learning_rate": 0.1,
    "seed": 42,
    "deterministic": True,
    "force_col_wise": True,
    "verbosity": -1,
}


def make(path: str, width: int) -> None:
    """Rows by instrument, oldest first; more instruments are eligible each year."""
    random = np.random.default_rng(11)
    first = datetime.date(2012, 1, 2)
    days = (first + datetime.timedelta(days=day) for day in range(14 * 365))
    days = np.array([(day - datetime.date(1970, 1, 1)).days for day in days if day.weekday() < 5], np.int32)
    starts = random.integers(0, len(days) * 2 // 3, 2 * width)
    day = np.concatenate([days[start:] for start in starts])
    columns = {"day": day}
    signal = np.zeros(len(day), np.float32)
    for n in range(30):
        values = random.standard_normal(len(day), np.float32)
        signal += values * np.float32(0.002 * (n % 5))
        values[random.random(len(day), np.float32) < 0.05] = np.nan
        columns[f"feature_{n:02}"] = values
    columns["target"] = signal + random.standard_normal(len(day), np.float32)
    pq.write_table(pa.table(columns), path)
    print(f"{len(day)} rows")


def read(path: str):
    table = pq.read_table(path)
    names = [name for name in table.column_names if name not in ("day", "target")]
    matrix = np.column_stack([table[name].to_numpy() for name in names])
    return matrix, table["day"].to_numpy(), table["target"].to_numpy()


def new_year(year: int) -> int:
    return (datetime.date(year, 1, 1) - datetime.date(1970, 1, 1)).days


def years(day: np.ndarray) -> list[int]:
    last = (datetime.date(1970, 1, 1) + datetime.timedelta(days=int(day.max()))).year
    return list(range(last + 1 - YEARS, last + 1))


def one_year(year: int, matrix, day, target, threads: int) -> np.ndarray:
    import lightgbm as lgb

    train = (day >= new_year(year - 3)) & (day < new_year(year) - GAP)
    test = (day >= new_year(year)) & (day < new_year(year + 1))
    position = day[train] - day[train].min()
    weight = np.exp(2 * DECAY * position / position.max())
    parameters = PARAMETERS | {"num_threads": threads}
    rows = lgb.Dataset(matrix[train], target[train], weight=weight / weight.mean(), params=parameters)
    return lgb.train(parameters, rows, ROUNDS).predict(matrix[test], num_threads=threads)


def walk(mode: str, path: str, out: str) -> None:
    matrix, day, target = read(path)
    started = time.perf_counter()
    if mode == "serial":
        scores = [one_year(year, matrix, day, target, 2) for year in years(day)]
    else:
        from joblib import Parallel, delayed

        work = (delayed(one_year)(year, matrix, day, target, 1) for year in years(day))
        scores = Parallel(n_jobs=2)(work)
    print(f"{mode}: {time.perf_counter() - started:.2f} s", flush=True)
    np.concatenate(scores).tofile(out)


def compare(*files: str) -> None:
    a, b = (np.fromfile(file) for file in files)
    rank = lambda values: values.argsort().argsort()
    correlation = np.corrcoef(rank(a), rank(b))[0, 1]
    print(f"{len(a)} scores: largest difference {np.abs(a - b).max():.3g}, rank correlation {correlation:.6f}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["make", path, *width]:
            make(path, int(width[0]) if width else 280)
        case ["serial" | "processes" as mode, path, out]:
            walk(mode, path, out)
        case ["compare", a, b]:
            compare(a, b)
        case _:
            sys.exit(__doc__)
