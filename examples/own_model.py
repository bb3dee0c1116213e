"""Models of one's own in a study: scikit-learn's ridge beside the library's trees, proved and compared.

Run it with `python examples/own_model.py`; it needs `pip install backstaff scikit-learn`.
"""

from pathlib import Path

from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import backstaff as bs

here = Path(__file__).parent

study = bs.Study({
    "backstaff": 1,
    "name": "own_model",
    "data": {"prices": {"path": here / "data" / "thirty.csv.gz"}},
    "features": {
        "define": {
            "reversal": "CsRank($close / Ref($close, 5) - 1)",
            "momentum": "CsRank(Ref($close, 21) / Ref($close, 252) - 1)",
            "calm": "CsRank(-Std($close / Ref($close, 1) - 1, 63))",
            "volume": "CsRank($volume / Mean($volume, 63))",
        }
    },
    "label": {"horizon": 10, "target": "rank"},
    "folds": {"test": {"from": "2014-01-01"}, "train": {"years": 3}, "every": "year", "validation": "none"},
    "models": {
        # Every fold fits a clone: the scaler sees its training rows alone.
        "ridge": make_pipeline(SimpleImputer(), StandardScaler(), Ridge(alpha=100.0)),
        "trees": {"lightgbm": {"rounds": 50, "parameters": {"num_leaves": 7, "learning_rate": 0.05}}},
    },
    "strategy": {"top_n": {"n": 5, "keep": 10}},
    "portfolio": {"rebalance": "weekly", "costs": {"commission_bps": 5, "slippage_bps": 2}},
})  # fmt: skip

run = study.run()
print(run)
for name, measures in run.measures.items():
    print(f"{name:>24}  {measures['cagr']:7.2%} a year, Sharpe {measures['sharpe']:5.2f}")

proof = study.prove(dates=2)
print(proof)
assert proof, "a model looks ahead"
