"""Hidden Markov models with Gaussian observations, by hmmlearn's names and on the engine of regimes.

>>> model = bs.hmm.GaussianHMM(n_components=2, random_state=0)
>>> calm, wild = [[0.1], [-0.2], [0.0], [0.2]] * 10, [[3.0], [-4.0], [5.0], [-3.0]] * 10
>>> model.fit(calm + wild).predict(calm + wild)[[0, 39, 40, 79]].tolist()
[0, 0, 1, 1]
"""

from __future__ import annotations

import inspect
import math
import secrets
import warnings
from html import escape
from typing import TYPE_CHECKING, Any

from backstaff import _native
from backstaff._answer import as_table
from backstaff._matrix import InvalidData, InvalidParameter, NotFitted, load_numpy, observed, seed_of
from backstaff._monitor import ConvergenceMonitor
from backstaff._parameters import (
    ALGORITHMS,
    NAMES,
    array_of,
    check_words,
    compact,
    is_count,
    prior_array,
    says_nothing,
)
from backstaff.errors import DataWarning

if TYPE_CHECKING:
    import numpy

__all__ = ["ConvergenceMonitor", "GaussianHMM", "InvalidData", "InvalidParameter", "NotFitted"]


class GaussianHMM:
    """A hidden Markov model with Gaussian observations: hmmlearn's class on our engine, with two differences.

    1. There are **no hidden priors**. hmmlearn adds ``covars_prior=0.01`` to every scatter and ``min_covar=0.001`` to the
       first variances, which is a hundred times the variance of daily returns; here both are 0, and a fit is that of
       greatest likelihood. Priors that you give are used as hmmlearn uses them.
    2. ``predict_proba`` is *smoothed*: each row knows all rows, those after it too. ``filter_proba`` and
       ``predict(X, causal=True)`` are *causal*: row t knows the rows up to t, which is what a decision at t may go by.

    At any row the market is in one of ``n_components`` hidden states, which follow each other by a matrix of
    probabilities; a row is normal with the mean and covariance of its state.

    Parameters
    ----------
    n_components : int
        The number of states, 1 to 10.
    covariance_type : {'diag', 'full', 'spherical', 'tied'}
        Columns independent within a state; any covariance; one variance for all columns of a state; one full covariance
        for all states.
    min_covar : float
        What is added to the variances that a search begins with, where they are made. Variances that are fitted never
        fall below 1e-5 of the sample's.
    startprob_prior, transmat_prior : float or array
        Parameters of Dirichlet distributions, of the shape of ``startprob_`` and ``transmat_``; 1 says nothing.
    means_prior, means_weight : float or array, float
        Expected means, and as how many rows they count; a weight of 0 says nothing.
    covars_prior, covars_weight : float or array, float
        What is added to each scatter (a number: to every entry), and by how many rows more it is divided: by what
        ``covars_weight`` exceeds 1 ('diag', 'spherical') or the number of columns.
    algorithm : {'viterbi', 'map'}
        What ``decode`` and ``predict`` find: the likeliest path, or the likeliest state of each row by itself.
    random_state : int, numpy generator or None
        The seed of random starts; None always gives the same ones.
    n_iter, tol : int, float
        A fit ends after ``n_iter`` iterations, or when one gained less than ``tol`` of log-likelihood in all.
    verbose : bool
        Whether each iteration is printed to the standard error stream.
    params, init_params : str
        The parameters that a fit moves, and those that it makes anew before: any of 's' (``startprob_``), 't'
        (``transmat_``), 'm' (``means_``), 'c' (``covars_``). What is not in ``init_params`` begins as it was set.
    implementation : {'log', 'scaling'}
        Taken for hmmlearn's sake; the results are the same.

    Attributes
    ----------
    monitor_ : ConvergenceMonitor
        The log-likelihoods of the last fit.

    Notes
    -----
    - Shape: ``X`` is rows × columns, the oldest row first: a numpy array, lists, or a frame of pandas, Polars, pyarrow or
      whatever has ``__arrow_c_stream__``. ``lengths`` cuts it into sequences that do not continue each other.
    - Unit: ``means_`` have that of ``X``, ``covars_`` its square.
    - Missing values: a row with a NaN or null in it is no evidence, but time passes: the states move on by a transition.
      An infinity is an error.
    - Start: parameters that are made anew come from the likeliest of eight starts after five iterations (bins of turmoil,
      bins of the first column, clusters, random ones). Their order is that of the first column's means, lowest first,
      before and after the fit, if nothing was set by hand; else states keep the numbers they were given.
    - A state to which nothing belongs keeps its parameters, where hmmlearn has NaN.
    - Errors: :class:`InvalidParameter` and :class:`InvalidData` are errors of backstaff and ``ValueError`` at once;
      ``backstaff.ModelError`` if nothing can be fitted, as with too few rows or a constant column.
    - Source: Rabiner (1989), "A tutorial on hidden Markov models", Proc. IEEE 77; the interface is hmmlearn 0.3's.

    Examples
    --------
    A model whose parameters are set by hand; a missing row leaves the states one transition on:

    >>> model = bs.hmm.GaussianHMM(n_components=2)
    >>> model.startprob_, model.transmat_ = [0.5, 0.5], [[0.9, 0.1], [0.2, 0.8]]
    >>> model.means_, model.covars_ = [[0.0], [0.0]], [[1.0], [16.0]]
    >>> model.filter_proba([[0.1], [float("nan")], [7.0]]).round(3).tolist()
    [[0.799, 0.201], [0.759, 0.241], [0.0, 1.0]]

    The same numbers as hmmlearn's, where that is given no prior either:

    >>> returns = [[0.2], [-0.1], [0.3], [2.0], [-3.0], [2.5], [0.1], [-0.2]]
    >>> model.set_params(init_params="", n_iter=50).fit(returns).covars_.round(2).tolist()
    [[[0.03]], [[5.46]]]
    """

    def __init__(
        self,
        n_components: int = 1,
        covariance_type: str = "diag",
        min_covar: float = 0.0,
        startprob_prior: Any = 1.0,
        transmat_prior: Any = 1.0,
        means_prior: Any = 0,
        means_weight: float = 0,
        covars_prior: Any = 0.0,
        covars_weight: float = 1,
        algorithm: str = "viterbi",
        random_state: Any = None,
        n_iter: int = 10,
        tol: float = 1e-2,
        verbose: bool = False,
        params: str = "stmc",
        init_params: str = "stmc",
        implementation: str = "log",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.min_covar = min_covar
        self.startprob_prior = startprob_prior
        self.transmat_prior = transmat_prior
        self.means_prior = means_prior
        self.means_weight = means_weight
        self.covars_prior = covars_prior
        self.covars_weight = covars_weight
        self.algorithm = algorithm
        self.random_state = random_state
        self.n_iter = n_iter
        self.tol = tol
        self.verbose = verbose
        self.params = params
        self.init_params = init_params
        self.implementation = implementation
        self._by_hand: set[str] = set()
        self.monitor_ = ConvergenceMonitor(tol, n_iter, verbose)
        check_words(self)

    # ---- what is learned

    def fit(self, X: Any, lengths: Any = None) -> GaussianHMM:
        """Estimate the parameters by expectation maximisation.

        Parameters
        ----------
        X : rows × columns
        lengths : sequence of int, optional
            The lengths of the sequences in ``X``, which add up to its rows.

        Returns
        -------
        GaussianHMM
            The model itself.

        Raises
        ------
        InvalidData, InvalidParameter
            If ``X``, ``lengths`` or a parameter is wrong.
        ModelError
            If nothing can be fitted: too few rows for what is made anew, a constant column.

        Examples
        --------
        >>> bs.hmm.GaussianHMM().fit([[1.0], [2.0], [4.0], [5.0]], lengths=[2, 2]).means_.tolist()
        [[3.0]]
        """
        check_words(self)
        data, (n_rows, width) = observed(X, lengths)
        given = self._given(width)
        prior, is_of_states = self._prior(width)
        is_full = self.covariance_type in ("full", "tied")
        n_free = sum(count for code, count in self._n_free(width).items() if code in self.params)
        if n_rows * width < n_free:
            warnings.warn(
                f"{n_rows * width} numbers for {n_free} parameters give a degenerate solution",
                DataWarning,
                stacklevel=2,
            )
        monitor = self.monitor_
        is_plain = type(monitor) is ConvergenceMonitor
        if is_plain:
            monitor.tol, monitor.n_iter, monitor.verbose = self.tol, self.n_iter, self.verbose
        monitor._reset()
        watches = not is_plain or bool(self.verbose)
        # A monitor of the user's own decides alone.
        search = _native.Search(
            self.params, self.covariance_type, prior, self.n_iter, -math.inf if watches else self.tol
        )
        seed = (seed_of(self.random_state) or 0) if any(part is None for part in given) else 0
        model = _native.Hmm.begin(
            data, search, (self.n_components, is_full), given, (float(self.min_covar), seed)
        )

        def watch(log_prob: float) -> bool:
            monitor.report(log_prob)
            return not monitor.converged

        model, history = model.ascend(data, search, watch if watches else None)
        if not watches:
            monitor.history, monitor.iter = history, len(history)
        if not is_of_states and all(part is None for part in given):
            model = model.ordered()
        self._take(model, width)
        return self

    def _given(self, width: int) -> list[Any]:
        """The parameters that a fit begins with as they are; None for those that are made."""
        for code in self.init_params:
            if code in self._by_hand:
                name = NAMES[code]
                warnings.warn(
                    f"{name} was set, but will be overwritten, because init_params holds {code!r}", DataWarning, stacklevel=3
                )
        kept = {code: None if code in self.init_params else getattr(self, "_" + NAMES[code], None) for code in NAMES}
        for code in "mc":
            if kept[code] is not None:
                self._check_width(code, width)
        self._check_shapes({code for code, part in kept.items() if part is not None}, width)
        covariances = None if kept["c"] is None else self._spread(width)
        return [kept["s"], kept["t"], kept["m"], covariances]

    def _prior(self, width: int) -> tuple[tuple[Any, ...] | None, bool]:
        """Priors for the native part, if they say anything; and whether any of them speaks of single states."""
        numpy = load_numpy()
        k, d = self.n_components, width
        extra = 1 if self.covariance_type in ("diag", "spherical") else d
        is_silent = (
            says_nothing(self.startprob_prior, 1)
            and says_nothing(self.transmat_prior, 1)
            and says_nothing(self.means_weight, 0)
            and says_nothing(self.covars_prior, 0)
            and (self.covars_weight is None or self.covars_weight <= extra)
        )
        if is_silent:
            return None, False
        of_covariances = {"full": (k, d, d), "tied": (d, d)}.get(self.covariance_type, (k, d))
        start = prior_array("startprob_prior", self.startprob_prior, 1.0, (k,))
        transition = prior_array("transmat_prior", self.transmat_prior, 1.0, (k, k))
        means = prior_array("means_prior", self.means_prior, 0.0, (k, d))
        covariances = prior_array("covars_prior", self.covars_prior, 0.0, of_covariances)
        is_matrix = self.covariance_type in ("full", "tied")
        variances = covariances.diagonal(axis1=-2, axis2=-1) if is_matrix else covariances
        for name, least in (("startprob_prior", start), ("transmat_prior", transition), ("covars_prior", variances)):
            if least.min() < 0:
                raise InvalidParameter(f"{name} holds {least.min()}; a prior has no negative numbers there")
        given = (self.startprob_prior, self.transmat_prior, self.means_prior, self.covars_prior)
        weights = [0.0 if weight is None else float(weight) for weight in (self.means_weight, self.covars_weight)]
        return (start, transition, means, weights[0], covariances, weights[1]), any(numpy.ndim(prior) for prior in given)

    # ---- what it says of observations

    def score(self, X: Any, lengths: Any = None) -> float:
        """The logarithm of the density of ``X`` under the model; rows with a missing value are left out of it.

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM().fit([[1.0], [3.0]])
        >>> round(model.score([[2.0], [float("nan")]]), 6)
        -0.918939
        """
        data, model = self._about(X, lengths)
        return model.score(data)

    def score_samples(self, X: Any, lengths: Any = None) -> tuple[float, numpy.ndarray]:
        """What ``score`` and ``predict_proba`` give.

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM().fit([[1.0], [3.0]])
        >>> log_prob, probabilities = model.score_samples([[2.0]])
        >>> round(log_prob, 6), probabilities.tolist()
        (-0.918939, [[1.0]])
        """
        return self._probabilities(X, lengths, False)

    def predict_proba(self, X: Any, lengths: Any = None) -> numpy.ndarray:
        """The probability of each state at each row, given **all** rows of its sequence, later ones too: smoothed.

        For the study of a sample. A decision at a row goes by ``filter_proba``.

        Returns
        -------
        array, rows × states

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM().fit([[1.0], [3.0]])
        >>> model.predict_proba([[2.0], [float("nan")]]).tolist()
        [[1.0], [1.0]]
        """
        return self._probabilities(X, lengths, False)[1]

    def filter_proba(self, X: Any, lengths: Any = None) -> numpy.ndarray:
        """The probability of each state at each row, given that row and those **before** it: causal.

        Row t is the same to the bit whatever follows it. At the last row of a sequence it is what ``predict_proba`` gives.
        The parameters know what they were fitted on: fit on what lies before.

        Returns
        -------
        array, rows × states

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM(2)
        >>> model.startprob_, model.transmat_ = [0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]]
        >>> model.means_, model.covars_ = [[-1.0], [1.0]], [[1.0], [1.0]]
        >>> model.filter_proba([[0.0], [2.0]]).round(3).tolist(), model.predict_proba([[0.0], [2.0]]).round(3).tolist()
        ([[0.5, 0.5], [0.018, 0.982]], [[0.114, 0.886], [0.018, 0.982]])
        """
        return self._probabilities(X, lengths, True)[1]

    def decode(self, X: Any, lengths: Any = None, algorithm: str | None = None) -> tuple[float, numpy.ndarray]:
        """The likeliest states, given all rows.

        Parameters
        ----------
        X, lengths : as for ``fit``
        algorithm : {'viterbi', 'map'}, optional
            The likeliest path, or the likeliest state of each row; that of the constructor without one.

        Returns
        -------
        float, array of int
            The log density of path and observations together ('viterbi'), or the sum of the states' probabilities
            ('map'); and a state a row.

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM(2)
        >>> model.startprob_, model.transmat_ = [0.5, 0.5], [[0.9, 0.1], [0.1, 0.9]]
        >>> model.means_, model.covars_ = [[-1.0], [1.0]], [[1.0], [1.0]]
        >>> log_prob, states = model.decode([[0.0], [2.0]])
        >>> round(log_prob, 4), states.tolist()
        (-3.6364, [1, 1])
        """
        numpy = load_numpy()
        algorithm = algorithm or self.algorithm
        if algorithm not in ALGORITHMS:
            raise InvalidParameter(f"algorithm: {algorithm!r} is none of {', '.join(map(repr, ALGORITHMS))}")
        if algorithm == "map":
            probabilities = self.predict_proba(X, lengths)
            return float(probabilities.max(axis=1).sum()), probabilities.argmax(axis=1)
        data, model = self._about(X, lengths)
        log_prob, states = model.path(data)
        return log_prob, numpy.frombuffer(states, dtype=numpy.int64)

    def predict(self, X: Any, lengths: Any = None, *, causal: bool = False) -> numpy.ndarray:
        """A state a row: what ``decode`` finds, or, if ``causal``, the likeliest by ``filter_proba``.

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM(2)
        >>> model.startprob_, model.transmat_ = [0.6, 0.4], [[0.9, 0.1], [0.1, 0.9]]
        >>> model.means_, model.covars_ = [[-1.0], [1.0]], [[1.0], [1.0]]
        >>> model.predict([[0.0], [2.0]]).tolist(), model.predict([[0.0], [2.0]], causal=True).tolist()
        ([1, 1], [0, 1])
        """
        if causal:
            return self.filter_proba(X, lengths).argmax(axis=1)
        return self.decode(X, lengths)[1]

    def aic(self, X: Any, lengths: Any = None) -> float:
        """Akaike's information criterion, ``2 p - 2 score`` with p free parameters; lower is better.

        Examples
        --------
        >>> round(bs.hmm.GaussianHMM().fit([[1.0], [3.0]]).aic([[2.0]]), 4)
        5.8379
        """
        data, model = self._about(X, lengths)
        return 2 * sum(self._n_free(self.n_features).values()) - 2 * model.score(data)

    def bic(self, X: Any, lengths: Any = None) -> float:
        """Schwarz's information criterion, ``p log(n) - 2 score`` with n rows that are not missing; lower is better.

        Examples
        --------
        >>> round(bs.hmm.GaussianHMM().fit([[1.0], [3.0]]).bic([[2.0], [float("nan")]]), 4)
        1.8379
        """
        data, model = self._about(X, lengths)
        rows = math.log(data.n_present) if data.n_present else 0.0
        return rows * sum(self._n_free(self.n_features).values()) - 2 * model.score(data)

    def sample(
        self, n_samples: int = 1, random_state: Any = None, currstate: int | None = None
    ) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Rows that the model might have produced, and their states.

        Parameters
        ----------
        n_samples : int
            The number of rows.
        random_state : int, numpy generator or None
            The seed; without one that of the constructor, and without that another one at each call.
        currstate : int, optional
            The state of the first row; drawn from ``startprob_`` without it.

        Returns
        -------
        array, rows × columns; array of int
            One seed always gives the same rows; they are not those of hmmlearn.

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM().fit([[1.0], [3.0]])
        >>> rows, states = model.sample(1000, random_state=1)
        >>> rows.shape, bool(abs(rows.mean() - 2.0) < 0.1), set(states.tolist())
        ((1000, 1), True, {0})
        """
        numpy = load_numpy()
        if not is_count(n_samples, 1):
            raise InvalidParameter(f"n_samples: {n_samples!r} is no number of rows; give 1 or more")
        start = self.startprob_
        if currstate is not None:
            if not (is_count(currstate, 0) and currstate < self.n_components):
                raise InvalidParameter(f"currstate: {currstate!r} is no state; there are 0 to {self.n_components - 1}")
            start = numpy.eye(self.n_components)[currstate]
        model = self._model(start)
        seed = seed_of(self.random_state if random_state is None else random_state)
        rows, states = model.sample(int(n_samples), secrets.randbits(64) if seed is None else seed)
        rows = numpy.frombuffer(rows, dtype=numpy.float64).reshape(n_samples, -1)
        return rows, numpy.frombuffer(states, dtype=numpy.int64)

    def get_stationary_distribution(self) -> numpy.ndarray:
        """The share of time that the states have in the long run; of a chain that begins as ``startprob_`` says, where
        states exclude each other for ever.

        Examples
        --------
        >>> model = bs.hmm.GaussianHMM(2)
        >>> model.transmat_ = [[0.9, 0.1], [0.3, 0.7]]
        >>> model.get_stationary_distribution().round(6).tolist()
        [0.75, 0.25]
        """
        numpy = load_numpy()
        k = self.n_components
        start = numpy.full(k, 1 / k) if self._startprob_ is None else self._startprob_
        transition: Any = self.transmat_
        self._check_shapes({"t"} if self._startprob_ is None else {"s", "t"}, 1)
        model = _native.Hmm(start, transition, numpy.zeros(k), numpy.ones(k), False)
        return numpy.frombuffer(model.stationary(), dtype=numpy.float64)

    # ---- the parameters

    @property
    def startprob_(self) -> numpy.ndarray:
        """The probabilities of the first row's state, of the shape (n_components,).

        >>> model = bs.hmm.GaussianHMM(2)
        >>> model.startprob_ = [0.25, 0.75]
        >>> model.startprob_.tolist()
        [0.25, 0.75]
        """
        return self._known("s")

    @startprob_.setter
    def startprob_(self, value: Any) -> None:
        self._set("s", array_of(value, "startprob_"))

    @property
    def transmat_(self) -> numpy.ndarray:
        """Row i: the probabilities of the state that follows state i; of the shape (n_components, n_components).

        >>> bs.hmm.GaussianHMM(1).fit([[1.0], [3.0]]).transmat_.tolist()
        [[1.0]]
        """
        return self._known("t")

    @transmat_.setter
    def transmat_(self, value: Any) -> None:
        self._set("t", array_of(value, "transmat_"))

    @property
    def means_(self) -> numpy.ndarray:
        """The means of the states, of the shape (n_components, n_features), in the unit of ``X``.

        >>> bs.hmm.GaussianHMM(1).fit([[1.0], [3.0]]).means_.tolist()
        [[2.0]]
        """
        return self._known("m")

    @means_.setter
    def means_(self, value: Any) -> None:
        self._set("m", array_of(value, "means_"))

    @property
    def covars_(self) -> numpy.ndarray:
        """The covariances of the states, always of the shape (n_components, n_features, n_features).

        They are set in the shape of ``covariance_type``, as in hmmlearn: (n_components,) for 'spherical', (n_components,
        n_features) for 'diag', (n_components, n_features, n_features) for 'full', (n_features, n_features) for 'tied'; or
        as they are read. Set others to change one: what is read is a copy.

        >>> model = bs.hmm.GaussianHMM(2, covariance_type="diag")
        >>> model.covars_ = [[1.0, 2.0], [3.0, 4.0]]
        >>> model.covars_.tolist()
        [[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 4.0]]]
        """
        numpy = load_numpy()
        values = self._known("c")
        if self.covariance_type == "full":
            return values.copy()
        if self.covariance_type == "tied":
            return numpy.tile(values, (self.n_components, 1, 1))
        width = self.n_features if self.covariance_type == "spherical" else values.shape[1]
        return values.reshape(len(values), -1)[:, :, None] * numpy.eye(width)

    @covars_.setter
    def covars_(self, value: Any) -> None:
        check_words(self)
        self._set("c", compact(array_of(value, "covars_"), self.covariance_type, self.n_components))

    @property
    def n_features(self) -> int:
        """The number of columns; it may be set where nothing else says it.

        >>> bs.hmm.GaussianHMM(1).fit([[1.0, 5.0], [3.0, 6.0], [2.0, 8.0]]).n_features
        2
        """
        if self._means_ is not None and self._means_.ndim == 2:
            return self._means_.shape[1]
        if self._covars_ is not None and self.covariance_type != "spherical":
            return self._covars_.shape[-1]
        if self._n_features is None:
            raise NotFitted("n_features is not known yet; fit the model, or set means_")
        return self._n_features

    @n_features.setter
    def n_features(self, value: int) -> None:
        if not is_count(value, 1):
            raise InvalidParameter(f"n_features: {value!r} is no number of columns")
        self._n_features = int(value)

    _startprob_: Any = None
    _transmat_: Any = None
    _means_: Any = None
    _covars_: Any = None
    _n_features: int | None = None

    # ---- as an estimator of scikit-learn

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor by name, as scikit-learn asks for them.

        >>> bs.hmm.GaussianHMM(3).get_params()["n_components"]
        3
        """
        return {name: getattr(self, name) for name in _words()}

    def set_params(self, **params: Any) -> GaussianHMM:
        """Change arguments of the constructor; the parameters of the model stay.

        >>> bs.hmm.GaussianHMM().set_params(n_iter=50).n_iter
        50
        """
        for name in params:
            if name not in _words():
                raise InvalidParameter(f"GaussianHMM has no argument {name!r}; it has {', '.join(_words())}")
        before = self.get_params()
        vars(self).update(params)
        try:
            check_words(self)
        except InvalidParameter:
            vars(self).update(before)
            raise
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return all(getattr(self, "_" + name) is not None for name in NAMES.values())

    def __sklearn_tags__(self) -> Any:
        # Nobody but scikit-learn asks.
        from sklearn.utils import InputTags, Tags, TargetTags

        tags = Tags(estimator_type=None, target_tags=TargetTags(required=False))
        tags.input_tags = InputTags(allow_nan=True)
        return tags

    def __repr__(self) -> str:
        changed = (
            f"{name}={getattr(self, name)!r}"
            for name, default in _words().items()
            if repr(getattr(self, name)) != repr(default)
        )
        return f"GaussianHMM({', '.join(changed)})"

    def _repr_html_(self) -> str:
        """The states as a table: their shares in the long run, how long they last, their means and deviations."""
        if not self.__sklearn_is_fitted__():
            return as_table(repr(self))
        shares, stays = self.get_stationary_distribution(), self.transmat_.diagonal()
        deviations = self.covars_.diagonal(axis1=1, axis2=2) ** 0.5
        head = ["state", "share of time", "rows that it lasts"]
        head += [f"{what} {column}" for column in range(self.n_features) for what in ("mean", "deviation")]
        rows = []
        for state, (share, stay) in enumerate(zip(shares, stays, strict=True)):
            cells = [f"{state}", f"{share:.1%}", f"{1 / (1 - stay):.1f}" if stay < 1 else "∞"]
            pairs = zip(self.means_[state], deviations[state], strict=True)
            rows.append(cells + [f"{value:.4g}" for pair in pairs for value in pair])
        titles = "".join(f"<th>{cell}</th>" for cell in head)
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        return f"<table><caption>{escape(repr(self))}</caption><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"

    # ---- between Python and the native part

    def _about(self, X: Any, lengths: Any) -> tuple[_native.Observed, _native.Hmm]:
        """Observations, and the model that is asked about them."""
        model = self._model(self.startprob_)
        return observed(X, lengths)[0], model

    def _probabilities(self, X: Any, lengths: Any, causal: bool) -> tuple[float, numpy.ndarray]:
        numpy = load_numpy()
        data, model = self._about(X, lengths)
        log_prob, probabilities = model.probabilities(data, causal)
        return log_prob, numpy.frombuffer(probabilities, dtype=numpy.float64).reshape(-1, self.n_components)

    def _model(self, start: Any) -> _native.Hmm:
        """The native model of the parameters."""
        check_words(self)
        transition, means, _ = (self._known(code) for code in "tmc")
        self._check_shapes(set("stmc"), self.n_features)
        is_full = self.covariance_type in ("full", "tied")
        return _native.Hmm(start, transition, means, self._spread(self.n_features), is_full)

    def _spread(self, width: int) -> Any:
        """The covariances as the native part has them: a matrix or a diagonal for each state."""
        numpy = load_numpy()
        if self.covariance_type == "spherical":
            return numpy.repeat(self._covars_[:, None], width, axis=1)
        if self.covariance_type == "tied":
            return numpy.tile(self._covars_, (self.n_components, 1, 1))
        return self._covars_

    def _take(self, model: _native.Hmm, width: int) -> None:
        """The parameters of a native model."""
        numpy = load_numpy()
        k, d = self.n_components, width
        parts = [numpy.frombuffer(part, dtype=numpy.float64) for part in model.parameters()]
        self._startprob_ = parts[0]
        self._transmat_ = parts[1].reshape(k, k)
        self._means_ = parts[2].reshape(k, d)
        shape = (k, d, d) if self.covariance_type in ("full", "tied") else (k, d)
        covariances = parts[3].reshape(shape)
        first = {"spherical": (slice(None), 0), "tied": 0}.get(self.covariance_type)
        self._covars_ = covariances if first is None else covariances[first].copy()
        self._by_hand = set()

    def _known(self, code: str) -> Any:
        name = NAMES[code]
        value = getattr(self, "_" + name)
        if value is None:
            raise NotFitted(f"{name} is not known yet; fit the model, or set it")
        return value

    def _set(self, code: str, value: Any) -> None:
        setattr(self, "_" + NAMES[code], value)
        self._by_hand = self._by_hand | {code}

    def _check_width(self, code: str, width: int) -> None:
        values = self._means_ if code == "m" else self._covars_
        if code == "c" and self.covariance_type == "spherical":
            return
        if values.ndim > 1 and values.shape[-1] != width:
            raise InvalidData(f"X has {width} columns where {NAMES[code]} has {values.shape[-1]}")

    def _check_shapes(self, codes: set[str], width: int) -> None:
        """The parameters must have the shapes that the constructor's arguments say."""
        k, d = self.n_components, width
        shapes = {"spherical": (k,), "diag": (k, d), "full": (k, d, d), "tied": (d, d)}
        shapes = {"s": (k,), "t": (k, k), "m": (k, d), "c": shapes[self.covariance_type]}
        for code in codes:
            name = NAMES[code]
            found = getattr(self, "_" + name).shape
            if found != shapes[code]:
                raise InvalidParameter(f"{name} has the shape {found} where {shapes[code]} is needed")

    # hmmlearn's name for the check of parameters that were set.
    def _check(self) -> None:
        self._model(self.startprob_)

    def _n_free(self, width: int) -> dict[str, int]:
        """The number of free parameters by the letters of ``params``."""
        k, d = self.n_components, width
        square = d * (d + 1) // 2
        covariances = {"spherical": k, "diag": k * d, "full": k * square, "tied": square}
        return {"s": k - 1, "t": k * (k - 1), "m": k * d, "c": covariances[self.covariance_type]}


def _words() -> dict[str, Any]:
    """The arguments of the constructor and their defaults."""
    parameters = inspect.signature(GaussianHMM.__init__).parameters
    return {name: parameter.default for name, parameter in parameters.items() if name != "self"}
