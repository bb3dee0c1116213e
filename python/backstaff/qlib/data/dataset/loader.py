"""Loaders: where the columns of a handler come from."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas

from backstaff.errors import DataError, StudyError
from backstaff.qlib import _frame, data
from backstaff.qlib._names import refuse

__all__ = ["DLWParser", "DataLoader", "DataLoaderDH", "NestedDataLoader", "QlibDataLoader", "StaticDataLoader"]


class DataLoader:
    """A loader: one of one's own gives a frame by date and instrument."""

    def load(self, instruments: Any, start_time: Any = None, end_time: Any = None) -> pandas.DataFrame:
        """The columns of instruments between two dates."""
        raise NotImplementedError(f"{type(self).__name__} has no load")

    def held(self, instruments: Any, start_time: Any = None, end_time: Any = None) -> _frame.Held:
        """The same, however it is held."""
        frame = self.load(instruments, start_time, end_time)
        return _frame.Held(frame=frame if frame.index.is_monotonic_increasing else frame.sort_index())


class DLWParser(DataLoader):
    """A loader of expressions with names, in groups or not.

    Parameters
    ----------
    config : mapping, list or tuple
        ``{group: fields}``, or ``fields`` alone: a list of expressions, or a pair of one and of their names.
    """

    def __init__(self, config: Any) -> None:
        self.is_group = isinstance(config, Mapping)
        self.fields: Any = {group: self._parse(own) for group, own in config.items()} if self.is_group else self._parse(config)

    @staticmethod
    def _parse(fields: Any) -> tuple[list[str], list[str]]:
        if not isinstance(fields, list | tuple) or not fields:
            raise StudyError("fields of a loader are a list of expressions, or a pair of expressions and names")
        if isinstance(fields[0], str):
            return list(fields), list(fields)
        expressions, names = fields
        return [str(text) for text in expressions], list(names)

    def load_group_df(
        self,
        instruments: Any,
        exprs: list[str],
        names: list[str],
        start_time: Any = None,
        end_time: Any = None,
        gp_name: str | None = None,
    ) -> pandas.DataFrame:
        """The columns of one group, for loaders of one's own."""
        raise NotImplementedError(f"{type(self).__name__} has no load_group_df")

    def load(self, instruments: Any, start_time: Any = None, end_time: Any = None) -> pandas.DataFrame:
        if not self.is_group:
            expressions, names = self.fields
            return self.load_group_df(instruments, expressions, names, start_time, end_time)
        groups = {
            group: self.load_group_df(instruments, expressions, names, start_time, end_time, group)
            for group, (expressions, names) in self.fields.items()
        }
        return pandas.concat(groups, axis=1)


class QlibDataLoader(DLWParser):
    """Computes expressions over the folder.

    Parameters
    ----------
    config
        As for :class:`DLWParser`.
    filter_pipe : sequence, optional
        Filters of the market.
    swap_level : bool
        Whether rows are by date and instrument, rather than by instrument and date.
    freq : str
        ``"day"``.
    inst_processors : sequence
        Processors of each instrument's rows.
    """

    def __init__(
        self,
        config: Any,
        filter_pipe: Sequence[Any] | None = None,
        swap_level: bool = True,
        freq: Any = "day",
        inst_processors: Any = None,
    ) -> None:
        self.filter_pipe = list(filter_pipe or ())
        self.swap_level = swap_level
        self.freq = freq
        self.inst_processors = (
            [one for own in inst_processors.values() for one in own]
            if isinstance(inst_processors, Mapping)
            else list(inst_processors or ())
        )
        super().__init__(config)

    def _groups(self) -> Mapping[str, tuple[list[str], list[str]]]:
        return self.fields if self.is_group else {"": self.fields}

    def held(self, instruments: Any, start_time: Any = None, end_time: Any = None) -> _frame.Held:
        own_methods = [getattr(type(self), name) is not getattr(QlibDataLoader, name) for name in ("load", "load_group_df")]
        if any(own_methods) or not self.swap_level:
            return super().held(instruments, start_time, end_time)
        data._daily(self.freq if isinstance(self.freq, str) else next(iter(self.freq.values()), "day"))
        columns = [(group, str(name), text) for group, own in self._groups().items() for text, name in zip(*own, strict=True)]
        table, spans = data.load(_market(instruments), start_time, end_time, columns, self.filter_pipe)
        if spans is None and not self.inst_processors:
            return _frame.Held(table)
        frame = _frame.to_frame(table)
        if spans is not None:
            frame = frame[data._within(frame.index, spans)]
        swapped = data._processed(frame.swaplevel().sort_index(), self.inst_processors)
        return _frame.Held(frame=swapped.swaplevel().sort_index())

    def load(self, instruments: Any, start_time: Any = None, end_time: Any = None) -> pandas.DataFrame:
        if self.swap_level:
            return QlibDataLoader.held(self, instruments, start_time, end_time).frame
        twin = QlibDataLoader(self.fields, self.filter_pipe, True, self.freq, self.inst_processors)
        return twin.held(instruments, start_time, end_time).frame.swaplevel().sort_index()

    def load_group_df(
        self,
        instruments: Any,
        exprs: list[str],
        names: list[str],
        start_time: Any = None,
        end_time: Any = None,
        gp_name: str | None = None,
    ) -> pandas.DataFrame:
        twin = QlibDataLoader((exprs, names), self.filter_pipe, self.swap_level, self.freq, self.inst_processors)
        return twin.load(instruments, start_time, end_time)


def _market(instruments: Any) -> Any:
    return "all" if instruments is None else instruments


class StaticDataLoader(DataLoader):
    """Columns that were computed before: a frame, a Parquet or CSV file, or a mapping of groups to these.

    A pickle is loaded only if it is trusted (``qlib.init(trust_pickles=True)``).
    """

    def __init__(self, config: Any, join: str = "outer") -> None:
        self._config = config
        self.join = join
        self._data: pandas.DataFrame | None = None

    def load(self, instruments: Any, start_time: Any = None, end_time: Any = None) -> pandas.DataFrame:
        if self._data is None:
            if isinstance(self._config, Mapping):
                groups = {group: _read(place) for group, place in self._config.items()}
                self._data = pandas.concat(groups, axis=1, join=self.join).sort_index()
            else:
                self._data = _read(self._config).sort_index()
        frame = self._data
        # As in Qlib a market's name chooses nothing: the rows of another loader do.
        if instruments is not None and not isinstance(instruments, str | Mapping):
            frame = frame[frame.index.get_level_values(1).isin(list(instruments))]
        start, end = (None if date is None else pandas.Timestamp(date) for date in (start_time, end_time))
        return frame.loc[start:end]


def _read(place: Any) -> pandas.DataFrame:
    """A frame, or that of a file."""
    if isinstance(place, pandas.DataFrame):
        return _frame.ordered(place)
    path = Path(os.fspath(place)).expanduser()
    if not path.is_file():
        raise DataError(f"StaticDataLoader: there is no file {path} (from {Path.cwd()})")
    if path.suffix in (".pkl", ".pickle"):
        from backstaff.qlib.utils import load_pickle

        frame = load_pickle(path)
    elif path.suffix == ".csv":
        frame = pandas.read_csv(path)
    elif path.suffix in (".h5", ".hdf"):
        frame = pandas.read_hdf(path)
    else:
        frame = pandas.read_parquet(path)
    if not isinstance(frame.index, pandas.MultiIndex) and {"datetime", "instrument"} <= set(frame.columns):
        frame = frame.assign(datetime=pandas.to_datetime(frame["datetime"])).set_index(["datetime", "instrument"])
    frame = _frame.ordered(frame)
    if frame.index.levels[0].dtype != _frame.DATES:
        frame.index = frame.index.set_levels(frame.index.levels[0].astype(_frame.DATES), level=0)
    if any(isinstance(name, str) and name.startswith("('") for name in frame.columns):
        # Parquet keeps the two levels of columns as texts.
        import ast

        frame.columns = pandas.MultiIndex.from_tuples([ast.literal_eval(str(name)) for name in frame.columns])
    return frame


class NestedDataLoader(DataLoader):
    """Columns of several loaders beside each other, in the order of their names; of a name that two have, the later counts.

    Parameters
    ----------
    dataloader_l : sequence
        Loaders or their configurations.
    join : str
        ``"left"`` keeps the rows of the first; ``"right"``, ``"inner"``, ``"outer"`` as pandas has them.
    """

    def __init__(self, dataloader_l: Sequence[Any], join: str = "left") -> None:
        from backstaff.qlib.utils import init_instance_by_config

        self.data_loader_l = [init_instance_by_config(one, __name__, accept_types=DataLoader) for one in dataloader_l]
        self.join = join

    def load(self, instruments: Any = None, start_time: Any = None, end_time: Any = None) -> pandas.DataFrame:
        whole: pandas.DataFrame | None = None
        for loader in self.data_loader_l:
            frame = loader.held(instruments, start_time, end_time).frame
            if whole is None:
                whole = frame
                continue
            kept = whole.drop(columns=[name for name in whole.columns if name in frame.columns])
            if self.join == "left":
                # The columns of a narrower loader stay in their width where a row is missing: NaN has it.
                whole = pandas.concat([kept, frame.reindex(kept.index)], axis=1)
            else:
                whole = pandas.merge(kept, frame, left_index=True, right_index=True, how=self.join)
        if whole is None:
            raise StudyError("NestedDataLoader: dataloader_l names no loader")
        return whole.sort_index(axis=1)


class DataLoaderDH(DataLoader):
    """Columns of handlers, which were loaded before."""

    def __init__(self, handler_config: Any, fetch_kwargs: Mapping[str, Any] | None = None, is_group: bool = False) -> None:
        from backstaff.qlib.data.dataset.handler import DataHandler
        from backstaff.qlib.utils import init_instance_by_config

        self.is_group = is_group
        groups = handler_config if is_group else {"": handler_config}
        self.handlers = {name: init_instance_by_config(one, accept_types=DataHandler) for name, one in groups.items()}
        self.fetch_kwargs = dict(fetch_kwargs or {})

    def load(self, instruments: Any = None, start_time: Any = None, end_time: Any = None) -> pandas.DataFrame:
        span = slice(start_time, end_time)
        frames = {name: one.fetch(selector=span, level="datetime", **self.fetch_kwargs) for name, one in self.handlers.items()}
        return pandas.concat(frames, axis=1) if self.is_group else frames[""]


__getattr__ = refuse(__name__, __all__)
