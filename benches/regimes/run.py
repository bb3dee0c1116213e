"""Fits of regimes beside hmmlearn: the same observations, the same start, the same number of iterations, the same run.

    python benches/regimes/run.py [--full]

Run by `make bench-regimes`. `backstaff bench regimes` prints its own tables; the observations and starts of its single
fits are then given to hmmlearn, with its priors off, so that both follow the same path. Each figure is the fastest of
nine fits on one thread. hmmlearn is installed from PyPI into .deps/regimes on the first run.
"""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
from environment import ROOT, python_of  # noqa: E402

PROGRAM = ROOT / "target/release/backstaff"
PEERS = ["hmmlearn==0.3.3", "numpy==2.4.6", "scikit-learn"]


def main() -> None:
    python = python_of("regimes", PEERS)
    with tempfile.TemporaryDirectory() as folder:
        command = [PROGRAM, "bench", "regimes", "--samples", folder, *sys.argv[1:]]
        ours = subprocess.run([*command, "--json"], check=False, stdout=subprocess.PIPE)
        ours = json.loads(ours.stdout)
        peer = pathlib.Path(__file__).with_name("hmmlearn_peer.py")
        theirs = subprocess.run([python, peer, folder], check=True, stdout=subprocess.PIPE)
        theirs = {(row["look_back"], row["states"]): row for row in json.loads(theirs.stdout)}
    print("one fit of 100 iterations from the same start, one thread, milliseconds")
    print(f"{'observations':>12} {'states':>6} {'ours':>9} {'hmmlearn':>9} {'ratio':>6} {'difference of log-likelihoods':>30}")
    worst = 0.0
    for fit in ours["fits"]:
        row = theirs[fit["look_back"], fit["states"]]
        ratio = row["milliseconds"] / fit["milliseconds"]
        difference = fit["log_likelihood"] - row["log_likelihood"]
        worst = max(worst, abs(difference) / abs(row["log_likelihood"]))
        print(
            f"{fit['look_back']:>12} {fit['states']:>6} {fit['milliseconds']:>9.3f} {row['milliseconds']:>9.2f} "
            f"{ratio:>5.0f}x {difference:>30.2e}"
        )
    for work in ours["workloads"]:
        per_fit = f", {1e3 * work['seconds'] / work['fits']:.3f} ms a fit" if work["fits"] else ""
        print(f"{work['name']}: {work['seconds']:.3f} s, {work['fits']} fits{per_fit}")
    for missed in ours["missed"]:
        print(f"missed: {missed}")
    if worst > 1e-8:
        sys.exit(f"the log-likelihoods differ by {worst:.1e} of themselves")


if __name__ == "__main__":
    main()
