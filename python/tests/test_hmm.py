"""Hidden Markov models beside hmmlearn, whose numbers they have wherever both are told the same."""

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading

import duckdb
import numpy
import pandas
import polars
import pyarrow
import pytest
import sklearn.base
import sklearn.model_selection
from hmmlearn.hmm import GaussianHMM as Theirs
from numpy.testing import assert_allclose

import backstaff as bs
from backstaff.hmm import GaussianHMM

KINDS = ["spherical", "diag", "full", "tied"]
LENGTHS = [None, [100, 7, 1, 92]]
# hmmlearn's priors, so that they say nothing.
NEUTRAL = {"min_covar": 0.0, "covars_prior": 0.0, "covars_weight": 1.0}

logging.getLogger("hmmlearn").setLevel(logging.ERROR)


def returns(rows=200, columns=2, seed=0):
    """Daily returns of columns that move together, in turns of calm and turmoil."""
    random = numpy.random.default_rng(seed)
    spread = numpy.where(numpy.arange(rows) // 25 % 2 == 0, 0.006, 0.02)[:, None]
    common = random.normal(size=(rows, 1))
    return spread * (0.7 * common + 0.7 * random.normal(size=(rows, columns))) + 0.0005


def covariances(kind, k=3, d=2):
    matrices = [0.0001 * (state + 1) * (numpy.eye(d) + 0.3) for state in range(k)]
    return {
        "spherical": numpy.array([matrix[0, 0] for matrix in matrices]),
        "diag": numpy.array([matrix.diagonal() * [1.0, 1.5][:d] for matrix in matrices]),
        "full": numpy.array(matrices),
        "tied": matrices[1],
    }[kind]


def begun(model, kind, d=2):
    """A model with parameters set by hand."""
    model.startprob_ = numpy.array([0.5, 0.3, 0.2])
    model.transmat_ = numpy.array([[0.9, 0.06, 0.04], [0.1, 0.8, 0.1], [0.05, 0.05, 0.9]])
    model.means_ = 0.001 * numpy.arange(3 * d).reshape(3, d) - 0.002
    model.covars_ = covariances(kind, d=d)
    return model


def both(kind, **words):
    words = {"n_components": 3, "covariance_type": kind, "init_params": "", "tol": -numpy.inf, **words}
    return begun(GaussianHMM(**words), kind), begun(Theirs(**{**NEUTRAL, **words}), kind)


def assert_same(ours, theirs, tolerance=1e-9):
    for name in ("startprob_", "transmat_", "means_", "covars_"):
        expected = getattr(theirs, name)
        if name == "covars_" and theirs.covariance_type == "spherical" and isinstance(theirs, Theirs):
            # DIFFERENCE: once fitted, hmmlearn gives each state as often as there are columns.
            expected = expected[:: len(expected) // theirs.n_components]
        scale = numpy.abs(expected).max()
        assert_allclose(getattr(ours, name), expected, rtol=tolerance, atol=tolerance * scale, err_msg=name)


# ---- what a model says


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", LENGTHS)
def test_scores_and_states_are_those_of_hmmlearn(kind, lengths):
    ours, theirs = both(kind)
    x = returns()
    assert ours.score(x, lengths) == pytest.approx(theirs.score(x, lengths), rel=1e-12)
    log_prob, probabilities = ours.score_samples(x, lengths)
    assert log_prob == pytest.approx(theirs.score(x, lengths), rel=1e-12)
    assert_allclose(probabilities, theirs.predict_proba(x, lengths), atol=1e-11)
    assert_allclose(ours.predict_proba(x, lengths), probabilities, rtol=0)
    for algorithm in ("viterbi", "map"):
        log_prob, states = ours.decode(x, lengths, algorithm)
        expected, their_states = theirs.decode(x, lengths, algorithm)
        assert log_prob == pytest.approx(expected, rel=1e-12)
        assert states.tolist() == their_states.tolist()
        assert ours.set_params(algorithm=algorithm).predict(x, lengths).tolist() == their_states.tolist()
    assert ours.aic(x, lengths) == pytest.approx(theirs.aic(x, lengths), rel=1e-12)
    assert ours.bic(x, lengths) == pytest.approx(theirs.bic(x, lengths), rel=1e-12)
    assert_allclose(ours.get_stationary_distribution(), theirs.get_stationary_distribution(), rtol=1e-9)


def test_what_is_filtered_does_not_know_the_future():
    ours, _ = both("full")
    x = returns()
    filtered = ours.filter_proba(x)
    for end in (1, 2, 60, 199):
        assert (ours.filter_proba(x[:end]) == filtered[:end]).all()
    changed = x.copy()
    changed[120:] += 0.5
    assert (ours.filter_proba(changed)[:120] == filtered[:120]).all()
    assert not numpy.allclose(ours.predict_proba(changed)[119], ours.predict_proba(x)[119])
    assert_allclose(filtered[-1], ours.predict_proba(x)[-1], atol=1e-12)
    assert ours.predict(x, causal=True).tolist() == filtered.argmax(axis=1).tolist()
    # A sequence begins anew: it knows nothing of the one before.
    assert (ours.filter_proba(x, [120, 80])[120:] == ours.filter_proba(x[120:])).all()


def test_a_missing_row_is_a_transition_without_evidence():
    ours, _ = both("diag")
    x = returns()
    x[50:53, 0] = numpy.nan
    filtered = ours.filter_proba(x)
    assert_allclose(filtered[52], filtered[49] @ numpy.linalg.matrix_power(ours.transmat_, 3), atol=1e-12)
    assert ours.score(numpy.vstack([x, [[numpy.nan, 1.0]]])) == ours.score(x)
    fitted = ours.set_params(n_iter=20).fit(x)
    assert numpy.isfinite(fitted.covars_).all()
    assert (numpy.diff(fitted.monitor_.history) > 0).all()
    n, p = 197, 2 + 6 + 6 + 6
    assert fitted.bic(x) == pytest.approx(p * numpy.log(n) - 2 * fitted.score(x))


# ---- what a model learns


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("n_iter", [1, 5, 30])
def test_every_iteration_is_that_of_hmmlearn(kind, lengths, n_iter):
    ours, theirs = both(kind, n_iter=n_iter)
    x = returns()
    assert_same(ours.fit(x, lengths), theirs.fit(x, lengths))
    assert_allclose(ours.monitor_.history, theirs.monitor_.history, rtol=1e-12)
    assert ours.monitor_.iter == theirs.monitor_.iter == n_iter


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_fit_ends_where_that_of_hmmlearn_ends(kind, columns):
    x = returns(columns=columns)
    words = {"n_components": 2, "covariance_type": kind, "init_params": "", "n_iter": 500, "tol": 1e-2}
    models = []
    for model in (GaussianHMM(**words), Theirs(**NEUTRAL, **words)):
        model.startprob_, model.transmat_ = numpy.array([0.5, 0.5]), numpy.array([[0.9, 0.1], [0.2, 0.8]])
        model.means_ = numpy.array([[0.001] * columns, [-0.001] * columns])
        spread = 0.0001 * (numpy.eye(columns) + 0.1)
        model.covars_ = {
            "spherical": numpy.array([1e-4, 2e-4]),
            "diag": numpy.array([[1e-4] * columns, [2e-4] * columns]),
            "full": numpy.array([spread, 2 * spread]),
            "tied": spread,
        }[kind]
        models.append(model.fit(x))
    ours, theirs = models
    assert ours.monitor_.iter == theirs.monitor_.iter
    assert ours.monitor_.converged and theirs.monitor_.converged
    assert_same(ours, theirs, 1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_priors_are_those_of_hmmlearn_when_they_are_given(kind):
    shape = {"full": (3, 2, 2), "tied": (2, 2)}.get(kind, (3, 2))
    matrix = numpy.broadcast_to(0.0002 * (numpy.eye(2) + 0.2) if kind in ("full", "tied") else [0.0002, 0.0003], shape)
    words = {
        "startprob_prior": numpy.array([2.0, 1.0, 1.5]),
        "transmat_prior": numpy.array([[5.0, 1.0, 1.0], [1.0, 4.0, 1.5], [0.5, 1.0, 6.0]]),
        "means_prior": numpy.array([[0.001, 0.0], [0.0, 0.0], [-0.001, 0.002]]),
        "means_weight": 3.0,
        "covars_prior": matrix,
        "covars_weight": 7.0,
    }
    x = returns()
    for lengths in LENGTHS:
        ours, theirs = both(kind, n_iter=10, **words)
        assert_same(ours.fit(x, lengths), theirs.fit(x, lengths))
    # The defaults of hmmlearn, said aloud.
    words = {"min_covar": 1e-3, "covars_prior": 1e-2, "covars_weight": 1, "n_iter": 5}
    ours, theirs = both(kind, **words)
    assert_same(ours.fit(x), theirs.fit(x))


@pytest.mark.parametrize("kind", KINDS)
def test_a_prior_gives_a_constant_column_its_variance(kind):
    x = numpy.array([[5.0, 1.0], [5.0, 2.0], [5.0, 9.0], [5.0, 8.0]])
    with pytest.raises(bs.ModelError), pytest.warns(bs.DataWarning):
        GaussianHMM(2, kind).fit(x)
    with pytest.warns(bs.DataWarning):
        model = GaussianHMM(2, kind, covars_prior=0.01).fit(x)
    assert numpy.linalg.eigvalsh(model.covars_).min() > 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("params", ["s", "t", "m", "st", "mc", "tmc", "stm", ""])
def test_what_is_not_in_params_stays(kind, params):
    ours, theirs = both(kind, n_iter=4, params=params)
    before = begun(GaussianHMM(3, kind), kind)
    x = returns()
    assert_same(ours.fit(x), theirs.fit(x))
    for code, name in {"s": "startprob_", "t": "transmat_", "m": "means_", "c": "covars_"}.items():
        stays = (getattr(ours, name) == getattr(before, name)).all()
        assert stays == (code not in params), name


def test_covariances_are_learned_about_means_that_stay():
    # DIFFERENCE: hmmlearn counts no observations if means are not learned too, and divides by 1e-5.
    ours, _ = both("diag", n_iter=1, params="c")
    x = returns()
    weights = ours.predict_proba(x)
    expected = [weights[:, k] @ (x - ours.means_[k]) ** 2 / weights[:, k].sum() for k in range(3)]
    assert_allclose(ours.fit(x).covars_.diagonal(axis1=1, axis2=2), expected, rtol=1e-12)


def test_daily_returns_keep_their_variance():
    # What hmmlearn adds by default is a hundred times as much.
    x = returns(rows=1000, columns=1)
    ours = GaussianHMM(2, n_iter=200, tol=1e-6).fit(x)
    assert_allclose(numpy.sqrt(ours.covars_.ravel()).min(), 0.006, rtol=0.1)
    assert_allclose(numpy.sqrt(ours.covars_.ravel()).max(), 0.02, rtol=0.1)
    truth = numpy.arange(1000) // 25 % 2
    assert max((ours.predict(x) == truth).mean(), (ours.predict(x) != truth).mean()) > 0.95


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_made_anew_is_always_the_same_and_in_order(kind):
    x = returns()
    words = {"n_components": 3, "covariance_type": kind, "n_iter": 100, "random_state": 3}
    one, two = (GaussianHMM(**words).fit(x, [150, 50]) for _ in range(2))
    assert_same(one, two, 0)
    assert (numpy.diff(one.means_[:, 0]) >= 0).all()
    assert (numpy.diff(one.monitor_.history) > -1e-9).all()
    # As likely as what hmmlearn finds from the best of several starts of its own.
    theirs = [Theirs(**{**words, "random_state": seed}, **NEUTRAL).fit(x, [150, 50]).score(x, [150, 50]) for seed in range(5)]
    assert one.score(x, [150, 50]) > max(theirs) - 5.0


def test_what_is_set_by_hand_keeps_its_number():
    x = returns()
    ours = GaussianHMM(2, init_params="stc", n_iter=20)
    ours.means_ = [[0.004, 0.004], [-0.004, -0.004]]
    begins = ours.set_params(n_iter=0).fit(x).means_
    assert begins.tolist() == [[0.004, 0.004], [-0.004, -0.004]]
    assert ours.monitor_.history == []
    with pytest.warns(bs.DataWarning, match="means_ was set, but will be overwritten"):
        ours.means_ = begins
        ours.set_params(init_params="stmc").fit(x)
    with pytest.warns(bs.DataWarning, match="degenerate"):
        GaussianHMM(2, covariance_type="full").fit(x[:6])


def test_zeros_stay_zero():
    ours, theirs = both("diag", n_iter=10)
    for model in (ours, theirs):
        model.startprob_ = numpy.array([1.0, 0.0, 0.0])
        model.transmat_ = numpy.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])
        model.fit(returns())
    assert (ours.transmat_ == 0).sum() == 4 and ours.startprob_.tolist() == [1.0, 0.0, 0.0]
    assert_same(ours, theirs)


def test_a_state_that_nothing_belongs_to_is_no_nan():
    ours, _ = both("diag", n_iter=10)
    ours.means_ = [[-0.002, 0.0], [0.0, 0.0], [50.0, 50.0]]
    ours.startprob_ = [0.5, 0.5, 0.0]
    ours.transmat_ = [[0.9, 0.1, 0.0], [0.1, 0.9, 0.0], [0.3, 0.3, 0.4]]
    ours.fit(returns())
    assert ours.means_[2].tolist() == [50.0, 50.0]
    assert ours.transmat_[2].tolist() == [0.3, 0.3, 0.4]


# ---- monitors


def test_a_monitor_tells_and_may_be_replaced(capsys):
    x = returns()
    ours, theirs = both("diag", n_iter=5, tol=1e-2)
    ours.set_params(verbose=True).fit(x)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == ours.monitor_.iter and lines[0].split()[2] == "+nan"

    class UntilGood(bs.hmm.ConvergenceMonitor):
        @property
        def converged(self):
            return self.history[-1] >= self.tol

    target = ours.monitor_.history[2]
    ours, _ = both("diag", n_iter=50)
    ours.monitor_ = UntilGood(target, 50, False)
    assert ours.fit(x).monitor_.iter == 3
    limited = both("diag", n_iter=2)[0].fit(x).monitor_
    assert limited.converged and not limited.reached_tol


def test_what_a_monitor_raises_is_raised():
    class Bad(bs.hmm.ConvergenceMonitor):
        def report(self, log_prob):
            raise ZeroDivisionError

    ours, _ = both("diag")
    ours.monitor_ = Bad(0.0, 3, False)
    with pytest.raises(ZeroDivisionError):
        ours.fit(returns())


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_ends_a_fit():
    ours, _ = both("full", n_iter=10**9)
    before = ours.means_.copy()
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        ours.fit(returns())
    timer.join()
    assert (ours.means_ == before).all()


# ---- samples


@pytest.mark.parametrize("kind", KINDS)
def test_a_sample_has_the_moments_of_the_model(kind):
    ours, _ = both(kind)
    x, states = ours.sample(60_000, random_state=5)
    assert x.shape == (60_000, 2) and states.dtype == numpy.int64
    shares = numpy.bincount(states, minlength=3) / 60_000
    assert_allclose(shares, ours.get_stationary_distribution(), atol=0.02)
    moves = numpy.zeros((3, 3))
    numpy.add.at(moves, (states[:-1], states[1:]), 1)
    assert_allclose(moves / moves.sum(axis=1, keepdims=True), ours.transmat_, atol=0.01)
    for state in range(3):
        rows = x[states == state]
        assert_allclose(rows.mean(axis=0), ours.means_[state], atol=5e-4)
        assert_allclose(numpy.cov(rows.T), ours.covars_[state], rtol=0.1, atol=1e-5)


def test_a_sample_depends_on_its_seed():
    ours, _ = both("diag")
    assert (ours.sample(5, 1)[0] == ours.sample(5, 1)[0]).all()
    assert (ours.sample(5, 1)[0] != ours.sample(5, 2)[0]).any()
    assert (ours.sample(5)[0] != ours.sample(5)[0]).any()
    ours.set_params(random_state=7)
    assert (ours.sample(5)[0] == ours.sample(5)[0]).all()
    for generator in (numpy.random.default_rng(1), numpy.random.RandomState(1)):
        assert (ours.sample(5, generator)[0] != ours.sample(5, generator)[0]).any()
    assert ours.sample(20, 3, currstate=2)[1][0] == 2


# ---- as Python has it


def test_everything_with_rows_goes_in():
    ours, _ = both("diag")
    x = returns()
    x[3, 1] = numpy.nan
    expected = ours.score(x)
    frame = pandas.DataFrame(x, columns=["a", "b"])
    nulls = polars.DataFrame({"a": x[:, 0], "b": [None if value != value else value for value in x[:, 1]]})
    table_of_nulls = nulls.to_arrow()
    for data in (
        frame,
        frame.astype("Float64"),
        nulls,
        nulls.lazy(),
        table_of_nulls,
        duckdb.sql("select * from table_of_nulls"),
        x.tolist(),
        [[None if value != value else value for value in row] for row in x.tolist()],
        numpy.asfortranarray(x),
        x[:, ::-1][:, ::-1],
    ):
        assert ours.score(data) == expected, type(data)
    x.flags.writeable = False
    assert ours.score(x) == expected
    assert GaussianHMM().fit(pyarrow.table({"a": [1, 2, 4]})).means_.tolist() == [[7 / 3]]


def test_a_model_is_pickled_and_cloned():
    ours, _ = both("tied", n_iter=3, random_state=4)
    ours.fit(returns())
    again = pickle.loads(pickle.dumps(ours))
    assert_same(again, ours, 0)
    assert again.monitor_.history == ours.monitor_.history
    cloned = sklearn.base.clone(ours)
    assert cloned.get_params() == ours.get_params() and not hasattr(cloned, "means_")
    error = pickle.loads(pickle.dumps(bs.hmm.InvalidData("no")))
    assert isinstance(error, bs.DataError) and str(error) == "no"
    assert repr(GaussianHMM(3, tol=0.5)) == "GaussianHMM(n_components=3, tol=0.5)"


def test_a_notebook_shows_the_states():
    ours, _ = both("diag")
    page = ours._repr_html_()
    assert page.count("<tr>") == 4 and "<td>0.01975</td>" in page and "<td>10.0</td>" in page
    assert GaussianHMM(2)._repr_html_().endswith(">GaussianHMM(n_components=2)</pre>")


def test_scikit_learn_searches_over_it():
    search = sklearn.model_selection.GridSearchCV(
        GaussianHMM(n_iter=20), {"n_components": [1, 2]}, cv=bs.WalkForward(test=50, train=None)
    )
    dates = pandas.bdate_range("2024-01-01", periods=200)
    search.fit(returns(), groups=dates)
    assert search.best_estimator_.n_components == 2


def test_the_arguments_are_those_of_hmmlearn():
    ours, theirs = GaussianHMM().get_params(), Theirs().get_params()
    assert ours.keys() == theirs.keys()
    differ = {name for name in ours if ours[name] != theirs[name]}
    assert differ == {"min_covar", "covars_prior"}


@pytest.mark.parametrize("kind", KINDS)
def test_covariances_are_set_and_read_as_in_hmmlearn(kind):
    ours, theirs = both(kind)
    theirs.n_features = 2
    assert_allclose(ours.covars_, theirs.covars_, rtol=0)
    read = ours.covars_
    ours.covars_ = read
    assert_allclose(ours.covars_, read, rtol=0)
    read[0] = 0.0
    assert ours.covars_[0].any()


def test_the_package_comes_without_numpy():
    code = "import sys, backstaff; backstaff.hmm.GaussianHMM(3); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-P", "-c", code], check=False).returncode == 0
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "import backstaff as bs\n"
        "try: bs.hmm.GaussianHMM().fit([[1.0]])\n"
        "except bs.Error as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    assert "numpy, which is not installed" in told.stdout


# ---- mistakes


def test_wrong_observations_are_refused():
    ours, _ = both("diag")
    x = returns()
    infinite = x.copy()
    infinite[7, 1] = numpy.inf
    for data, told in (
        (infinite, "series 1 is infinite at bar 7"),
        (x[:, 0], "one dimension"),
        (pandas.Series(x[:, 0]), "one dimension"),
        (polars.Series(x[:, 0]), "one dimension"),
        ([1.0, 2.0], "1 dimensions"),
        (x[None], "3 dimensions"),
        (x[:0], "0 rows"),
        (x[:, :1], "2 series, but 1"),
        ([["a", "b"]], "no numbers"),
        ([[1.0], [1.0, 2.0]], "no number"),
        (pandas.DataFrame({"a": ["x"], "b": [1.0]}), "no number"),
        (polars.DataFrame({"a": ["x"], "b": [1.0]}), 'column "a"'),
    ):
        with pytest.raises(bs.DataError, match=told) as raised:
            ours.score(data)
        assert isinstance(raised.value, ValueError)
    with pytest.raises(bs.DataError, match="X has 1 columns where means_ has 2"):
        ours.fit(x[:, :1])


@pytest.mark.parametrize(
    ("lengths", "told"),
    [([100, 99], "199 bars together, but 200"), ([200, 0], "not positive"), ([2.5], "no numbers"), (200, "no numbers")],
)
def test_wrong_lengths_are_refused(lengths, told):
    ours, _ = both("diag")
    for call in (ours.fit, ours.score, ours.decode, ours.predict_proba, ours.filter_proba):
        with pytest.raises(bs.StudyError, match=told):
            call(returns(), lengths)


@pytest.mark.parametrize(
    "words",
    [
        {"n_components": 0},
        {"n_components": 2.5},
        {"n_components": True},
        {"covariance_type": "round"},
        {"algorithm": "guess"},
        {"implementation": "fast"},
        {"n_iter": -1},
        {"tol": float("nan")},
        {"params": "xyz"},
        {"init_params": None},
        {"min_covar": -1.0},
        {"covars_weight": [1.0, 2.0]},
    ],
)
def test_wrong_arguments_are_refused(words):
    with pytest.raises(bs.StudyError, match=next(iter(words))):
        GaussianHMM(**words)
    model = GaussianHMM()
    vars(model).update(words)
    with pytest.raises(ValueError, match=next(iter(words))):
        model.fit(returns())


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("startprob_", [0.5, 0.5, 0.5], "startprob_ sums to 1.5"),
        ("startprob_", [0.5, 0.5], r"startprob_ has the shape \(2,\)"),
        ("startprob_", [1.5, -0.5, 0.0], "startprob_ holds 1.5"),
        ("transmat_", numpy.full((3, 3), 0.25), "row 0 of transmat_ sums to 0.75"),
        ("transmat_", numpy.eye(2), "transmat_ has the shape"),
        ("means_", [[numpy.nan] * 2] * 3, "means_ holds NaN"),
        ("means_", [[0.0, 0.0]] * 2, "means_ has the shape"),
        ("means_", [0.0, 0.0], "means_ has the shape"),
    ],
)
def test_wrong_parameters_are_refused(name, value, told):
    ours, _ = both("diag")
    setattr(ours, name, value)
    for call in (ours.fit, ours.score):
        with pytest.raises(bs.StudyError, match=told):
            call(returns())


def test_wrong_covariances_are_refused_when_they_are_set():
    for kind, value in (
        ("spherical", [1.0]),
        ("spherical", [1.0, -1.0]),
        ("diag", [1.0, 1.0]),
        ("diag", [[1.0], [0.0]]),
        ("full", [[1.0], [1.0]]),
        ("full", [[[1.0, 2.0], [2.0, 1.0]]] * 2),
        ("full", [[[1.0, 0.5], [0.0, 1.0]]] * 2),
        ("tied", [1.0]),
        ("tied", [[1.0, numpy.nan], [numpy.nan, 1.0]]),
        ("diag", [[[1.0, 0.5], [0.5, 1.0]]] * 2),
        ("diag", "many"),
    ):
        with pytest.raises(bs.StudyError, match="covars_"):
            GaussianHMM(2, kind).covars_ = value


def test_what_was_not_fitted_has_nothing_to_say():
    model = GaussianHMM(2)
    for ask in (
        lambda: model.score(returns()),
        lambda: model.predict(returns()),
        lambda: model.sample(),
        lambda: model.covars_,
        lambda: model.n_features,
        lambda: model.get_stationary_distribution(),
    ):
        with pytest.raises(bs.StudyError, match="not known yet"):
            ask()
    assert not hasattr(model, "means_")


def test_what_cannot_be_fitted_is_a_failure_of_the_model():
    x = returns()
    x[:, 1] = 5.0
    with pytest.raises(bs.ModelError, match="series 1 is constant"):
        GaussianHMM(2).fit(x)
    with pytest.raises(bs.ModelError, match="too few"), pytest.warns(bs.DataWarning):
        GaussianHMM(3).fit(x[:5])
    with pytest.raises(bs.StudyError, match="1 to 10 are possible"):
        GaussianHMM(11).fit(returns())
    for words in ({"startprob_prior": [1.0, 2.0]}, {"covars_prior": -1.0}, {"means_prior": numpy.nan, "means_weight": 1}):
        with pytest.raises(bs.StudyError, match=next(iter(words))):
            GaussianHMM(3, **words).fit(returns())
    with pytest.raises(bs.StudyError, match="random_state"):
        GaussianHMM(2, random_state="x").fit(returns())
    with pytest.raises(bs.StudyError, match="GaussianHMM has no argument 'states'"):
        GaussianHMM().set_params(states=2)
    ours, _ = both("diag")
    with pytest.raises(bs.StudyError, match="n_samples"):
        ours.sample(0)
    with pytest.raises(bs.StudyError, match="currstate"):
        ours.sample(2, currstate=3)
    with pytest.raises(bs.StudyError, match="algorithm"):
        ours.decode(returns(), algorithm="guess")
