"""A task from its model to its records."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from backstaff.qlib._names import refuse
from backstaff.qlib.utils import fill_placeholder, flatten_dict, init_instance_by_config

__all__ = ["task_train"]


def task_train(
    task_config: Mapping[str, Any],
    experiment_name: str,
    recorder_name: str | None = None,
    check: Callable[[Any], None] | None = None,
) -> Any:
    """Train a task's model on its dataset and compute its records: the recorder.

    ``check`` may refuse the dataset.
    """
    from backstaff.qlib.workflow import R

    task_config = fill_placeholder(task_config, task_config)
    with R.start(experiment_name=experiment_name, recorder_name=recorder_name) as recorder:
        R.log_params(**flatten_dict(task_config))
        R.set_tags(hostname=_host())
        model = init_instance_by_config(task_config["model"])
        dataset = init_instance_by_config(task_config["dataset"])
        if check is not None:
            check(dataset)
        reweighter = task_config.get("reweighter")
        more = {} if reweighter is None else {"reweighter": init_instance_by_config(reweighter)}
        model.fit(dataset, **more)
        R.save_objects(**{"params.pkl": model, "dataset": dataset})
        places = {"<MODEL>": model, "<DATASET>": dataset}
        records = task_config.get("record", [])
        for record in [records] if isinstance(records, Mapping) else records:
            made = init_instance_by_config(
                fill_placeholder(record, places),
                default_module="qlib.workflow.record_temp",
                recorder=recorder,
                try_kwargs={"model": model, "dataset": dataset},
            )
            made.generate()
    return recorder


def _host() -> str:
    import socket

    return socket.gethostname()


__getattr__ = refuse(__name__, __all__, "`bs.WalkForward` trains rolling models")
