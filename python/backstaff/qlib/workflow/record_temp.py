"""Records: what a run leaves under Qlib's names."""

from __future__ import annotations

from pprint import pprint
from typing import Any

import numpy
import pandas

from backstaff.errors import StudyError
from backstaff.qlib._names import refuse
from backstaff.qlib.contrib.eva.alpha import calc_ic, calc_long_short_return
from backstaff.qlib.contrib.evaluate import indicator_analysis, risk_analysis
from backstaff.qlib.data.dataset.handler import DataHandlerLP
from backstaff.qlib.utils import fill_placeholder, flatten_dict, get_date_by_shift

__all__ = ["MultiPassPortAnaRecord", "PortAnaRecord", "RecordTemp", "SigAnaRecord", "SignalRecord"]

_EXECUTOR = {
    "class": "SimulatorExecutor",
    "module_path": "qlib.backtest.executor",
    "kwargs": {"time_per_step": "day", "generate_portfolio_metrics": True},
}
_CONFIG = {
    "strategy": {
        "class": "TopkDropoutStrategy",
        "module_path": "qlib.contrib.strategy",
        "kwargs": {"signal": "<PRED>", "topk": 50, "n_drop": 5},
    },
    "backtest": {
        "start_time": None,
        "end_time": None,
        "account": 100000000,
        "benchmark": "SH000300",
        "exchange_kwargs": {
            "limit_threshold": 0.095,
            "deal_price": "close",
            "open_cost": 0.0005,
            "close_cost": 0.0015,
            "min_cost": 5,
        },
    },
}


class RecordTemp:
    """What is computed from a run and saved in its recorder; one of one's own defines ``generate``."""

    artifact_path: str | None = None
    depend_cls: Any = None

    def __init__(self, recorder: Any = None) -> None:
        from backstaff.qlib.workflow import R

        self.recorder = R.get_recorder() if recorder is None else recorder

    @classmethod
    def get_path(cls, path: str | None = None) -> str:
        """The name under which something is saved."""
        return "/".join(part for part in (cls.artifact_path, path) if part)

    def save(self, **kwargs: Any) -> None:
        """Save objects under the record's path."""
        self.recorder.save_objects(artifact_path=self.artifact_path, **kwargs)

    def load(self, name: str, parents: bool = True) -> Any:
        """What the record, or one that it builds on, has saved."""
        try:
            return self.recorder.load_object(self.get_path(name))
        except FileNotFoundError:
            if parents and self.depend_cls is not None:
                return self.depend_cls(recorder=self.recorder).load(name)
            raise

    def generate(self, **kwargs: Any) -> Any:
        """Compute and save."""
        raise NotImplementedError(f"{type(self).__name__} has no generate")

    def list(self) -> list[str]:
        """The names of what is saved."""
        return []

    def check(self, include_self: bool = False, parents: bool = True) -> None:
        """Fail if something is missing."""
        known = self.recorder.list_artifacts(self.artifact_path)
        for name in self.list() if include_self else ():
            if self.get_path(name) not in known:
                raise FileNotFoundError(f"the recorder has no {self.get_path(name)}")
        if parents and self.depend_cls is not None:
            self.depend_cls(recorder=self.recorder).check(include_self=True)


class SignalRecord(RecordTemp):
    """The scores of the segment ``test`` (``pred.pkl``) and its label as loaded (``label.pkl``)."""

    def __init__(self, model: Any = None, dataset: Any = None, recorder: Any = None) -> None:
        super().__init__(recorder)
        self.model = model
        self.dataset = dataset

    @staticmethod
    def generate_label(dataset: Any) -> Any:
        """The label of the segment ``test`` as loaded; None if there is none."""
        try:
            return dataset.prepare(segments="test", col_set="label", data_key=DataHandlerLP.DK_R)
        except (KeyError, TypeError, StudyError):
            return None

    def generate(self, **kwargs: Any) -> None:
        pred = self.model.predict(self.dataset)
        pred = pred.to_frame("score") if isinstance(pred, pandas.Series) else pred
        self.save(**{"pred.pkl": pred})
        label = self.generate_label(self.dataset) if hasattr(self.dataset, "handler") else None
        if isinstance(label, pandas.DataFrame):
            self.save(**{"label.pkl": label})
        print(f"The following are prediction results of the {type(self.model).__name__} model.")
        print(pred.head(5))

    def list(self) -> list[str]:
        return ["pred.pkl", "label.pkl"]


class ACRecordTemp(RecordTemp):
    """A record that builds on others."""

    def __init__(self, recorder: Any = None, skip_existing: bool = False) -> None:
        self.skip_existing = skip_existing
        super().__init__(recorder)

    def generate(self, *args: Any, **kwargs: Any) -> Any:
        if self.skip_existing:
            try:
                self.check(include_self=True, parents=False)
                return None
            except FileNotFoundError:
                pass
        self.check()
        found = self._generate(*args, **kwargs)
        if isinstance(found, dict):
            self.save(**found)
        return found

    def _generate(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no _generate")


class SigAnaRecord(ACRecordTemp):
    """How scores and labels go together: IC, ICIR, Rank IC, Rank ICIR; the long-short return with ``ana_long_short``."""

    artifact_path = "sig_analysis"
    depend_cls = SignalRecord

    def __init__(
        self,
        recorder: Any = None,
        ana_long_short: bool = False,
        ann_scaler: float = 252,
        label_col: int = 0,
        skip_existing: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(recorder, skip_existing)
        self.ana_long_short, self.ann_scaler, self.label_col = ana_long_short, ann_scaler, label_col

    def _generate(self, label: Any = None, **kwargs: Any) -> Any:
        pred = self.load("pred.pkl").iloc[:, 0]
        label = self.load("label.pkl") if label is None else label
        if not isinstance(label, pandas.DataFrame) or label.empty:
            return None
        label = label.iloc[:, self.label_col]
        ic, ric = calc_ic(pred, label)
        objects = {"ic.pkl": ic, "ric.pkl": ric}
        metrics = {"IC": ic.mean(), "ICIR": ic.mean() / ic.std(), "Rank IC": ric.mean(), "Rank ICIR": ric.mean() / ric.std()}
        if self.ana_long_short:
            for name, file, values in zip(
                ("Long-Short", "Long-Avg"),
                ("long_short_r.pkl", "long_avg_r.pkl"),
                calc_long_short_return(pred, label),
                strict=True,
            ):
                metrics[f"{name} Ann Return"] = values.mean() * self.ann_scaler
                metrics[f"{name} Ann Sharpe"] = values.mean() / values.std() * self.ann_scaler**0.5
                objects[file] = values
        self.recorder.log_metrics(**metrics)
        pprint(metrics)
        return objects

    def list(self) -> list[str]:
        return ["ic.pkl", "ric.pkl", *(["long_short_r.pkl", "long_avg_r.pkl"] if self.ana_long_short else [])]


class PortAnaRecord(ACRecordTemp):
    """A portfolio by the scores: report, positions, indicators and their analyses.

    Parameters
    ----------
    config : mapping, optional
        ``strategy``, ``executor`` and ``backtest``; Qlib's usual ones if absent. Null dates come from the scores.
    """

    artifact_path = "portfolio_analysis"
    depend_cls = SignalRecord

    def __init__(
        self,
        recorder: Any = None,
        config: Any = None,
        risk_analysis_freq: Any = None,
        indicator_analysis_freq: Any = None,
        indicator_analysis_method: str | None = None,
        skip_existing: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(recorder, skip_existing)
        config = _copied(_CONFIG if config is None else config)
        self.strategy_config = config["strategy"]
        self.executor_config = config.get("executor", _copied(_EXECUTOR))
        self.backtest_config = config["backtest"]
        self.indicator_analysis_method = indicator_analysis_method or "mean"

    def _scores(self) -> pandas.DataFrame:
        return self.load("pred.pkl")

    def _generate(self, **kwargs: Any) -> dict[str, Any]:
        from backstaff.qlib.backtest import backtest

        pred = self._scores()
        filled = fill_placeholder({"strategy": self.strategy_config, "executor": self.executor_config}, {"<PRED>": pred})
        dates = pred.index.get_level_values("datetime")
        terms = dict(self.backtest_config)
        terms["start_time"] = dates.min() if terms.get("start_time") is None else terms["start_time"]
        terms["end_time"] = get_date_by_shift(dates.max(), 1) if terms.get("end_time") is None else terms["end_time"]
        portfolio, indicators = backtest(executor=filled["executor"], strategy=filled["strategy"], **terms)
        objects: dict[str, Any] = {}
        for freq, (report, positions) in portfolio.items():
            objects |= {f"report_normal_{freq}.pkl": report, f"positions_normal_{freq}.pkl": positions}
        for freq, (table, orders) in indicators.items():
            objects |= {f"indicators_normal_{freq}.pkl": table, f"indicators_normal_{freq}_obj.pkl": orders}
        for freq, (report, _) in portfolio.items():
            objects[f"port_analysis_{freq}.pkl"] = self._analysed(freq, report)
        for freq, (table, _) in indicators.items():
            found = indicator_analysis(table, method=self.indicator_analysis_method)
            self.recorder.log_metrics(**{f"{freq}.{name}": value for name, value in found["value"].items()})
            objects[f"indicator_analysis_{freq}.pkl"] = found
            print(f"The following are analysis results of indicators({freq}).")
            print(found)
        return objects

    def _analysed(self, freq: str, report: pandas.DataFrame) -> pandas.DataFrame:
        """The risk of the return over the benchmark, before and after costs."""
        excess = report["return"] - report["bench"]
        parts = {
            "excess_return_without_cost": risk_analysis(excess, freq=freq),
            "excess_return_with_cost": risk_analysis(excess - report["cost"], freq=freq),
        }
        flat = flatten_dict({name: part["risk"].to_dict() for name, part in parts.items()})
        self.recorder.log_metrics(**{f"{freq}.{name}": value for name, value in flat.items()})
        of = {"benchmark return": risk_analysis(report["bench"], freq=freq)}
        of |= {f"the excess return {name[14:].replace('_', ' ')}": part for name, part in parts.items()}
        for words, part in of.items():
            print(f"The following are analysis results of {words}({freq}).")
            print(part)
        return pandas.concat(parts)

    def list(self) -> list[str]:
        names = ("report_normal", "positions_normal", "port_analysis", "indicator_analysis")
        return [f"{name}_1day.pkl" for name in names]


class MultiPassPortAnaRecord(PortAnaRecord):
    """Portfolios whose first day ranks otherwise: the mean, the deviation and their ratio of return and information ratio."""

    def __init__(self, recorder: Any = None, pass_num: int = 10, shuffle_init_score: bool = True, **kwargs: Any) -> None:
        super().__init__(recorder, **kwargs)
        if "signal" not in self.strategy_config.get("kwargs", {}):
            raise StudyError("MultiPassPortAnaRecord: the strategy needs `signal` among its kwargs")
        self.pass_num, self.shuffle_init_score = pass_num, shuffle_init_score
        self._pass = 0

    def _scores(self) -> pandas.DataFrame:
        pred = self.load("pred.pkl").sort_index()
        if not self.shuffle_init_score:
            return pred
        dates = pred.index.get_level_values("datetime")
        start = self.backtest_config.get("start_time")
        first = dates[dates >= pandas.Timestamp(start)].min() if start is not None else dates.min()
        rows = numpy.flatnonzero(dates == first)
        shuffled = pred.copy()
        # Drawn by the number of the pass, so that a run can be repeated.
        shuffled.iloc[rows, 0] = numpy.random.default_rng(self._pass).permutation(pred.iloc[rows, 0].to_numpy())
        return shuffled

    def _generate(self, **kwargs: Any) -> dict[str, Any]:
        parts = []
        for self._pass in range(self.pass_num):
            parts.append(super()._generate(**kwargs)["port_analysis_1day.pkl"]["risk"])
        table = pandas.concat(parts, axis=1)
        found = pandas.DataFrame({"mean": table.mean(axis=1), "std": table.std(axis=1)})
        found["mean_std"] = found["mean"] / found["std"]
        found = found.loc[(slice(None), ["annualized_return", "information_ratio"]), :]
        nested = {name: {top: found[name].xs(top).to_dict() for top in found.index.unique(0)} for name in found.columns}
        self.recorder.log_metrics(**flatten_dict(nested))
        print(found)
        return {"multi_pass_port_analysis_1day.pkl": found}

    def list(self) -> list[str]:
        return ["multi_pass_port_analysis_1day.pkl"]


def _copied(config: Any) -> Any:
    """A configuration whose mappings and lists are its own, and whose objects are the same."""
    if isinstance(config, dict):
        return {key: _copied(value) for key, value in config.items()}
    return [_copied(value) for value in config] if isinstance(config, list) else config


__getattr__ = refuse(__name__, __all__)
