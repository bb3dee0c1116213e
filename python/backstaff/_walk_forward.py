"""A splitter for scikit-learn that walks forward and can't leak."""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from backstaff.errors import StudyError

# Arrays of NumPy where that is installed, else lists.
Positions = Any

_SPAN = re.compile(r"(\d+)(y|m)$")
_BEGINNINGS = {"year": 12, "quarter": 3, "month": 1}


class WalkForward:
    """Folds that train on the past and test on what follows, for ``cross_val_score``, ``GridSearchCV`` and the like.

    A row is trained on only if its label is known before the first tested session: rows whose label ends there or later
    are purged, and ``embargo`` further sessions before the test are left out. Rows need no order; all rows of one date
    fall on one side.

    Parameters
    ----------
    test : str or int
        The length of a test: ``"year"``, ``"quarter"`` or ``"month"`` of the calendar, or a number of sessions.
    train : str, int or None
        How far training reaches back: ``"3y"``, ``"18m"``, a number of sessions, or None for all of the past.
    horizon : int
        The sessions that a label looks ahead, where ``label_end`` does not say it: that of the row's own session plus
        ``horizon`` is the last one that the label depends on.
    embargo : int
        Further sessions between training and test.

    Examples
    --------
    >>> dates = ["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09"]
    >>> for train, test in bs.WalkForward(test=2, train=None, horizon=1).split(dates):
    ...     print([dates[i] for i in train], [dates[i] for i in test])
    ['2024-01-02'] ['2024-01-04', '2024-01-05']
    ['2024-01-02', '2024-01-03', '2024-01-04'] ['2024-01-08', '2024-01-09']

    As ``cv`` it takes the dates from the index of a pandas frame, or from ``groups``:
    ``cross_val_score(model, x, y, cv=bs.WalkForward(), groups=dates)``. scikit-learn hands no ``label_end`` on; where labels
    end otherwise than after ``horizon`` sessions, give it the folds: ``cv=list(splitter.split(x, label_end=ends))``.
    """

    def __init__(
        self,
        test: str | int = "year",
        train: str | int | None = "3y",
        *,
        horizon: int = 1,
        embargo: int = 0,
    ) -> None:
        if not (test in _BEGINNINGS or _is_count(test, 1)):
            raise StudyError(f"test: {test!r} is none of 'year', 'quarter', 'month' nor a number of sessions")
        if not (train is None or _is_count(train, 1) or isinstance(train, str) and _SPAN.match(train)):
            raise StudyError(f"train: {train!r} is none of '3y', '18m', a number of sessions nor None")
        for name, value in (("horizon", horizon), ("embargo", embargo)):
            if not _is_count(value, 0):
                raise StudyError(f"{name}: {value!r} is no number of sessions; give 0 or more")
        self.test = test
        self.train = train
        self.horizon = horizon
        self.embargo = embargo

    def split(
        self, X: Any, y: Any = None, groups: Any = None, *, label_end: Any = None
    ) -> Iterator[tuple[Positions, Positions]]:
        """The rows that train and those that test, fold by fold, the oldest first.

        Parameters
        ----------
        X : frame or sequence
            A pandas frame with a level of dates in its index, a frame with a column ``date`` or ``datetime``, or the dates
            of the rows.
        y : ignored
        groups : sequence of dates, optional
            The date of each row, where ``X`` does not have it.
        label_end : sequence of dates, optional
            The last date that the label of each row depends on. A missing one (None, NaT) is a label that is not known
            yet: its row trains in no fold.

        Yields
        ------
        (array of int, array of int)
            Positions of rows in ascending order, as lists where NumPy is not installed. A fold without rows to train on
            is left out.

        Raises
        ------
        StudyError
            If the dates can't be found, or no fold is left.
        """
        sessions, at = positions_of_dates(X if groups is None else groups, "groups")
        ends = self._ends(sessions, at, label_end)
        rows = _Rows(at, ends)
        any_fold = False
        for first, behind in self._tests(sessions):
            train = rows.known(self._begin(sessions, first), first - self.embargo)
            if len(train):
                any_fold = True
                yield train, rows.between(first, behind)
        if not any_fold:
            raise StudyError(f"no fold is left: {len(sessions)} sessions are too few for test={self.test!r}")

    def _ends(self, sessions: list[datetime.date], at: Any, label_end: Any) -> Any:
        """For each row the position of the last session that its label depends on."""
        numpy = _numpy()
        if label_end is None:
            return at + self.horizon if numpy else [i + self.horizon for i in at]
        dates, places = _factorised(label_end, "label_end", may_miss=True)
        if len(places) != len(at):
            raise StudyError(f"label_end: has {len(places)} dates for {len(at)} rows")
        # The last session that is not after the date; what is not known yet ends behind all of them.
        ends = [len(sessions) if date is None else bisect_right(sessions, date) - 1 for date in dates]
        if numpy:
            return numpy.maximum(numpy.array(ends, dtype=at.dtype)[places], at)
        return [max(ends[place], own) for place, own in zip(places, at, strict=True)]

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """The number of folds."""
        if X is None and groups is None:
            raise StudyError("the number of folds depends on the dates: give X or groups")
        return sum(1 for _ in self.split(X, y, groups))

    def _tests(self, sessions: Sequence[datetime.date]) -> list[tuple[int, int]]:
        """The first session of each test, and that behind its last."""
        n = len(sessions)
        if isinstance(self.test, int):
            starts = list(range(self.test, n, self.test))
        else:
            months = _BEGINNINGS[self.test]
            period = [(session.year * 12 + session.month - 1) // months for session in sessions]
            starts = [i for i in range(1, n) if period[i] != period[i - 1]]
        return list(zip(starts, [*starts[1:], n], strict=False))

    def _begin(self, sessions: Sequence[datetime.date], first: int) -> int:
        """The first session that trains for a test that begins with this one."""
        if self.train is None:
            return 0
        if isinstance(self.train, int):
            return max(0, first - self.train)
        span = _SPAN.match(self.train)
        assert span is not None, "it was looked at when the splitter was made"
        count, unit = span.groups()
        months = int(count) * (12 if unit == "y" else 1)
        start = sessions[first]
        whole = start.year * 12 + start.month - 1 - months
        # A month may have no such day: the last that every month has is the 28th.
        from_ = datetime.date(max(whole // 12, 1), whole % 12 + 1, min(start.day, 28)) if whole > 12 else datetime.date.min
        return bisect_left(sessions, from_)

    def __repr__(self) -> str:
        return (
            f"WalkForward(test={self.test!r}, train={self.train!r}, horizon={self.horizon!r}, embargo={self.embargo!r})"
        )


def _is_count(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _numpy() -> Any:
    """NumPy where it is installed: nothing here needs it, but a million rows are quicker with it."""
    try:
        import numpy
    except ImportError:
        return None
    return numpy


class _Rows:
    """Rows by the position of their session and that of the session in which their label ends."""

    def __init__(self, at: Any, ends: Any) -> None:
        self._numpy = _numpy()
        self._at = at
        self._ends = ends

    def known(self, begin: int, last: int) -> Positions:
        """The rows from a session on whose labels end before another one."""
        if self._numpy:
            return self._numpy.flatnonzero((self._at >= begin) & (self._ends < last))
        return [row for row, (i, end) in enumerate(zip(self._at, self._ends, strict=True)) if begin <= i and end < last]

    def between(self, first: int, behind: int) -> Positions:
        """The rows of some sessions."""
        if self._numpy:
            return self._numpy.flatnonzero((self._at >= first) & (self._at < behind))
        return [row for row, i in enumerate(self._at) if first <= i < behind]


def positions_of_dates(rows: Any, name: str) -> tuple[list[datetime.date], Any]:
    """The dates that occur, oldest first, and for each row the position of its date among them."""
    dates, places = _factorised(rows, name, may_miss=False)
    numpy = _numpy()
    used = numpy.flatnonzero(numpy.bincount(places)).tolist() if numpy and len(places) else set(places)
    sessions = sorted({dates[place] for place in used})
    position = {session: i for i, session in enumerate(sessions)}
    found = [position.get(date, -1) for date in dates]
    if numpy:
        return sessions, numpy.array(found, dtype="int32")[places] if sessions else numpy.array([], dtype="int32")
    return sessions, [found[place] for place in places]


def _factorised(rows: Any, name: str, *, may_miss: bool) -> tuple[list[Any], Any]:
    """Dates in any order, some of which may not occur, and for each row the place of its date among them."""
    numpy = _numpy()
    holder = _holder(rows)
    if hasattr(holder, "codes"):
        # One level of an index: its dates are few.
        values, places = list(holder.levels), holder.codes
        if (places < 0).any():
            values, places = [*values, None], numpy.where(places < 0, len(values), places)
    elif numpy and (days := _days(holder, numpy)) is not None:
        if not len(days):
            return [], numpy.array([], dtype="int64")
        missing = numpy.isnat(days)
        numbers = days.astype("int64")
        first = numbers[~missing].min() if not missing.all() else 0
        places = numpy.where(missing, 0, numbers - first + 1)
        values = [None, *_calendar(int(first), int(places.max(initial=0)))]
        if not missing.any():
            # The first value stands for what is missing, of which there is nothing.
            values[0] = values[-1]
    else:
        listed = holder.tolist() if hasattr(holder, "tolist") else list(holder)
        try:
            known = {value: i for i, value in enumerate(dict.fromkeys(listed))}
        except TypeError:
            raise StudyError(f"{listed[0]!r} is no date; give the dates of the rows as `{name}`") from None
        values, places = list(known), [known[value] for value in listed]
        places = numpy.array(places, dtype="int64") if numpy else places
    return [_date(value, name, may_miss=may_miss) for value in values], places


def _calendar(first: int, count: int) -> list[datetime.date]:
    """So many days from one on, which is numbered from 1970-01-01."""
    start = datetime.date(1970, 1, 1).toordinal() + first
    return [datetime.date.fromordinal(start + i) for i in range(count)]


def _days(values: Any, numpy: Any) -> Any:
    """The days of an array or series of times, as NumPy's; None of anything else."""
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "tz", None) is not None:
        values = getattr(values, "dt", values).tz_localize(None)
    elif getattr(dtype, "time_zone", None) is not None:
        values = values.dt.replace_time_zone(None)
    if getattr(dtype, "kind", None) != "M" and not str(dtype).startswith(("Date", "Datetime")):
        return None
    return numpy.asarray(values).astype("datetime64[D]")


class _Level:
    """One level of an index of several: its dates, and for each row the place of its date among them."""

    def __init__(self, index: Any, level: int) -> None:
        self.levels = index.levels[level]
        self.codes = index.codes[level]


def _holder(rows: Any) -> Any:
    """What holds the dates of the rows."""
    index: Any = getattr(rows, "index", None)
    levels = getattr(index, "levels", None)
    if levels is not None:
        of_dates = [i for i, level in enumerate(levels) if getattr(level.dtype, "kind", None) == "M"]
        if len(of_dates) == 1:
            return _Level(index, of_dates[0])
    elif getattr(getattr(index, "dtype", None), "kind", None) == "M":
        return index
    columns = getattr(rows, "column_names", getattr(rows, "columns", None))
    if columns is not None:
        for name in ("date", "datetime"):
            if name in list(columns):
                return rows[name]
        raise StudyError("the dates of the rows are unknown: give them as `groups`, as an index, or as a column `date`")
    return rows


def _date(value: Any, name: str, *, may_miss: bool) -> datetime.date | None:
    # What is not equal to itself is missing: NaN, NaT.
    if value is None or value != value:
        if may_miss:
            return None
        raise StudyError(f"{name}: a row has no date")
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        # Texts, and numpy's days, whose text begins with the date.
        return datetime.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise StudyError(f"{value!r} is no date; give the dates of the rows as `{name}`") from None
