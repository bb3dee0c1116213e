"""Handlers: columns of a loader, as they are and as processors leave them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas

from backstaff.errors import StudyError
from backstaff.qlib import _frame
from backstaff.qlib._names import refuse
from backstaff.qlib.data.dataset import processor as processors
from backstaff.qlib.data.dataset.loader import DataLoader, StaticDataLoader

__all__ = ["DataHandler", "DataHandlerABC", "DataHandlerLP"]


class DataHandlerABC:
    """The keys of rows (``DK_R`` as loaded, ``DK_I`` to predict, ``DK_L`` to learn) and of columns."""

    CS_ALL = "__all"
    CS_RAW = "__raw"
    DK_R = "raw"
    DK_I = "infer"
    DK_L = "learn"


class DataHandler(DataHandlerABC):
    """Rows by date and instrument, from a loader.

    Parameters
    ----------
    instruments : str, list or mapping
        A market, names, or a market with filters.
    start_time, end_time : date, optional
        The dates that are loaded, both inclusive.
    data_loader : DataLoader or mapping
        The loader, or its configuration.
    init_data : bool
        Whether the rows are loaded now, rather than by :meth:`setup_data`.
    """

    def __init__(
        self,
        instruments: Any = None,
        start_time: Any = None,
        end_time: Any = None,
        data_loader: Any = None,
        init_data: bool = True,
        fetch_orig: bool = True,
    ) -> None:
        from backstaff.qlib.utils import init_instance_by_config

        if data_loader is None:
            raise StudyError(f"{type(self).__name__}: needs a data_loader")
        self.data_loader = init_instance_by_config(data_loader, "qlib.data.dataset.loader", accept_types=DataLoader)
        self.instruments, self.start_time, self.end_time = instruments, start_time, end_time
        self.fetch_orig = fetch_orig
        self._held: dict[str, _frame.Held] = {}
        if init_data:
            self.setup_data()

    def config(self, **kwargs: Any) -> None:
        """Change ``instruments``, ``start_time``, ``end_time``, before :meth:`setup_data` loads them."""
        for key, value in kwargs.items():
            setattr(self, key, value)

    def setup_data(self, enable_cache: bool = False) -> None:
        """Load the rows."""
        self._held = {self.DK_R: self._loaded()}

    def _loaded(self) -> _frame.Held:
        loader = self.data_loader
        arguments = (self.instruments, self.start_time, self.end_time)
        if hasattr(loader, "held"):
            return loader.held(*arguments)
        return _frame.Held(frame=_frame.ordered(loader.load(*arguments)))

    @property
    def _data(self) -> pandas.DataFrame:
        return self._rows(self.DK_R).frame

    def _rows(self, data_key: str) -> _frame.Held:
        if not self._held:
            raise StudyError("the handler holds no rows: call setup_data() first")
        return self._held[self.DK_R]

    def fetch(
        self,
        selector: Any = slice(None, None),
        level: Any = "datetime",
        col_set: Any = DataHandlerABC.CS_ALL,
        data_key: str = DataHandlerABC.DK_I,
        squeeze: bool = False,
        proc_func: Callable[[pandas.DataFrame], pandas.DataFrame] | None = None,
    ) -> pandas.DataFrame:
        """Rows of a date, a span of dates or an index, and columns of one group or all (without groups), or of several."""
        held = self._rows(data_key)
        if isinstance(selector, tuple | list) and level is not None:
            selector = slice(*selector)
        fast = held.is_native and proc_func is None and level in ("datetime", 0) and isinstance(selector, slice)
        if fast and selector.step is None:
            rows = held.table.rows_within(_frame.day(selector.start), _frame.last_day(selector.stop))
            frame = _columns(_frame.to_frame(held.table, _places(held, col_set), rows), col_set)
        elif proc_func is not None:
            frame = _columns(proc_func(_chosen(held.frame, selector, level).copy()), col_set)
        else:
            frame = _chosen(_columns(held.frame, col_set), selector, level)
        if squeeze:
            frame = frame.squeeze()
            if isinstance(selector, str | pandas.Timestamp):
                frame = frame.reset_index(level=level, drop=True)
        return frame

    def get_cols(self, col_set: Any = DataHandlerABC.CS_ALL) -> list[Any]:
        """The names of the columns of a group, of several, or of all."""
        return self._cols(self.DK_R, col_set)

    def _cols(self, data_key: str, col_set: Any) -> list[Any]:
        nothing = pandas.DataFrame(columns=self._rows(data_key).columns)
        return list(_columns(nothing, col_set).columns)

    def get_range_selector(self, cur_date: Any, periods: int) -> slice:
        """The span of so many sessions up to a date."""
        dates = self._data.index.unique("datetime")
        place = int(dates.get_loc(pandas.Timestamp(cur_date)))
        return slice(dates[max(0, place - periods + 1)], dates[place])

    def get_range_iterator(self, periods: int, min_periods: int | None = None, **kwargs: Any) -> Any:
        """Each date with the rows of so many sessions up to it."""
        for date in list(self._data.index.unique("datetime"))[(min_periods or periods) :]:
            yield date, self.fetch(self.get_range_selector(date, periods), **kwargs)

    def to_pickle(self, path: str | os.PathLike[str], dump_all: bool = False, **kwargs: Any) -> None:
        """Write the handler, with its rows if ``dump_all``, as a pickle."""
        import pickle

        twin = self.__class__.__new__(self.__class__)
        frames = {key: _frame.Held(frame=held.frame) for key, held in self._held.items()} if dump_all else {}
        twin.__dict__ = {**self.__dict__, "_held": frames}
        with Path(path).expanduser().open("wb") as file:
            pickle.dump(twin, file)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_held": {key: _frame.Held(frame=held.frame) for key, held in self._held.items()}}


class DataHandlerLP(DataHandler):
    """A handler whose rows pass through processors: shared ones, those to predict, those to learn.

    Parameters
    ----------
    infer_processors, learn_processors, shared_processors : sequence
        Processors or their configurations; one's own are classes with ``fit`` and ``__call__`` on frames.
    process_type : str
        ``PTYPE_A``: what is learned from passes through the processors to predict first; ``PTYPE_I``: it does not.
    drop_raw : bool
        Whether the rows as loaded are forgotten.
    """

    IT_FIT_SEQ = "fit_seq"
    IT_FIT_IND = "fit_ind"
    IT_LS = "load_state"
    PTYPE_I = "independent"
    PTYPE_A = "append"
    ATTR_MAP = {"raw": "_data", "infer": "_infer", "learn": "_learn"}  # noqa: RUF012

    def __init__(
        self,
        instruments: Any = None,
        start_time: Any = None,
        end_time: Any = None,
        data_loader: Any = None,
        infer_processors: Sequence[Any] = (),
        learn_processors: Sequence[Any] = (),
        shared_processors: Sequence[Any] = (),
        process_type: str = PTYPE_A,
        drop_raw: bool = False,
        **kwargs: Any,
    ) -> None:
        self.shared_processors = [processors.make(one) for one in shared_processors]
        self.infer_processors = [processors.make(one) for one in infer_processors]
        self.learn_processors = [processors.make(one) for one in learn_processors]
        if process_type not in (self.PTYPE_I, self.PTYPE_A):
            raise StudyError(f"process_type: {process_type!r} is neither {self.PTYPE_A!r} nor {self.PTYPE_I!r}")
        for one in [*self.shared_processors, *self.infer_processors]:
            if not one.is_for_infer():
                raise TypeError(
                    f"{type(one).__name__} leaves out rows by their labels: it stands among the learn_processors alone"
                )
        self.process_type = process_type
        self.drop_raw = drop_raw
        super().__init__(instruments, start_time, end_time, data_loader, **kwargs)

    def get_all_processors(self) -> list[Any]:
        """All processors, in their order."""
        return [*self.shared_processors, *self.infer_processors, *self.learn_processors]

    def setup_data(self, init_type: str = IT_FIT_SEQ, **kwargs: Any) -> None:
        """Load the rows and process them; with ``IT_LS`` the processors stay as they were fitted."""
        super().setup_data(**kwargs)
        if init_type not in (self.IT_FIT_SEQ, self.IT_FIT_IND, self.IT_LS):
            raise StudyError(f"init_type: {init_type!r} is not known")
        if init_type == self.IT_FIT_IND:
            self.fit()
        self.process_data(with_fit=init_type == self.IT_FIT_SEQ)

    def fit(self) -> None:
        """Fit each processor on the rows as loaded."""
        for one in self.get_all_processors():
            one.fit(self._data)

    def fit_process_data(self) -> None:
        """Fit each processor on what the one before it made, and process the rows."""
        self.process_data(with_fit=True)

    def process_data(self, with_fit: bool = False) -> None:
        """Process the rows as loaded."""

        def run(held: _frame.Held, chain: Sequence[Any]) -> _frame.Held:
            for one in chain:
                held = processors.apply(one, held, with_fit)
            return held

        raw = self._held[self.DK_R]
        shared = run(raw, self.shared_processors)
        infer = run(shared, self.infer_processors)
        learn = run(infer if self.process_type == self.PTYPE_A else shared, self.learn_processors)
        self._held = {self.DK_R: raw, self.DK_I: infer, self.DK_L: learn}
        if self.drop_raw:
            del self._held[self.DK_R]

    def _rows(self, data_key: str) -> _frame.Held:
        if not self._held:
            raise StudyError("the handler holds no rows: call setup_data() first")
        try:
            return self._held[data_key]
        except KeyError:
            raise StudyError(f"the handler holds no rows {data_key!r} (it has {', '.join(self._held)})") from None

    @property
    def _infer(self) -> pandas.DataFrame:
        return self._rows(self.DK_I).frame

    @property
    def _learn(self) -> pandas.DataFrame:
        return self._rows(self.DK_L).frame

    def get_cols(self, col_set: Any = DataHandlerABC.CS_ALL, data_key: str = DataHandlerABC.DK_I) -> list[Any]:
        return self._cols(data_key, col_set)

    def config(self, processor_kwargs: Any = None, **kwargs: Any) -> None:
        super().config(**kwargs)
        for one in self.get_all_processors() if processor_kwargs else ():
            one.config(**processor_kwargs)

    @classmethod
    def from_df(cls, df: pandas.DataFrame) -> DataHandlerLP:
        """A handler of a frame."""
        return cls(data_loader=StaticDataLoader(df))


def _places(held: _frame.Held, col_set: Any) -> list[int] | None:
    """The columns of groups, by their places."""
    groups = [column[0] for column in held.table.columns()]
    if col_set in (DataHandlerABC.CS_ALL, DataHandlerABC.CS_RAW) or set(groups) == {""}:
        return None
    wanted = [col_set] if isinstance(col_set, str) else list(col_set)
    for group in wanted:
        if group not in groups:
            raise KeyError(f"the handler has no group {group!r} of columns (it has {', '.join(dict.fromkeys(groups))})")
    return [place for group in wanted for place, own in enumerate(groups) if own == group]


def _columns(frame: pandas.DataFrame, col_set: Any) -> pandas.DataFrame:
    """The columns of groups: of one group, or of all, without the name of it."""
    if not isinstance(frame.columns, pandas.MultiIndex) or (isinstance(col_set, str) and col_set == DataHandlerABC.CS_RAW):
        return frame
    if isinstance(col_set, str):
        # As in Qlib, all columns stand without their groups.
        return frame.droplevel(0, axis=1) if col_set == DataHandlerABC.CS_ALL else frame[col_set]
    return frame[list(col_set)] if list(frame.columns.unique(0)) != list(col_set) else frame


def _chosen(frame: pandas.DataFrame, selector: Any, level: Any) -> pandas.DataFrame:
    if level is None or isinstance(selector, pandas.MultiIndex):
        return frame.loc[selector]
    if isinstance(selector, slice) and selector == slice(None):
        return frame
    place = frame.index.names.index(level) if isinstance(level, str) else level
    if isinstance(selector, slice) and place == 0:
        # A text that names a month means all of its days.
        return frame.loc[selector]
    where: list[Any] = [slice(None), slice(None)]
    where[place] = selector if isinstance(selector, slice | str | pandas.Timestamp) else list(selector)
    return frame.loc(axis=0)[tuple(where)]


__getattr__ = refuse(__name__, __all__)
