"""``R``: experiments, recorders, what they hold. A folder of plain files, no server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from backstaff.errors import StudyError
from backstaff.qlib.workflow.recorder import Experiment, Recorder

__all__ = ["R", "QlibRecorder"]


def _folder(uri: str) -> Path:
    """The folder that a URI names."""
    parts = urlparse(str(uri))
    if parts.scheme not in ("", "file"):
        raise StudyError(f"{uri}: experiments are kept in a folder here, not on a server; name one as file:FOLDER")
    return Path(unquote(parts.path) if parts.scheme else str(uri)).expanduser().absolute()


class QlibRecorder:
    """Experiments in a folder: ``mlruns`` in the working directory, if nothing else is said."""

    def __init__(self) -> None:
        self._root: Path | None = None
        self._default = "Experiment"
        self._active: Experiment | None = None

    def reset(self, exp_manager: Mapping[str, Any] | None) -> None:
        """Take the folder that ``qlib.init`` was told."""
        kwargs = (exp_manager or {}).get("kwargs", {})
        self._default = kwargs.get("default_exp_name", "Experiment")
        self._root = _folder(kwargs["uri"]) if kwargs.get("uri") else Path("mlruns").absolute()

    @property
    def _place(self) -> Path:
        return self._root or Path("mlruns").absolute()

    @contextmanager
    def start(
        self,
        *,
        experiment_id: str | None = None,
        experiment_name: str | None = None,
        recorder_id: str | None = None,
        recorder_name: str | None = None,
        uri: str | None = None,
        resume: bool = False,
    ) -> Iterator[Recorder]:
        """Record what is done inside ``with R.start(...)``."""
        recorder = self.start_exp(
            experiment_id=experiment_id,
            experiment_name=experiment_name,
            recorder_id=recorder_id,
            recorder_name=recorder_name,
            uri=uri,
            resume=resume,
        )
        try:
            yield recorder
        except BaseException:
            self.end_exp(Recorder.STATUS_FA)
            raise
        self.end_exp(Recorder.STATUS_FI)

    def start_exp(
        self,
        *,
        experiment_id: str | None = None,
        experiment_name: str | None = None,
        recorder_id: str | None = None,
        recorder_name: str | None = None,
        uri: str | None = None,
        resume: bool = False,
    ) -> Recorder:
        """Begin a recorder, or go on with one."""
        if uri is not None:
            self.set_uri(uri)
        name = experiment_name or self._default
        experiment = self.get_exp(experiment_id=experiment_id) if experiment_id else Experiment.at(self._place, name)
        recorder = experiment.get_recorder(recorder_id, recorder_name) if resume else Recorder.new(experiment, recorder_name)
        self._active = experiment
        experiment.active_recorder = recorder.start_run()
        return recorder

    def end_exp(self, recorder_status: str = Recorder.STATUS_FI) -> None:
        """End the recorder that is running."""
        if self._active is not None and self._active.active_recorder is not None:
            self._active.active_recorder.end_run(recorder_status)
        self._active = None

    def _all(self) -> list[Experiment]:
        return [Experiment(path.parent) for path in sorted(self._place.glob("*/experiment.json"))]

    def list_experiments(self) -> dict[str, Experiment]:
        """The experiments by their names."""
        return {one.name: one for one in self._all()}

    def list_recorders(self, experiment_id: str | None = None, experiment_name: str | None = None) -> dict[str, Recorder]:
        """The recorders of an experiment by their ids, the newest first."""
        return self.get_exp(experiment_id=experiment_id, experiment_name=experiment_name).list_recorders()

    def get_exp(
        self, *, experiment_id: str | None = None, experiment_name: str | None = None, create: bool = True, start: bool = False
    ) -> Experiment:
        """An experiment by its id or its name; the running one, else the usual one, if neither is given."""
        if experiment_id is None and experiment_name is None and self._active is not None:
            return self._active
        if self._active is not None and (self._active.id == experiment_id or self._active.name == experiment_name):
            return self._active
        if experiment_id is not None:
            found = [one for one in self._all() if one.id == str(experiment_id)]
            if not found:
                raise ValueError(f"there is no experiment {experiment_id} in {self._place}")
            return found[0]
        name = experiment_name or self._default
        if not create and name not in self.list_experiments():
            raise ValueError(f"there is no experiment {name!r} in {self._place}")
        return Experiment.at(self._place, name)

    def delete_exp(self, experiment_id: str | None = None, experiment_name: str | None = None) -> None:
        """Delete an experiment with all recorders."""
        shutil.rmtree(self.get_exp(experiment_id=experiment_id, experiment_name=experiment_name, create=False).folder)

    def get_recorder(
        self,
        *,
        recorder_id: str | None = None,
        recorder_name: str | None = None,
        experiment_id: str | None = None,
        experiment_name: str | None = None,
    ) -> Recorder:
        """A recorder by its id or name; the running one, else the newest, if neither is given."""
        if recorder_id is not None and experiment_id is None and experiment_name is None:
            for one in self._all():
                if recorder_id in one.list_recorders():
                    return one.get_recorder(recorder_id)
        return self.get_exp(experiment_id=experiment_id, experiment_name=experiment_name).get_recorder(
            recorder_id, recorder_name
        )

    def delete_recorder(self, recorder_id: str | None = None, recorder_name: str | None = None) -> None:
        """Delete a recorder with all that it holds."""
        shutil.rmtree(self.get_recorder(recorder_id=recorder_id, recorder_name=recorder_name).get_local_dir())

    def search_records(self, experiment_ids: Any, **kwargs: Any) -> Any:
        """The recorders of experiments as a frame."""
        import pandas

        return pandas.concat([self.get_exp(experiment_id=one).search_records() for one in experiment_ids], ignore_index=True)

    def get_uri(self) -> str:
        """The folder of the experiments."""
        return self._place.as_uri()

    def set_uri(self, uri: str | None) -> None:
        """Take another folder."""
        self._root = None if uri is None else _folder(uri)

    @contextmanager
    def uri_context(self, uri: str) -> Iterator[None]:
        """Take another folder for a while."""
        before = self._root
        self.set_uri(uri)
        try:
            yield
        finally:
            self._root = before

    @property
    def is_active(self) -> bool:
        """Whether a recorder is running."""
        return self._active is not None

    def _running(self) -> Recorder:
        if self._active is None:
            # As in Qlib, what is noted outside of a run begins one.
            return self.start_exp()
        return self._active.get_recorder()

    def save_objects(self, local_path: Any = None, artifact_path: str | None = None, **kwargs: Any) -> None:
        """Save objects in the recorder that is running: ``R.save_objects(**{"pred.pkl": pred})``."""
        self._running().save_objects(local_path, artifact_path, **kwargs)

    def load_object(self, name: str) -> Any:
        """An object of the recorder that is running, else of the newest."""
        return self.get_recorder().load_object(name)

    def log_params(self, **kwargs: Any) -> None:
        """Note parameters."""
        self._running().log_params(**kwargs)

    def log_metrics(self, step: int | None = None, **kwargs: Any) -> None:
        """Note numbers."""
        self._running().log_metrics(step, **kwargs)

    def log_artifact(self, local_path: str, artifact_path: str | None = None) -> None:
        """Copy a file into the recorder that is running."""
        self._running().log_artifact(local_path, artifact_path)

    def download_artifact(self, path: str, dst_path: str | None = None) -> str:
        """The path of what was saved."""
        return self.get_recorder().download_artifact(path, dst_path)

    def set_tags(self, **kwargs: Any) -> None:
        """Note tags."""
        self._running().set_tags(**kwargs)


R = QlibRecorder()
