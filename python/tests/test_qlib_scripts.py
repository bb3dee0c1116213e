"""Scripts and workspaces written for Qlib, run as they are: its names, its commands, classes of the user's own."""

import importlib
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy
import pandas
import pytest

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "qlib_cases"))

import backstaff as bs  # noqa: E402
import cases  # noqa: E402
import market  # noqa: E402

NAMES = HERE.parent / "qlib_names"
DAYS = cases.DAYS

FLOW = """
qlib_init:
    provider_uri: "{{ DATA }}"
    region: cn
sys:
    rel_path: [own]
market: &market stocks
data_handler_config: &handler
    start_time: %(first)s
    end_time: %(last)s
    instruments: *market
    data_loader:
        class: NestedDataLoader
        kwargs:
            dataloader_l:
                - class: qlib.contrib.data.loader.Alpha158DL
                  kwargs:
                    config:
                        label:
                            - ["Ref($close, -2)/Ref($close, -1) - 1"]
                            - ["LABEL0"]
                        feature:
                            - ["Resi($close, 15)/$close", "Std($close, 5)/$close", "$close/Ref($close, 10)"]
                            - ["RESI15", "STD5", "ROC10"]
                - class: qlib.data.dataset.loader.StaticDataLoader
                  kwargs:
                    config: "mined.parquet"
    infer_processors:
        - class: RobustZScoreNorm
          kwargs: {fields_group: feature, clip_outlier: true, fit_start_time: %(first)s, fit_end_time: %(fit_end)s}
        - class: Fillna
          kwargs: {fields_group: feature}
    learn_processors:
        - class: DropnaLabel
        - class: CSZScoreNorm
          kwargs: {fields_group: label}
task:
    model:
        class: %(model)s
        module_path: %(module)s
        kwargs: %(kwargs)s
    dataset:
        class: DatasetH
        module_path: qlib.data.dataset
        kwargs:
            handler: {class: DataHandlerLP, module_path: qlib.contrib.data.handler, kwargs: *handler}
            segments:
                train: [%(first)s, %(train_end)s]
                valid: [%(valid)s, %(valid_end)s]
                test: [%(test)s, %(last)s]
    record:
        - class: SignalRecord
          module_path: qlib.workflow.record_temp
          kwargs: {model: <MODEL>, dataset: <DATASET>}
        - class: SigAnaRecord
          module_path: qlib.workflow.record_temp
          kwargs: {ana_long_short: False, ann_scaler: 252}
        - class: PortAnaRecord
          module_path: qlib.workflow.record_temp
          kwargs:
            config:
                strategy:
                    class: TopkDropoutStrategy
                    module_path: qlib.contrib.strategy
                    kwargs: {signal: <PRED>, topk: 4, n_drop: 1}
                backtest:
                    start_time: %(test)s
                    end_time: %(last)s
                    account: 1000000
                    benchmark: BENCH
                    exchange_kwargs: {limit_threshold: 0.095, deal_price: close, open_cost: 0.0005, close_cost: 0.0015, min_cost: 5}
"""
LGB = {
    "model": "LGBModel",
    "module": "qlib.contrib.model.gbdt",
    "kwargs": "{loss: mse, learning_rate: 0.2, num_leaves: 7, num_threads: 1}",
}
LINEAR = {"model": "LinearModel", "module": "qlib.contrib.model.linear", "kwargs": "{estimator: ridge, alpha: 0.1}"}
DATES = {
    "first": DAYS[60], "train_end": DAYS[129], "fit_end": DAYS[129], "valid": DAYS[130], "valid_end": DAYS[149], "test": DAYS[150], "last": DAYS[190],
}  # fmt: skip

READ = """
import json, pandas, qlib
try:
    from mlflow.tracking import MlflowClient
except ImportError:
    pass
qlib.init()
from qlib.workflow import R
newest = None
for experiment in R.list_experiments():
    for one in R.list_recorders(experiment_name=experiment):
        recorder = R.get_recorder(recorder_id=one, experiment_name=experiment)
        ended = recorder.info["end_time"]
        if ended is not None and (newest is None or ended > newest.info["end_time"]):
            newest = recorder
json.dump(newest.list_metrics(), open("metrics.json", "w"))
newest.load_object("portfolio_analysis/report_normal_1day.pkl").to_pickle("report.pkl")
newest.load_object("pred.pkl").to_pickle("pred.pkl")
"""

GENERATE = """
import sys, qlib
qlib.init(provider_uri=sys.argv[1])
from qlib.data import D
fields = ["$open", "$close", "$high", "$low", "$volume", "$factor"]
frame = D.features(D.instruments(), fields, freq="day").swaplevel().sort_index().loc["2020-02-01":].sort_index()
frame.to_pickle("daily.pkl")
"""


@pytest.fixture
def workspace(tmp_path):
    """A folder with mined factors, and an environment that has the names `qlib` and `qrun`'s module."""
    market.write(tmp_path / "data")
    factors = {}
    for name in market.NAMES[:-1]:
        close = pandas.Series(market.bars(name)["close"].astype(float))
        factors[name] = (close / close.shift(3) - 1).to_numpy()
    index = pandas.MultiIndex.from_product([pandas.to_datetime(DAYS), sorted(factors)], names=["datetime", "instrument"])
    columns = pandas.MultiIndex.from_tuples([("feature", "mined")])
    values = numpy.stack([factors[name] for name in sorted(factors)], axis=1).reshape(-1, 1)
    pandas.DataFrame(values, index=index, columns=columns).to_parquet(tmp_path / "mined.parquet")
    return tmp_path


def python(workspace, *arguments, names=True, check=True):
    environment = {**os.environ, "DATA": str(workspace / "data"), "MLFLOW_ALLOW_FILE_STORE": "true"}
    if names:
        environment["PYTHONPATH"] = os.pathsep.join([str(NAMES), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        [sys.executable, "-P", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=workspace,
        env=environment,
        check=False,
    )
    assert not check or done.returncode == 0, done.stderr[-3000:]
    return done


def test_a_generated_workspace_runs_as_it_is(workspace):
    (workspace / "conf.yaml").write_text(FLOW % {**DATES, **LGB})
    python(workspace, "-m", "qlib.cli.run", "conf.yaml")
    python(workspace, "-c", READ)
    metrics = json.loads((workspace / "metrics.json").read_text())
    assert {"IC", "Rank ICIR", "l2.valid", "1day.excess_return_with_cost.information_ratio", "1day.ffr"} <= set(metrics)
    report = pandas.read_pickle(workspace / "report.pkl")
    assert list(report.columns) == [
        "account",
        "return",
        "total_turnover",
        "turnover",
        "total_cost",
        "cost",
        "value",
        "cash",
        "bench",
    ]
    python(workspace, "-c", GENERATE, workspace / "data")
    daily = pandas.read_pickle(workspace / "daily.pkl")
    assert daily.shape[1] == 6 and list(daily.index.names) == ["datetime", "instrument"]


@pytest.mark.parametrize("model", [LGB, LINEAR], ids=["trees", "linear"])
def test_it_gives_what_qlib_gives(workspace, model):
    if python(
        workspace, "-c", "import qlib.config; assert 'backstaff' not in qlib.__file__", names=False, check=False
    ).returncode:
        pytest.skip("Qlib is not installed")
    (workspace / "conf.yaml").write_text(FLOW % {**DATES, **model})
    found = []
    for names in (True, False):
        python(workspace, "-m", "qlib.cli.run", "conf.yaml", names=names)
        python(workspace, "-c", READ, names=names)
        read = [pandas.read_pickle(workspace / name) for name in ("pred.pkl", "report.pkl")]
        found.append((json.loads((workspace / "metrics.json").read_text()), *read))
        (workspace / "mlruns").rename(workspace / f"runs {names}")
    (ours, pred, report), (theirs, their_pred, their_report) = found
    pandas.testing.assert_frame_equal(pred, their_pred, rtol=1e-6)
    assert set(ours) == set(theirs)
    # Trees give many equal scores, of which Qlib's sort, which is not stable, picks any.
    of_scores = [key for key in ours if not key.startswith("1day.")] if model is LGB else list(ours)
    assert all(ours[key] == pytest.approx(theirs[key], rel=1e-6, nan_ok=True) for key in of_scores)
    if model is LINEAR:
        pandas.testing.assert_frame_equal(report, their_report, rtol=1e-10)


OWN_MODEL = """
import numpy, pandas
from qlib.model.base import Model
from qlib.data.dataset.handler import DataHandlerLP

class Momentum(Model):
    def __init__(self, sign=1):
        self.sign = sign
    def fit(self, dataset, reweighter=None):
        train, valid = dataset.prepare(["train", "valid"], col_set=["feature", "label"], data_key=DataHandlerLP.DK_L)
        self.rows = len(train), len(valid)
    def predict(self, dataset, segment="test"):
        features = dataset.prepare(segment, col_set="feature", data_key=DataHandlerLP.DK_I)
        return self.sign * pandas.Series(features["mined"].to_numpy(), index=features.index)
"""


def test_a_model_of_ones_own_is_found_beside_the_file(workspace):
    (workspace / "own").mkdir()
    (workspace / "own" / "mine.py").write_text(OWN_MODEL)
    own = {"model": "Momentum", "module": "mine", "kwargs": "{sign: -1}"}
    (workspace / "conf.yaml").write_text(FLOW % {**DATES, **own})
    done = python(workspace, "-m", "qlib.cli.run", "conf.yaml", "--experiment_name", "mine", "--uri_folder", "runs")
    assert "written:" in done.stdout and (workspace / "runs").is_dir()


def test_a_leak_is_an_error_of_a_workflow(workspace):
    (workspace / "conf.yaml").write_text(FLOW % {**DATES, **LGB, "fit_end": DATES["last"]})
    done = python(workspace, "-m", "qlib.cli.run", "conf.yaml", check=False)
    assert done.returncode == 1 and "LEAK: RobustZScoreNorm" in done.stderr and "--allow-leaks" in done.stderr
    assert python(workspace, "-m", "qlib.cli.run", "conf.yaml", "--allow-leaks").returncode == 0


def test_a_script_runs_by_the_module(workspace):
    (workspace / "script.py").write_text(
        "import sys, qlib\nfrom qlib.data.dataset import DatasetH\nprint(qlib.__file__, DatasetH.__module__, sys.argv)\n"
    )
    done = python(workspace, "-m", "backstaff.qlib", "script.py", "x", names=False)
    assert "backstaff.qlib.data.dataset ['script.py', 'x']" in done.stdout


def test_modules_and_names_that_are_not_here_say_what_to_do(workspace):
    for text, words in {
        "from qlib.contrib.model.pytorch_lstm import LSTM": "--predictions",
        "from qlib.contrib.model.gbdt import LGBModle": "did you mean LGBModel",
        "import qlib.data.dataset.hander": "the nearest is qlib.data.dataset.handler",
        "from qlib.contrib.strategy import EnhancedIndexingStrategy": "WeightStrategyBase",
        "import qlib; qlib.init(provider_ur='x')": "did you mean provider_uri",
        "import qlib; qlib.init(custom_ops=[1])": "operators of one's own",
        "import qlib; qlib.init(provider_uri='nowhere')\nfrom qlib.data import D; D.calendar()": "backstaff qlib dump",
        "from qlib.tests.data import GetData; GetData().qlib_data(target_dir='nowhere')": "backstaff qlib dump",
    }.items():
        done = python(workspace, "-c", text, check=False)
        assert done.returncode == 1 and words in done.stderr, done.stderr


@pytest.fixture
def door(workspace, monkeypatch):
    """The package on the workspace's data."""
    import backstaff.qlib as door

    monkeypatch.chdir(workspace)
    door.init(provider_uri=str(workspace / "data"), region="cn")
    return door


def test_processors_of_ones_own_work_on_frames(door):
    from backstaff.qlib.contrib.data.handler import Alpha158
    from backstaff.qlib.data.dataset.processor import Fillna, Processor

    class Twice(Processor):
        def fit(self, df=None):
            self.columns = len(df.columns)

        def __call__(self, df):
            df[("feature", "KMID")] *= 2
            return df

    class Loud(Fillna):
        def __call__(self, df):
            return super().__call__(df) + 1

    twice = Twice()
    dates = {"start_time": DAYS[70], "end_time": DAYS[80], "instruments": "stocks"}
    handler = Alpha158(infer_processors=[twice, Loud(fields_group="feature")], learn_processors=[], **dates)
    plain = Alpha158(infer_processors=[], learn_processors=[], **dates)
    raw, infer = plain.fetch(col_set="feature"), handler.fetch(col_set="feature")
    assert twice.columns == 159 and (infer["KMID"] == 2 * raw["KMID"] + 1).all() and infer["ROC5"].equals(raw["ROC5"] + 1)
    assert handler.fetch(col_set="feature", data_key="raw").equals(raw)
    assert handler.get_cols("label") == ["LABEL0"]


@pytest.mark.parametrize("name", ["xgboost.XGBModel", "catboost_model.CatBoostModel"])
def test_models_of_other_packages_run_where_they_are(door, name):
    module, _, model = name.partition(".")
    pytest.importorskip(module.removesuffix("_model"))
    made = getattr(importlib.import_module(f"backstaff.qlib.contrib.model.{module}"), model)(
        **({"eta": 0.2} if module == "xgboost" else {"depth": 3})
    )
    data = cases.narrow(lambda path: importlib.import_module(f"backstaff.qlib.{path}"), None)
    made.fit(data, num_boost_round=5, verbose_eval=0)
    scores = made.predict(data)
    assert scores.index.equals(data.prepare("test", col_set="feature").index) and scores.nunique() > 2


def test_recorders_keep_what_was_said_and_refuse_foreign_pickles(door, workspace):
    from backstaff.qlib.workflow import R

    frame = pandas.DataFrame({"x": [1.0, 2.0]})
    with R.start(experiment_name="one", recorder_name="first") as recorder:
        R.log_params(a=1, b="x")
        R.log_metrics(ic=0.5)
        R.log_metrics(step=1, ic=0.25)
        R.set_tags(kind="test")
        R.save_objects(**{"frame.pkl": frame, "note": {"k": 1}})
        assert R.get_recorder() == recorder
    again = R.get_recorder(recorder_id=recorder.id, experiment_name="one")
    assert (
        again.list_params() == {"a": "1", "b": "x"}
        and again.list_metrics() == {"ic": 0.25}
        and again.list_tags() == {"kind": "test"}
    )
    assert again.info["status"] == "FINISHED" and again.info["end_time"] and list(R.list_experiments()) == ["one"]
    assert again.load_object("frame.pkl").equals(frame) and pandas.read_parquet(
        Path(again.get_local_dir()) / "artifacts" / "frame.parquet"
    ).equals(frame)
    assert R.get_exp(experiment_name="one").list_recorders() == {recorder.id: recorder}
    (Path(again.get_local_dir()) / "artifacts" / "evil.pkl").write_bytes(pickle.dumps(1))
    with pytest.raises(bs.StudyError, match="not saved by save_objects"):
        again.load_object("evil.pkl")
    with pytest.raises(bs.StudyError, match="outside"):
        again.load_object("../info.json")
    with pytest.raises(RuntimeError), R.start(experiment_name="one"):
        raise RuntimeError
    assert {one.status for one in R.list_recorders(experiment_name="one").values()} == {"FINISHED", "FAILED"}
    with pytest.raises(bs.StudyError, match="not on a server"):
        R.set_uri("http://localhost:5000")


def test_pickles_are_not_loaded_unless_they_are_trusted(door, workspace):
    from backstaff.qlib.data.dataset.loader import StaticDataLoader
    from backstaff.qlib.utils import init_instance_by_config

    (workspace / "x.pkl").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(bs.StudyError, match="trust_pickles"):
        init_instance_by_config("file://x.pkl")
    with pytest.raises(bs.StudyError, match="trust_pickles"):
        StaticDataLoader("x.pkl").load(None)
    door.init(provider_uri=str(workspace / "data"), trust_pickles=True)
    assert init_instance_by_config(f"file://{workspace}/x.pkl") == {"a": 1}


def test_a_strategy_of_ones_own_trades_orders(door):
    from backstaff.qlib.backtest.decision import Order, OrderDir, TradeDecisionWO
    from backstaff.qlib.contrib.evaluate import backtest_daily
    from backstaff.qlib.strategy.base import BaseStrategy

    seen = []

    class Own(BaseStrategy):
        def generate_trade_decision(self, execute_result=None):
            step = self.trade_calendar.get_trade_step()
            start, end = self.trade_calendar.get_step_time(step)
            seen.append((step, self.trade_position.get_stock_amount("S01"), self.trade_exchange.get_close("S01", start)))
            orders = {1: [Order("S01", 300, OrderDir.BUY, start, end)], 4: [Order("S01", 100, OrderDir.SELL, start, end)]}
            return TradeDecisionWO(orders.get(step, []), self)

    report, positions = backtest_daily(DAYS[100], DAYS[110], strategy=Own(), account=1e6, benchmark=None)
    assert [amount for _, amount, _ in seen] == [0, 0, 300, 300, 300, 200, 200, 200, 200, 200, 200]
    last = positions[report.index[-1]]
    assert last.get_stock_amount("S01") == 200 and last.get_stock_count("S01") == 10
    assert report["total_turnover"].iloc[-1] == pytest.approx(300 * seen[1][2] + 100 * seen[4][2])

    class Broken(BaseStrategy):
        def generate_trade_decision(self, execute_result=None):
            raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        backtest_daily(DAYS[100], DAYS[110], strategy=Broken(), account=1e6, benchmark=None)


def test_models_and_datasets_survive_a_pickle(door):
    from backstaff.qlib.contrib.model.gbdt import LGBModel

    data = cases.narrow(lambda path: importlib.import_module(f"backstaff.qlib.{path}"), None)
    model = LGBModel(num_leaves=5, num_boost_round=5, min_data_in_leaf=10, num_threads=1)
    evals = {}
    model.fit(data, evals_result=evals)
    twin, again = pickle.loads(pickle.dumps(model)), pickle.loads(pickle.dumps(data))
    again.setup_data(handler_kwargs={})
    assert twin.predict(again).equals(model.predict(data)) and len(evals["valid"]["l2"]) == 5
    assert set(model.get_feature_importance().index) == {"A", "B", "C"} and model.model.num_trees() == model.best_iteration


def test_all_mistakes_of_a_file_are_told_with_their_places(workspace):
    text = FLOW % {**DATES, **LGB}
    (workspace / "conf.yaml").write_text(
        text.replace("topk: 4", "topkk: 4")
        .replace("record:\n", "record:\n", 1)
        .replace("fields_group: label", "fields_grop: label")
    )
    done = python(workspace, "-m", "qlib.cli.run", "conf.yaml", check=False)
    assert done.returncode == 1 and "topkk" in done.stderr and "did you mean `topk`" in done.stderr


def test_instruments_without_bars_are_left_out_and_told(door, workspace):
    from backstaff.qlib.data import D

    span = (DAYS[60], DAYS[70])
    with pytest.warns(bs.DataWarning, match="1 of 2 instruments have no bars, and so no rows: ZZ"):
        named = D.features(["ZZ", "S01"], ["$close"], *span)
    assert list(named.index.unique(0)) == ["S01"] and len(named) == 11
    market = workspace / "data" / "instruments" / "some.txt"
    before = D.features(D.instruments("some"), ["$close"], DAYS[90], DAYS[130])
    market.write_text(market.read_text() + f"ZZ\t{DAYS[0]}\t{DAYS[-1]}\n")
    with pytest.warns(bs.DataWarning, match="1 of 4"):
        after = D.features(D.instruments("some"), ["$close"], DAYS[90], DAYS[130])
    assert after.equals(before)


BY_CODE = """
import sys, qlib
from qlib.constant import REG_CN
from qlib.utils import init_instance_by_config, flatten_dict
from qlib.workflow import R
from qlib.workflow.record_temp import SignalRecord, PortAnaRecord, SigAnaRecord, MultiPassPortAnaRecord
from qlib.tests.data import GetData
from qlib.tests.config import CSI300_BENCH, get_gbdt_task

if __name__ == "__main__":
    provider, first, train, valid, test, last = sys.argv[1:]
    GetData().qlib_data(target_dir=provider, region=REG_CN, exists_skip=True)
    qlib.init(provider_uri=provider, region=REG_CN)
    segments = {"train": (first, train), "valid": (train, valid), "test": (test, last)}
    task = get_gbdt_task(segments, {"instruments": "stocks", "start_time": first, "end_time": last})
    task["model"]["kwargs"] = {"loss": "mse", "num_leaves": 7, "num_threads": 1}
    model = init_instance_by_config(task["model"])
    dataset = init_instance_by_config(task["dataset"])
    exchange = {"freq": "day", "limit_threshold": 0.095, "deal_price": "close", "open_cost": 0.0005, "close_cost": 0.0015, "min_cost": 5}
    config = {
        "executor": {
            "class": "SimulatorExecutor",
            "module_path": "qlib.backtest.executor",
            "kwargs": {"time_per_step": "day", "generate_portfolio_metrics": True},
        },
        "strategy": {
            "class": "TopkDropoutStrategy",
            "module_path": "qlib.contrib.strategy.signal_strategy",
            "kwargs": {"signal": (model, dataset), "topk": 4, "n_drop": 1},
        },
        "backtest": {"start_time": test, "end_time": last, "account": 1000000, "benchmark": "BENCH", "exchange_kwargs": exchange},
    }
    print(dataset.prepare("train").head())
    with R.start(experiment_name="workflow"):
        R.log_params(**flatten_dict(task))
        model.fit(dataset)
        R.save_objects(**{"params.pkl": model})
        recorder = R.get_recorder()
        SignalRecord(model, dataset, recorder).generate()
        SigAnaRecord(recorder).generate()
        PortAnaRecord(recorder, config, "day").generate()
        config["strategy"]["kwargs"]["signal"] = "<PRED>"
        MultiPassPortAnaRecord(recorder, pass_num=3, config=config).generate()
    again = R.get_recorder(recorder_id=recorder.id, experiment_name="workflow")
    print(sorted(again.list_metrics()))
    print(again.load_object("portfolio_analysis/multi_pass_port_analysis_1day.pkl"))
"""


def test_a_workflow_by_code_runs_from_its_data_to_its_records(workspace):
    (workspace / "by_code.py").write_text(BY_CODE)
    dates = [DATES[key] for key in ("first", "train_end", "valid_end", "test", "last")]
    done = python(workspace, "by_code.py", workspace / "data", *dates)
    assert "mean_std.excess_return_with_cost.information_ratio" in done.stdout and "1day.pos" in done.stdout
    table = done.stdout[done.stdout.rindex("mean_std") :]
    assert "annualized_return" in table and "max_drawdown" not in table


def test_processors_leave_labels_as_they_are(door):
    from backstaff.qlib.data.dataset.processor import CSRankNorm, DropCol, Fillna

    index = pandas.MultiIndex.from_product([pandas.to_datetime(["2020-01-02 15:00", "2020-01-03 15:00"]), ["b", "c"]])
    frame = pandas.DataFrame({1: [1.0, numpy.nan, 3.0, 4.0], 2: [1.0, 2.0, 3.0, 4.0]}, index=index)
    found = Fillna(fill_value=0)(frame)
    assert found.index.equals(index) and list(found.columns) == [1, 2] and found[1].tolist() == [1, 0, 3, 4]
    assert frame[1].isna().sum() == 1 and CSRankNorm()(frame)[2].tolist() == pytest.approx([0, 1.73, 0, 1.73])
    grouped = pandas.concat({"feature": frame.rename(columns=str)}, axis=1)
    assert list(DropCol(col_list=["1"])(grouped).columns) == [("feature", "2")]


def test_terms_of_the_exchange_that_are_not_known_are_refused(door):
    from backstaff.qlib.backtest import exchange_terms

    with pytest.raises(bs.StudyError, match="did you mean open_cost"):
        exchange_terms({"opencost": 0.1})
    terms = exchange_terms({"deal_price": "$open", "limit_threshold": None, "trade_unit": None})
    assert terms["deal_price"] == ["open", "open"] and terms["limit_threshold"] == 0.095 and terms["trade_unit"] == 0


@pytest.mark.parametrize("model", [LGB, LINEAR], ids=["trees", "linear"])
def test_the_program_gives_the_same(workspace, model):
    (workspace / "conf.yaml").write_text(FLOW % {**DATES, **model})
    python(workspace, "-m", "qlib.cli.run", "conf.yaml")
    python(workspace, "-c", READ)
    done = python(workspace, "-m", "backstaff", "qrun", "conf.yaml", "--out", "out", "--json")
    theirs = {key: value for key, value in json.loads(done.stdout)["metrics"].items() if value is not None}
    ours = json.loads((workspace / "metrics.json").read_text())
    assert set(ours) == set(theirs) and all(ours[key] == pytest.approx(theirs[key], rel=1e-9, abs=1e-15) for key in ours)
    scores = pandas.read_parquet(workspace / "out" / "pred.parquet").set_index(["datetime", "instrument"])["score"]
    assert (scores.to_numpy() == pandas.read_pickle(workspace / "pred.pkl")["score"].to_numpy()).all()
    report = pandas.read_parquet(workspace / "out" / "portfolio_analysis" / "report_normal_1day.parquet").set_index("datetime")
    assert (report.to_numpy() == pandas.read_pickle(workspace / "report.pkl").to_numpy()).all()
