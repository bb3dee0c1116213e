"""Studies: from data to a report, and the verbs around it."""

from __future__ import annotations

import copy
import csv
import itertools
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backstaff import _native
from backstaff._answer import Answer, Proof
from backstaff._frames import is_frame, path_text, to_columns
from backstaff._lightgbm import find_library
from backstaff._own import Own
from backstaff._progress import progress as _progress
from backstaff._run import Run
from backstaff._threads import n_threads
from backstaff.errors import StudyError

_Place = str | os.PathLike[str]

# LightGBM's threads do not survive a fork: a child of a process that has trained hangs on more than one.
_has_trained = False
_was_forked = False


def _after_fork() -> None:
    global _was_forked
    _was_forked = _has_trained


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Study:
    """A study: its settings, checked as a whole.

    Parameters
    ----------
    study : path or mapping
        A study's file, or a mapping with the same keys, in which paths are relative to the working directory. In a mapping
        a frame may stand where a table's path does. A model may be an object with ``fit`` and ``predict``, or a class or
        function that makes one: ``"mine": Ridge(alpha=1.0)``; with more to say, ``"mine": {"python": make, "parameters":
        {...}, "table": "pandas", "keep": True}``. It gets the features as an array of numpy (or as a frame, by ``table``)
        and the targets, and by the names of its parameters ``sample_weight``, ``dates``, ``instruments``,
        ``feature_names``, ``validation`` (features and targets) or ``eval_set``. Every fold fits a clone of it.
    scores : frame or path, optional
        Scores that were computed elsewhere: dates, instruments, a column ``score`` and, where they became known later,
        ``known_at``. They are the model ``scores``.
    profile : str, optional
        A named change that is laid over the settings, such as ``"dev"``.
    store : path, optional
        The folder of what is kept between runs; ``.backstaff`` beside the study if absent.
    reports : path, optional
        The folder of reports; ``reports`` beside the study if absent.
    threads : int, optional
        The number of threads; all that the process may use if absent, and one in a process that was forked from one that
        has trained.

    Raises
    ------
    StudyError
        With everything that is wrong with the settings, at once.

    Examples
    --------
    >>> study = bs.Study({
    ...     "backstaff": 1, "name": "reversal", "data": {"prices": {"path": path}},
    ...     "models": {"reversal": {"expression": "Ref($close, 2) / $close - 1"}},
    ...     "strategy": {"topk_dropout": {"k": 1, "n_drop": 1}},
    ... })
    >>> study.set("portfolio.costs.commission_bps", 5).settings["portfolio"]["costs"]["commission_bps"]
    5.0
    """

    def __init__(
        self,
        study: _Place | Mapping[str, Any],
        *,
        scores: Any | None = None,
        profile: str | None = None,
        store: _Place | None = None,
        reports: _Place | None = None,
        threads: int | None = None,
    ) -> None:
        if threads is None and _was_forked:
            threads = 1
        path, settings = None, None
        self._given = _Given()
        if isinstance(study, Mapping):
            settings = self._given.json(_with_scores(study, scores)), os.getcwd()
        elif isinstance(study, str | os.PathLike):
            if scores is not None:
                raise StudyError("scores: a study's file names its models; say `models: {scores: {scores: PATH}}` there")
            path = os.fspath(study)
        else:
            raise StudyError(f"a {type(study).__name__} is no study; give a path or a mapping")
        places = path_text(store), path_text(reports)
        models = self._given.models()
        self._native = _native.Study(path, settings, profile, places, n_threads(threads), models)

    @property
    def name(self) -> str:
        """The name under which runs are remembered; each profile has a name of its own."""
        return self._native.name

    @property
    def settings(self) -> dict[str, Any]:
        """All settings, with what was left open filled in and the profile laid over: a new dictionary each time."""
        return json.loads(self._native.settings()[0])

    def set(self, key: str, value: Any) -> Study:
        """The same study with another value under a key such as ``"label.horizon"``; this one stays as it is.

        A name in the middle that the study does not have yet is made a section. ``None`` takes a setting back.
        """
        settings = self.settings
        *sections, last = key.split(".")
        place: Any = settings
        for section in sections:
            if place.get(section) is None:
                place[section] = {}
            place = place[section]
            if not isinstance(place, dict):
                raise StudyError(f"{key}: {section} is no section")
        place[last] = value
        changed = copy.copy(self)
        changed._given = self._given.copy()
        text = changed._given.json(settings)
        changed._native = self._native.with_settings(text, changed._given.models())
        return changed

    def to_yaml(self, path: _Place | None = None) -> str:
        """The settings as YAML, which is also written to a file if one is named."""
        text = self._native.settings()[1]
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

    def check(self) -> list[str]:
        """Read the data, resolve all expressions and cut the folds, as a run would; nothing is trained or simulated.

        Returns
        -------
        list of str
            The warnings that a run would begin with.

        Raises
        ------
        DataError, ExpressionError, ModelError, StudyError
            What would stop a run up to there.
        """
        _prepare()
        return self._native.check()

    def run(self, *, progress: bool = True) -> Run:
        """Run the study: what the store has is found, the rest is computed, the report is written.

        Raises
        ------
        DataError, ModelError, StoreError, StudyError
            By what stands in the way.
        KeyboardInterrupt
            After Ctrl-C, when what is being computed then (a fold of a model, say) is ready; it is in the store, and the
            same run goes on from there.
        """
        _prepare()
        return Run(self._native.run(_progress(progress)))

    def orders(
        self,
        *,
        holdings: Mapping[str, float] | _Place | Any | None = None,
        cash: float | None = None,
        lot: float | None = None,
        max_age: int | None = None,
        progress: bool = True,
    ) -> Answer:
        """The orders for the session after the newest one.

        Parameters
        ----------
        holdings : mapping, path or frame, optional
            The shares of each instrument: a mapping by name, a CSV or Parquet table, or a frame with the columns
            ``instrument`` and ``shares``. Nothing if only ``cash`` is given.
        cash : float, optional
            The cash of the account. Without both the orders are those of the simulated account.
        lot : float, optional
            The number of shares of which orders are multiples, 0 for fractions; 1 for an account if absent.
        max_age : int, optional
            The most calendar days that the newest session may lie back.

        Returns
        -------
        Answer
            The keys of ``backstaff orders --json``: ``orders``, ``refused``, ``cash_after``, ``notes`` and others.
        """
        _prepare()
        with tempfile.TemporaryDirectory() as folder:
            account = _account(holdings, cash, Path(folder))
            return Answer(self._native.orders(account, lot, max_age, _progress(progress)))

    def update(self, *, progress: bool = True) -> Answer:
        """Read the data anew, compute the features that are missing, and tell what is new in them."""
        _prepare()
        return Answer(self._native.update(_progress(progress)))

    def prove(self, *, dates: int = 3, progress: bool = True) -> Proof:
        """Change everything after several dates, compute again, and see whether anything before them moves.

        Parameters
        ----------
        dates : int
            The number of dates.

        Returns
        -------
        Proof
            True if nothing looks ahead.
        """
        _prepare()
        return Proof(*_proof(self._native.prove(dates, _progress(progress))))

    def status(self) -> Answer:
        """What the last run left in the store. Nothing is computed."""
        return Answer(self._native.status())

    def why(self, stage: str | None = None) -> Answer:
        """Why the stages of the last run, or this one, were computed, or that they were found."""
        return Answer(self._native.why(stage))

    def __repr__(self) -> str:
        return f"Study {self.name!r}, store {self._native.store}"


def compare(runs: Sequence[Run | _Place], *, out: _Place | None = None, store: _Place | None = None) -> Answer:
    """Set runs beside each other: what differs in their studies, and how far their returns lie apart.

    Parameters
    ----------
    runs : sequence of Run, path or str
        Two runs or more, or what the command line takes: files of studies or results, ``NAME@NUMBER``.
    out : path, optional
        The page to write; one in the folder of reports if absent.
    store : path, optional
        Where names and numbers are looked up; the store of the first run if absent.

    Returns
    -------
    Answer
        The keys of ``backstaff compare --json``: ``subjects``, ``pairs``, and ``out``, the page.
    """
    stores = {run["artifacts"]["store"] for run in runs if isinstance(run, Run)}
    place = os.fspath(store) if store is not None else next(iter(stores), None)
    if len(stores) > 1:
        raise StudyError(f"compare: the runs lie in several stores ({', '.join(sorted(stores))}); name files of results")
    wanted = [f"{run['study']}@{run.number}" if isinstance(run, Run) else os.fspath(run) for run in runs]
    return Answer(_native.compare_runs(wanted, path_text(out), place))


def _prepare() -> None:
    global _has_trained
    find_library()
    _has_trained = True


def _proof(answer: tuple[str, str, bool]) -> tuple[tuple[str, str], bool]:
    json_text, text, holds = answer
    return (json_text, text), holds


class _Given:
    """What a study was given that no text can hold: models as objects, and frames, which are kept in files."""

    def __init__(self) -> None:
        self._own: dict[str, Own] = {}
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._numbers = itertools.count(1)

    def copy(self) -> _Given:
        other = copy.copy(self)
        other._own = dict(self._own)
        return other

    def models(self) -> list[tuple[str, Own]]:
        return list(self._own.items())

    def json(self, settings: Mapping[str, Any]) -> str:
        """The settings as a text, in which a name stands for each object and a file for each frame."""
        models = settings.get("models")
        if isinstance(models, Mapping):
            settings = {**settings, "models": {name: self._model(name, model) for name, model in models.items()}}
        return json.dumps(settings, default=self._plain)

    def _model(self, name: str, model: Any) -> Any:
        keys = {"python": model}
        if isinstance(model, Mapping):
            keys = dict(model)
            if "python" not in keys or isinstance(keys["python"], str | Mapping):
                return model
        elif isinstance(model, str) or model is None or is_frame(model):
            return model
        options = {"table": keys.pop("table", "numpy"), "keep": bool(keys.pop("keep", False))}
        made, parameters = keys.pop("python"), keys.pop("parameters", None)
        if keys:
            raise StudyError(f"models.{name}: unknown key {next(iter(keys))!r}; beside python stand parameters, table, keep")
        self._own[name] = Own(name, made, parameters, **options)
        text = " ".join(repr(made).split())
        if " at 0x" in text:
            text = getattr(made, "__qualname__", type(made).__qualname__)
        text = f"object {text[:100]}"
        return {"python": {"function": text, "parameters": _texts(parameters), **options}}

    def _plain(self, value: Any) -> Any:
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if hasattr(value, "isoformat"):
            return value.isoformat()
        if isinstance(value, Mapping):
            return dict(value)
        if is_frame(value):
            return self._file(value)
        if hasattr(value, "item"):
            return value.item()
        raise StudyError(f"a study can't hold a {type(value).__name__}")

    def _file(self, frame: Any) -> str:
        table, form = to_columns(frame)
        if form:
            raise StudyError("a frame with a column for each instrument: say `wide: close` in data.prices and write it to a file")
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="backstaff-frames-")
        path = os.path.join(self._folder.name, f"frame-{next(self._numbers)}.parquet")
        _native.write_parquet(table, path)
        return path



def _texts(parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    plain = (bool, int, float, str, type(None))
    return {name: value if isinstance(value, plain) else repr(value) for name, value in (parameters or {}).items()}


def _with_scores(study: Mapping[str, Any], scores: Any) -> Mapping[str, Any]:
    if scores is None:
        return study
    models = study.get("models") or {}
    if "scores" in models:
        raise StudyError("scores: the study has a model of that name already")
    return {**study, "models": {**models, "scores": {"scores": scores}}}


def _account(holdings: Any, cash: float | None, folder: Path) -> tuple[str | None, float] | None:
    if holdings is None:
        return None if cash is None else (None, float(cash))
    if isinstance(holdings, str | os.PathLike):
        return os.fspath(holdings), float(cash or 0.0)
    path = folder / "holdings.csv"
    if isinstance(holdings, Mapping):
        rows = list(holdings.items())
    elif is_frame(holdings):
        rows = _rows(holdings)
    else:
        raise StudyError(f"holdings: a {type(holdings).__name__} is neither a mapping, a path nor a frame")
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("instrument", "shares"), *rows])
    return str(path), float(cash or 0.0)


def _rows(frame: Any) -> list[tuple[str, float]]:
    if hasattr(frame, "to_dict") and hasattr(frame, "index"):
        columns = {str(name): list(values) for name, values in frame.items()}
    else:
        import pyarrow

        columns = pyarrow.table(frame).to_pydict()
    missing = [name for name in ("instrument", "shares") if name not in columns]
    if missing:
        raise StudyError(f"holdings: the frame has no column {' and no column '.join(missing)}")
    return list(zip(columns["instrument"], columns["shares"], strict=True))
