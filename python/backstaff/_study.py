"""Studies: from data to a report, and the verbs around it."""

from __future__ import annotations

import copy
import csv
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backstaff import _native
from backstaff._answer import Answer, Proof
from backstaff._frames import is_frame
from backstaff._lightgbm import find_library
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
        A study's file, or a mapping with the same keys, in which paths are relative to the working directory.
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
        profile: str | None = None,
        store: _Place | None = None,
        reports: _Place | None = None,
        threads: int | None = None,
    ) -> None:
        if threads is None and _was_forked:
            threads = 1
        path, settings = None, None
        if isinstance(study, Mapping):
            settings = _json(study), os.getcwd()
        elif isinstance(study, str | os.PathLike):
            path = os.fspath(study)
        else:
            raise StudyError(f"a {type(study).__name__} is no study; give a path or a mapping")
        places = [None if place is None else os.fspath(place) for place in (store, reports)]
        self._native = _native.Study(path, settings, profile, *places, n_threads(threads))

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
        changed._native = self._native.with_settings(_json(settings))
        return changed

    def to_yaml(self, path: _Place | None = None) -> str:
        """The settings as YAML, which is also written to a file if one is named."""
        text = self._native.settings()[1]
        if path is not None:
            Path(path).write_text(text, encoding="utf-8")
        return text

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
    return Answer(_native.compare_runs(wanted, None if out is None else os.fspath(out), place))


def _prepare() -> None:
    global _has_trained
    find_library()
    _has_trained = True


def _proof(answer: tuple[str, str, bool]) -> tuple[tuple[str, str], bool]:
    json_text, text, holds = answer
    return (json_text, text), holds


def _json(settings: Mapping[str, Any]) -> str:
    def plain(value: Any) -> Any:
        if isinstance(value, os.PathLike):
            return os.fspath(value)
        if hasattr(value, "isoformat"):
            return value.isoformat()
        if isinstance(value, Mapping):
            return dict(value)
        if is_frame(value):
            raise StudyError("a study reads files: write the frame with to_parquet() and give its path")
        raise StudyError(f"a study can't hold a {type(value).__name__}")

    return json.dumps(settings, default=plain)


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
