"""Measures of returns, and how far a track record may be luck: one series, the best of many trials, two series.

>>> returns = [0.01, -0.02, 0.015, 0.003, -0.004, 0.012]
>>> round(bs.metrics.sharpe(returns, sessions_per_year=252), 4)
3.2442
>>> round(bs.metrics.deflated_sharpe(returns=returns, trials_sd=0.1, n_trials=20), 4)
0.5117

**Series** are lists, tuples, arrays, series of pandas or Polars, Arrow arrays, frames of one column: one return a session,
oldest first, simple (0.01 is 1 %). Series that belong together go by position, not by an index.

**A matrix** has sessions as rows and trials as columns: a frame, a two-dimensional array, a sequence of rows, or a mapping
from the name of a trial to its series. Columns ``date`` and ``datetime`` of a frame are left out.

**Missing values** (None, null, NaN) of a series are left out, as if their neighbours met; of two series a session in which
either misses. A matrix may miss none: its trials must have the same sessions. An infinite value is an error.

**What is not defined** is NaN: a ratio of a series that does not vary, a measure of nothing.

Sharpe ratios of :func:`probabilistic_sharpe` and its kin are those of one session: an annual one over the root of the
sessions a year. The kurtosis is the whole one, 3 for a normal distribution. The formulas are those of a run's measures.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from typing import Any

from backstaff import _native
from backstaff._series import matrix_of, series_of
from backstaff._threads import n_threads
from backstaff.errors import StudyError

__all__ = [
    "RankIc",
    "RealityCheck",
    "SharpeDifference",
    "cagr",
    "calmar",
    "cvar",
    "deflated_sharpe",
    "expected_max_sharpe",
    "hit_rate",
    "information_ratio",
    "kurtosis",
    "max_drawdown",
    "min_backtest_length",
    "min_track_record",
    "probabilistic_sharpe",
    "probability_of_overfitting",
    "rank_ic",
    "reality_check",
    "sharpe",
    "sharpe_difference",
    "skew",
    "sortino",
    "var",
    "volatility",
]


@dataclass(frozen=True)
class RealityCheck:
    """What :func:`reality_check` found.

    Attributes
    ----------
    statistic : float
        The largest mean difference to the benchmark, times the root of the number of sessions.
    p_value : float
        How often luck alone gives as large a statistic.
    best : int
        The position of the trial with the largest mean difference; of equals the first.
    name : str
        The name of that trial; its position as a text where trials have no names.
    """

    statistic: float
    p_value: float
    best: int
    name: str


@dataclass(frozen=True)
class SharpeDifference:
    """What :func:`sharpe_difference` found.

    Attributes
    ----------
    difference : float
        The first Sharpe ratio less the second, of one session.
    error : float
        The standard error of the difference.
    z : float
        The difference by its error.
    p_value : float
        How often luck alone gives a difference as large in either direction.
    """

    difference: float
    error: float
    z: float
    p_value: float


@dataclass(frozen=True)
class RankIc:
    """What :func:`rank_ic` found.

    Attributes
    ----------
    mean : float
        The mean of the sessions' rank correlations; NaN where no session has one.
    t : float
        The mean by Newey and West's error of it, with ``floor(4 (n / 100)^(2/9))`` lags. Where the returns of neighbouring
        sessions overlap by more than these, it is too large.
    n_sessions : int
        The number of sessions that have a rank correlation.
    by_session : dict of str to float
        The rank correlation of each session, YYYY-MM-DD, oldest first; NaN where it is not defined.
    """

    mean: float
    t: float
    n_sessions: int
    by_session: dict[str, float]


def expected_max_sharpe(sd: float, n_trials: float) -> float:
    """The Sharpe ratio that the best of some trials without skill is expected to have.

    ``sd · ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e)))`` with Euler's γ; 0 for one trial.

    Parameters
    ----------
    sd : float
        The standard deviation of the trials' Sharpe ratios; the result has its unit.
    n_trials : float
        The number of independent trials, 1 or more; related trials count as fewer, so it may be a fraction.

    Raises
    ------
    StudyError
        If an argument is outside of its range.

    References
    ----------
    Bailey, López de Prado (2014), "The deflated Sharpe ratio", J. Portfolio Management 40.

    Examples
    --------
    >>> round(bs.metrics.expected_max_sharpe(1.0, 100), 7)
    2.5306029
    """
    return _native.expected_max_sharpe(_number("sd", sd, least=0.0), _number("n_trials", n_trials, least=1.0))


def probabilistic_sharpe(
    sharpe: float | None = None,
    n: int | None = None,
    skew: float | None = None,
    kurtosis: float | None = None,
    benchmark: float = 0.0,
    *,
    returns: Any = None,
) -> float:
    """The probability that the true Sharpe ratio is above a benchmark.

    ``Φ((SR − SR*) √(n − 1) / √(1 − skew · SR + (kurtosis − 1) / 4 · SR²))``.

    Parameters
    ----------
    sharpe : float
        The Sharpe ratio of one session.
    n : int
        The number of sessions, 2 or more.
    skew, kurtosis : float
        The moments of the returns; the kurtosis is 3 for a normal distribution.
    benchmark : float
        The Sharpe ratio of one session that is to be surpassed.
    returns : series, optional
        Returns above cash, instead of the four numbers: moments with ``n``, the deviation of the ratio with ``n − 1``.

    Returns
    -------
    float
        NaN where the returns don't vary, or the moments give the ratio no variance above zero.

    Raises
    ------
    StudyError
        If an argument is missing or outside of its range.

    References
    ----------
    Bailey, López de Prado (2012), "The Sharpe ratio efficient frontier", J. Risk 15.

    Examples
    --------
    >>> round(bs.metrics.probabilistic_sharpe(0.1, 250, -0.5, 5.0), 4)
    0.9373
    """
    record = _record(returns, sharpe=sharpe, n=n, skew=skew, kurtosis=kurtosis)
    return _native.probabilistic_sharpe(*record, _number("benchmark", benchmark))


def deflated_sharpe(
    sharpe: float | None = None,
    n: int | None = None,
    skew: float | None = None,
    kurtosis: float | None = None,
    trials_sd: float | None = None,
    n_trials: float | None = None,
    *,
    returns: Any = None,
) -> float:
    """The probability that a Sharpe ratio is better than that of the luckiest of some trials without skill.

    The :func:`probabilistic_sharpe` above :func:`expected_max_sharpe` of the trials.

    Parameters
    ----------
    sharpe, n, skew, kurtosis, returns
        The best trial, as for :func:`probabilistic_sharpe`.
    trials_sd : float
        The standard deviation of the trials' Sharpe ratios of one session.
    n_trials : float
        The number of independent trials, 1 or more. The plain count of related trials says too much luck.

    Raises
    ------
    StudyError
        If an argument is missing or outside of its range.

    References
    ----------
    Bailey, López de Prado (2014), "The deflated Sharpe ratio", J. Portfolio Management 40.

    Examples
    --------
    The paper's example: a ratio of 2.5 in a year of 250 days, five years, the best of a hundred trials.

    >>> round(bs.metrics.deflated_sharpe(2.5 / 250**0.5, 1250, -3, 10, trials_sd=(0.5 / 250) ** 0.5, n_trials=100), 4)
    0.9004
    """
    for name, value in (("trials_sd", trials_sd), ("n_trials", n_trials)):
        if value is None:
            raise StudyError(f"{name}: is missing; a Sharpe ratio is deflated by the trials that were made")
    luck = expected_max_sharpe(_number("trials_sd", trials_sd, least=0.0), _number("n_trials", n_trials, least=1.0))
    return probabilistic_sharpe(sharpe, n, skew, kurtosis, luck, returns=returns)


def min_track_record(
    sharpe: float | None = None,
    benchmark: float = 0.0,
    skew: float | None = None,
    kurtosis: float | None = None,
    alpha: float = 0.05,
    *,
    returns: Any = None,
) -> float:
    """The number of sessions from which on a Sharpe ratio, if it stays, is above a benchmark with confidence.

    ``1 + (1 − skew · SR + (kurtosis − 1) / 4 · SR²) · (Φ⁻¹(1 − alpha) / (SR − SR*))²``, a fraction.

    Parameters
    ----------
    sharpe, benchmark, skew, kurtosis, returns
        As for :func:`probabilistic_sharpe`.
    alpha : float
        One less the confidence, between 0 and a half.

    Returns
    -------
    float
        Sessions; infinite where the ratio is not above the benchmark, NaN where the returns don't vary.

    Raises
    ------
    StudyError
        If an argument is missing or outside of its range.

    References
    ----------
    Bailey, López de Prado (2012), "The Sharpe ratio efficient frontier", J. Risk 15, equation 13.

    Examples
    --------
    >>> round(bs.metrics.min_track_record(2 / 252**0.5, 1 / 252**0.5, 0, 3, alpha=0.05), 3)
    688.208
    """
    sharpe, _, skew, kurtosis = _record(returns, sharpe=sharpe, n=None, skew=skew, kurtosis=kurtosis, needs_n=False)
    alpha = _number("alpha", alpha)
    if not 0.0 < alpha <= 0.5:
        raise StudyError(f"alpha: {alpha} is not above 0 and at most 0.5")
    return _native.min_track_record(sharpe, _number("benchmark", benchmark), skew, kurtosis, alpha)


def min_backtest_length(n_trials: float, sharpe: float) -> float:
    """The years that a backtest must span so that luck is not expected to give the best of some trials this Sharpe ratio.

    ``(E[max_N] / SR)²``, with :func:`expected_max_sharpe` of a deviation of 1.

    Parameters
    ----------
    n_trials : float
        The number of independent trials, 1 or more.
    sharpe : float
        The annual Sharpe ratio, above 0.

    Returns
    -------
    float
        Years.

    Raises
    ------
    StudyError
        If an argument is outside of its range.

    References
    ----------
    Bailey, Borwein, López de Prado, Zhu (2014), "Pseudo-mathematics and financial charlatanism", Notices of the AMS 61.

    Examples
    --------
    >>> round(bs.metrics.min_backtest_length(45, 1.0), 3)
    4.998
    """
    sharpe = _number("sharpe", sharpe)
    if sharpe <= 0.0:
        raise StudyError(f"sharpe: {sharpe} is not above 0, so that every backtest is long enough")
    return _native.min_backtest_length(_number("n_trials", n_trials, least=1.0), sharpe)


def probability_of_overfitting(matrix: Any, n_blocks: int = 16) -> float:
    """How often the trial that is best in one half of the sessions is not above the median of all in the other half.

    Combinatorially symmetric cross-validation: the sessions are cut into neighbouring blocks, and each half of the blocks
    is taken once as the one in which the trial with the best Sharpe ratio is chosen. Its rank in the other half (the mean
    rank of equals) over the number of trials plus one is ω; the choice counts as overfit where ``log(ω / (1 − ω)) ≤ 0``.

    It is no p-value: without skill it is about a half, on one set of trials more or less. Trials that are nearly the same
    distort it, so they are best merged before: of identical ones all choices count as overfit.

    Parameters
    ----------
    matrix : matrix
        Returns, sessions by trials: two trials or more.
    n_blocks : int
        An even number, 2 to 20. Where it doesn't divide the sessions, the first blocks have one more.

    Raises
    ------
    StudyError
        If a value is missing, an argument is outside of its range, or a trial does not vary in a half of the blocks, so
        that it has no Sharpe ratio there.

    References
    ----------
    Bailey, Borwein, López de Prado, Zhu (2017), "The probability of backtest overfitting", J. Computational Finance 20.

    Examples
    --------
    >>> trials = {"good": [0.02, 0.01, 0.02, 0.01], "bad": [-0.02, 0.01, -0.02, 0.01]}
    >>> bs.metrics.probability_of_overfitting(trials, n_blocks=2)
    0.0
    """
    names, columns = matrix_of(matrix)
    return _native.probability_of_overfitting(names, columns, _count("n_blocks", n_blocks, 2))


def reality_check(
    matrix: Any,
    benchmark: Any = 0.0,
    block: float = 10.0,
    reps: int = 10_000,
    seed: int = 0,
    *,
    threads: int | None = None,
) -> RealityCheck:
    """White's reality check: whether the best of some trials beats a benchmark by more than the search for it explains.

    The statistic is ``max_k √n · mean(r_k − benchmark)``. Each replication draws sessions in blocks, the same for all
    trials, by the stationary bootstrap. The p-value is ``(1 + count of replications that reach it) / (1 + reps)``.

    Parameters
    ----------
    matrix : matrix
        Returns, sessions by trials: all that were tried, not only the good ones.
    benchmark : float or series
        The return of a session that is to be beaten, or one for each session.
    block : float
        The mean length of a block in sessions, 1 or more: as long as returns depend on each other.
    reps : int
        The number of replications.
    seed : int
        The seed of the draws. The result is the same on any number of threads.
    threads : int, optional
        All that the process may use if absent.

    Returns
    -------
    RealityCheck
        A p-value of 1 where no trial moves.

    Raises
    ------
    StudyError
        If a value is missing, or an argument is outside of its range.

    References
    ----------
    White (2000), "A reality check for data snooping", Econometrica 68; Politis, Romano (1994), "The stationary
    bootstrap", J. American Statistical Association 89.

    Examples
    --------
    >>> good, bad = [0.01, 0.03, 0.02, 0.01] * 20, [0.01, -0.03, 0.02, -0.01] * 20
    >>> found = bs.metrics.reality_check({"good": good, "bad": bad}, block=4, reps=999)
    >>> found.name, found.p_value
    ('good', 0.001)
    """
    names, columns = matrix_of(matrix)
    if not columns:
        raise StudyError("matrix: has no trials")
    n = len(columns[0])
    draws = (_count("reps", reps, 1), _count("seed", seed, 0), n_threads(threads))
    block = _number("block", block, least=1.0)
    statistic, p_value, best = _native.reality_check(names, columns, _beside("benchmark", benchmark, n), block, draws)
    return RealityCheck(statistic, p_value, best, names[best])


def sharpe_difference(
    a: Any,
    b: Any,
    *,
    lags: int | None = None,
    block: int | None = None,
    reps: int = 4_999,
    seed: int = 0,
    threads: int | None = None,
) -> SharpeDifference:
    """Whether two Sharpe ratios differ, where the series depend on each other and on their past.

    The error of ``SR_a − SR_b`` comes from the delta method with Newey and West's weights (the paper prewhitens with
    another kernel). The p-value is that of a normal z; with ``block`` that of a studentised circular block bootstrap,
    ``(1 + count of |Δ* − Δ| / error* ≥ |z|) / (1 + reps)``, which the paper prefers.

    Parameters
    ----------
    a, b : series
        Returns above cash of the same sessions. Deviations are those with ``n``.
    lags : int, optional
        How far back a session depends on others: ``floor(4 (n / 100)^(2/9))`` if absent; 0 where they are independent.
    block : int, optional
        The length of a block of the bootstrap in sessions.
    reps, seed, threads
        As for :func:`reality_check`.

    Returns
    -------
    SharpeDifference
        All NaN where one of the series does not vary; ``z`` and ``p_value`` NaN where the difference has no error, as that
        of a series to itself.

    Raises
    ------
    StudyError
        If the series differ in length, or an argument is outside of its range.

    References
    ----------
    Ledoit, Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio", J. Empirical Finance 15.

    Examples
    --------
    >>> a, b = [0.02, 0.01, 0.03, 0.0, 0.02, 0.01], [0.01, -0.02, 0.01, 0.0, -0.01, 0.02]
    >>> round(bs.metrics.sharpe_difference(a, b, lags=0).difference, 4)
    1.4427
    """
    lags = None if lags is None else _count("lags", lags, 0)
    block = None if block is None else _count("block", block, 1)
    draws = (_count("reps", reps, 1), _count("seed", seed, 0), n_threads(threads))
    return SharpeDifference(*_native.sharpe_difference(series_of("a", a), series_of("b", b), lags, block, draws))


def sharpe(returns: Any, *, cash: Any = 0.0, sessions_per_year: float = 252) -> float:
    """The Sharpe ratio of a year: ``mean(r − cash) / sd(r − cash) · √sessions_per_year``, the deviation with ``n − 1``.

    ``cash`` is the return of cash in a session, a number or a series. With ``sessions_per_year=1`` it is the ratio of one
    session. NaN where the returns don't vary, and of fewer than two.

    References
    ----------
    Sharpe (1994), "The Sharpe ratio", J. Portfolio Management 21.

    Examples
    --------
    >>> bs.metrics.sharpe([0.01, 0.03, None, 0.02], sessions_per_year=1)
    2.0
    """
    values = series_of("returns", returns)
    return _native.sharpe(values, _beside("cash", cash, len(values)), _year(sessions_per_year))


def sortino(returns: Any, *, cash: Any = 0.0, sessions_per_year: float = 252) -> float:
    """The Sortino ratio of a year: ``mean(r − cash) / √mean(min(r − cash, 0)²) · √sessions_per_year``.

    Losses are counted over all sessions. NaN without a loss.

    References
    ----------
    Sortino, van der Meer (1991), "Downside risk", J. Portfolio Management 17.

    Examples
    --------
    >>> round(bs.metrics.sortino([0.1, -0.1, 0.2], sessions_per_year=1), 4)
    1.1547
    """
    values = series_of("returns", returns)
    return _native.sortino(values, _beside("cash", cash, len(values)), _year(sessions_per_year))


def volatility(returns: Any, *, sessions_per_year: float = 252) -> float:
    """The volatility of a year: ``sd(r) · √sessions_per_year``, the deviation with ``n − 1``; NaN of fewer than two.

    Examples
    --------
    >>> round(bs.metrics.volatility([0.01, 0.03, 0.02], sessions_per_year=1), 6)
    0.01
    """
    return _native.volatility(series_of("returns", returns), _year(sessions_per_year))


def cagr(returns: Any, *, sessions_per_year: float = 252) -> float:
    """The compound return of a year: ``Π(1 + r)^(sessions_per_year / n) − 1``.

    −1 after a ruin, NaN of nothing. A run's own measure counts calendar days instead of sessions.

    Examples
    --------
    >>> round(bs.metrics.cagr([0.1, 0.1], sessions_per_year=1), 6)
    0.1
    """
    return _native.cagr(series_of("returns", returns), _year(sessions_per_year))


def max_drawdown(returns: Any) -> float:
    """The deepest fall from a high: the least of ``equity / highest equity so far − 1``, zero or below; NaN of nothing.

    What the account starts with counts as a high.

    References
    ----------
    Magdon-Ismail, Atiya (2004), "Maximum drawdown", Risk 17.

    Examples
    --------
    >>> bs.metrics.max_drawdown([1.0, -0.5, 0.25])
    -0.5
    """
    return _native.max_drawdown(series_of("returns", returns))


def calmar(returns: Any, *, sessions_per_year: float = 252) -> float:
    """The :func:`cagr` over the depth of the :func:`max_drawdown`, of the whole series; NaN without a fall.

    References
    ----------
    Young (1991), "Calmar ratio: a smoother tool", Futures 20.

    Examples
    --------
    >>> round(bs.metrics.calmar([0.5, -0.5, 0.5, 0.5], sessions_per_year=4), 6)
    1.375
    """
    depth = max_drawdown(returns)
    return cagr(returns, sessions_per_year=sessions_per_year) / -depth if depth else math.nan


def hit_rate(returns: Any) -> float:
    """The share of sessions with a gain among those with a move; NaN where nothing moves.

    Examples
    --------
    >>> bs.metrics.hit_rate([0.1, 0.0, -0.1, 0.2, 0.3])
    0.75
    """
    return _native.hit_rate(series_of("returns", returns))


def skew(returns: Any) -> float:
    """The skewness: ``m₃ / m₂^(3/2)`` of central moments with ``n``; NaN where the returns don't vary.

    Examples
    --------
    >>> bs.metrics.skew([-0.1, 0.0, 0.1])
    0.0
    """
    return _native.skew(series_of("returns", returns))


def kurtosis(returns: Any) -> float:
    """The whole kurtosis: ``m₄ / m₂²`` of central moments with ``n``, 3 for a normal distribution.

    NaN where the returns don't vary. A run's ``excess_kurtosis`` is 3 less.

    Examples
    --------
    >>> bs.metrics.kurtosis([-1.0, 0.0, 1.0])
    1.5
    """
    return _native.kurtosis(series_of("returns", returns))


def var(returns: Any, *, quantile: float = 0.05) -> float:
    """The historical value at risk of one session: minus a quantile of the returns, linear between neighbours.

    Above 0 is a loss. NaN of nothing.

    Examples
    --------
    >>> bs.metrics.var([-0.5, 0.0, 0.5], quantile=0.25)
    0.25
    """
    return _native.value_at_risk(series_of("returns", returns), _share("quantile", quantile))


def cvar(returns: Any, *, quantile: float = 0.05) -> float:
    """The expected loss beyond the :func:`var`: minus the mean of the returns at or below the quantile; NaN of nothing.

    References
    ----------
    Rockafellar, Uryasev (2000), "Optimization of conditional value-at-risk", J. Risk 2.

    Examples
    --------
    >>> bs.metrics.cvar([-0.5, 0.0, 0.5], quantile=0.5)
    0.25
    """
    return _native.cvar(series_of("returns", returns), _share("quantile", quantile))


def information_ratio(returns: Any, benchmark: Any, *, sessions_per_year: float = 252) -> float:
    """The information ratio of a year: ``mean(r − b) / sd(r − b) · √sessions_per_year``, the deviation with ``n − 1``.

    ``benchmark`` is a series, or the return of every session. NaN where the difference doesn't vary.

    References
    ----------
    Goodwin (1998), "The information ratio", Financial Analysts Journal 54.

    Examples
    --------
    >>> round(bs.metrics.information_ratio([0.02, 0.04, 0.03], [0.01, 0.01, 0.01], sessions_per_year=1), 6)
    2.0
    """
    values = series_of("returns", returns)
    return _native.information_ratio(values, _beside("benchmark", benchmark, len(values)), _year(sessions_per_year))


def rank_ic(scores: Any, returns: Any, dates: Any, *, least: int = 3) -> RankIc:
    """How scores go with coming returns: Spearman's correlation within each session, and its mean over the sessions.

    Parameters
    ----------
    scores, returns : series
        One value for each row; a row in which either misses is left out. The returns are those that the scores foresee:
        from after the session on.
    dates : sequence of dates
        The session of each row: dates, texts YYYY-MM-DD, NumPy's days, a series of them.
    least : int
        The fewest rows of a session, 2 or more; with fewer its correlation is NaN, as where one side is constant.

    Returns
    -------
    RankIc
        The mean, its t and each session's value.

    Raises
    ------
    StudyError
        If the lengths differ, or a date is none.

    References
    ----------
    Grinold, Kahn (1999), "Active portfolio management", chapter 10.

    Examples
    --------
    >>> days = ["2024-01-02"] * 3 + ["2024-01-03"] * 3
    >>> found = bs.metrics.rank_ic([1, 2, 3, 1, 2, 3], [0.1, 0.2, 0.3, 0.1, 0.3, 0.2], days)
    >>> round(found.mean, 6), round(found.by_session["2024-01-03"], 6)
    (0.75, 0.5)
    """
    from backstaff._walk_forward import positions_of_dates

    sessions, places = positions_of_dates(dates, "dates")
    values = (series_of("scores", scores), series_of("returns", returns))
    found, mean, t = _native.rank_ics(*values, list(places), len(sessions), _count("least", least, 2))
    by_session = {str(session): ic for session, ic in zip(sessions, found, strict=True)}
    return RankIc(mean, t, sum(not math.isnan(ic) for ic in found), by_session)


def _record(
    returns: Any, *, needs_n: bool = True, **given: float | None
) -> tuple[float, float, float, float]:
    """The Sharpe ratio, the number of sessions, skewness and kurtosis, as given or of returns."""
    if returns is not None:
        said = [name for name, value in given.items() if value is not None]
        if said:
            raise StudyError(f"{', '.join(said)}: comes from `returns`; give one or the other")
        return _native.track_record(series_of("returns", returns))
    for name, value in given.items():
        if value is None and (needs_n or name != "n"):
            raise StudyError(f"{name}: is missing; give it, or `returns`")
    kurtosis = _number("kurtosis", given["kurtosis"])
    if kurtosis < 1.0:
        raise StudyError(
            f"kurtosis: {kurtosis} is below 1, which none is; give the whole one, 3 for a normal distribution (excess + 3)"
        )
    n = _number("n", given["n"], least=2.0) if needs_n else math.nan
    return _number("sharpe", given["sharpe"]), n, _number("skew", given["skew"]), kurtosis


def _number(name: str, value: Any, least: float = -math.inf) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise StudyError(f"{name}: {value!r} is no number") from None
    if not math.isfinite(number) or number < least:
        raise StudyError(f"{name}: {value!r} is not {f'{least:g} or more' if math.isfinite(number) else 'finite'}")
    return number


def _count(name: str, value: Any, least: int) -> int:
    # NumPy's whole numbers have an index too; a bool is a mistake.
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise StudyError(f"{name}: {value!r} is no whole number")
    count = value.__index__()
    if not least <= count < 2**63:
        raise StudyError(f"{name}: {count} is not {least} or more")
    return count


def _share(name: str, value: Any) -> float:
    share = _number(name, value)
    if not 0.0 <= share <= 1.0:
        raise StudyError(f"{name}: {share} is not between 0 and 1")
    return share


def _year(sessions_per_year: Any) -> float:
    number = _number("sessions_per_year", sessions_per_year)
    if number <= 0.0:
        raise StudyError(f"sessions_per_year: {number} is not above 0")
    return number


def _beside(name: str, value: Any, n: int) -> Any:
    """A series of ``n`` values: that which is given, or a number for each of them."""
    if hasattr(value, "__float__") and not hasattr(value, "__len__"):
        return array("d", [_number(name, value)]) * n
    return series_of(name, value)
