"""Strategies in Python, on the ledger that studies use."""

from __future__ import annotations

import json
import math
import os
import tempfile
import warnings
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from backstaff import _native
from backstaff._curve import curve
from backstaff._frames import is_frame, place_of, to_columns
from backstaff._native import Market, Order
from backstaff._prices import Prices
from backstaff._table import Table, Tables
from backstaff._threads import n_threads
from backstaff.errors import DataError, DataWarning, StudyError


class Strategy:
    """Decides at the close of each session what to trade in the next one.

    Attributes
    ----------
    warm_up : int
        How many closing prices an instrument needs before it has a score that counts.

    Examples
    --------
    >>> class Momentum(bs.Strategy):
    ...     def on_session(self, market):
    ...         past = market.history("A", 3)
    ...         return {"A": 1.0} if past[-1] > past[0] else {}
    >>> bs.backtest(frame, Momentum(), execution="close").equity().num_rows
    3
    """

    warm_up: int = 0

    @property
    def name(self) -> str:
        """The name for tables: that of the class."""
        return type(self).__name__

    def on_start(self, market: Market) -> None:
        """Called once, at the close of the first session, before its decision."""

    def on_session(self, market: Market) -> Mapping[str, float] | list[Order] | None:
        """What is wanted after a session's close.

        Returns
        -------
        dict of str to float
            The whole book as shares of equity, negative for short positions; what it does not name is sold, and ``{}`` sells
            everything. The weights add up to 1 at most: the rest is cash, and nothing is borrowed.
        list of Order
            Orders for the next session; everything else stays as it is.
        None
            Everything stays as it is.
        """
        raise NotImplementedError

    def on_end(self, market: Market) -> None:
        """Called once, at the close of the last session, after its decision."""


class Backtest(Tables):
    """What became of a strategy, as :func:`backtest` gives it; in a notebook its measures and its curve.

    Attributes
    ----------
    strategy : str
        The name of the strategy.
    measures : dict of str to float
        The measures by name, such as ``cagr``, ``sharpe`` and ``max_drawdown``; NaN where one is not defined.
    unfilled : dict of str to int
        How many orders were not filled as asked, by reason.
    warnings : list of str
        What a user of the numbers should know; each was also issued as a :class:`DataWarning`.
    """

    _SHOWN = ("cagr", "volatility", "sharpe", "max_drawdown", "turnover_annual", "cost_annual")

    def __init__(self, strategy: str, native: _native.Outcome, told: list[str]) -> None:
        self.strategy = strategy
        self._native = native
        found = json.loads(native.facts())
        self._defined = {measure["name"]: measure for measure in found["measures"]}
        self.measures = {
            name: math.nan if measure["value"] is None else measure["value"] for name, measure in self._defined.items()
        }
        self.unfilled: dict[str, int] = dict(found["unfilled"])
        self.warnings = told

    def __repr__(self) -> str:
        sessions, _ = self._native.curve()
        lines = [f"Backtest of {self.strategy}, {sessions[0]} to {sessions[-1]}"]
        lines += [f"  {title}: {text}" for title, text in self._rows()]
        return "\n".join(lines + [f"  beware: {warning}" for warning in self.warnings])

    def _repr_html_(self) -> str:
        rows = "".join(f"<tr><td>{escape(title)}</td><td>{escape(text)}</td></tr>" for title, text in self._rows())
        told = "".join(f"<li>{escape(warning)}</li>" for warning in self.warnings)
        sessions, equity = self._native.curve()
        picture = curve({"portfolio": self.strategy, "sessions": sessions, "equity": equity})
        return f"<p><b>{escape(self.strategy)}</b></p><table>{rows}</table>{picture}<ul>{told}</ul>"

    def _table(self, name: str) -> Table:
        return Table(self._native.table(name))

    def _rows(self) -> list[tuple[str, str]]:
        shown = [self._defined[name] for name in self._SHOWN if name in self._defined]
        rows = [(measure["title"], _text(measure)) for measure in shown]
        if self.unfilled:
            rows.append(("Orders not filled as asked", ", ".join(f"{n} {why}" for why, n in self.unfilled.items())))
        return rows


def backtest(
    data: Any,
    strategy: Strategy | Callable[[Market], Any],
    *,
    execution: str = "open",
    costs: Mapping[str, Any] | None = None,
    cash: float = 1e6,
    scores: Any | None = None,
    change: str | None = None,
    threads: int | None = None,
    terms: Mapping[str, Any] | None = None,
    **form: object,
) -> Backtest:
    """Run a strategy over prices: it decides at each close, and its orders are filled in the next session.

    Parameters
    ----------
    data : Prices, path or frame
        What :func:`read` gives or takes. Prices are adjusted as a study does.
    strategy : Strategy or callable
        Anything with ``on_session``; or a function of the market alone.
    execution : str
        The price of the next session at which orders without a price of their own are filled: ``open`` or ``close``.
    costs : mapping, optional
        ``commission_bps``, ``slippage_bps``, ``impact``, ``sell_tax_bps``, ``minimum``, ``borrow_bps``: the keys of a study's
        ``portfolio.costs``. Nothing costs anything if absent.
    cash : float
        The money at the start.
    scores : path or frame, optional
        Dates, instruments and a column ``score``, for ``market.scores``; a score counts for 40 days at most.
    change : str, optional
        The column of changes against base prices by which prices are adjusted.
    terms : mapping, optional
        Further keys of a study's ``portfolio``: ``from``, ``to``, ``rebalance``, ``lot``, ``stop``, ``volume_cap`` and others.
    threads, **form
        As for :func:`read`.

    Returns
    -------
    Backtest
        The measures, and the ledger as tables.

    Raises
    ------
    StudyError
        If a term makes no sense, or the strategy fails: with its own traceback, and its exception as the cause.
    DataError
        If the data or the scores can't be read.

    Examples
    --------
    >>> held = bs.backtest(frame, lambda market: {"A": 0.5, "B": 0.5}, execution="close", costs={"commission_bps": 5})
    >>> held.trades().num_rows
    2
    """
    columns: list[tuple[Any, str]] = []
    if isinstance(data, Prices):
        if form:
            raise StudyError("say to read(), not to backtest(), how the data are written")
        data, form, columns = data._asked_again("backtest")
    source, said = place_of(data, dict(form))
    for name, given in (("costs", costs), ("terms", terms)):
        if given is not None and not isinstance(given, Mapping):
            raise StudyError(f'{name}: {given!r} is no mapping; write it as in {{"commission_bps": 5}}')
    asked = {"execution": execution, "costs": dict(costs or {}), "initial_cash": cash}
    doubled = set(asked) & set(terms or {})
    if doubled:
        raise StudyError(f"terms: {', '.join(sorted(doubled))} is an argument of its own")
    with tempfile.TemporaryDirectory(prefix="backstaff-scores-") as folder:
        place = _scores(scores, folder)
        wanted = json.dumps({"terms": {**asked, **(terms or {})}, "change": change, "scores": place}, default=str)
        code = _Asked(strategy)
        try:
            native, told = _native.backtest(source, json.dumps(said), wanted, code, columns, n_threads(threads))
        except DataError as error:
            if place is None or place not in str(error):
                raise
            raise DataError(str(error).replace(place, "the frame of scores")) from None
    for text in told:
        warnings.warn(text, DataWarning, stacklevel=2)
    return Backtest(code.name, native, told)


class _Asked:
    """A strategy as the native part asks it."""

    def __init__(self, strategy: Any) -> None:
        own = isinstance(strategy, Strategy)
        session = getattr(strategy, "on_session", None) or (strategy if callable(strategy) else None)
        if isinstance(strategy, type):
            raise StudyError(f"{strategy.__qualname__} is a class; give an object of it: {strategy.__qualname__}()")
        if session is None:
            raise StudyError(f"a {type(strategy).__qualname__} is no strategy: it has no `on_session` and can't be called")
        if not own and not hasattr(strategy, "on_session"):
            self.name = getattr(strategy, "__name__", type(strategy).__name__)
        else:
            self.name = str(getattr(strategy, "name", type(strategy).__name__))
        self.warm_up = int(getattr(strategy, "warm_up", 0))
        self.on_session = session
        # Those of the base class do nothing.
        self.on_start = _own(strategy, "on_start")
        self.on_end = _own(strategy, "on_end")


def _own(strategy: Any, name: str) -> Any:
    method = getattr(strategy, name, None)
    return None if getattr(method, "__func__", None) is getattr(Strategy, name) else method


def _scores(scores: Any, folder: str) -> str | None:
    if scores is None:
        return None
    if not is_frame(scores):
        try:
            return os.fspath(scores)
        except TypeError:
            raise StudyError(f"scores: a {type(scores).__name__} is neither a path nor a frame") from None
    table, form = to_columns(scores)
    if form:
        raise StudyError("scores: give a row for each date and instrument, as `frame.stack()` does")
    path = os.path.join(folder, "scores.parquet")
    _native.write_parquet(table, path)
    return path


def _text(measure: Mapping[str, Any]) -> str:
    value, unit = measure["value"], measure["unit"]
    if value is None:
        return "–"
    return f"{value:.2%}" if unit.startswith("fraction") else f"{value:,.2f}"
