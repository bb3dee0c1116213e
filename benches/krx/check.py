"""Two frames of the canonical features and targets, column by column: check.py A.parquet B.parquet

The same rows, the same missing cells, the same values within a tolerance; exit code 1 where they differ. Both have
`instrument`, `date` and the columns by their names, in any order of rows.

A value may differ by 1e-9 of itself and of 1, since sums are taken in different orders. Where engines are known to differ
more, the column has a rule of its own below.
"""

import sys
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from common import FEATURES, TARGETS


@dataclass
class Rule:
    tolerance: float = 1e-9  # of the value and of 1
    share: float = 0.0  # of the cells that may differ by more
    most: float = 0.0  # how much those may differ
    why: str = ""


ONLINE = "a constant window's deviation is exactly 0 or a residue of a running sum"
TIES = "values that are equal but for rounding are ranked as ties or not"
EDGE = "a value beside a threshold falls on either side"
RULES = {
    "volatility_20d": Rule(1e-6, why=ONLINE),
    "volatility_ratio": Rule(1e-4, why=ONLINE),
    "amihud_rank": Rule(share=0.02, most=0.05, why=TIES),
    "target_residual_rank": Rule(share=0.01, most=0.05, why=TIES),
    "vcp_score": Rule(share=1e-5, most=2.0, why=EDGE),
    "fallen_angel_score": Rule(share=1e-5, most=100.0, why=EDGE),
    "bb_squeeze": Rule(share=1e-4, most=1.0, why=EDGE),
    "rolling_beta": Rule(1e-7, why="a mean of products less a product of means loses digits"),
    "rolling_beta_60d": Rule(1e-7, why="as rolling_beta"),
    "forward_residual": Rule(1e-7, why="as rolling_beta"),
}


class Frame:
    def __init__(self, path: str):
        self.file = pq.ParquetFile(path)
        keys = self.file.read(["instrument", "date"])
        instrument = pc.cast(keys["instrument"], pa.string()).combine_chunks()
        date = keys["date"].combine_chunks()
        if pa.types.is_string(date.type) or pa.types.is_large_string(date.type):
            date = pc.strptime(pc.replace_substring(date, "-", ""), "%Y%m%d", "s")
        self.date = pc.cast(date, pa.date32()).cast(pa.int32()).to_numpy()
        self.instrument = instrument.dictionary_encode()
        names = self.instrument.dictionary.to_numpy(zero_copy_only=False)
        place = np.argsort(np.argsort(names))
        self.order = np.lexsort((self.date, place[self.instrument.indices.to_numpy()]))
        self.names = names[self.instrument.indices.to_numpy()[self.order]]
        self.date = self.date[self.order]

    def column(self, name: str) -> np.ndarray:
        values = self.file.read([name])[name].combine_chunks()
        return pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False)[self.order]


def differences(a: Frame, b: Frame, name: str) -> str | None:
    """What is wrong with a column; None if nothing is."""
    rule = RULES.get(name, Rule())
    x, y = a.column(name), b.column(name)
    missing = np.isnan(x) != np.isnan(y)
    if missing.any():
        return f"{missing.sum()} cells are missing in one only; the first: {place(a, missing, x, y)}"
    away = np.abs(x - y) / np.maximum(1.0, np.abs(x))
    beyond = away > rule.tolerance
    if beyond.mean() > rule.share or np.abs(x - y)[beyond].max(initial=0.0) > max(rule.most, 0.0):
        return f"{beyond.sum()} cells differ, by up to {np.nanmax(away):.3g}; the first: {place(a, beyond, x, y)}"
    return None


def place(frame: Frame, where: np.ndarray, x: np.ndarray, y: np.ndarray) -> str:
    row = int(np.flatnonzero(where)[0])
    return f"{frame.names[row]} on {np.datetime64(int(frame.date[row]), 'D')}: {x[row]!r} and {y[row]!r}"


def compare(first: str, second: str) -> list[str]:
    """What differs, a line each."""
    a, b = Frame(first), Frame(second)
    if len(a.date) != len(b.date):
        return [f"{len(a.date)} rows and {len(b.date)} rows"]
    if not (np.array_equal(a.date, b.date) and np.array_equal(a.names, b.names)):
        return ["the rows belong to other instruments or dates"]
    found = []
    for name in [*FEATURES, *TARGETS]:
        wrong = differences(a, b, name)
        if wrong:
            found.append(f"{name}: {wrong}")
    return found


if __name__ == "__main__":
    wrong = compare(*sys.argv[1:3])
    print("\n".join(wrong) or f"{len(FEATURES) + len(TARGETS)} columns agree")
    sys.exit(bool(wrong))
