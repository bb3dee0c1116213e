"""Models of the user's own: objects with ``fit`` and ``predict``, as the engine fits and asks them."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import json
import pickle
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

from backstaff._identity import Identity, digest
from backstaff.errors import DataWarning, Error, ModelError, StudyError

TABLES = ("numpy", "pandas", "polars", "arrow")

# The names of features, their values, the days since 1970, the codes and the names of the instruments.
_Parts = tuple[list[str], Any, bytearray, bytearray, list[str]]


class Own:
    """A model of the user's own, and how it wants its rows.

    Parameters
    ----------
    name : str
        What the study calls it.
    model : object, class or function
        An object with ``fit`` and ``predict``, of which every fold gets a clone; or a class or function that makes one.
    parameters : dict
        The arguments of a class or function.
    table : str
        The form of the features: ``numpy``, ``pandas``, ``polars`` or ``arrow``.
    keep : bool
        Whether fitted models are pickled into the store.
    """

    def __init__(
        self, name: str, model: Any, parameters: dict[str, Any] | None = None, *, table: str = "numpy", keep: bool = False
    ) -> None:
        if table not in TABLES:
            raise StudyError(f"models.{name}.table: {table!r} is none of {', '.join(TABLES)}")
        makes = isinstance(model, type) or (callable(model) and not hasattr(model, "fit"))
        if parameters and not makes:
            raise StudyError(f"models.{name}.parameters: {_shown(model)} is an object already; set them on it")
        self._name = name
        self._model = model
        self._parameters = parameters or {}
        self._makes = makes
        self._table = table
        self._keep = keep
        _check(self._fresh(), name)

    @property
    def wants_table(self) -> bool:
        """Whether the features come as a table rather than as one array."""
        return self._table in ("polars", "arrow")

    def identity(self) -> tuple[list[tuple[str, str]], list[str]]:
        """All that shapes the model, and what the user should know of how it is recognised."""
        identity = Identity(self._model if self._makes else copy.copy(self._model))
        parameters = [(f"parameter {name}", identity.describe(value)) for name, value in sorted(self._parameters.items())]
        said = [("kind", "python"), ("table", self._table), ("keep", str(self._keep)), *identity.fields, *parameters]
        return said, identity.notes

    def fit(self, train: tuple[_Parts, bytearray, bytearray | None], validation: Any) -> Any:
        """Fit a fresh model on the rows of a fold, and return it."""
        numpy = _numpy(self._name)
        model = self._fresh()
        parts, targets, weights = train
        x, y = self._features(parts), numpy.frombuffer(targets)
        given = {"dates": lambda: _dates(parts), "instruments": lambda: _instruments(parts), "feature_names": lambda: parts[0]}
        signature = _names(model.fit)
        keywords = {name: make() for name, make in given.items() if name in signature}
        if weights is not None:
            self._weigh(model, signature, keywords, numpy.frombuffer(weights))
        if len(validation[1]) > 0:
            held_out = None
            if {"validation", "eval_set"} & signature:
                held_out = (self._features(validation[0]), numpy.frombuffer(validation[1]))
            if "validation" in signature:
                keywords["validation"] = held_out
            elif "eval_set" in signature:
                keywords["eval_set"] = [held_out]
                if "verbose" in signature:
                    keywords["verbose"] = False
        try:
            fitted = model.fit(x, y, **keywords)
        except ValueError as error:
            if "nan" in str(error).lower() and numpy.isnan(_plain(x)).any():
                error.add_note(
                    "some features are missing in some rows: put sklearn.impute.SimpleImputer in front, or take a model "
                    "that knows missing values"
                )
            raise
        return fitted if hasattr(fitted, "predict") else model

    def predict(self, model: Any, parts: _Parts) -> bytes:
        """The scores of rows, as the bytes of 64-bit numbers."""
        numpy = _numpy(self._name)
        n = len(parts[2]) // 4
        given = {"dates": lambda: _dates(parts), "instruments": lambda: _instruments(parts)}
        signature = _names(model.predict)
        keywords = {name: make() for name, make in given.items() if name in signature}
        scores = model.predict(self._features(parts), **keywords)
        if hasattr(scores, "detach"):
            scores = scores.detach().cpu()
        try:
            scores = numpy.asarray(scores, dtype=numpy.float64)
        except (TypeError, ValueError) as error:
            raise ModelError(f"predict gave a {type(scores).__name__}, which is no array of numbers: {error}") from None
        if scores.size != n or scores.ndim > 2 or (scores.ndim == 2 and 1 not in scores.shape):
            shape = " × ".join(map(str, scores.shape)) or "one number"
            raise ModelError(f"predict gave {shape} for {n} rows; give one score for each")
        if numpy.isinf(scores).any():
            raise ModelError(f"predict gave an infinite score ({int(numpy.isinf(scores).sum())} of {n} rows)")
        return numpy.ascontiguousarray(scores.reshape(-1)).tobytes()

    def importance(self, model: Any) -> list[float]:
        """How much each feature counts, if the model says so: ``feature_importances_`` or the size of ``coef_``."""
        steps = getattr(model, "steps", None)
        last = steps[-1][1] if steps else model
        found = getattr(last, "feature_importances_", None)
        if found is None:
            found = getattr(last, "coef_", None)
        if found is None or hasattr(found, "todense"):
            return []
        numpy = _numpy(self._name)
        sizes = numpy.abs(numpy.asarray(found, dtype=numpy.float64)).reshape(-1)
        features = getattr(model, "n_features_in_", len(sizes))
        return sizes.tolist() if len(sizes) == features else []

    def keep(self, model: Any) -> bytes | None:
        """The fitted model as a pickle, if it is to be kept."""
        if not self._keep:
            return None
        try:
            return pickle.dumps(model, protocol=5)
        except Exception as error:
            raise ModelError(f"keep: {type(model).__name__} can't be pickled: {error}") from error

    def read(self, data: bytes) -> Any:
        """A model that was kept."""
        return pickle.loads(data)

    def _fresh(self) -> Any:
        if self._makes:
            return self._model(**self._parameters)
        try:
            if hasattr(self._model, "get_params") and "sklearn" in sys.modules:
                from sklearn.base import clone

                return clone(self._model)
            return copy.deepcopy(self._model)
        except Exception as error:
            raise StudyError(
                f"models.{self._name}: {_shown(self._model)} can't be copied for each fold ({error}); give its class, or a "
                "function that makes it"
            ) from error

    def _features(self, parts: _Parts) -> Any:
        names, values, days, *_ = parts
        if self._table == "arrow":
            from backstaff._table import Table

            return Table(values)
        if self._table == "polars":
            import polars

            return polars.DataFrame(values)
        numpy = _numpy(self._name)
        matrix = numpy.frombuffer(values, dtype=numpy.float64).reshape((len(days) // 4, len(names)), order="F")
        if self._table == "numpy":
            return matrix
        import pandas

        index = pandas.MultiIndex.from_arrays([_dates(parts), _instruments(parts)], names=["datetime", "instrument"])
        return pandas.DataFrame(matrix, columns=names, index=index, copy=False)

    def _weigh(self, model: Any, signature: set[str], keywords: dict[str, Any], weights: Any) -> None:
        for name in ("sample_weight", "weights"):
            if name in signature:
                keywords[name] = weights
                return
        steps = getattr(model, "steps", None)
        if steps and "sample_weight" in _names(steps[-1][1].fit):
            keywords[f"{steps[-1][0]}__sample_weight"] = weights
            return
        text = f"models.{self._name}: its fit takes no `sample_weight`, so that the study's weights count for nothing"
        warnings.warn(text, DataWarning, stacklevel=2)


def from_file(name: str, folder: Path, function: str, parameters: str, table: str, keep: bool) -> Own:
    """The model that a study's file names: ``FILE:NAME``, relative to the folder of the study."""
    if function.startswith("object "):
        raise StudyError(f"{function!r} stands for an object that was handed over in Python; name a file and a function in it")
    file, colon, attribute = function.rpartition(":")
    if not colon or not attribute.isidentifier():
        raise StudyError(f"{function!r} names no function; write FILE:NAME, as in `model.py:make`")
    path = (Path(folder) / file).resolve()
    module = _module(path)
    if not hasattr(module, attribute):
        known = [key for key, value in vars(module).items() if callable(value) and getattr(value, "__module__", "") == module.__name__]
        raise StudyError(f"{path} has no {attribute!r}; it has {', '.join(sorted(known)) or 'no function'}")
    return Own(name, getattr(module, attribute), json.loads(parameters), table=table, keep=keep)


def told(error: BaseException) -> str:
    """What an exception of the user's code says, with the lines that led to it."""
    if isinstance(error, Error):
        return str(error)
    own = str(Path(__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(own)]
    lines = "".join(traceback.format_list(frames[:3] + frames[3:][-5:]))
    notes = "".join(f"\n{note}" for note in getattr(error, "__notes__", ()))
    return f"{type(error).__name__}: {error}{notes}\n{lines}".rstrip()


def _module(path: Path) -> Any:
    try:
        source = path.read_bytes()
    except OSError as error:
        raise StudyError(f"{path} can't be read: {error.strerror}") from None
    name = f"backstaff_{path.stem}_{digest(source)[:12]}"
    if name in sys.modules:
        return sys.modules[name]
    # Its neighbours can be imported, as those of a script can.
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise StudyError(f"{path} is no file of Python; its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    # The name has the digest of the text, so that a change is another module; what is said of it has the file's.
    module.__backstaff_name__ = path.stem  # type: ignore[attr-defined]
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _check(model: Any, name: str) -> None:
    missing = [method for method in ("fit", "predict") if not callable(getattr(model, method, None))]
    if missing:
        raise StudyError(f"models.{name}: {_shown(model)} has no {' and no '.join(missing)}; a model has both")


def _shown(model: Any) -> str:
    text = repr(model)
    return text if len(text) <= 80 and "\n" not in text else f"a {type(model).__qualname__}"


def _names(method: Any) -> set[str]:
    try:
        return set(inspect.signature(method).parameters)
    except (TypeError, ValueError):
        return set()


def _plain(x: Any) -> Any:
    import numpy

    return numpy.asarray(x, dtype=numpy.float64) if not isinstance(x, numpy.ndarray) else x


def _numpy(name: str) -> Any:
    try:
        import numpy
    except ModuleNotFoundError:
        raise ModelError(f"models.{name}: models of one's own need numpy: `pip install numpy`") from None
    return numpy


def _dates(parts: _Parts) -> Any:
    import numpy

    return numpy.frombuffer(parts[2], dtype=numpy.int32).astype("datetime64[D]")


def _instruments(parts: _Parts) -> Any:
    import numpy

    return numpy.array(parts[4], dtype=object)[numpy.frombuffer(parts[3], dtype=numpy.uint32)]
