"""Studies give what the command line gives."""

import json
import multiprocessing
import os
import signal
import threading
from pathlib import Path

import pandas
import pytest
from conftest import market, program

import backstaff as bs

pytestmark = pytest.mark.filterwarnings("ignore::backstaff.DataWarning")


def settings(path: Path, **changes: object) -> dict[str, object]:
    return {
        "backstaff": 1,
        "name": "reversal",
        "data": {"prices": {"path": path}},
        "models": {"reversal": {"expression": "Ref($close, 5) / $close - 1"}},
        "strategy": {"topk_dropout": {"k": 2, "n_drop": 1}},
        **changes,
    }


def learning(path: Path) -> dict[str, object]:
    return settings(
        path,
        name="learning",
        features={"define": {"mom": "$close / Ref($close, 5) - 1", "vol": "Std($close / Ref($close, 1), 10)"}},
        label={"horizon": 1},
        folds={"test": {"from": "2024-09-01"}, "train": {"sessions": 120}, "every": "quarter", "validation": "none", "min_rows": {"train": 100, "test": 10}},
        models={"trees": {"lightgbm": {"rounds": 5}}},
    )


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    market(instruments=8, sessions=300).to_parquet(tmp_path / "prices.parquet", index=False)
    return tmp_path


def test_a_run_gives_what_the_command_line_gives(here):
    run = bs.Study(settings(here / "prices.parquet")).run(progress=False)
    bs.Study(settings("prices.parquet")).to_yaml(here / "study.yaml")
    done = program("run", here / "study.yaml", "--json", "--reports", here / "other", "--store", here / "store", cwd=here)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert run["measures"] == answer["measures"]
    assert run.verdict.sentence == answer["measures"]["verdict"]["sentence"]
    assert run.measures["reversal"]["cagr"] == answer["measures"]["portfolios"]["reversal"]["cagr"]
    equity = pandas.read_parquet(here / "other" / "reversal" / "equity.parquet")
    pandas.testing.assert_frame_equal(run.equity().to_arrow().to_pandas(), equity)
    assert run.report == here / "reports" / "reversal" / "report.html" and run.report.is_file()


def test_a_run_has_its_tables_and_shows_itself(here):
    run = bs.Study(settings("prices.parquet")).run(progress=False)
    for table in [run.trades(), run.positions(), run.scores(), run.weights(), run.order_log()]:
        assert table.num_rows > 0
    assert run.trades().to_pandas().shape[0] == run.trades().num_rows
    assert repr(run).startswith(run.verdict.lines[0]) and "report: " in repr(run)
    page = run._repr_html_()
    assert "<svg" in page and run.verdict.lines[0].split(":")[0] in page
    assert (run.folds, run.number) == ([], 1)
    with pytest.raises(bs.DataError, match="has no table 'regimes'"):
        run.regimes()
    csv = bs.Study(settings("prices.parquet")).set("outputs", "csv").run(progress=False)
    with pytest.raises(bs.DataError, match="outputs"):
        csv.trades()


def test_a_setting_makes_another_study(here):
    study = bs.Study(settings("prices.parquet"))
    other = study.set("portfolio.costs.commission_bps", 50).set("name", "dear")
    assert study.settings["portfolio"]["costs"]["commission_bps"] == 0
    assert (other.name, other.settings["portfolio"]["costs"]["commission_bps"]) == ("dear", 50)
    cheap, dear = study.run(progress=False), other.run(progress=False)
    assert dear.measures["reversal"]["cagr"] < cheap.measures["reversal"]["cagr"]
    comparison = bs.compare([cheap, dear])
    assert any(difference["key"] == "portfolio.costs.commission_bps" for difference in comparison["pairs"][0]["differences"])
    assert Path(comparison["out"]).is_file() and "commission_bps" in repr(comparison)


def test_all_that_is_wrong_is_said_at_once(here):
    with pytest.raises(bs.StudyError) as raised:
        bs.Study(settings("prices.parquet", nmae="x", label={"horizn": 5}))
    assert "nmae" in str(raised.value) and "horizn" in str(raised.value)
    with pytest.raises(bs.StudyError, match="cannot read the study"):
        bs.Study(here / "none.yaml")
    with pytest.raises(bs.StudyError, match='^there is no profile "devv"'):
        bs.Study(settings("prices.parquet"), profile="devv")
    with pytest.raises(bs.StudyError, match="can't hold a object"):
        bs.Study(settings(object()))
    with pytest.raises(bs.StudyError, match="wide: close"):
        bs.Study(settings(market().pivot(index="date", columns="instrument", values="close")))
    with pytest.raises(bs.StudyError, match="is no section"):
        bs.Study(settings("prices.parquet")).set("name.x", 1)
    with pytest.raises(bs.DataError):
        bs.Study(settings("none.parquet")).run(progress=False)


def test_a_check_says_what_a_run_would_begin_with(here):
    study = bs.Study(learning("prices.parquet"))
    assert all(isinstance(warning, str) for warning in study.check())
    with pytest.raises(bs.ExpressionError, match="closee"):
        study.set("features.define.mom", "$closee / 2").check()
    with pytest.raises(bs.StudyError, match="test window"):
        study.set("folds.test.from", "2034-01-01").check()


def test_a_study_learns_is_proved_and_orders(here):
    study = bs.Study(learning("prices.parquet"))
    run = study.run(progress=False)
    assert len(run.folds) > 0 and run.importance().num_rows > 0 and run.ic().num_rows > 0
    proof = study.prove(dates=1, progress=False)
    assert proof and proof.holds and "nothing looks ahead" in repr(proof)
    orders = study.orders(holdings={"S0": 10}, cash=10_000, progress=False)
    frame = pandas.DataFrame({"instrument": ["S0"], "shares": [10]})
    assert study.orders(holdings=frame, cash=10_000, progress=False)["orders"] == orders["orders"]
    assert orders["orders"] and all(order["shares"] == int(order["shares"]) for order in orders["orders"])
    with pytest.raises(bs.DataError, match="max-age"):
        study.orders(max_age=1, progress=False)
    assert "found" in repr(study.why("features")) or "computed" in repr(study.why("features"))
    assert study.status()["run"] is not None
    assert study.update(progress=False)


def test_progress_is_told_in_plain_lines(here, capsys):
    bs.Study(settings("prices.parquet")).run()
    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith("load ") and "computed" in line for line in lines)


def _train(path, queue):
    study = bs.Study(learning(path), store=Path(path).with_name("child"), reports=Path(path).with_name("child_reports"))
    queue.put(study.run(progress=False).verdict.level)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_child_trains_after_its_parent_has(here):
    level = bs.Study(learning(here / "prices.parquet")).run(progress=False).verdict.level
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=_train, args=(here / "prices.parquet", queue))
    child.start()
    try:
        assert queue.get(timeout=100) == level
    finally:
        child.kill()


def test_ctrl_c_ends_a_run_and_the_next_goes_on(here, ctrl_c):
    market(instruments=60, sessions=900).to_parquet(here / "prices.parquet", index=False)
    study = bs.Study(learning("prices.parquet")).set("models.trees.lightgbm.rounds", 1_000)
    study = study.set("folds.test.from", "2025-01-01").set("folds.every", "quarter")
    timer = threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        study.run(progress=False)
    small = study.set("models.trees.lightgbm.rounds", 2)
    assert small.run(progress=False).verdict.level
