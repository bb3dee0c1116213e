"""Prices, read once, and what is computed from them."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from backstaff import _native
from backstaff._frames import path_text, place_of
from backstaff._table import Table
from backstaff._threads import n_threads
from backstaff.errors import DataError, DataWarning, StudyError


class Prices:
    """Prices in memory, as :func:`read` gives them. They are never changed, so they may be shared by threads."""

    def __init__(
        self,
        native: _native.Prices,
        form: dict[str, object],
        data: Any,
        facts: str | None,
        columns: tuple[tuple[Any, dict[str, object]], ...] = (),
    ) -> None:
        self._native = native
        self._data = data
        self._facts = facts
        self._columns = columns
        self._found: dict[str, Any] = json.loads(native.found())
        self._form = form

    @property
    def fields(self) -> list[str]:
        """The names that expressions may use, without ``$``."""
        return self._native.fields()

    @property
    def n_instruments(self) -> int:
        """The number of instruments."""
        return self._found["instruments"]

    @property
    def first(self) -> str:
        """The first session, YYYY-MM-DD."""
        return self._found["first"]

    @property
    def last(self) -> str:
        """The last session, YYYY-MM-DD."""
        return self._found["last"]

    @property
    def assumptions(self) -> list[str]:
        """How the data were understood: columns, dates, instruments, what was left out, what to beware of."""
        found = self._found
        read: dict[str, list[str]] = {"number": [], "category": []}
        for column in found["columns"]:
            same = column["source"] == column["name"]
            name = column["name"] if same else f"{column['source']} as {column['name']}"
            read.setdefault(column["role"], []).append(name)
        ignored = [f"{column['source']} ({_why(column['why'])})" for column in found["ignored"]]
        lines = {
            "instruments": found["instrument_from"],
            "dates": found["date_format"],
            "numbers": ", ".join(read["number"]),
            "categories": ", ".join(read["category"]),
            "not read": ", ".join(ignored),
            "sessions": found["calendar"]["rule"],
            "prices": found["adjustment"]["why"],
        }
        lines |= {key: repr(value) for key, value in self._form.items()}
        return [f"{key}: {text}" for key, text in lines.items() if text] + self._native.warnings()

    def _asked_again(self, what: str) -> tuple[Any, dict[str, object], list[tuple[Any, str]]]:
        """For a call that reads the data anew, since it adjusts prices: the data, their form, the own columns."""
        if {"preset", "tables"} & self._form.keys():
            raise StudyError(f"{what}() reads no database; give it a frame or a file of prices")
        columns = [(place_of(table, {})[0], json.dumps(said)) for table, said in self._columns]
        return self._data, self._form, columns

    def __len__(self) -> int:
        return self._native.num_rows()

    def __repr__(self) -> str:
        return "\n  ".join([self._headline(), *self.assumptions])

    def _repr_html_(self) -> str:
        lines = "".join(f"<li>{escape(line)}</li>" for line in self.assumptions)
        return f"<p>{escape(self._headline())}</p><ul>{lines}</ul>"

    def _headline(self) -> str:
        sessions = f"{self.first} to {self.last}"
        return f"Prices: {self.n_instruments:,} instruments, {sessions}, {len(self):,} rows"


def _why(why: str | dict[str, str]) -> str:
    """The reason why a column is not read: a word, or a word with what the column holds."""
    return why if isinstance(why, str) else next(iter(why.values()))


def read(
    data: Any,
    *,
    columns: Any = None,
    preset: str | None = None,
    tables: str | os.PathLike[str] | None = None,
    facts: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    **form: object,
) -> Prices:
    """Read prices once, for any number of computations.

    Parameters
    ----------
    data : path, frame or Prices
        A Parquet or CSV file, a folder of them, a folder in Qlib's or LEAN's layout; or a frame of pandas, Polars,
        pyarrow, DuckDB or anything else with ``__arrow_c_stream__``. A frame is long (a column of dates, one of
        instruments, one for each field), a pandas frame indexed by date and instrument, or one with a column for each
        instrument: pandas frames that are indexed by dates alone and have no column such as ``close`` are taken as that,
        others with ``wide="close"``. Prices that were read before only take ``columns``.
    columns : path or frame, optional
        Columns of your own: a column of dates, one of instruments, and the values, which expressions name as ``$name``
        (texts become categories). They are joined by the exact date and instrument; rows that meet no row of the prices
        are left out and counted among the ``assumptions``. A value of a date is taken as known at that date's close: if
        it was known later, say so with a column ``known_at``, or the past is told what it could not know.
    preset, tables : str, path, optional
        What the tables of a database mean (an SQLite file, or a folder of Parquet files named after the tables): a layout
        that ships, ``"krx"``, or a layout file of your own.
    facts : path, optional
        A table of published values, for expressions over ``$$name``.
    threads : int, optional
        The number of threads; all that the process may use if absent.
    **form
        How the data are written, with the words of a study's ``data.prices``: ``date_order``, ``encoding``, ``decimal``,
        ``mapping``, ``halts``, ``wide``, ``resample``, ``hours``, ``zone``, ``calendar``, ``instrument_names``, ``allow_unmatched``.

    Returns
    -------
    Prices
        What was assumed is in its ``assumptions``. Prices are as the data have them: nothing is adjusted.

    Raises
    ------
    DataError
        If the data can't be read or are no prices, or two rows of one date and instrument differ.
    StudyError
        If a column has the name of a field that the prices have, or a word of ``form`` is not known or has no such value.

    Examples
    --------
    >>> bs.read(frame).n_instruments
    2
    """
    if isinstance(data, Prices):
        if form or columns is None or (preset, tables, facts) != (None, None, None):
            raise StudyError("prices that have been read only take `columns`; say the rest where they are read")
        return _with_columns(data, columns, {key: data._form[key] for key in _OF_COLUMNS if key in data._form}, threads)
    place = path_text(facts)
    if preset is not None and tables is not None:
        raise StudyError("preset, tables: both say what the tables of a database mean; give one of the two")
    source, said = place_of(data, form)
    layout = (preset, path_text(tables))
    native = _native.read(source, layout, place, json.dumps(said), n_threads(threads))
    if layout != (None, None):
        said |= {key: value for key, value in zip(("preset", "tables"), layout, strict=True) if value}
    prices = Prices(native, said, data, place)
    if columns is None:
        return prices
    return _with_columns(prices, columns, {key: form[key] for key in _OF_COLUMNS if key in form}, threads)


# The words that say how any table is written; the others are about prices.
_OF_COLUMNS = ("date_order", "encoding", "decimal", "zone", "instrument_names", "allow_unmatched")


def _with_columns(prices: Prices, columns: Any, form: dict[str, object], threads: int | None) -> Prices:
    source, said = place_of(columns, form)
    if "wide" in said:
        raise DataError(
            "the frame of columns has a column for each instrument and no name for the values; write "
            '`frame.stack().rename("score").to_frame()`'
        )
    native = prices._native.with_columns(source, json.dumps(said), n_threads(threads))
    joined = (*prices._columns, (columns, said))
    return Prices(native, prices._form, prices._data, prices._facts, joined)


def compute(
    data: Any,
    features: Mapping[str, str] | None = None,
    *,
    libraries: Sequence[str] = (),
    file: str | os.PathLike[str] | None = None,
    facts: str | os.PathLike[str] | None = None,
    threads: int | None = None,
    **form: Any,
) -> Table:
    """Compute features, with the same bytes as ``backstaff compute``.

    Parameters
    ----------
    data : Prices, path or frame
        What :func:`read` gives or takes.
    features : mapping of str to str, optional
        The name and the expression of each feature. A value of session t is made of what is known at its close.
    libraries : sequence of str, optional
        Built-in libraries, such as ``"alpha158"``; ``backstaff features list`` names them. Entries that need columns
        which the data lack are left out, and told.
    file : path, optional
        A library file of one's own.
    facts, threads, **form
        As for :func:`read`; ``facts`` and ``form`` are those of ``data`` if it has been read before.

    Returns
    -------
    Table
        ``instrument``, ``date``, then a column of 64-bit numbers for each feature; a missing value is null.

    Raises
    ------
    ExpressionError
        If an expression is wrong; its ``span`` is the place.
    StudyError
        If there is no such library, or nothing to compute.
    DataError
        If the data can't be read.

    Examples
    --------
    >>> table = bs.compute(frame, {"day": "$close / Ref($close, 1) - 1"})
    >>> int(table.to_pandas()["day"].isna().sum())
    2
    """
    if isinstance(features, str) or not isinstance(features, Mapping | None):
        raise StudyError('features: give each a name, as in {"mom": "$close / Ref($close, 20) - 1"}')
    if isinstance(libraries, str):
        libraries = [libraries]
    if isinstance(data, Prices):
        if form or facts is not None:
            raise StudyError(f"{', '.join([*form, *(['facts'] if facts else [])])}: say it to read(), not to compute()")
        prices = data
    else:
        prices = read(data, facts=facts, threads=threads, **form)
    place = path_text(file)
    pairs = list((features or {}).items())
    native, left_out, told = prices._native.compute(pairs, list(libraries), place, n_threads(threads))
    for text in told:
        warnings.warn(text, DataWarning, stacklevel=2)
    return Table(native, left_out, told)
