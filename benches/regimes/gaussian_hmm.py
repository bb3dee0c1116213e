"""backstaff.hmm.GaussianHMM beside hmmlearn's, in one process: fits from the same start, and what is asked of a model.

    PYTHON-WITH-BOTH benches/regimes/gaussian_hmm.py [--least RATIO]

Run by `make bench-regimes` on a wheel of release. Both classes get the same numbers and no prior, so that both follow
the same path; log-likelihoods are compared. Each figure is the median of several calls, taken in turns, in the
processor's time of the thread, which others on the machine disturb least. With `--least` the command fails if a fit of
252 rows of one column is less than that many times as fast as hmmlearn's.
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import argparse
import logging
import statistics
import sys
import time

import numpy as np
from hmmlearn.hmm import GaussianHMM as Theirs

from backstaff.hmm import GaussianHMM as Ours

logging.disable(logging.CRITICAL)
ITERATIONS = 100
RUNS = 21
NEUTRAL = {"min_covar": 0.0, "covars_prior": 0.0, "covars_weight": 1.0}


def returns(rows: int, columns: int) -> np.ndarray:
    """Daily returns in turns of calm and turmoil."""
    random = np.random.default_rng(1)
    spread = np.where(np.arange(rows) // 25 % 2 == 0, 0.006, 0.02)[:, None]
    return spread * (0.7 * random.normal(size=(rows, 1)) + 0.7 * random.normal(size=(rows, columns)))


def begun(kind: type, covariance_type: str, states: int, columns: int, **words: object) -> object:
    """A model at a start that makes all iterations."""
    model = kind(states, covariance_type, init_params="", n_iter=ITERATIONS, tol=-np.inf, **words)
    model.startprob_ = np.full(states, 1 / states)
    model.transmat_ = np.full((states, states), 0.1 / (states - 1)) + np.eye(states) * (0.9 - 0.1 / (states - 1))
    model.means_ = 0.001 * np.linspace(-1, 1, states)[:, None] * np.ones(columns)
    variances = 1e-4 * np.linspace(0.5, 3, states)
    matrices = variances[:, None, None] * (np.eye(columns) + 0.1)
    model.covars_ = {
        "spherical": variances,
        "diag": variances[:, None] * np.ones(columns),
        "full": matrices,
        "tied": matrices[0],
    }[covariance_type]
    return model


def medians(*calls: object) -> list[float]:
    """The median milliseconds of each call, all called in turns."""
    taken = [[] for _ in calls]
    for _ in range(RUNS):
        for call, times in zip(calls, taken, strict=True):
            began = time.thread_time()
            call()
            times.append(1e3 * (time.thread_time() - began))
    return [statistics.median(times) for times in taken]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--least", type=float, default=0.0)
    least = parser.parse_args().least
    worst = np.inf
    print(f"{ITERATIONS} iterations from the same start, milliseconds, the median of {RUNS}")
    print(f"{'rows':>6} {'columns':>7} {'states':>6} {'kind':>9} {'ours':>8} {'hmmlearn':>9} {'scaling':>8} {'ratio':>6} {'to scaling':>10}")
    for rows, columns, states in ((252, 1, 3), (252, 3, 3), (1000, 1, 3), (1000, 3, 4)):
        x = returns(rows, columns)
        for kind in ("diag", "full", "spherical", "tied"):
            ours = begun(Ours, kind, states, columns)
            theirs = begun(Theirs, kind, states, columns, **NEUTRAL)
            start = {name: getattr(ours, name) for name in ("startprob_", "transmat_", "means_")}
            covars = ours._covars_.copy()

            def fit(model, start=start, covars=covars, x=x):
                for name, value in start.items():
                    setattr(model, name, value)
                model._covars_ = covars
                model.fit(x)

            scaled = begun(Theirs, kind, states, columns, implementation="scaling", **NEUTRAL)
            ms, their_ms, scaled_ms = medians(lambda: fit(ours), lambda: fit(theirs), lambda: fit(scaled))
            difference = abs(ours.score(x) - theirs.score(x))
            if difference > 1e-8 * abs(theirs.score(x)):
                sys.exit(f"the log-likelihoods of {kind} differ by {difference}")
            if (rows, columns) == (252, 1):
                worst = min(worst, their_ms / ms)
            print(
                f"{rows:>6} {columns:>7} {states:>6} {kind:>9} {ms:>8.3f} {their_ms:>9.2f} {scaled_ms:>8.2f} "
                f"{their_ms / ms:>5.0f}x {scaled_ms / ms:>9.0f}x"
            )
    print("one call about 1000 rows of 3 columns under 4 states, milliseconds")
    for kind in ("diag", "full"):
        x = returns(1000, 3)
        ours, theirs = begun(Ours, kind, 4, 3), begun(Theirs, kind, 4, 3)
        for name in ("score", "predict_proba", "predict"):
            ms, their_ms = medians(lambda: getattr(ours, name)(x), lambda: getattr(theirs, name)(x))
            print(f"{kind:>9} {name:>14} {ms:>8.3f} {their_ms:>9.3f} {their_ms / ms:>5.1f}x")
    x = returns(252, 1)
    ours = Ours(3, n_iter=ITERATIONS, tol=-np.inf)
    theirs = Theirs(3, n_iter=ITERATIONS, tol=-np.inf, random_state=0, **NEUTRAL)
    ms, their_ms = medians(lambda: ours.fit(x), lambda: theirs.fit(x))
    print(f"a fit of 252 rows that makes its own start: {ms:.3f} ms, hmmlearn {their_ms:.2f} ms, {their_ms / ms:.0f}x")
    if worst < least:
        sys.exit(f"a fit is {worst:.1f} times as fast as hmmlearn's, which is less than {least:g}")


if __name__ == "__main__":
    main()
