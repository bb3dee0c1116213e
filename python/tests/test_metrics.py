"""Measures of returns are those of a run and of the papers, from whatever holds the returns."""

import math
import subprocess
import sys

import numpy
import pandas
import polars
import pyarrow
import pytest

import backstaff as bs
from backstaff import metrics


def panel():
    """504 sessions of 8 trials from a known generator, made normal by Box and Muller."""
    state, draws = 42, []
    for _ in range(8064):
        state = (6364136223846793005 * state + 1442695040888963407) % 2**64
        draws.append((state >> 11) / 2**53)
    u = numpy.array(draws)
    z = numpy.sqrt(-2 * numpy.log(u[:4032])) * numpy.cos(2 * numpy.pi * u[4032:])
    return 0.0002 * numpy.arange(8) + 0.01 * z.reshape(504, 8)


PANEL = panel()
RETURNS = [0.1, None, -0.1, 0.2]


def shapes(values):
    """One series in every shape that it can have."""
    known = [math.nan if value is None else value for value in values]
    with_none = [None if math.isnan(value) else value for value in known]

    class Stream:
        """Nothing but Arrow's protocol."""

        def __init__(self, held):
            self.__arrow_c_stream__ = held.__arrow_c_stream__

    class Array:
        def __init__(self, held):
            self.__arrow_c_array__ = held.__arrow_c_array__

    yield with_none
    yield tuple(known)
    yield (value for value in with_none)
    yield numpy.array(known)
    yield numpy.array(known, dtype="float32").astype("float64")[:, None]
    yield numpy.repeat(known, 2)[::2]
    yield pandas.Series(known)
    yield pandas.Series(with_none, dtype="Float64")
    yield pandas.Series(with_none, dtype=object)
    yield pandas.Series(known, index=pandas.date_range("2024-01-01", periods=len(known))).to_frame("r")
    yield polars.Series(with_none)
    yield polars.DataFrame({"date": ["2024-01-01"] * len(known), "r": with_none})
    yield polars.LazyFrame({"r": with_none})
    yield pyarrow.array(with_none, pyarrow.float64())
    yield pyarrow.chunked_array([with_none[:2], with_none[2:]], pyarrow.float64())
    yield pyarrow.table({"r": with_none})
    yield Stream(polars.Series(with_none))
    yield Stream(pyarrow.table({"r": with_none}))
    yield Array(pyarrow.array(with_none, pyarrow.float64()))


def test_every_shape_is_the_same_series():
    expected = (1 / 15) / math.sqrt(7 / 300)
    for shape in shapes(RETURNS):
        kind = type(shape)
        assert metrics.sharpe(shape, sessions_per_year=1) == pytest.approx(expected, rel=1e-6), kind


def test_every_shape_of_a_matrix_is_the_same():
    expected = metrics.probability_of_overfitting(PANEL, 8)
    names = [f"t{i}" for i in range(8)]
    frame = pandas.DataFrame(PANEL, columns=names, index=pandas.bdate_range("2020-01-01", periods=504))
    for matrix in [
        PANEL.tolist(),
        [tuple(row) for row in PANEL],
        numpy.asfortranarray(PANEL),
        frame,
        frame.rename_axis("date").reset_index(),
        polars.from_pandas(frame),
        polars.from_pandas(frame.rename_axis("date").reset_index()),
        pyarrow.Table.from_pandas(frame, preserve_index=False),
        {name: frame[name] for name in names},
        {name: polars.Series(frame[name].to_numpy()) for name in names},
        list(PANEL),
    ]:
        assert metrics.probability_of_overfitting(matrix, 8) == expected


def test_papers_and_other_libraries_have_the_same_numbers():
    for n_trials, value in [(10, 1.5745983), (45, 2.2356402), (100, 2.5306029), (1000, 3.2551215)]:
        assert metrics.expected_max_sharpe(1, n_trials) == pytest.approx(value, abs=5e-8)
    assert metrics.expected_max_sharpe(1, 1) == 0
    year = 250**0.5
    trials = {"trials_sd": 0.5**0.5 / year}
    assert metrics.deflated_sharpe(2.5 / year, 1250, -3, 10, n_trials=100, **trials) == pytest.approx(0.9003968, abs=5e-8)
    assert metrics.deflated_sharpe(2.5 / year, 1250, -3, 10, n_trials=46, **trials) == pytest.approx(0.9505017, abs=5e-8)
    assert metrics.deflated_sharpe(2.5 / year, 1250, 0, 3, n_trials=88, **trials) == pytest.approx(0.950490816676, abs=1e-9)
    year = 252**0.5
    assert metrics.min_track_record(2 / year, 1 / year, 0, 3, 0.05) == pytest.approx(688.208, abs=5e-4)
    assert metrics.min_backtest_length(45, 1) == pytest.approx(4.998, abs=5e-4)


def test_one_series_is_deflated_by_its_moments():
    sharpes = [metrics.sharpe(PANEL[:, j], sessions_per_year=1) for j in range(8)]
    expected = [-0.0000090, -0.0382304, 0.0218199, 0.0603099, 0.1127391, 0.0752291, 0.1106651, 0.0689346]
    assert sharpes == pytest.approx(expected, abs=5e-8)
    of = PANEL[:, 4]
    trials = {"trials_sd": numpy.std(sharpes, ddof=1), "n_trials": 8}
    assert metrics.deflated_sharpe(returns=of, **trials) == pytest.approx(0.7833201572, abs=1e-9)
    moments = (sharpes[4], len(of), metrics.skew(of), metrics.kurtosis(of))
    assert metrics.deflated_sharpe(*moments, **trials) == metrics.deflated_sharpe(returns=of, **trials)
    assert metrics.probabilistic_sharpe(*moments) == metrics.probabilistic_sharpe(returns=of)
    n = metrics.min_track_record(returns=of, alpha=0.1)
    assert metrics.probabilistic_sharpe(moments[0], n, *moments[2:]) == pytest.approx(0.9, abs=1e-9)
    assert metrics.min_track_record(returns=-of) == math.inf


def test_overfitting_is_that_of_other_libraries():
    assert metrics.probability_of_overfitting(PANEL, 8) == pytest.approx(0.2714286, abs=5e-8)
    assert metrics.probability_of_overfitting(PANEL, 16) == pytest.approx(0.4556333, abs=5e-8)
    assert metrics.probability_of_overfitting(PANEL[:496]) == pytest.approx(0.4686092, abs=5e-8)
    assert metrics.probability_of_overfitting(PANEL[:, [3] * 6], 8) == 1.0


def test_the_reality_check_is_that_of_arch():
    frame = pandas.DataFrame(PANEL, columns=list("abcdefgh"))
    found = metrics.reality_check(frame, 0, 10, 10_000, seed=1)
    # The version 8.0.0 of arch gives 0.0244 with an error of 0.0015.
    assert found.p_value == pytest.approx(0.0244, abs=0.0055)
    assert (found.best, found.name) == (4, "e")
    assert found.statistic == pytest.approx(504**0.5 * PANEL[:, 4].mean())
    assert metrics.reality_check(PANEL, 0, 10, 10_000, 1, threads=1) == metrics.reality_check(PANEL, 0, 10, 10_000, 1, threads=3)
    assert metrics.reality_check(PANEL, 0, 10, 10_000, 2) != found
    beside = metrics.reality_check(PANEL, PANEL[:, 4], 10, 500)
    assert beside.statistic == 0 or beside.best != 4
    flat = metrics.reality_check(numpy.zeros((20, 2)), reps=50)
    assert (flat.statistic, flat.p_value) == (0, 1)


def test_a_difference_of_ratios_is_that_of_the_delta_method():
    a, b = PANEL[:, 4], PANEL[:, 0]
    assert metrics.sharpe_difference(a, b, lags=0).error == pytest.approx(0.0638274759, abs=1e-9)
    found = metrics.sharpe_difference(a, b, lags=5)
    assert (found.difference, found.error, found.p_value) == pytest.approx((0.1128601784, 0.0596786798, 0.0586069107), abs=1e-9)
    drawn = metrics.sharpe_difference(a, b, lags=5, block=5, threads=1)
    assert drawn == metrics.sharpe_difference(a, b, lags=5, block=5, threads=2)
    assert drawn.p_value == pytest.approx(found.p_value, abs=0.04) and drawn.error == found.error
    swapped = metrics.sharpe_difference(b, a, lags=5)
    assert (swapped.difference, swapped.p_value) == pytest.approx((-found.difference, found.p_value))


def test_measures_are_those_of_a_run():
    """The same returns, once as an account's equity, once as a series."""
    dates = pandas.bdate_range("2022-01-03", periods=300)
    close = 100 * numpy.cumprod(1 + numpy.concatenate([[0.0], PANEL[:299, 4]]))
    frame = pandas.DataFrame({"date": dates, "instrument": "A", "open": close, "close": close, "volume": 1e9})

    class Hold(bs.Strategy):
        def on_session(self, market):
            return {"A": 1.0}

    run = bs.backtest(frame, Hold(), execution="close")
    equity = run.equity().to_pandas()["equity"].to_numpy()
    returns = equity[1:] / equity[:-1] - 1
    measured = {name: run.measures[name] for name in run.measures}
    per_year = (measured["volatility"] / metrics.volatility(returns, sessions_per_year=1)) ** 2
    own = {
        "sharpe": metrics.sharpe(returns, sessions_per_year=per_year),
        "sortino": metrics.sortino(returns, sessions_per_year=per_year),
        "probabilistic_sharpe": metrics.probabilistic_sharpe(returns=returns),
        "max_drawdown": metrics.max_drawdown(returns),
        "hit_rate": metrics.hit_rate(returns),
        "skew": metrics.skew(returns),
        "excess_kurtosis": metrics.kurtosis(returns) - 3,
        "var_95": metrics.var(returns),
        "cvar_95": metrics.cvar(returns),
    }
    for name, value in own.items():
        assert value == pytest.approx(measured[name], rel=1e-9), name


def test_measures_agree_with_numpy():
    r, b = PANEL[:, 4], PANEL[:, 1]
    grown = numpy.cumprod(numpy.concatenate([[1], 1 + r]))
    depth = (grown / numpy.maximum.accumulate(grown) - 1).min()
    assert metrics.max_drawdown(r) == pytest.approx(depth)
    assert metrics.cagr(r) == pytest.approx(grown[-1] ** (252 / 504) - 1)
    assert metrics.calmar(r) == pytest.approx(metrics.cagr(r) / -depth)
    assert metrics.volatility(r) == pytest.approx(r.std(ddof=1) * 252**0.5)
    assert metrics.information_ratio(r, b) == pytest.approx((r - b).mean() / (r - b).std(ddof=1) * 252**0.5)
    assert metrics.information_ratio(r, 0.0001) == metrics.sharpe(r, cash=0.0001)
    assert metrics.sharpe(r, cash=b) == metrics.information_ratio(r, b)
    assert metrics.var(r, quantile=0.1) == pytest.approx(-numpy.quantile(r, 0.1))
    assert metrics.cvar(r, quantile=0.1) == pytest.approx(-r[r <= numpy.quantile(r, 0.1)].mean())


def test_a_missing_value_is_left_out():
    r = PANEL[:50, 4].copy()
    r[[0, 7]] = math.nan
    assert metrics.sharpe(r) == metrics.sharpe(r[~numpy.isnan(r)])
    b = PANEL[:50, 3].copy()
    b[3] = math.nan
    both = ~numpy.isnan(r) & ~numpy.isnan(b)
    assert metrics.information_ratio(r, b) == metrics.information_ratio(r[both], b[both])
    assert metrics.sharpe_difference(r, b) == metrics.sharpe_difference(r[both], b[both])


@pytest.mark.parametrize("value", [0.0, 0.01, -0.003, 1e-9, 0.1, 1 / 3])
@pytest.mark.parametrize("n", [1, 2, 7, 250])
def test_a_flat_series_is_not_defined(value, n):
    flat = [value] * n
    for measure in [metrics.sharpe, metrics.skew, metrics.kurtosis]:
        assert math.isnan(measure(flat))
    assert math.isnan(metrics.probabilistic_sharpe(returns=flat))
    assert math.isnan(metrics.deflated_sharpe(returns=flat, trials_sd=0.1, n_trials=5))
    assert math.isnan(metrics.min_track_record(returns=flat))
    other = PANEL[:n, 0]
    assert math.isnan(metrics.sharpe_difference(flat, other).difference)
    assert math.isnan(metrics.sharpe_difference(flat, other, block=1, reps=9).p_value)
    if n == 250:
        with pytest.raises(bs.StudyError, match="trial 1 does not vary in 8 of 8 blocks"):
            metrics.probability_of_overfitting({"0": other, "1": flat}, 8)


def test_nothing_has_no_measure():
    for measure in [metrics.sharpe, metrics.sortino, metrics.volatility, metrics.cagr, metrics.max_drawdown, metrics.calmar]:
        assert math.isnan(measure([])) and math.isnan(measure([None]))
    for measure in [metrics.hit_rate, metrics.var, metrics.cvar, metrics.skew, metrics.kurtosis]:
        assert math.isnan(measure(numpy.array([])))


def test_rank_ic_is_spearmans():
    random = numpy.random.default_rng(3)
    days = pandas.bdate_range("2024-01-01", periods=30)
    frame = pandas.DataFrame({"date": days.repeat(20), "s": random.normal(size=600).round(1)})
    frame["r"] = 0.1 * frame["s"] + random.normal(size=600)
    frame.loc[[3, 50], "s"] = math.nan
    known = frame.dropna()
    expected = known.groupby("date").apply(lambda day: day["s"].corr(day["r"], method="spearman"))
    mixed = frame.sample(frac=1, random_state=1)
    for dates in [mixed["date"], mixed["date"].astype(str).tolist(), polars.Series(mixed["date"].to_numpy())]:
        found = metrics.rank_ic(mixed["s"], mixed["r"].tolist(), dates)
        assert list(found.by_session) == [str(day.date()) for day in days]
        assert list(found.by_session.values()) == pytest.approx(expected.tolist())
        assert found.mean == pytest.approx(expected.mean()) and found.n_sessions == 30
    none = metrics.rank_ic([1, 2], [1, 2], ["2024-01-02"] * 2)
    assert none.n_sessions == 0 and math.isnan(none.mean)


def test_what_makes_no_sense_is_refused():
    refused = [
        ("sd", lambda: metrics.expected_max_sharpe(-1, 10)),
        ("n_trials: 0", lambda: metrics.expected_max_sharpe(1, 0)),
        ("sd: 'x'", lambda: metrics.expected_max_sharpe("x", 10)),
        ("kurtosis: 0.0 is below 1.*excess", lambda: metrics.probabilistic_sharpe(0.1, 100, 0, 0)),
        ("n: is missing", lambda: metrics.probabilistic_sharpe(0.1, skew=0, kurtosis=3)),
        ("n: 1", lambda: metrics.probabilistic_sharpe(0.1, 1, 0, 3)),
        ("sharpe: comes from `returns`", lambda: metrics.probabilistic_sharpe(0.1, returns=[0.1, 0.2])),
        ("n_trials: is missing", lambda: metrics.deflated_sharpe(0.1, 100, 0, 3, trials_sd=0.1)),
        ("alpha: 1.5", lambda: metrics.min_track_record(0.1, 0, 0, 3, alpha=1.5)),
        ("sharpe: -1", lambda: metrics.min_backtest_length(10, -1)),
        ("n_blocks: 7", lambda: metrics.probability_of_overfitting(PANEL, 7)),
        ("n_blocks: 22", lambda: metrics.probability_of_overfitting(PANEL, 22)),
        ("n_blocks: 2.5", lambda: metrics.probability_of_overfitting(PANEL, 2.5)),
        ("n_blocks: 10 sessions are too few", lambda: metrics.probability_of_overfitting(PANEL[:10], 8)),
        ("matrix: has 1 trials", lambda: metrics.probability_of_overfitting(PANEL[:, 0], 8)),
        ("trial b has no value at position 1", lambda: metrics.probability_of_overfitting({"a": [1, 2], "b": [1, None]}, 2)),
        ("trial b has 1 values", lambda: metrics.reality_check({"a": [1, 2], "b": [1]})),
        ("row 1 has 1 values", lambda: metrics.reality_check([[1, 2], [1]])),
        ("matrix: has no", lambda: metrics.reality_check({})),
        ("block: 0", lambda: metrics.reality_check(PANEL, block=0)),
        ("reps: 0", lambda: metrics.reality_check(PANEL, reps=0)),
        ("seed: -1", lambda: metrics.reality_check(PANEL, seed=-1)),
        ("threads: 0", lambda: metrics.reality_check(PANEL, threads=0)),
        ("benchmark: has 3 values", lambda: metrics.reality_check(PANEL, [1, 2, 3])),
        ("benchmark: has no value at position 0", lambda: metrics.reality_check([[1], [2]], [None, 1])),
        ("b: has 1 values for the 2 of a", lambda: metrics.sharpe_difference([1, 2], [1])),
        ("block: 9 is longer", lambda: metrics.sharpe_difference([1, 2], [1, 3], block=9)),
        ("lags: -1", lambda: metrics.sharpe_difference([1, 2], [1, 3], lags=-1)),
        ("returns: the value at position 1 is inf", lambda: metrics.sharpe([0.1, math.inf])),
        ("returns: the value at position 1 is 'x'", lambda: metrics.sharpe([0.1, "x"])),
        ("returns: 'abc'", lambda: metrics.sharpe("abc")),
        ("returns: None", lambda: metrics.sharpe(None)),
        ("returns: has 8 columns", lambda: metrics.sharpe(PANEL)),
        ("returns: holds datetime64", lambda: metrics.sharpe(pandas.Series(pandas.to_datetime(["2024-01-02"])))),
        ("column a holds no numbers", lambda: metrics.sharpe(polars.DataFrame({"a": ["x"]}))),
        ("returns: holds texts", lambda: metrics.sharpe(pandas.Series(["1", "2"], dtype=object))),
        ("sessions_per_year: 0", lambda: metrics.volatility([0.1], sessions_per_year=0)),
        ("quantile: 5", lambda: metrics.var([0.1], quantile=5)),
        ("cash: has 1 values", lambda: metrics.sharpe([0.1, 0.2], cash=[0.1])),
        ("dates: has 1 values", lambda: metrics.rank_ic([1, 2], [1, 2], ["2024-01-02"])),
        ("'x' is no date", lambda: metrics.rank_ic([1, 2], [1, 2], ["2024-01-02", "x"])),
        ("least: 1", lambda: metrics.rank_ic([1], [1], ["2024-01-02"], least=1)),
    ]
    for message, call in refused:
        with pytest.raises(bs.StudyError, match=message):
            call()


def test_results_are_frozen():
    found = metrics.sharpe_difference([0.1, 0.2, 0.0], [0.1, 0.0, 0.3])
    with pytest.raises(AttributeError):
        found.z = 1.0


def test_nothing_but_python_is_needed():
    code = (
        "import sys\n"
        "for name in ('numpy', 'pandas', 'polars', 'pyarrow'): sys.modules[name] = None\n"
        "import backstaff as bs\n"
        "rows = [[(i * 7 + j * 5) % 11 - 4, (i * 3) % 7 - 3] for i in range(40) for j in range(2)]\n"
        "print(bs.metrics.probability_of_overfitting(rows, 4), bs.metrics.reality_check(rows, reps=99).best)\n"
        "print(round(bs.metrics.rank_ic([1, 2, 3], [1, 2, 3], ['2024-01-02'] * 3).mean, 9))\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[1:] == ["0", "1.0"]
