"""Inside Qlib itself our provider gives what Qlib's own gives. Skipped where Qlib is not installed."""

import os
import subprocess
import sys
import warnings
from importlib import metadata
from pathlib import Path

import numpy
import pandas
import pytest
from conftest import market

try:
    # The name `qlib` may be that of `backstaff.qlib`.
    metadata.version("pyqlib")
except metadata.PackageNotFoundError:
    pytest.skip("Qlib is not installed", allow_module_level=True)

FIELDS = [
    "$close",
    "Ref($close, 1)/$close",
    "Mean($volume, 5)",
    "$close>Ref($close, 1)",
    "Std($close, 10)",
    "Ref($close, -2)/Ref($close, -1)-1",
]

CODE = """
import json, sys, warnings
import numpy, pandas, qlib
warnings.simplefilter("ignore")
folder, out, ours, script = sys.argv[1:]
own = {"dataset_provider": {"class": "BackstaffDatasetProvider", "module_path": "backstaff.qlib_provider"}}
qlib.init(provider_uri=folder, region="us", logging_level=40, kernels=1, **(own if ours == "ours" else {}))
from qlib.data import D
exec(script)
frame.to_pickle(out)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A market in Qlib's layout: one instrument is listed late, one cell is missing, one is a member of a market for a while."""
    root = tmp_path_factory.mktemp("qlib")
    frame = market(instruments=6, sessions=250)
    dates = sorted(frame["date"].unique())
    (root / "calendars").mkdir()
    (root / "calendars" / "day.txt").write_text("".join(f"{pandas.Timestamp(date):%Y-%m-%d}\n" for date in dates))
    (root / "instruments").mkdir()
    spans = []
    for name, own in frame.groupby("instrument"):
        first = dates.index(own["date"].iloc[0])
        spans.append((name, own["date"].iloc[0], own["date"].iloc[-1]))
        place = root / "features" / name.lower()
        place.mkdir(parents=True)
        for field in ("open", "close", "volume", "high", "low", "vwap", "factor"):
            values = (
                own[field]
                if field in own
                else own["close"] * {"high": 1.01, "low": 0.98, "vwap": 1.0}.get(field, 0.0) + (field == "factor")
            )
            numpy.concatenate([[first], values.to_numpy()]).astype("<f4").tofile(place / f"{field}.day.bin")
    line = "{}\t{:%Y-%m-%d}\t{:%Y-%m-%d}\n"
    (root / "instruments" / "all.txt").write_text("".join(line.format(*span) for span in spans))
    some = [("S0", dates[30], dates[100]), ("S0", dates[150], dates[200]), ("S2", dates[0], dates[-1])]
    (root / "instruments" / "some.txt").write_text("".join(line.format(*span) for span in some))
    return root


def asked(folder, tmp_path, script):
    """What both providers give to the same lines."""
    found = []
    for whose in ("qlib", "ours"):
        out = tmp_path / f"{whose}.pkl"
        command = [sys.executable, "-P", "-c", CODE, str(folder), str(out), whose, script]
        environment = {**os.environ, "MLFLOW_ALLOW_FILE_STORE": "true"}
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment)
        assert done.returncode == 0, done.stderr
        found.append(pandas.read_pickle(out))
    return found


@pytest.mark.parametrize("instruments", ["D.instruments('all')", "D.instruments('some')", "['S1', 'S4']"])
def test_features_are_those_of_qlib(folder, tmp_path, instruments):
    script = f"frame = D.features({instruments}, {FIELDS!r}, start_time='2024-03-01', end_time='2024-11-15')"
    theirs, ours = asked(folder, tmp_path, script)
    pandas.testing.assert_frame_equal(ours, theirs, check_exact=True)
    assert (ours.dtypes == numpy.float32).all() and list(ours.index.names) == ["instrument", "datetime"]


def test_a_handler_loads_through_it(folder, tmp_path):
    script = (
        "from qlib.contrib.data.handler import Alpha158\n"
        "handler = Alpha158(instruments='all', start_time='2024-02-01', end_time='2024-11-15', fit_start_time='2024-02-01', "
        "fit_end_time='2024-06-30')\n"
        "frame = handler.fetch(col_set=['feature', 'label'])"
    )
    theirs, ours = asked(folder, tmp_path, script)
    assert ours.columns.equals(theirs.columns) and ours.index.equals(theirs.index)
    # Where Qlib's own running sums drift, a handful of cells differ: a correlation of a window that hardly moves.
    differ = ~((ours == theirs) | (ours.isna() & theirs.isna()))
    assert differ.to_numpy().sum() <= 5
    assert set(differ.columns[differ.any()].get_level_values(1).str.rstrip("0123456789")) <= {"CORR", "CORD", "RSQR", "WVMA"}


def test_a_model_trained_through_it_is_the_same(folder, tmp_path):
    script = (
        "from qlib.contrib.data.handler import Alpha158\n"
        "from qlib.contrib.model.gbdt import LGBModel\n"
        "from qlib.data.dataset import DatasetH\n"
        "handler = Alpha158(instruments='all', start_time='2024-02-01', end_time='2024-11-15', fit_start_time='2024-02-01', "
        "fit_end_time='2024-06-30')\n"
        "segments = {'train': ('2024-02-01', '2024-06-30'), 'valid': ('2024-07-01', '2024-08-31'), 'test': ('2024-09-01', '2024-11-15')}\n"
        "dataset = DatasetH(handler, segments)\n"
        "model = LGBModel(learning_rate=0.2, num_leaves=15, min_data_in_leaf=10, num_threads=1, num_boost_round=20)\n"
        "from qlib.workflow import R\n"
        "with R.start(experiment_name='x'):\n"
        "    model.fit(dataset)\n"
        "frame = model.predict(dataset)"
    )
    theirs, ours = asked(folder, tmp_path, script)
    pandas.testing.assert_series_equal(ours, theirs, rtol=1e-6)
    assert theirs.nunique() > 20


def test_one_expression_of_one_instrument(folder, tmp_path):
    script = (
        "from qlib.data.data import ExpressionD\nfrom backstaff.qlib_provider import BackstaffExpressionProvider\n"
        "provider = BackstaffExpressionProvider() if ours == 'ours' else ExpressionD\n"
        "frame = provider.expression('S1', 'Mean($close, 5)/$close', '2024-06-01', '2024-06-30', 'day')"
    )
    theirs, ours = asked(folder, tmp_path, script)
    pandas.testing.assert_series_equal(ours, theirs, check_exact=True, check_index_type=False, check_names=False)


def test_what_we_do_not_know_is_computed_by_qlib_and_told(folder, tmp_path):
    script = (
        "from qlib.data.ops import ElemOperator, Operators\n"
        "class Twice(ElemOperator):\n"
        "    def _load_internal(self, instrument, start_index, end_index, *args):\n"
        "        return 2 * self.feature.load(instrument, start_index, end_index, *args)\n"
        "Operators.register([Twice])\n"
        "frame = D.features(['S1'], ['$close', 'Twice($close)'], start_time='2024-06-01', end_time='2024-06-30')"
    )
    theirs, ours = asked(folder, tmp_path, script)
    pandas.testing.assert_frame_equal(ours, theirs, check_exact=True)


def test_processors_of_instruments_are_refused():
    from backstaff.qlib_provider import BackstaffDatasetProvider

    with warnings.catch_warnings(), pytest.raises(ValueError, match="inst_processors"):
        BackstaffDatasetProvider().dataset(["S0"], ["$close"], inst_processors=[{"class": "X"}])


def test_the_test_has_a_folder(folder):
    assert Path(folder, "features", "s0", "close.day.bin").is_file()
