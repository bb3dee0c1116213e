"""Calendar, instruments and features of the folder: ``D``, as Qlib gives them."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy
import pandas

from backstaff._threads import n_threads
from backstaff.errors import DataWarning, StudyError
from backstaff.qlib import _frame
from backstaff.qlib.config import C

__all__ = ["D"]

_FIELD = re.compile(r"\$([A-Za-z_]\w*)")
_FAR = {0: pandas.Timestamp("1677-09-22"), 1: pandas.Timestamp("2262-04-11")}


def universe(instruments: Any, filter_pipe: Sequence[Any] | None = None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Instruments as the native part takes them; and the spans of those that are named with spans."""
    spans = None
    if isinstance(instruments, str):
        asked: dict[str, Any] = {"market": instruments}
    elif isinstance(instruments, Mapping) and "market" in instruments:
        asked = {"market": instruments["market"]}
        filter_pipe = [*instruments.get("filter_pipe", ()), *(filter_pipe or ())]
    elif isinstance(instruments, Mapping):
        spans = dict(instruments)
        asked = {"names": [str(name) for name in spans]}
    else:
        asked = {"names": list(dict.fromkeys(str(name) for name in instruments))}
    return asked | {"filters": [_filter(one) for one in filter_pipe or ()]}, spans


def _filter(one: Any) -> dict[str, Any]:
    said = one if isinstance(one, Mapping) else one.to_config()
    said = {**said, **said.get("kwargs", {})}
    kind = said.get("filter_type", said.get("class"))
    rules = {"NameDFilter": ("name", "name_rule_re"), "ExpressionDFilter": ("expression", "rule_expression")}
    if kind not in rules:
        raise StudyError(f"there is no filter {kind!r} here (known: {', '.join(rules)})")
    key, rule = rules[kind]
    ends = [
        said.get(f"filter_{end}_time", said.get("fstart_time" if end == "start" else "fend_time")) for end in ("start", "end")
    ]
    # `keep` is about instruments without bars, which have no row in either case.
    return {key: said[rule], "from": _frame.day(ends[0]), "to": _frame.day(ends[1])}


def load(instruments: Any, start: Any, end: Any, columns: list[tuple[str, str, str]], filters: Any = None) -> Any:
    """Columns (group, name, expression) of instruments between two dates: a table of the engine."""
    asked, spans = universe(instruments, filters)
    folder = C.folder()
    asked, spans = _with_bars(asked, spans)
    arguments = (json.dumps(asked), _frame.day(start), _frame.last_day(end))
    table, told = folder.load(*arguments, columns, n_threads(None))
    for text in told:
        warnings.warn(text, DataWarning, stacklevel=4)
    return table, spans


def _with_bars(asked: dict[str, Any], spans: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Without the instruments of which the folder has no bars, which a warning names."""
    there = {path.name.lower() for path in (C.folder_path() / "features").iterdir()}
    listed = C.folder().spans(asked["market"]) if "market" in asked else [(name, []) for name in asked["names"]]
    missing = {name for name, _ in listed if name.lower() not in there}
    if not missing or len(missing) == len(listed):
        return asked, spans
    shown = ", ".join(sorted(missing)[:5]) + (", ..." if len(missing) > 5 else "")
    warnings.warn(
        f"{len(missing)} of {len(listed)} instruments have no bars, and so no rows: {shown}", DataWarning, stacklevel=5
    )
    if "market" in asked:
        spans = {name: [_ends(*span) for span in own] for name, own in listed if name not in missing}
    names = [name for name, _ in listed if name not in missing]
    return {"names": names, "filters": asked["filters"]}, spans


def _ends(begin: int | None, end: int | None) -> tuple[Any, Any]:
    dates = (None if one is None else _frame.dates([one])[0] for one in (begin, end))
    return tuple(far if one is None else one for one, far in zip(dates, _FAR.values(), strict=True))


class _Data:
    """``D``: what the folder of ``qlib.init`` holds."""

    def calendar(self, start_time: Any = None, end_time: Any = None, freq: str = "day", future: bool = False) -> Any:
        """The dates of the calendar between two dates, as an array of timestamps."""
        _daily(freq)
        all_days = numpy.asarray(C.folder().calendar())
        first, last = _frame.day(start_time), _frame.last_day(end_time)
        kept = all_days[
            (all_days >= (first if first is not None else all_days[0]))
            & (all_days <= (last if last is not None else all_days[-1]))
        ]
        return numpy.array(list(_frame.dates(kept)), dtype=object)

    def instruments(
        self, market: Any = "all", filter_pipe: Sequence[Any] | None = None, start_time: Any = None, end_time: Any = None
    ) -> Any:
        """A market with filters, for :meth:`features`; a list stays as it is."""
        if isinstance(market, list | tuple | pandas.Index | numpy.ndarray):
            return market
        if isinstance(market, Mapping):
            return market
        return {
            "market": market,
            "filter_pipe": [one if isinstance(one, Mapping) else one.to_config() for one in filter_pipe or ()],
        }

    def list_instruments(
        self, instruments: Any, start_time: Any = None, end_time: Any = None, freq: str = "day", as_list: bool = False
    ) -> Any:
        """The instruments of a market, each with its spans; or their names alone."""
        _daily(freq)
        asked, spans = universe(instruments)
        days = numpy.asarray(C.folder().calendar())
        first, last = _frame.day(start_time), _frame.last_day(end_time)
        first, last = days[0] if first is None else first, days[-1] if last is None else last
        if asked["filters"]:
            found = _spans_of_rows(self.features(instruments, ["$close"], start_time, end_time).index, self.calendar())
        elif "market" in asked:
            found = {}
            for name, own in C.folder().spans(asked["market"]):
                ends = [
                    (max(first, begin if begin is not None else first), min(last, end if end is not None else last))
                    for begin, end in own
                ]
                kept = [tuple(_frame.dates(pair)) for pair in ends if pair[0] <= pair[1]]
                if kept:
                    found[name] = kept
        else:
            whole = [(pandas.Timestamp(_frame.dates([first])[0]), pandas.Timestamp(_frame.dates([last])[0]))]
            found = {name: (spans or {}).get(name, whole) for name in asked["names"]}
        return list(found) if as_list else found

    def features(
        self,
        instruments: Any,
        fields: Sequence[Any],
        start_time: Any = None,
        end_time: Any = None,
        freq: str = "day",
        disk_cache: Any = None,
        inst_processors: Sequence[Any] = (),
    ) -> pandas.DataFrame:
        """The values of expressions: float32, a column each, indexed by (instrument, datetime).

        A field that the folder lacks has no value, and a warning says so.
        """
        _daily(freq)
        names = [str(field) for field in fields]
        known = set(C.folder().fields())
        missing = {name for name in names if not set(_FIELD.findall(name.lower())) <= known}
        for name in sorted(missing):
            warnings.warn(f"{name} has no value: the folder lacks a field of it", DataWarning, stacklevel=2)
        asked = [name for name in dict.fromkeys(names) if name not in missing]
        # Something must be computed for there to be rows.
        columns = [("", text, text) for text in asked or ["$close"]]
        table, spans = load(instruments, start_time, end_time, columns)
        frame = _frame.to_frame(table)
        places = {name: frame[name] for name in asked}
        if missing or len(asked) < len(names):
            nothing = numpy.full(len(frame), numpy.nan, dtype=numpy.float32)
            frame = pandas.DataFrame({k: places.get(name, nothing) for k, name in enumerate(names)}, index=frame.index)
        frame.columns = pandas.Index(names)
        if spans is not None:
            frame = frame[_within(frame.index, spans)]
        order = numpy.argsort(numpy.asarray(frame.index.codes[1]), kind="stable")
        frame = frame.iloc[order].swaplevel()
        frame.index = frame.index.remove_unused_levels()
        return _processed(frame, inst_processors)


def _daily(freq: str) -> None:
    if freq not in ("day", "1day", "d", "1d"):
        raise StudyError(f"freq={freq!r}: folders of daily data are read here; minutes have no counterpart")


def _within(index: pandas.MultiIndex, spans: Mapping[str, Any]) -> Any:
    dates = index.get_level_values(0)
    names = index.get_level_values(1)
    kept = numpy.zeros(len(index), dtype=bool)
    for name, own in spans.items():
        rows = names == name
        for begin, end in own:
            kept |= rows & (dates >= pandas.Timestamp(begin)) & (dates <= pandas.Timestamp(end))
    return kept


def _spans_of_rows(index: pandas.MultiIndex, calendar: Any) -> dict[str, list[tuple[Any, Any]]]:
    """The runs of dates that each instrument has rows in."""
    place = {date: k for k, date in enumerate(calendar)}
    found: dict[str, list[tuple[Any, Any]]] = {}
    for name, date in index:
        own = found.setdefault(name, [])
        if own and place[date] == place[own[-1][1]] + 1:
            own[-1] = (own[-1][0], date)
        else:
            own.append((date, date))
    return found


def _processed(frame: pandas.DataFrame, inst_processors: Sequence[Any]) -> pandas.DataFrame:
    """What processors of the user's own make of each instrument."""
    if not inst_processors:
        return frame
    from backstaff.qlib.data.dataset.processor import make

    made = [make(one) for one in inst_processors]
    parts = {}
    for name, own in frame.groupby(level=0, sort=False):
        part = own.droplevel(0)
        for one in made:
            part = one(part, instrument=name)
        parts[name] = part
    return pandas.concat(parts, names=["instrument", "datetime"])


D = _Data()
