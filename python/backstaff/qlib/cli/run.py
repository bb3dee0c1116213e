"""``qrun``: a workflow's file from its data to its records."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from backstaff import _native
from backstaff.errors import Error, StudyError
from backstaff.qlib import init
from backstaff.qlib.data.dataset import leaks
from backstaff.qlib.data.dataset.processor import __all__ as _PROCESSORS
from backstaff.qlib.model.trainer import task_train

__all__ = ["run", "workflow"]


def workflow(config_path: Any, experiment_name: str = "workflow", uri_folder: str = "mlruns", allow_leaks: bool = False) -> Any:
    """Run a workflow's file: Jinja, ``BASE_CONFIG_PATH``, ``sys.path`` and ``sys.rel_path`` as in Qlib.

    Parameters
    ----------
    config_path : path
        The file.
    experiment_name : str
        The experiment, if the file names none.
    uri_folder : str
        The folder of the experiments, if ``qlib_init`` names none.
    allow_leaks : bool
        Whether a processor may be fitted behind the training segment.

    Returns
    -------
    Recorder
        What the run has left.
    """
    path = Path(config_path)
    config = json.loads(_native.qlib_workflow(path))
    for key in ("qlib_init", "task"):
        if not isinstance(config.get(key), dict):
            raise StudyError(f"{path}: needs `{key}`")
    if _classes(config["task"]) <= _CHECKED:
        # The program says all mistakes of a file at once, with their places.
        _native.qlib_check(path)
    _extend_path(config.get("sys") or {}, path)
    settings = dict(config["qlib_init"])
    if "exp_manager" not in settings:
        uri = (Path.cwd() / uri_folder).as_uri()
        settings["exp_manager"] = {
            "class": "MLflowExpManager",
            "module_path": "qlib.workflow.expm",
            "kwargs": {"uri": uri, "default_exp_name": "Experiment"},
        }
    init(**settings)
    recorder = task_train(
        config["task"], config.get("experiment_name", experiment_name), check=None if allow_leaks else _no_leak
    )
    recorder.save_objects(config=config)
    return recorder


# The classes whose arguments the program knows.
_CHECKED = {
    "Alpha158", "Alpha158DL", "Alpha158vwap", "Alpha360", "Alpha360DL", "Alpha360vwap", "DEnsembleModel", "DataHandlerLP",
    "DatasetH", "LGBModel", "LinearModel", "NestedDataLoader", "PortAnaRecord", "QlibDataLoader", "SigAnaRecord",
    "SignalRecord", "SimulatorExecutor", "StaticDataLoader", "TopkDropoutStrategy", *_PROCESSORS,
}  # fmt: skip


def _classes(config: Any) -> set[str]:
    """The classes that a configuration names; a class of one's own with its module."""
    if isinstance(config, list):
        return {name for one in config for name in _classes(one)}
    if not isinstance(config, dict):
        return set()
    found = {name for one in config.values() for name in _classes(one)}
    if isinstance(config.get("class"), str):
        module, _, name = config["class"].rpartition(".")
        module = config.get("module_path") or module
        found.add(name if not module or module.startswith("qlib.") else f"{module}.{name}")
    return found


def _no_leak(dataset: Any) -> None:
    for leak in leaks(dataset) if hasattr(dataset, "segments") else ():
        raise StudyError(f"{leak}; `qrun --allow-leaks` runs it all the same")


def _extend_path(said: dict[str, Any], path: Path) -> None:
    """Let the modules of one's own be found."""
    for key, base in (("path", None), ("rel_path", path.resolve().parent)):
        given = said.get(key) or []
        for one in [given] if isinstance(given, str) else given:
            sys.path.append(str(one if base is None else (base / one).resolve()))


def run() -> int:
    """The command ``qrun``."""
    parser = argparse.ArgumentParser(prog="qrun", description="Run a workflow's file of Qlib's on Backstaff.")
    parser.add_argument("config_path")
    parser.add_argument("--experiment_name", default="workflow")
    parser.add_argument("--uri_folder", default="mlruns")
    parser.add_argument(
        "--allow-leaks", action="store_true", help="run also where a processor is fitted behind the training segment"
    )
    asked = parser.parse_args()
    try:
        recorder = workflow(asked.config_path, asked.experiment_name, asked.uri_folder, asked.allow_leaks)
    except Error as error:
        print(f"qrun: {error}", file=sys.stderr)
        return 1
    print(f"written: {recorder.get_local_dir()}")
    return 0


if __name__ == "__main__":
    sys.exit(run())
