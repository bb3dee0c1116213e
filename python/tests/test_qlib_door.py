"""Scripts of Qlib's on `backstaff.qlib`: the numbers are those that pyqlib 0.9.7 (MIT) gave, `qlib_cases/make.py` says how."""

import importlib
import json
import sys
from pathlib import Path

import numpy
import pytest

HERE = Path(__file__).parent / "qlib_cases"
sys.path.insert(0, str(HERE))

import backstaff.qlib as ours  # noqa: E402
import cases  # noqa: E402
import make  # noqa: E402
import market  # noqa: E402

REFERENCE = numpy.load(HERE / "reference.npz")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """The folder of the market, named by init."""
    root = tmp_path_factory.mktemp("qlib")
    folder = market.write(root / "data")
    uri = (root / "runs").as_uri()
    ours.init(provider_uri=str(folder), region="cn", exp_manager={"kwargs": {"uri": uri}})
    return folder


def module(path):
    return importlib.import_module(f"backstaff.qlib.{path}")


# How far numbers may lie apart: 0 for what has the same bits. Qlib solves least squares of 32-bit columns in 32 bits.
FAR = {"ridge": 1e-5, "lasso": 1e-5, "ols": 1e-5, "long short": 1e-7, "average": 1e-7}
NARROW = ("ridge", "lasso", "ols")
LOOSE = ("report", "indicators", "positions", "risk", "fills", "ic", "ric", "long", "average")
# Cells whose bits may differ: correlations and fits in windows that hardly move.
DRIFT = {"Alpha158": 4, "features": 4, "infer train": 4, "learn train": 4, "infer test": 4, "learn test": 4}


@pytest.mark.parametrize("case", cases.CASES, ids=lambda case: case.__name__)
@pytest.mark.filterwarnings("ignore")
def test_numbers_are_those_of_qlib(data, case):
    met = 0
    for name, found in case(module):
        values, labels = make.plain(found)
        expected = REFERENCE[f"{name}/values"]
        assert json.loads(labels) == json.loads(str(REFERENCE[f"{name}/labels"])), name
        assert values.shape == expected.shape and (values.dtype == expected.dtype or name in NARROW), name
        met += 1
        if values.dtype.kind not in "fi":
            assert (values == expected).all(), name
            continue
        far = FAR.get(name, 1e-10 if name.split()[0] in LOOSE else 0)
        same = (values == expected) | (numpy.isnan(values) & numpy.isnan(expected))
        near = same | (numpy.abs(values - expected) <= far * (1 + numpy.abs(expected)))
        assert (~near).sum() <= DRIFT.get(name, 0), (name, values[~near][:5], expected[~near][:5])
    assert met
