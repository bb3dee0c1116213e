"""Experiments and recorders as folders of plain files.

``FOLDER/EXPERIMENT/RECORDER/`` holds ``info.json``, ``params.json``, ``tags.json``, ``metrics.jsonl`` and ``artifacts/``:
objects as the pickles that scripts read, frames as Parquet beside.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from backstaff.errors import StudyError

__all__ = ["Experiment", "Recorder"]


def _now() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _write(path: Path, values: dict[str, Any]) -> None:
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


class Recorder:
    """What one run has left."""

    STATUS_S = "SCHEDULED"
    STATUS_R = "RUNNING"
    STATUS_FI = "FINISHED"
    STATUS_FA = "FAILED"

    def __init__(self, experiment: Experiment, recorder_id: str) -> None:
        self.experiment = experiment
        self.id = recorder_id
        self._folder = experiment.folder / recorder_id

    @classmethod
    def new(cls, experiment: Experiment, name: str | None) -> Recorder:
        """A recorder without anything."""
        made = cls(experiment, uuid.uuid4().hex)
        (made._folder / "artifacts").mkdir(parents=True)
        made._say(name=name or "mlflow_recorder", status=cls.STATUS_S, start_time=None, end_time=None)
        return made

    def _say(self, **values: Any) -> None:
        _write(self._folder / "info.json", _read(self._folder / "info.json") | values)

    def _said(self, key: str) -> Any:
        return _read(self._folder / "info.json").get(key)

    @property
    def name(self) -> Any:
        """The name."""
        return self._said("name")

    @property
    def status(self) -> Any:
        """The state of the run."""
        return self._said("status")

    @property
    def start_time(self) -> Any:
        """When the run began."""
        return self._said("start_time")

    @property
    def end_time(self) -> Any:
        """When the run ended; None while it has not."""
        return self._said("end_time")

    @property
    def experiment_id(self) -> str:
        """The experiment."""
        return self.experiment.id

    @property
    def experiment_name(self) -> str:
        """The name of the experiment."""
        return self.experiment.name

    @property
    def uri(self) -> str:
        """The folder of all experiments."""
        return self.experiment.folder.parent.as_uri()

    @property
    def artifact_uri(self) -> str:
        """The folder of what was saved."""
        return (self._folder / "artifacts").as_uri()

    @property
    def info(self) -> dict[str, Any]:
        """What is known of the run: ``id``, ``name``, ``start_time``, ``end_time``, ``status``, ``experiment_id``."""
        said = _read(self._folder / "info.json")
        return {"class": "Recorder", "id": self.id, "experiment_id": self.experiment_id, **said}

    def start_run(self) -> Recorder:
        """Begin, or go on."""
        self._say(status=self.STATUS_R, start_time=self.start_time or _now())
        return self

    def end_run(self, status: str = STATUS_FI) -> None:
        """End."""
        self._say(status=status, end_time=_now())

    def set_recorder_name(self, rname: str) -> None:
        """Change the name."""
        self._say(name=rname)

    def get_local_dir(self) -> str:
        """The folder of the run."""
        return str(self._folder)

    def get_artifact_uri(self) -> str:
        """The folder of what was saved."""
        return self.artifact_uri

    def _place(self, name: str) -> Path:
        root = (self._folder / "artifacts").resolve()
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise StudyError(f"{name!r} lies outside of what the recorder holds")
        return path

    def save_objects(self, local_path: Any = None, artifact_path: str | None = None, **kwargs: Any) -> None:
        """Save objects by name, each as a pickle, frames as Parquet too; or the files of a folder."""
        if local_path is not None:
            self.log_artifact(local_path, artifact_path)
        digests = _read(self._folder / "digests.json")
        for name, value in kwargs.items():
            where = f"{artifact_path}/{name}" if artifact_path else name
            path = self._place(where)
            path.parent.mkdir(parents=True, exist_ok=True)
            text = pickle.dumps(value)
            path.write_bytes(text)
            digests[where] = hashlib.sha256(text).hexdigest()
            _as_parquet(value, path)
        _write(self._folder / "digests.json", digests)

    def load_object(self, name: str) -> Any:
        """An object that :meth:`save_objects` saved here.

        A pickle runs code: one that lies here but was not saved so, or is another user's, is refused.
        """
        path = self._place(name)
        if not path.is_file():
            known = ", ".join(self.list_artifacts()) or "nothing"
            raise FileNotFoundError(f"the recorder {self.id} has no {name!r}; it holds {known}")
        text = path.read_bytes()
        digest = _read(self._folder / "digests.json").get(path.relative_to(self._place("")).as_posix())
        own = not hasattr(os, "getuid") or path.stat().st_uid in (os.getuid(), 0)
        if digest != hashlib.sha256(text).hexdigest() or not own:
            raise StudyError(f"{path} was not saved by save_objects of this recorder: a pickle runs code, so it is not loaded")
        return pickle.loads(text)

    def log_params(self, **kwargs: Any) -> None:
        """Note parameters."""
        path = self._folder / "params.json"
        _write(path, _read(path) | {key: str(value) for key, value in kwargs.items()})

    def log_metrics(self, step: int | None = None, **kwargs: Any) -> None:
        """Note numbers, at a step or once."""
        self.log_series({key: [float(value)] for key, value in kwargs.items()}, step or 0)

    def log_series(self, series: dict[str, list[float]], first: int = 0) -> None:
        """Note numbers, one a step."""
        rows = [
            {"key": key, "step": first + n, "value": value} for key, values in series.items() for n, value in enumerate(values)
        ]
        with (self._folder / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)

    def log_artifact(self, local_path: Any, artifact_path: str | None = None) -> None:
        """Copy a file, or the files of a folder."""
        place = self._place(artifact_path or "")
        place.mkdir(parents=True, exist_ok=True)
        if Path(local_path).is_dir():
            shutil.copytree(local_path, place, dirs_exist_ok=True)
        else:
            shutil.copy2(local_path, place)

    def set_tags(self, **kwargs: Any) -> None:
        """Note tags."""
        path = self._folder / "tags.json"
        _write(path, _read(path) | {key: str(value) for key, value in kwargs.items()})

    def delete_tags(self, *keys: str) -> None:
        """Take tags away."""
        path = self._folder / "tags.json"
        _write(path, {key: value for key, value in _read(path).items() if key not in keys})

    def list_artifacts(self, artifact_path: str | None = None) -> list[str]:
        """The names of what was saved, in a folder or at the top."""
        place = self._place(artifact_path or "")
        root = self._place("")
        return sorted(path.relative_to(root).as_posix() for path in place.iterdir()) if place.is_dir() else []

    def download_artifact(self, path: str, dst_path: str | None = None) -> str:
        """The path of what was saved; copied into a folder if one is given."""
        place = self._place(path)
        return str(place) if dst_path is None else shutil.copy2(place, dst_path)

    def list_metrics(self) -> dict[str, float]:
        """The newest value of each number."""
        path = self._folder / "metrics.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        return {row["key"]: row["value"] for row in map(json.loads, lines)}

    def list_params(self) -> dict[str, str]:
        """The parameters, as texts."""
        return _read(self._folder / "params.json")

    def list_tags(self) -> dict[str, str]:
        """The tags, as texts."""
        return _read(self._folder / "tags.json")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Recorder) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"Recorder(id={self.id}, name={self.name}, experiment={self.experiment_name}, status={self.status})"


def _as_parquet(value: Any, path: Path) -> None:
    """A frame beside its pickle, for whoever loads none; what Parquet can't hold stays a pickle."""
    import pandas

    frame = value.to_frame("value") if isinstance(value, pandas.Series) else value
    if not isinstance(frame, pandas.DataFrame):
        return
    try:
        frame.rename(columns=str).to_parquet(path.with_suffix(".parquet"))
    except (ImportError, TypeError, ValueError, OverflowError):
        path.with_suffix(".parquet").unlink(missing_ok=True)


class Experiment:
    """Recorders under one name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name
        self.active_recorder: Recorder | None = None

    @classmethod
    def at(cls, root: Path, name: str) -> Experiment:
        """The experiment of a name, made if it is not there."""
        made = cls(root / str(int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**18))
        if not (made.folder / "experiment.json").is_file():
            made.folder.mkdir(parents=True, exist_ok=True)
            _write(made.folder / "experiment.json", {"name": name})
        return made

    @property
    def name(self) -> str:
        """The name."""
        return _read(self.folder / "experiment.json")["name"]

    @property
    def info(self) -> dict[str, Any]:
        """What is known of it."""
        active = None if self.active_recorder is None else self.active_recorder.id
        return {
            "class": "Experiment",
            "id": self.id,
            "name": self.name,
            "active_recorder": active,
            "recorders": list(self.list_recorders()),
        }

    def list_recorders(self, rtype: str = "dict", **kwargs: Any) -> Any:
        """The recorders by their ids, the newest first; a list with ``rtype="list"``."""
        ids = [path.parent.name for path in self.folder.glob("*/info.json")]
        found = sorted(
            (Recorder(self, one) for one in ids),
            key=lambda one: (one.start_time or "", one._folder.stat().st_mtime_ns),
            reverse=True,
        )
        return found if rtype == "list" else {one.id: one for one in found}

    def get_recorder(
        self, recorder_id: str | None = None, recorder_name: str | None = None, create: bool = False, start: bool = False
    ) -> Recorder:
        """A recorder by its id or its name; the running one, else the newest, if neither is given."""
        if recorder_id is None and recorder_name is None and self.active_recorder is not None:
            return self.active_recorder
        for one in self.list_recorders("list"):
            if (recorder_id is None or one.id == recorder_id) and (recorder_name is None or one.name == recorder_name):
                return one
        wanted = recorder_id or recorder_name or "at all"
        raise ValueError(f"the experiment {self.name!r} has no recorder {wanted}")

    def search_records(self, **kwargs: Any) -> Any:
        """The recorders' numbers and parameters as a frame."""
        import pandas

        rows = [
            {"run_id": one.id, **one.info, **{f"metrics.{key}": value for key, value in one.list_metrics().items()}}
            for one in self.list_recorders("list")
        ]
        return pandas.DataFrame(rows)

    def delete_recorder(self, recorder_id: str) -> None:
        """Delete a recorder with all that it holds."""
        shutil.rmtree(self.get_recorder(recorder_id).get_local_dir())

    def __repr__(self) -> str:
        return f"Experiment(id={self.id}, name={self.name})"
