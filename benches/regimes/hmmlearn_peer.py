"""hmmlearn's side of run.py: fits the samples of a folder, and prints times and log-likelihoods as JSON.

    python hmmlearn_peer.py FOLDER
"""

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"

import json
import logging
import pathlib
import sys
import time

import numpy as np
from hmmlearn.hmm import GaussianHMM

logging.disable(logging.CRITICAL)
ITERATIONS = 100
RUNS = 9


def begun(start: dict) -> GaussianHMM:
    """A model at a start that makes all iterations, with no prior and no floor that matters."""
    model = GaussianHMM(
        n_components=len(start["start"]),
        covariance_type="diag",
        n_iter=ITERATIONS,
        tol=-np.inf,
        init_params="",
        min_covar=1e-12,
        covars_prior=0.0,
        covars_weight=0.0,
    )
    model.startprob_ = np.array(start["start"])
    model.transmat_ = np.array(start["transition"])
    model.means_ = np.array(start["means"])
    model.covars_ = np.array(start["covariances"])
    return model


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    rows = []
    for path in sorted(folder.glob("start*.json")):
        look_back, states = map(int, path.stem.removeprefix("start").split("_"))
        observations = np.loadtxt(folder / f"x{look_back}.csv", skiprows=1).reshape(-1, 1)
        start = json.loads(path.read_text())
        seconds = []
        for _ in range(RUNS):
            model = begun(start)
            began = time.perf_counter()
            model.fit(observations)
            seconds.append(time.perf_counter() - began)
        rows.append(
            {
                "look_back": look_back,
                "states": states,
                "milliseconds": 1e3 * min(seconds),
                "log_likelihood": float(model.score(observations)),
            }
        )
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
