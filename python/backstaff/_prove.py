"""Any function of prices, proved: what it says up to a date must not move when everything after the date does."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from backstaff._answer import Proof
from backstaff._prices import Prices, compute, read
from backstaff.errors import DataWarning, StudyError

if TYPE_CHECKING:
    import pandas

#: What rounding may differ by where data are cut off, as a share of the largest value of the session: code for arrays may
#: compute in blocks, which lie elsewhere among fewer rows.
ROUNDING = 1e-9

#: How far a change throws each later value off.
FACTOR = 1000.0

CHANGES = ("missing", "scaled", "shuffled", "truncated")

_TABLES = ("pandas", "polars", "arrow")

_NOT_COVERED = [
    "what the function reads by itself: a file, a frame that it holds, the network",
    "what the function keeps from the first time that it was called, such as a model that it fits only once",
    "values that the data themselves had too early, and instruments that are in them because they survived",
    "a leak that shows at other dates alone; more `dates` find more",
]


def prove(
    function: Callable[[Any], Any],
    data: Any,
    *,
    dates: int = 3,
    changes: Sequence[str] = CHANGES,
    table: str = "pandas",
    **form: Any,
) -> Proof:
    """Prove that a function of prices does not look ahead: change everything after some dates, call it again, compare.

    The values up to each date must stay the same: bit for bit where the later values are changed, but for rounding
    (1e-9 of the largest value of the session) where they are cut off.

    Parameters
    ----------
    function : callable
        It gets a frame and gives values by date and instrument: a series or frame with these in its index or columns, a
        frame of dates × instruments, a table of Polars, Arrow or backstaff, or an array with one value for each row of the
        frame. Several columns are compared each. A value that it leaves out counts as missing.
    data : Prices, path or frame
        What :func:`read` gives or takes. The function gets the fields that were read, sorted by date and instrument.
    dates : int
        How many dates, spread over those for which the function has values. One more is taken at which the data miss a
        value that is there again later, if there is one: a fill from later values shows there alone.
    changes : sequence of str
        What becomes of all rows after a date: ``missing`` (NaN), ``scaled`` (times 1000), ``shuffled`` (each instrument's
        values change places), ``truncated`` (no rows). Leave ``missing`` out for a function that refuses NaN.
    table : str
        What the function gets: ``pandas``, indexed ``(datetime, instrument)``; ``polars`` or ``arrow`` with columns
        ``date`` and ``instrument``.
    **form
        How the data are written, as for :func:`read`.

    Returns
    -------
    Proof
        True if nothing looks ahead. Its ``verdict`` is one of

        - ``holds``: something was compared, and nothing moved;
        - ``looks ahead``: ``leaks`` of the ``passes`` say which change moved how many values, the first date and
          instrument with the value before and after;
        - ``unsteady``: called again on the same data the function gives other values, because it is random or remembers
          earlier calls, so that look-ahead can't be told from chance;
        - ``incomplete``: the function raised on changed data only; the pass has the ``error``;
        - ``empty``: the function gives no value at all, so that nothing is proved.

        ``notes`` say what else is odd: a function that changes the frame which it gets, values for rows that the data
        don't have.

    Raises
    ------
    StudyError
        If an argument is wrong, or the function gives nothing that has values by date and instrument.
    ModelError
        If the function raises on the data as they are.
    DataError
        If the data can't be read.

    Examples
    --------
    >>> bool(bs.prove(lambda f: f.close.groupby("instrument").pct_change(fill_method=None), frame, dates=1))
    True
    >>> proof = bs.prove(lambda f: f.close / f.close.groupby("instrument").transform("max"), frame, dates=1)
    >>> proof["verdict"]
    'looks ahead'
    """
    if not callable(function):
        raise StudyError(f"function: {function!r} can't be called")
    if isinstance(dates, bool) or not isinstance(dates, int) or dates < 1:
        raise StudyError(f"dates: {dates!r} is not 1 or more")
    changes = [changes] if isinstance(changes, str) else list(changes)
    for change in changes:
        if change not in CHANGES:
            raise StudyError(f"changes: {change!r} is none of {', '.join(CHANGES)}")
    if not changes:
        raise StudyError(f"changes: are none; give some of {', '.join(CHANGES)}")
    if table not in _TABLES:
        raise StudyError(f"table: {table!r} is none of {', '.join(_TABLES)}")
    return _answer(_Prover(function, _frame(data, form), table).found(dates, changes))


@dataclass
class _Leak:
    """Values of one column that moved."""

    kind: str
    name: str
    instrument: str | None
    session: str
    n_moved: int
    old: float | None
    new: float | None
    only_rounding: bool

    def __str__(self) -> str:
        at = self.session if self.instrument is None else f"{self.session} ({self.instrument})"
        told = f"{self.name}: {_values_of(self.n_moved)} moved, the first on {at}: {_shown(self.old)} became {_shown(self.new)}"
        return f"{told}; all by a rounding only" if self.only_rounding else told


@dataclass
class _Pass:
    """One date, and one change of everything after it."""

    session: str
    perturbation: str
    values: int = 0
    leaks: list[_Leak] = field(default_factory=list)
    error: str | None = None

    def __str__(self) -> str:
        if self.error is not None:
            said = f"RAISED {self.error}"
        else:
            said = f"{'MOVED' if self.leaks else 'nothing moved'}: {_values_of(self.values)} compared"
        return "\n  ".join([f"{self.session} {self.perturbation:<10} {said}", *map(str, self.leaks)])


@dataclass
class _Found:
    """All that a proof found."""

    function: str
    verdict: str
    passes: list[_Pass]
    notes: list[str]


class _Raised(Exception):
    """The function raised; the cause is what."""


class _Prover:
    """A function and the frame that it is proved on."""

    def __init__(self, function: Callable[[Any], Any], frame: pandas.DataFrame, table: str) -> None:
        self._function = function
        self._frame = frame
        self._table = table
        self._dates = frame.index.get_level_values("datetime")
        self._sessions = self._dates.unique().sort_values()
        self._notes: dict[str, str] = {}
        self._name = getattr(function, "__qualname__", None) or type(function).__name__

    def found(self, n_dates: int, changes: list[str]) -> _Found:
        """Call the function on all changes, and compare."""
        from backstaff.errors import ModelError

        # The first call of all sees no later data: a function that remembers can't have them yet.
        middle = self._sessions[(len(self._sessions) - 1) // 2]
        first = self._tried(middle)
        try:
            whole = self._called(self._frame)
            again = self._called(self._frame)
        except _Raised as error:
            told = _said(error.__cause__)
            raise ModelError(f"the function fails on the data as they are: {told}") from error.__cause__
        moved = _moved(whole, again, self._sessions[-1], exact=True)
        if moved:
            told = "called again on the same data it gives other values: it is random, or remembers earlier calls"
            return self._ended("unsteady", [], [f"{told}. {leak}" for leak in moved])
        cuts = self._cuts(whole, n_dates)
        if not cuts:
            return self._ended("empty", [], ["the function gives no value at any date that others follow"])
        passes = [self._pass(whole, cut, change) for cut in cuts for change in changes]
        if "truncated" in changes and first is not None and middle not in cuts:
            leaks = _moved(whole, first, middle, exact=False)
            passes.insert(0, _Pass(_day(middle), "truncated", _n_values(whole, middle), leaks))
        last = self._tried(middle)
        if first is not None and last is not None and (moved := _moved(first, last, middle, exact=True)):
            told = f"called on the data up to {_day(middle)} before and after it has seen all, it gives other values: it remembers"
            return self._ended("unsteady", passes, [f"{told}. {leak}" for leak in moved])
        return self._ended(_verdict(passes), passes, [])

    def _ended(self, verdict: str, passes: list[_Pass], notes: list[str]) -> _Found:
        return _Found(self._name, verdict, passes, [*notes, *self._notes.values()])

    def _tried(self, cut: pandas.Timestamp) -> pandas.DataFrame | None:
        try:
            return self._called(self._changed(cut, "truncated"))
        except (_Raised, StudyError):
            return None

    def _pass(self, whole: pandas.DataFrame, cut: pandas.Timestamp, change: str) -> _Pass:
        found = _Pass(_day(cut), change)
        try:
            values = self._called(self._changed(cut, change))
        except _Raised as error:
            found.error = _said(error.__cause__)
            return found
        except StudyError as error:
            found.error = str(error)
            return found
        found.values = _n_values(whole, cut)
        found.leaks = _moved(whole, values, cut, exact=change != "truncated")
        return found

    def _cuts(self, whole: pandas.DataFrame, n_dates: int) -> list[pandas.Timestamp]:
        """Dates spread over those with values; behind each there are rows to change."""
        known = whole.index[whole.notna().any(axis=1)].get_level_values(0)
        known = known[known < self._sessions[-1]]
        sessions = self._sessions[self._sessions.isin(known)] if len(known) else []
        n = len(sessions)
        if not n:
            return []
        spread = [sessions[min(n * k // (n_dates + 1), n - 1)] for k in range(1, n_dates + 1)]
        return sorted({*spread, *self._gap()})

    def _gap(self) -> list[pandas.Timestamp]:
        """A date at which a value is missing that is there again later, if there is one: who fills it looks ahead there."""
        by_instrument = self._frame.groupby(level="instrument")
        gaps = self._frame.isna() & by_instrument.bfill().notna() & by_instrument.ffill().notna()
        found = self._dates[gaps.any(axis=1)].unique().sort_values()
        return [found[len(found) // 2]] if len(found) else []

    def _changed(self, cut: pandas.Timestamp, change: str) -> pandas.DataFrame:
        """The frame with all rows after a date changed."""
        later = self._dates > cut
        if change == "truncated":
            return self._frame[~later]
        changed = self._frame.copy()
        values = changed.to_numpy(copy=True)
        if change == "missing":
            values[later] = math.nan
        elif change == "scaled":
            values[later] *= FACTOR
        else:
            _shuffle(values, later, self._frame.index.get_level_values("instrument"))
        return type(changed)(values, index=changed.index, columns=changed.columns)

    def _called(self, frame: pandas.DataFrame) -> pandas.DataFrame:
        """What the function says of a frame: a column for each of its values, by date and instrument."""
        given, kept = self._given(frame), self._given(frame)
        try:
            result = self._function(given)
        except Exception as error:
            raise _Raised from error
        if not kept.equals(given):
            self._notes["changes"] = "the function changes the frame that it gets"
        values = _by_row(result, frame)
        strange = ~values.index.isin(self._frame.index) & values.notna().any(axis=1)
        if values.index.get_level_values(1)[strange].astype(bool).any():
            date, instrument = values.index[strange][0]
            rows = f"the function gives values for rows that the data don't have, such as {_day(date)} ({instrument})"
            self._notes.setdefault("rows", rows)
        return values

    def _given(self, frame: pandas.DataFrame) -> Any:
        """The frame in the form that the function gets, its own copy."""
        if self._table == "pandas":
            return frame.copy()
        import pyarrow

        columns = frame.reset_index().rename(columns={"datetime": "date"})
        table = pyarrow.Table.from_pandas(columns, preserve_index=False)
        table = table.set_column(0, "date", table["date"].cast(pyarrow.date32()))
        if self._table == "arrow":
            return table
        import polars

        return polars.DataFrame(table)


def _frame(data: Any, form: dict[str, Any]) -> pandas.DataFrame:
    """All fields of some prices, by date and instrument."""
    if isinstance(data, Prices):
        if form:
            raise StudyError(f"{', '.join(form)}: say it to read(), not to prove()")
        prices = data
    else:
        prices = read(data, **form)
    with warnings.catch_warnings():
        # Whether a field is worth anything is not what is asked.
        warnings.simplefilter("ignore", DataWarning)
        fields = compute(prices, {name: f"${name}" for name in prices.fields})
    frame = fields.to_pandas().astype("float64")
    if frame.index.get_level_values("datetime").nunique() < 2:
        raise StudyError("the data have fewer than two sessions, so that nothing comes after any")
    return frame


def _shuffle(values: Any, later: Any, instruments: Any) -> None:
    """Let the later rows of each instrument change places: sums and ranges over all of them stay the same."""
    import numpy
    import pandas

    codes, _ = pandas.factorize(instruments)
    rows = numpy.flatnonzero(later)
    rows = rows[numpy.argsort(codes[rows], kind="stable")]
    ends = numpy.flatnonzero(numpy.diff(codes[rows], append=-1)) + 1
    start = 0
    for end in ends.tolist():
        own = rows[start:end]
        # Reversed and rotated, so that hardly any row keeps its values.
        values[own] = values[numpy.roll(own[::-1], -(len(own) // 3))]
        start = end


def _by_row(result: Any, frame: pandas.DataFrame) -> pandas.DataFrame:
    """What a function gave, as columns of numbers by date and instrument."""
    import numpy
    import pandas

    if isinstance(result, pandas.Series):
        result = result.to_frame(result.name if result.name is not None else "scores")
    elif not isinstance(result, pandas.DataFrame):
        result = _from_elsewhere(result, frame)
    index = result.index
    if index.equals(frame.index):
        pass
    elif isinstance(index, pandas.MultiIndex) and index.nlevels == 2:
        result = result.set_axis(_in_order(index, frame), axis=0)
    elif {"instrument"} < set(result.columns) & {"date", "datetime", "instrument"}:
        named = result.rename(columns={"datetime": "date"})
        result = named.assign(date=pandas.to_datetime(named["date"])).set_index(["date", "instrument"])
    elif isinstance(index, pandas.DatetimeIndex):
        instruments = frame.index.get_level_values("instrument")
        if result.columns.isin(instruments).all():
            result = result.set_axis(result.columns.rename("instrument"), axis=1).stack().to_frame("scores")
        else:
            # One value a date: of no instrument.
            result = result.set_axis(pandas.MultiIndex.from_product([index, [""]]), axis=0)
    elif len(index) == len(frame):
        result = result.set_axis(frame.index, axis=0)
    else:
        raise StudyError(
            f"the function gives {len(index)} rows without dates for a frame of {len(frame)}; "
            "give values by date and instrument, or one for each row"
        )
    if result.index.has_duplicates:
        date, instrument = result.index[result.index.duplicated()][0]
        raise StudyError(f"the function gives two values for {_day(date)} ({instrument})")
    for name, column in result.items():
        is_text = pandas.api.types.is_string_dtype(column) and column.notna().any()
        if is_text or getattr(column.dtype, "kind", "O") not in "biufO":
            raise StudyError(f"the function gives a column {name} of {column.dtype}; give numbers")
    try:
        numbers = {str(name): column.to_numpy(dtype="float64", na_value=numpy.nan) for name, column in result.items()}
    except (TypeError, ValueError) as error:
        raise StudyError(f"the function gives values that are no numbers: {error}") from error
    index = result.index.set_names(["datetime", "instrument"])
    return pandas.DataFrame(numbers, index=index)


def _from_elsewhere(result: Any, frame: pandas.DataFrame) -> pandas.DataFrame:
    """A frame of what is none of pandas: a table of Arrow, Polars or backstaff, an array, a list."""
    import numpy
    import pandas

    if hasattr(result, "collect") and hasattr(result, "lazy"):
        result = result.collect()
    if hasattr(result, "column_names") or (hasattr(result, "columns") and hasattr(result, "__arrow_c_stream__")):
        import pyarrow

        return pyarrow.table(result).to_pandas(date_as_object=False)
    try:
        values = numpy.asarray(result.to_list() if hasattr(result, "to_list") else result)
        values = values.astype("float64")
    except (TypeError, ValueError):
        values = numpy.empty(())
    if values.ndim not in (1, 2):
        kind = type(result).__name__
        raise StudyError(f"the function gives a {kind}; give a series or frame of values by date and instrument")
    if len(values) != len(frame):
        raise StudyError(
            f"the function gives {len(values)} values without dates for a frame of {len(frame)} rows; "
            "give values by date and instrument, or one for each row"
        )
    names = ["scores"] if values.ndim == 1 else [str(i) for i in range(values.shape[1])]
    return pandas.DataFrame(values.reshape(len(values), -1), index=frame.index, columns=names)


def _in_order(index: pandas.MultiIndex, frame: pandas.DataFrame) -> pandas.MultiIndex:
    """Two levels as dates and instruments, whichever comes first."""
    import pandas

    is_date = [pandas.api.types.is_datetime64_any_dtype(level.dtype) for level in index.levels]
    if is_date[1] and not is_date[0]:
        return index.swaplevel()
    if is_date[0]:
        return index
    dates = [index.names.index(name) for name in ("datetime", "date") if name in index.names]
    if len(dates) != 1:
        raise StudyError("the function gives two levels of an index of which none are dates")
    levels = [index.get_level_values(i) for i in (dates[0], 1 - dates[0])]
    return pandas.MultiIndex.from_arrays([pandas.to_datetime(levels[0]), levels[1]])


def _moved(old: pandas.DataFrame, new: pandas.DataFrame, cut: pandas.Timestamp, *, exact: bool) -> list[_Leak]:
    """The columns whose values up to a date differ; a value that is left out counts as missing."""
    import numpy

    old = old[old.index.get_level_values(0) <= cut]
    new = new[new.index.get_level_values(0) <= cut]
    rows = old.index if old.index.equals(new.index) else old.index.union(new.index)
    leaks = []
    for name in dict.fromkeys([*old.columns, *new.columns]):
        a, b = (frame.reindex(rows)[name] if name in frame else frame.reindex(rows).get(name) for frame in (old, new))
        a, b = (numpy.full(len(rows), numpy.nan) if x is None else x.to_numpy() for x in (a, b))
        both_missing = numpy.isnan(a) & numpy.isnan(b)
        # Zeros of both signs are told apart by their bits alone.
        differs = ~both_missing & (a.view("int64") != b.view("int64"))
        beyond = differs & ~_is_rounding(a, b, rows)
        moved = numpy.flatnonzero(differs if exact else beyond)
        if len(moved):
            dates = rows.get_level_values(0)
            at = moved[numpy.argmin(dates[moved].to_numpy())]
            date, instrument = rows[at]
            before, after = (None if math.isnan(x) else float(x) for x in (a[at], b[at]))
            by_rounding = not beyond.any()
            leak = _Leak("scores", str(name), str(instrument) or None, _day(date), len(moved), before, after, by_rounding)
            leaks.append(leak)
    return leaks


def _is_rounding(a: Any, b: Any, rows: pandas.MultiIndex) -> Any:
    """Whether values differ by no more than rounding may."""
    import numpy
    import pandas

    size = numpy.fmax(numpy.abs(a), numpy.abs(b))
    size[~numpy.isfinite(size)] = 0.0
    largest = pandas.Series(size).groupby(rows.get_level_values(0).to_numpy()).transform("max").to_numpy()
    with numpy.errstate(invalid="ignore"):
        return (numpy.abs(a - b) <= ROUNDING * largest) | (a == b)


def _n_values(values: pandas.DataFrame, cut: pandas.Timestamp) -> int:
    return int(values[values.index.get_level_values(0) <= cut].notna().to_numpy().sum())


def _verdict(passes: Iterable[_Pass]) -> str:
    passes = list(passes)
    if any(each.leaks for each in passes):
        return "looks ahead"
    return "incomplete" if any(each.error is not None for each in passes) else "holds"


def _answer(found: _Found) -> Proof:
    sentence = {
        "holds": "nothing looks ahead",
        "looks ahead": "something looks ahead",
        "unsteady": "look-ahead can't be told from chance",
        "incomplete": "not proved: the function raises on changed data",
        "empty": "not proved: there is nothing to compare",
    }[found.verdict]
    lines = [f"function {found.function}", *map(str, found.passes), *found.notes, sentence, "not covered:"]
    lines += [f"  - {line}" for line in _NOT_COVERED]
    return Proof((json.dumps({**asdict(found), "not_covered": _NOT_COVERED}), "\n".join(lines)), found.verdict == "holds")


def _day(date: Any) -> str:
    return str(date)[:10]


def _said(error: BaseException | None) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]


def _shown(value: float | None) -> str:
    return "missing" if value is None else f"{value:.6g}"


def _values_of(count: int) -> str:
    return f"{count:,} value{'' if count == 1 else 's'}"
