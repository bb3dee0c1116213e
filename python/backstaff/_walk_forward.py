"""A splitter for scikit-learn that walks forward and can't leak."""

from __future__ import annotations

import datetime
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from typing import Any

from backstaff.errors import StudyError

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
    ``cross_val_score(model, x, y, cv=bs.WalkForward(), groups=dates)``.
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
    ) -> Iterator[tuple[list[int], list[int]]]:
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
            The last date that the label of each row depends on.

        Yields
        ------
        (list of int, list of int)
            Positions of rows. A fold without rows to train on is left out.

        Raises
        ------
        StudyError
            If the dates can't be found, or no fold is left.
        """
        dates = _dates(X if groups is None else groups)
        sessions = sorted(set(dates))
        place = {session: i for i, session in enumerate(sessions)}
        at = [place[date] for date in dates]
        if label_end is None:
            ends = [i + self.horizon for i in at]
        else:
            # The last session that is not after the date.
            ends = [bisect_right(sessions, end) - 1 for end in _dates(label_end)]
            if len(ends) != len(at):
                raise StudyError(f"label_end: has {len(ends)} dates for {len(at)} rows")
            ends = [max(end, own) for end, own in zip(ends, at, strict=True)]
        any_fold = False
        for first, behind in self._tests(sessions):
            begin = self._begin(sessions, first)
            last = first - self.embargo
            train = [row for row, i in enumerate(at) if begin <= i and ends[row] < last]
            test = [row for row, i in enumerate(at) if first <= i < behind]
            if train:
                any_fold = True
                yield train, test
        if not any_fold:
            raise StudyError(f"no fold is left: {len(sessions)} sessions are too few for test={self.test!r}")

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


def _dates(rows: Any) -> list[datetime.date]:
    """The date of each row."""
    index: Any = getattr(rows, "index", None)
    levels = getattr(index, "levels", None)
    if levels is not None:
        of_dates = [i for i, level in enumerate(levels) if level.dtype.kind == "M"]
        if len(of_dates) == 1:
            return [_date(value) for value in index.get_level_values(of_dates[0])]
    elif hasattr(getattr(index, "dtype", None), "kind") and index.dtype.kind == "M":
        return [_date(value) for value in index]
    columns = getattr(rows, "columns", None)
    if columns is not None:
        for name in ("date", "datetime"):
            if name in list(columns):
                return [_date(value) for value in rows[name]]
        raise StudyError("the dates of the rows are unknown: give them as `groups`, as an index, or as a column `date`")
    return [_date(value) for value in rows]


def _date(value: Any) -> datetime.date:
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    try:
        # Texts, and numpy's days, whose text begins with the date.
        return datetime.date.fromisoformat(str(value)[:10])
    except ValueError:
        raise StudyError(f"{value!r} is no date; give the dates of the rows as `groups`") from None
