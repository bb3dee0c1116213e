"""Prices in, features out: from a file and from a frame, with the same numbers.

Run it with `python examples/first_steps.py`; it needs `pip install backstaff pandas pyarrow`.
"""

from pathlib import Path

import pandas

import backstaff as bs

path = Path(__file__).parent / "data" / "thirty.csv.gz"

prices = bs.read(path)
print(prices)

features = {
    "momentum": "CsRank(Ref($close, 21) / Ref($close, 252) - 1)",
    "calm": "-Std($close / Ref($close, 1) - 1, 63)",
}
table = bs.compute(prices, features)
print(table)

frame = pandas.read_csv(path)
again = bs.compute(frame, features)
pandas.testing.assert_frame_equal(table.to_pandas(), again.to_pandas(), check_exact=True)

factor = bs.factor("CsRank(Ref($close, 21) / Ref($close, 252) - 1)", prices)
print(factor.summary)
