"""Models of one's own: fitted and asked as the library's are, recognised again, proved, and told clearly when they fail."""

import shutil
from pathlib import Path

import numpy
import pandas
import pytest
from conftest import market, program
from models import Mean
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_study import learning

import backstaff as bs

pytestmark = pytest.mark.filterwarnings("ignore::backstaff.DataWarning")


@pytest.fixture(scope="module")
def prices(tmp_path_factory):
    path = tmp_path_factory.mktemp("market") / "prices.parquet"
    market(instruments=8, sessions=300).to_parquet(path, index=False)
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def study(prices, model, **changes):
    return bs.Study({**learning(prices), "models": {"mine": model}, **changes})


def scores(run):
    return run.scores().to_pandas()["score"]


def imputed(*steps):
    return make_pipeline(SimpleImputer(), *steps)


class Leaky(BaseEstimator):
    """Standardises over all rows that it scores, those of later sessions as well."""

    def fit(self, x, y):
        self.model = imputed(LinearRegression()).fit(x, y)
        return self

    def predict(self, x):
        scores = self.model.predict(x)
        return (scores - scores.mean()) / scores.std()


class Torch(BaseEstimator):
    """A small network."""

    def fit(self, x, y):
        import torch

        torch.manual_seed(0)
        x, y = self._ready(x), torch.tensor(y, dtype=torch.float32)
        self.network = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
        optimizer = torch.optim.Adam(self.network.parameters(), lr=0.01)
        for _ in range(20):
            optimizer.zero_grad()
            ((self.network(x)[:, 0] - y) ** 2).mean().backward()
            optimizer.step()
        return self

    def predict(self, x):
        return self.network(self._ready(x))

    def _ready(self, x):
        import torch

        return torch.tensor(numpy.nan_to_num(x), dtype=torch.float32)


def xgboost():
    return pytest.importorskip("xgboost").XGBRegressor(n_estimators=10, max_depth=2)


def catboost():
    return pytest.importorskip("catboost").CatBoostRegressor(iterations=10, depth=2, verbose=False, allow_writing_files=False)


def torch():
    pytest.importorskip("torch")
    return Torch()


MODELS = {
    "ridge": lambda: imputed(Ridge(alpha=1.0)),
    "pipeline": lambda: imputed(StandardScaler(), Ridge()),
    "forest": lambda: HistGradientBoostingRegressor(max_iter=10, random_state=0),
    "xgboost": xgboost,
    "catboost": catboost,
    "torch": torch,
}


@pytest.mark.parametrize("kind", MODELS)
def test_models_of_others_learn_and_are_proved(here, prices, kind):
    model = MODELS[kind]()
    own = study(prices, model)
    run = own.run(progress=False)
    assert len(run.folds) > 1 and run.scores().num_rows > 0
    with pytest.raises(Exception):  # noqa: B017 (each library has an error of its own)
        model.predict(numpy.zeros((2, 2)))  # Folds have fitted clones of it.
    proof = own.prove(dates=1, progress=False)
    assert proof, proof
    assert "what a model of one's own reads by itself" in repr(proof)


def test_lightgbm_s_own_face_gives_what_the_library_gives(here, prices):
    lightgbm = pytest.importorskip("lightgbm")
    parameters = {"num_leaves": 7, "min_data_in_leaf": 5, "seed": 3}
    ours = bs.Study({**learning(prices), "models": {"mine": {"lightgbm": {"rounds": 20, "parameters": parameters}}}})
    booster = lightgbm.LGBMRegressor(
        n_estimators=20, num_leaves=7, min_child_samples=5, seed=3, deterministic=True, force_col_wise=True, n_jobs=1, verbose=-1
    )  # fmt: skip
    found = scores(ours.run(progress=False))
    theirs = scores(study(prices, booster, name="theirs").run(progress=False))
    pandas.testing.assert_series_equal(found, theirs, check_exact=True)


def test_a_model_that_looks_at_later_rows_is_named(here, prices):
    proof = study(prices, Leaky()).prove(dates=2, progress=False)
    assert not proof
    leaks = [leak for one in proof["passes"] for leak in one["leaks"]]
    assert {("scores", "mine")} <= {(leak["kind"], leak["name"]) for leak in leaks}
    assert "scores mine looks ahead" in repr(proof)


def test_a_model_that_can_t_be_fitted_twice_is_named(here, prices):
    class Random(BaseEstimator):
        def fit(self, x, y):
            self.factors = numpy.random.default_rng().normal(size=x.shape[1])
            return self

        def predict(self, x):
            return numpy.nan_to_num(x) @ self.factors

    proof = study(prices, Random()).prove(dates=1, progress=False)
    assert not proof and "fit of mine can't be repeated" in repr(proof)


def test_the_same_model_is_found_and_another_is_computed(here, prices):
    def trained(own):
        own.run(progress=False)
        return "computed" in repr(own.why("train"))

    assert trained(study(prices, Mean()))
    assert not trained(study(prices, Mean()))
    assert trained(study(prices, Mean(-1.0)))
    assert not trained(study(prices, Mean(-1.0)))
    assert trained(study(prices, imputed(Ridge(alpha=1.0))))
    assert not trained(study(prices, imputed(Ridge(alpha=1.0))))
    assert trained(study(prices, imputed(Ridge(alpha=2.0))))


def test_classes_of_one_name_are_told_apart(here, prices):
    def factory(sign):
        class Local:
            def fit(self, x, y):
                pass

            def predict(self, x):
                return sign * x[:, 0]

        return Local()

    def computed(model):
        own = study(prices, model, name="local")
        own.run(progress=False)
        return "computed" in repr(own.why("train"))

    assert computed(factory(1.0))
    assert not computed(factory(1.0))
    # What a closure holds shapes the model as well.
    assert computed(factory(-1.0))
    first, second = (type("Made", (), {"fit": lambda s, x, y: None, "predict": way}) for way in (lambda s, x: x[:, 0], lambda s, x: x[:, 1]))
    assert computed(first()) and computed(second()) and not computed(first())
    patched = factory(1.0)
    type(patched).factor = 2.0
    assert computed(patched)


def test_rows_come_in_the_form_that_is_asked_for(here, prices):
    seen = {}

    class Looks:
        def __init__(self, form):
            self.form = form

        def fit(self, x, y, feature_names, dates, instruments):
            seen[self.form, str(min(dates))] = (x, list(feature_names), dates, instruments, y)

        def predict(self, x, instruments):
            return numpy.arange(len(instruments), dtype=float)

    for form in ("numpy", "pandas", "polars", "arrow"):
        study(prices, {"python": Looks, "parameters": {"form": form}, "table": form}, name=f"looks_{form}").run(progress=False)
    first = min(date for _, date in seen)
    array, names, dates, instruments, y = seen["numpy", first]
    assert array.shape == (len(y), 2) and array.dtype == numpy.float64 and names == ["mom", "vol"]
    assert dates.dtype == numpy.dtype("datetime64[D]") and set(instruments) <= {f"S{i}" for i in range(8)}
    frame = seen["pandas", first][0]
    assert frame.index.names == ["datetime", "instrument"] and list(frame.columns) == names
    numpy.testing.assert_array_equal(frame.to_numpy(), array)
    numpy.testing.assert_array_equal(seen["polars", first][0].to_pandas().to_numpy(), array)
    numpy.testing.assert_array_equal(seen["arrow", first][0].to_arrow().to_pandas().to_numpy(), array)
    # The same numbers as the features' own: those of a table of all features, in its rows.
    table = bs.compute(prices, learning(prices)["features"]["define"]).to_pandas()
    expected = table.loc[list(zip(pandas.to_datetime(dates), instruments))]
    numpy.testing.assert_allclose(array, expected.to_numpy(), rtol=1e-6)


def test_weights_and_validation_reach_a_model_that_takes_them(here, prices):
    seen = []

    class Takes:
        def fit(self, x, y, sample_weight=None, validation=None):
            seen.append((len(y), sample_weight, validation))

        def predict(self, x):
            return numpy.zeros(len(x))

    folds = {**learning(prices)["folds"], "validation": {"sessions": 20}, "train": {"sessions": 100}}
    study(prices, Takes(), folds=folds, weights={"half_life_days": 50}).run(progress=False)
    n, weights, (x, y) = seen[0]
    assert len(weights) == n and weights.min() > 0 and weights.std() > 0
    assert len(x) == len(y) > 0
    with pytest.warns(bs.DataWarning, match="takes no `sample_weight`"):
        study(prices, Leaky(), folds=folds, weights={"half_life_days": 50}, name="unweighted").run(progress=False)


def test_a_kept_model_is_not_fitted_again_for_new_rows(here, prices):
    fits = []

    class Counts(BaseEstimator):
        def fit(self, x, y):
            fits.append(len(y))
            return self

        def predict(self, x):
            return numpy.arange(len(x), dtype=float)

    import conftest

    conftest.Counts = Counts
    Counts.__module__, Counts.__qualname__ = "conftest", "Counts"
    data = here / "prices.parquet"
    frame = market(instruments=8, sessions=300)
    days = sorted(frame["date"].unique())
    for keep in (True, False):
        frame[frame["date"] <= days[-2]].to_parquet(data, index=False)
        own = study(data, {"python": Counts(), "keep": keep}, name=f"kept_{keep}".lower())
        own.run(progress=False)
        n = len(fits)
        frame.to_parquet(data, index=False)
        own.orders(progress=False)
        assert len(fits) == (n if keep else n + 1), (keep, n, len(fits))


def test_a_file_names_its_model(here, prices):
    shutil.copy(Path(__file__).with_name("models.py"), here / "model.py")
    mapping = {**learning(prices), "models": {"mine": {"python": "model.py:make", "parameters": {"sign": -1.0}}}}
    own = bs.Study(mapping)
    assert 'python' in own.to_yaml(here / "study.yaml")
    run = own.run(progress=False)
    done = program("run", here / "study.yaml", "--json", "--store", here / "store", "--reports", here / "others", cwd=here)
    assert done.returncode == 0, done.stderr
    theirs = pandas.read_parquet(here / "others" / "learning" / "scores.parquet")
    pandas.testing.assert_frame_equal(run.scores().to_arrow().to_pandas(), theirs)
    same = study(prices, Mean(-1.0), name="object").run(progress=False)
    pandas.testing.assert_series_equal(scores(run), scores(same))
    # A change of the file makes another model.
    text = (here / "model.py").read_text().replace("+ self.level", "+ 2 * self.level")
    (here / "model.py").write_text(text)
    bs.Study(mapping).run(progress=False)
    assert "source model.py" in repr(bs.Study(mapping).why("train"))


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("model.py", "names no function; write FILE:NAME"),
        ("none.py:make", "none.py can't be read"),
        ("model.py:nope", "it has Mean, make"),
        ("broken.py:make", "SyntaxError"),
        ("raises.py:make", "ZeroDivisionError"),
    ],
)
def test_a_file_that_has_no_model_is_told(here, prices, python, words):
    shutil.copy(Path(__file__).with_name("models.py"), here / "model.py")
    (here / "broken.py").write_text("def make(:\n")
    (here / "raises.py").write_text("def make():\n    return 1 / 0\n")
    own = bs.Study({**learning(prices), "models": {"mine": {"python": python}}})
    with pytest.raises(bs.StudyError, match="models.mine.python") as raised:
        own.run(progress=False)
    assert words in str(raised.value)


class Raises(BaseEstimator):
    def fit(self, x, y):
        return self

    def predict(self, x):
        raise RuntimeError("no luck")


class Gives(BaseEstimator):
    def __init__(self, what=None):
        self.what = what

    def fit(self, x, y):
        return self

    def predict(self, x):
        return self.what(x)


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (Raises(), "RuntimeError: no luck"),
        (Gives(lambda x: x[:10, 0]), "predict gave 10 for"),
        (Gives(lambda x: x), "one score for each"),
        (Gives(lambda x: None), "predict gave"),
        (Gives(lambda x: ["a"] * len(x)), "no array of numbers"),
        (Gives(lambda x: numpy.full(len(x), numpy.inf)), "infinite score"),
    ],
)
def test_what_goes_wrong_in_a_model_is_told_with_its_place(here, prices, model, words):
    with pytest.raises(bs.ModelError, match=r"models\.mine, fold 1: ") as raised:
        study(prices, model).run(progress=False)
    assert words in str(raised.value)
    if isinstance(model, Raises):
        assert "in predict" in str(raised.value) and isinstance(raised.value.__cause__, RuntimeError)


def test_missing_features_end_with_the_way_out(here, prices):
    features = {"define": {"mom": "$close / Ref($close, 5) - 1", "above": "Log($close - 100)"}}
    with pytest.raises(bs.ModelError, match="Input X contains NaN") as raised:
        study(prices, Ridge(), features=features).run(progress=False)
    assert "sklearn.impute.SimpleImputer" in str(raised.value)


def test_what_is_no_model_is_told(prices):
    for model, words in [(3, "has no fit and no predict"), (StandardScaler(), "has no predict"), ([1], "has no fit")]:
        with pytest.raises(bs.StudyError, match=words):
            study(prices, model)
    import threading

    locked = Mean()
    locked.lock = threading.Lock()
    with pytest.raises(bs.StudyError, match="can't be copied for each fold"):
        study(prices, locked)
    with pytest.raises(bs.StudyError, match="is none of numpy"):
        study(prices, {"python": Mean, "table": "excel"})
    with pytest.raises(bs.StudyError, match="set them on it"):
        study(prices, {"python": Mean(), "parameters": {"sign": 1}})
    with pytest.raises(bs.StudyError, match="unknown key 'parametres'"):
        study(prices, {"python": Mean, "parametres": {"sign": 1}})


def test_scores_from_a_frame(here, prices):
    base = learning(prices)
    run = bs.Study(base).run(progress=False)
    frame = run.scores().to_pandas().reset_index()
    frame = frame.rename(columns={"datetime": "date"})[["date", "instrument", "score"]]
    rest = {key: value for key, value in base.items() if key not in ("models", "features", "label", "folds")}
    own = bs.Study({**rest, "name": "given"}, scores=frame)
    given = own.run(progress=False)
    assert given.measures.keys() >= {"scores"}
    other = bs.Study({**rest, "name": "given2", "models": {"mine": {"scores": frame}}}).run(progress=False)
    assert other.measures["mine"]["cagr"] == given.measures["scores"]["cagr"]
    with pytest.raises(bs.StudyError, match="of that name already"):
        bs.Study({**rest, "models": {"scores": {"expression": "$close"}}}, scores=frame)


def test_prices_from_a_frame(here, prices):
    frame = pandas.read_parquet(prices)
    base = learning(prices)
    one = bs.Study(base).run(progress=False)
    other = bs.Study({**base, "name": "frame", "data": {"prices": {"path": frame}}}).run(progress=False)
    pandas.testing.assert_frame_equal(one.scores().to_pandas(), other.scores().to_pandas())
