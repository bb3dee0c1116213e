"""The arguments and parameters of a hidden Markov model, checked."""

from __future__ import annotations

import math
from typing import Any

from backstaff._matrix import InvalidParameter, load_numpy

COVARIANCE_TYPES = ("spherical", "diag", "full", "tied")
ALGORITHMS = ("viterbi", "map")
IMPLEMENTATIONS = ("log", "scaling")
# The letters of `params`.
NAMES = {"s": "startprob_", "t": "transmat_", "m": "means_", "c": "covars_"}


def check_words(model: Any) -> None:
    """The arguments of the constructor, which may be changed at any time."""
    if not is_count(model.n_components, 1):
        raise InvalidParameter(f"n_components: {model.n_components!r} is no number of states; give 1 or more")
    if not is_count(model.n_iter, 0):
        raise InvalidParameter(f"n_iter: {model.n_iter!r} is no number of iterations; give 0 or more")
    words = {
        "covariance_type": COVARIANCE_TYPES,
        "algorithm": ALGORITHMS,
        "implementation": IMPLEMENTATIONS,
    }
    for name, values in words.items():
        if getattr(model, name) not in values:
            raise InvalidParameter(f"{name}: {getattr(model, name)!r} is none of {', '.join(map(repr, values))}")
    for name in ("params", "init_params"):
        value = getattr(model, name)
        if not isinstance(value, str) or set(value) - set(NAMES):
            raise InvalidParameter(f"{name}: {value!r} holds other letters than 's', 't', 'm' and 'c'")
    for name in ("tol", "min_covar", "means_weight", "covars_weight"):
        value = getattr(model, name)
        is_number = value is None and name.endswith("weight") or _is_number(value)
        if not is_number or name != "tol" and value is not None and not 0 <= value < math.inf:
            raise InvalidParameter(f"{name}: {value!r} is no number that it can be")


def is_count(value: Any, least: int) -> bool:
    """Whether a value is a whole number that is no smaller."""
    try:
        return not isinstance(value, bool) and value.__index__() >= least
    except AttributeError:
        return False


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, str) and not math.isnan(value)
    except TypeError:
        return False


def says_nothing(value: Any, neutral: float) -> bool:
    """Whether a prior says nothing."""
    if value is None or isinstance(value, int | float):
        return value is None or value == neutral
    return bool((array_of(value, "a prior") == neutral).all())


def prior_array(name: str, value: Any, neutral: float, shape: tuple[int, ...]) -> Any:
    """A prior for every number of a parameter."""
    numpy = load_numpy()
    array = array_of(neutral if value is None else value, name)
    if not numpy.isfinite(array).all():
        raise InvalidParameter(f"{name} holds what is no finite number")
    try:
        return numpy.ascontiguousarray(numpy.broadcast_to(array, shape))
    except ValueError:
        raise InvalidParameter(f"{name} has the shape {array.shape}; give a number or {shape}") from None


def array_of(value: Any, name: str) -> Any:
    """Numbers as an array of one's own."""
    numpy = load_numpy()
    try:
        return numpy.array(value, dtype=numpy.float64, order="C")
    except (TypeError, ValueError) as error:
        raise InvalidParameter(f"{name}: {error}") from None


def compact(values: Any, kind: str, k: int) -> Any:
    """Covariances in the shape of their kind."""
    numpy = load_numpy()
    given = values
    if values.ndim == 3 and kind == "diag":
        values = numpy.ascontiguousarray(values.diagonal(axis1=1, axis2=2))
        same = values[:, :, None] * numpy.eye(values.shape[1])
    elif values.ndim == 3 and kind == "spherical" and values.shape[1] > 1:
        values = values[:, 0, 0].copy()
        same = values[:, None, None] * numpy.eye(given.shape[1])
    elif values.ndim == 3 and kind == "tied":
        values = values[0].copy()
        same = numpy.broadcast_to(values, given.shape)
    else:
        same = given
        values = values.ravel() if kind == "spherical" else values
    if same.shape != given.shape or not (same == given).all():
        raise InvalidParameter(f"covars_ are not {kind}; they hold what covariances of that kind have not")
    wanted = {"spherical": 1, "diag": 2, "full": 3, "tied": 2}[kind]
    is_square = kind in ("spherical", "diag") or values.ndim > 1 and values.shape[-1] == values.shape[-2]
    if values.ndim != wanted or not is_square or kind != "tied" and len(values) != k:
        shape = {
            "spherical": "(n_components,)",
            "diag": "(n_components, n_features)",
            "full": "(n_components, n_features, n_features)",
            "tied": "(n_features, n_features)",
        }[kind]
        raise InvalidParameter(f"covars_ has the shape {given.shape}; {kind!r} ones have {shape}")
    return _positive(values, kind)


def _positive(values: Any, kind: str) -> Any:
    numpy = load_numpy()
    if not numpy.isfinite(values).all():
        raise InvalidParameter("covars_ holds what is no finite number")
    if kind in ("spherical", "diag"):
        if (values <= 0).any():
            raise InvalidParameter("covars_ holds a variance that is not positive")
        return values
    for matrix in values.reshape(-1, *values.shape[-2:]):
        if not numpy.allclose(matrix, matrix.T) or numpy.linalg.eigvalsh(matrix).min() <= 0:
            raise InvalidParameter("covars_ holds a matrix that is not symmetric and positive definite")
    return values
