"""The module works in forked and spawned processes, in joblib's workers, in threads, and under other locales."""

import multiprocessing
import os
import subprocess
import sys
import threading

import pandas
import pytest
from conftest import FEATURES, market
from test_study import learning, settings

import backstaff as bs

pytestmark = [
    pytest.mark.filterwarnings("ignore::backstaff.DataWarning"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]


def computed(path):
    return bs.compute(path, FEATURES).to_pandas()


def counted(path):
    return float(computed(path)["mom"].sum())


def ran(path, folder):
    study = bs.Study(learning(path), store=os.path.join(folder, "store"), reports=os.path.join(folder, "reports"))
    return study.run(progress=False).measures["trees"]["cagr"]


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    path = tmp_path_factory.mktemp("learned") / "prices.parquet"
    market(instruments=8, sessions=300).to_parquet(path, index=False)
    return path


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_give_what_their_parent_gives(parquet, learned, tmp_path, method):
    expected = counted(parquet), ran(learned, tmp_path / "parent")
    context = multiprocessing.get_context(method)
    with context.Pool(2) as pool:
        asked = pool.map_async(counted, [parquet] * 4), pool.apply_async(ran, (learned, str(tmp_path / method)))
        assert asked[0].get(timeout=120) == [expected[0]] * 4
        assert asked[1].get(timeout=120) == expected[1]


@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_joblib_s_workers_give_what_their_parent_gives(parquet, backend):
    joblib = pytest.importorskip("joblib")
    expected = counted(parquet)
    found = joblib.Parallel(n_jobs=2, backend=backend, timeout=120)(joblib.delayed(counted)(parquet) for _ in range(4))
    assert found == [expected] * 4


def test_threads_run_studies_of_their_own(learned, tmp_path):
    expected = ran(learned, tmp_path / "alone")
    found = {}

    def work(number):
        found[number] = ran(learned, tmp_path / str(number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert found == dict.fromkeys(range(3), expected)


class Constant:
    """A model that needs no numbers."""

    def fit(self, x, y):
        return self

    def predict(self, x):
        return x[:, 0]


def own(path, folder):
    study = {**learning(path), "models": {"mine": Constant()}}
    run = bs.Study(study, store=os.path.join(folder, "store"), reports=os.path.join(folder, "reports")).run(progress=False)
    return run.measures["mine"]["cagr"]


def test_models_of_one_s_own_learn_in_a_spawned_process_and_beside_each_other(learned, tmp_path):
    expected = own(learned, tmp_path / "parent")
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(own, (learned, str(tmp_path / "child"))).get(timeout=120) == expected
    found = []
    threads = [threading.Thread(target=lambda n=n: found.append(own(learned, tmp_path / f"thread{n}"))) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert found == [expected] * 3


@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "POSIX", "de_DE.UTF-8", "tr_TR.UTF-8", "ja_JP.eucJP"])
def test_other_locales_change_no_number_and_no_word(parquet, tmp_path, locale):
    code = (
        "import locale, sys, backstaff as bs\n"
        "try: locale.setlocale(locale.LC_ALL, '')\n"
        "except locale.Error: pass\n"
        f"table = bs.compute({str(parquet)!r}, {FEATURES!r}).to_pandas()\n"
        "print(repr(float(table['vol'].sum())))\n"
        f"print(bs.backtest({str(parquet)!r}, lambda market: {{'S0': 0.5}}).measures['cagr'])\n"
    )
    environment = {**os.environ, "LC_ALL": locale, "PYTHONWARNINGS": "ignore", "PYTHONUTF8": "0"}
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    total, cagr = done.stdout.split()
    assert float(total) == float(computed(parquet)["vol"].sum())
    assert float(cagr) == bs.backtest(parquet, lambda market: {"S0": 0.5}).measures["cagr"]


def test_a_folder_of_any_name_will_do(tmp_path, monkeypatch):
    folder = tmp_path / "Kurse und ümläute 株価"
    folder.mkdir()
    monkeypatch.chdir(folder)
    market(instruments=8, sessions=300).to_parquet(folder / "prices.parquet", index=False)
    run = bs.Study(settings("prices.parquet")).run(progress=False)
    assert run.report.is_file() and isinstance(run.trades().to_pandas(), pandas.DataFrame)
