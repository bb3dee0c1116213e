"""What a fit of a hidden Markov model has come to, iteration by iteration."""

from __future__ import annotations

import math
import sys


class ConvergenceMonitor:
    """What a fit has come to, iteration by iteration, and whether that is enough.

    A model has one as ``monitor_``. A subclass of yours with its own ``report`` or ``converged`` can be put in its place
    before ``fit``; it is then asked after each iteration.

    Parameters
    ----------
    tol : float
        The gain of log-likelihood below which a fit ends.
    n_iter : int
        The most iterations.
    verbose : bool
        Whether each iteration is printed to the standard error stream.

    Attributes
    ----------
    history : list of float
        The log-likelihood before each iteration. That of the fitted model, ``score(X, lengths)``, is one step further.
    iter : int
        The number of iterations.

    Examples
    --------
    >>> model = bs.hmm.GaussianHMM(n_components=2, n_iter=100).fit([[0.1], [-0.2], [3.0], [-4.0], [0.0], [0.2], [5.0]])
    >>> model.monitor_.iter == len(model.monitor_.history), model.monitor_.reached_tol
    (True, True)
    """

    def __init__(self, tol: float, n_iter: int, verbose: bool) -> None:
        self.tol = tol
        self.n_iter = n_iter
        self.verbose = verbose
        self.history: list[float] = []
        self.iter = 0

    def report(self, log_prob: float) -> None:
        """Take in the log-likelihood before an iteration.

        >>> monitor = bs.hmm.ConvergenceMonitor(tol=0.01, n_iter=10, verbose=False)
        >>> monitor.report(-3.0); monitor.report(-2.0); monitor.history
        [-3.0, -2.0]
        """
        if self.verbose:
            gain = log_prob - self.history[-1] if self.history else math.nan
            print(f"{self.iter + 1:>10d} {log_prob:>16.8f} {gain:>+16.8f}", file=sys.stderr)
        self.history.append(log_prob)
        self.iter += 1

    @property
    def reached_tol(self) -> bool:
        """Whether the last iteration gained less than ``tol``.

        >>> monitor = bs.hmm.ConvergenceMonitor(tol=0.01, n_iter=1, verbose=False)
        >>> monitor.report(-3.0); monitor.reached_tol, monitor.converged
        (False, True)
        """
        return len(self.history) >= 2 and self.history[-1] - self.history[-2] < self.tol

    @property
    def converged(self) -> bool:
        """Whether a fit ends here, as hmmlearn has it: the gain fell below ``tol``, *or* the limit ``n_iter`` is reached.

        ``reached_tol`` tells the first from the second.
        """
        return self.iter == self.n_iter or self.reached_tol

    def _reset(self) -> None:
        self.history.clear()
        self.iter = 0

    def __repr__(self) -> str:
        return f"ConvergenceMonitor(iter={self.iter}, converged={self.converged}, history={self.history})"


ConvergenceMonitor.__module__ = "backstaff.hmm"
