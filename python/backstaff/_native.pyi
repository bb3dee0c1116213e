# Made by `make stubs`.
from _typeshed import SupportsGetItem, SupportsLenAndGetItem
from datetime import date
from os import PathLike
from pathlib import Path
from typing_extensions import CapsuleType
from typing import Any, SupportsFloat, SupportsIndex, final
from typing_extensions import Buffer

__all__ = ["Hmm", "Market", "Observed", "Order", "Outcome", "Prices", "QlibFolder", "QlibModel", "QlibProcessor", "QlibTable", "Search", "Study", "Table", "Trade", "backtest", "cagr", "compare_runs", "cvar", "expected_max_sharpe", "hit_rate", "information_ratio", "judge", "kurtosis", "large_pages", "max_drawdown", "min_backtest_length", "min_track_record", "number_columns", "numbers", "probabilistic_sharpe", "probability_of_overfitting", "program", "qlib_alpha", "qlib_check", "qlib_fit", "qlib_model", "qlib_risk", "qlib_signal", "qlib_trade", "qlib_workflow", "rank_ics", "read", "read_parquet", "reality_check", "sharpe", "sharpe_difference", "skew", "sortino", "track_record", "value_at_risk", "volatility", "write_parquet"]

@final
class Hmm:
    """
    A model.
    """
    def __new__(cls, /, start: Buffer, transition: Buffer, means: Buffer, covariances: Buffer, is_full: bool) -> Hmm:
        """
        A model of its parameters; covariances are full, or the diagonals alone.
        """
    def ascend(self, /, observed: Observed, search: Search, watch: Any | None) -> tuple[Hmm, list[float]]:
        """
        The model that a search leads to, and the log-likelihoods before its iterations. `watch`, if there is one, is
        called with each of them and says whether the search goes on.
        """
    @staticmethod
    def begin(observed: Observed, search: Search, shape: tuple[SupportsIndex, bool], given: SupportsLenAndGetItem[Buffer | None], made: tuple[SupportsFloat | SupportsIndex, SupportsIndex]) -> Hmm:
        """
        A model to begin a search with: what is not given is made from the observations. `made` holds what is added to the
        variances that are made, and the seed of random starts.
        """
    def ordered(self, /) -> Hmm:
        """
        The model with its states in canonical order.
        """
    def parameters(self, /) -> tuple[bytearray, bytearray, bytearray, bytearray]:
        """
        The parameters of the model.
        """
    def path(self, /, observed: Observed) -> tuple[float, bytearray]:
        """
        The likeliest path of states, and the logarithm of its density together with the observations.
        """
    def probabilities(self, /, observed: Observed, is_causal: bool) -> tuple[float, bytearray]:
        """
        The log-likelihood, and the probabilities of the states at each row: by the rows up to it, or by all.
        """
    def sample(self, /, n_rows: SupportsIndex, seed: SupportsIndex) -> tuple[bytearray, bytearray]:
        """
        Observations drawn from the model, and their states.
        """
    def score(self, /, observed: Observed) -> float:
        """
        The log-likelihood of observations.
        """
    def stationary(self, /) -> bytearray:
        """
        The share of time that the chain spends in each state.
        """

@final
class Market:
    """
    What a strategy sees at a session's close: nothing of later sessions can be reached through it.

    It is the same object in all sessions; what it says is of the close at which it is asked. Shares and prices are in the
    units of adjusted prices.
    """
    def __repr__(self, /) -> str: ...
    def cancel(self, /, order: Order) -> None:
        """
        Withdraw an order that waits.
        """
    @property
    def cash(self, /) -> float:
        """
        The cash of the account.
        """
    @property
    def date(self, /) -> date:
        """
        The session at whose close the strategy decides.
        """
    @property
    def equity(self, /) -> float:
        """
        The value of cash and positions at this close.
        """
    def history(self, /, instrument: str, n: SupportsIndex, field: str = "close") -> list[float]:
        """
        The last `n` values of a field, the oldest first; fewer while there are no more. A missing value is NaN.
        """
    def history_of_all(self, /, n: SupportsIndex, field: str = "close") -> Any:
        """
        The last `n` sessions of a field as an array of numpy, sessions by ``instruments``, the oldest first; NaN where an
        instrument has no value.
        """
    @property
    def instruments(self, /) -> tuple:
        """
        The names of all instruments of the data, listed or not.
        """
    @property
    def position(self, /) -> int:
        """
        The number of sessions before this one in the data.
        """
    @property
    def positions(self, /) -> dict:
        """
        The shares that are held, by instrument; negative if short.
        """
    def price(self, /, instrument: str) -> float | None:
        """
        The closing price of an instrument, if it traded in this session.
        """
    @property
    def prices(self, /) -> dict:
        """
        The closing prices of the instruments that traded in this session.
        """
    @property
    def scores(self, /) -> dict:
        """
        The scores of the instruments that have one at this close.
        """
    def shares(self, /, instrument: str) -> float:
        """
        The shares of an instrument that are held: 0 without a position, negative if short.
        """
    @property
    def trades(self, /) -> list[Trade]:
        """
        What was traded in this session, in order: ``instrument``, ``shares`` (negative if sold), ``price``, ``fees``.
        """
    @property
    def waiting(self, /) -> list[Order]:
        """
        The orders that wait, the oldest first.
        """
    @property
    def weights(self, /) -> dict:
        """
        The share of equity of each position; negative if short.
        """

@final
class Observed:
    """
    Observations in one sequence or several.
    """
    def __new__(cls, /, values: Buffer, width: SupportsIndex, lengths: SupportsGetItem[int, SupportsIndex] | None) -> Observed:
        """
        Observations of their numbers row by row, how many a row has, and the lengths of the sequences (all rows are one
        without).
        """
    @property
    def n_present(self, /) -> int:
        """
        The number of rows in which nothing is missing.
        """

@final
class Order:
    """
    An order for the next session.

    Parameters
    ----------
    instrument : str
        Its name in the data.
    shares : float, optional
        How many shares to buy, or to sell if negative.
    weight : float, optional
        The share of equity to which the position is brought; negative for a short one.
    cash_share : float, optional
        The share of the cash, after the session's sales, for which to buy.
    close : bool
        Whether the position is closed, whatever it is. One of these four is said.
    limit, stop : float, optional
        A limit trades at this price or a better one; a stop trades at the market once the price is reached.
    at : {'open', 'close'}, optional
        The moment of the session; that of the backtest's ``execution`` if absent.
    until_cancelled : bool
        Whether the order waits until it is filled or withdrawn, rather than for one session.

    Raises
    ------
    StudyError
        If it says too little, too much, or no number.

    Examples
    --------
    >>> bs.Order("SPY", shares=10, limit=99.5)
    Order("SPY", shares=10, limit=99.5)
    """
    def __new__(cls, /, instrument: str, *, shares: SupportsFloat | SupportsIndex | None = None, weight: SupportsFloat | SupportsIndex | None = None, cash_share: SupportsFloat | SupportsIndex | None = None, close: bool = False, limit: SupportsFloat | SupportsIndex | None = None, stop: SupportsFloat | SupportsIndex | None = None, at: str | None = None, until_cancelled: bool = False) -> Order: ...
    def __repr__(self, /) -> str: ...
    @property
    def id(self, /) -> int | None:
        """
        The number under which it waits; None for one that was not handed in.
        """
    @property
    def instrument(self, /) -> str:
        """
        The name of the instrument.
        """

@final
class Outcome:
    """
    What became of a strategy.
    """
    def curve(self, /) -> tuple[list[str], list[float]]:
        """
        The sessions and the equity at the close of each.
        """
    def facts(self, /) -> str:
        """
        The measures with their meanings, and the orders that were not filled, by reason: a JSON object.
        """
    def table(self, /, name: str) -> Table:
        """
        A table of the ledger: `equity`, `trades`, `orders`, `positions` or `weights`.
        """

@final
class Prices:
    """
    Prices that were read.
    """
    def compute(self, /, features: SupportsGetItem[int, tuple[str, str]], libraries: SupportsGetItem[int, str], file: str | PathLike[str] | None, threads: SupportsIndex) -> tuple[Table, list[tuple[str, str]], list[str]]:
        """
        Compute features, given by name and expression, and libraries: the table, what of the libraries was left out and
        why, and what a user of the table should know.
        """
    def fields(self, /) -> list[str]:
        """
        The names of the fields that expressions may use.
        """
    def found(self, /) -> str:
        """
        How the files were understood: a JSON object.
        """
    def num_rows(self, /) -> int:
        """
        The number of rows.
        """
    def warnings(self, /) -> list[str]:
        """
        What a user of the prices should know.
        """
    def with_columns(self, /, columns: Any, keywords: str, threads: SupportsIndex) -> Prices:
        """
        The same prices, and the columns of a file, or of a table that speaks Arrow's protocol, joined to them by date and
        instrument; `keywords` is a JSON object that says its form.
        """

@final
class QlibFolder:
    """
    A folder in Qlib's layout.
    """
    def __new__(cls, /, path: str | PathLike[str]) -> QlibFolder: ...
    def calendar(self, /) -> list[int]:
        """
        The dates of the calendar, as days since 1970.
        """
    def fields(self, /) -> list[str]:
        """
        The names of the fields.
        """
    def load(self, /, instruments: str, since: SupportsIndex | None, until: SupportsIndex | None, columns: SupportsGetItem[int, tuple[str, str, str]], threads: SupportsIndex) -> tuple[QlibTable, list[str]]:
        """
        Compute columns (group, name, expression) for instruments, given as JSON, in a span of days; and what a user of the
        columns should know.
        """
    def markets(self, /) -> list[str]:
        """
        The names of the markets.
        """
    def spans(self, /, market: str) -> list[tuple[str, list[tuple[int | None, int | None]]]]:
        """
        The instruments of a market, each with the spans in which it belongs to it.
        """

@final
class QlibModel:
    """
    A fitted model.
    """
    def best_round(self, /) -> int:
        """
        The round that counts; 0 for models without rounds.
        """
    def importance(self, /) -> list[tuple[str, float, int]]:
        """
        The name of each feature, its gain, the number of its splits.
        """
    def predict(self, /, table: QlibTable, first: SupportsIndex, end: SupportsIndex, threads: SupportsIndex) -> bytearray:
        """
        The scores of rows of the group `feature`, as the bytes of an array.
        """
    def rounds(self, /) -> list[tuple[str, list[float]]]:
        """
        The metrics of each round by Qlib's names.
        """
    def to_text(self, /) -> str:
        """
        The model as text.
        """

@final
class QlibProcessor:
    """
    A processor, which may be fitted.
    """
    def __new__(cls, /, name: str, kwargs: str, threads: SupportsIndex) -> QlibProcessor:
        """
        The processor of a class with keyword arguments, a JSON object.
        """
    def apply(self, /, table: QlibTable, since: SupportsIndex | None, until: SupportsIndex | None) -> QlibTable:
        """
        What becomes of a table. For a range of dates, `since` and `until` are its ends.
        """
    def fit(self, /, table: QlibTable, since: SupportsIndex | None, until: SupportsIndex | None) -> None:
        """
        Learn from the rows of a span of days.
        """
    def is_for_inference(self, /) -> bool:
        """
        Whether rows that are predicted for may pass through it.
        """
    def needs_fit(self, /) -> bool:
        """
        Whether it must be fitted first.
        """

@final
class QlibTable:
    """
    Rows by session and instrument, with columns in groups.
    """
    def columns(self, /) -> list[tuple[str, str, int]]:
        """
        The group, the name and the width in bytes of each column.
        """
    def index(self, /, first: SupportsIndex, end: SupportsIndex) -> dict:
        """
        Of some rows: the days that there are, the names that there are, and for each row the number of its day and of its
        instrument.
        """
    def n_rows(self, /) -> int:
        """
        The number of rows.
        """
    @staticmethod
    def of(days: SupportsGetItem[int, SupportsIndex], names: SupportsGetItem[int, str], sessions: Buffer, instruments: Buffer, columns: SupportsGetItem[int, tuple[str, str, Any]]) -> QlibTable:
        """
        Rows given by the numbers of their sessions among `days` and of their instruments among `names`, and columns: the
        group, the name, one array of 32-bit or 64-bit numbers.
        """
    def rows_within(self, /, since: SupportsIndex | None, until: SupportsIndex | None) -> tuple[int, int]:
        """
        The first row of a span of days, and the one behind the last.
        """
    def select(self, /, places: SupportsGetItem[int, SupportsIndex]) -> QlibTable:
        """
        The columns at these places alone.
        """
    def values(self, /, places: SupportsGetItem[int, SupportsIndex], first: SupportsIndex, end: SupportsIndex) -> bytearray:
        """
        Some columns of the same width in some rows, one column after the other.
        """

@final
class Search:
    """
    How a search goes: what moves, what covariances have in common, what is believed beforehand, when it ends.
    """
    def __new__(cls, /, params: str, kind: str, prior: tuple[Buffer, Buffer, Buffer, SupportsFloat | SupportsIndex, Buffer, SupportsFloat | SupportsIndex] | None, max_iterations: SupportsIndex, tolerance: SupportsFloat | SupportsIndex) -> Search:
        """
        A search of its letters of `params`, the kind of covariance, priors, the most iterations and the least gain.
        """

@final
class Study:
    """
    A study.
    """
    def __new__(cls, /, path: str | PathLike[str] | None, settings: tuple[str, str | PathLike[str]] | None, profile: str | None, places: tuple[str | PathLike[str] | None, str | PathLike[str] | None], threads: SupportsIndex, models: SupportsGetItem[int, tuple[str, Any]]) -> Study:
        """
        Read a study's file, or take it from a JSON text whose paths are relative to `folder`.
        """
    def check(self, /) -> list[str]:
        """
        What a run would begin with, up to its folds: the warnings.
        """
    @property
    def name(self, /) -> str:
        """
        The name under which runs are remembered.
        """
    def orders(self, /, account: tuple[str | PathLike[str] | None, SupportsFloat | SupportsIndex] | None, lot: SupportsFloat | SupportsIndex | None, max_age: SupportsIndex | None, show: Any | None) -> tuple[str, str]:
        """
        The orders for the session after the newest one: those of the simulated account without cash.
        """
    def prove(self, /, dates: SupportsIndex, show: Any | None) -> tuple[str, str, bool]:
        """
        Change the future at several dates, and see whether the past moves.
        """
    def run(self, /, show: Any | None) -> tuple[str, str]:
        """
        Run the study; the text is the table of portfolios.
        """
    def settings(self, /) -> tuple[str, str]:
        """
        All settings, with what the study left open filled in and the profile laid over it: a JSON text, and YAML.
        """
    def status(self, /) -> tuple[str, str]:
        """
        What the last run left in the store.
        """
    @property
    def store(self, /) -> Path:
        """
        The folder of the store.
        """
    def update(self, /, show: Any | None) -> tuple[str, str]:
        """
        Read the data, and compute the features that are missing.
        """
    def why(self, /, stage: str | None) -> tuple[str, str]:
        """
        Why the stages of the last run were computed, or that they were found.
        """
    def with_settings(self, /, settings: str, models: SupportsGetItem[int, tuple[str, Any]]) -> Study:
        """
        The same study with these settings, given as a JSON text: its folder, profile's name and options stay.
        """

@final
class Table:
    """
    A table in memory, for whoever reads Arrow.
    """
    def __arrow_c_schema__(self, /) -> CapsuleType:
        """
        The types of the table's columns.
        """
    def __arrow_c_stream__(self, /, requested_schema: Any | None = None) -> CapsuleType:
        """
        The table as a stream of Arrow's record batches, without a copy.
        """
    @property
    def column_names(self, /) -> list[str]:
        """
        The names of the columns, in order.
        """
    def head(self, /, count: SupportsIndex) -> list[list[str]]:
        """
        The first rows as texts.
        """
    @property
    def num_rows(self, /) -> int:
        """
        The number of rows.
        """

@final
class Trade:
    """
    A trade that took place.
    """
    def __repr__(self, /) -> str: ...
    @property
    def fees(self, /) -> float:
        """
        Commission and tax.
        """
    @property
    def instrument(self, /) -> str:
        """
        The name of the instrument.
        """
    @property
    def price(self, /) -> float:
        """
        The price, slippage included.
        """
    @property
    def shares(self, /) -> float:
        """
        The number of shares, negative if sold.
        """

def backtest(data: Any, keywords: str, asked: str, strategy: Any, columns: SupportsGetItem[int, tuple[Any, str]], threads: SupportsIndex) -> tuple[Outcome, list[str]]:
    """
    Run a strategy, given by its name, its look-back and its methods, over prices.
    """

def cagr(returns: Any, sessions_per_year: SupportsFloat | SupportsIndex) -> float: ...

def compare_runs(wanted: SupportsGetItem[int, str], out: str | PathLike[str] | None, store: str | PathLike[str] | None) -> tuple[str, str]:
    """
    Compare runs, named as on the command line, and write a page about them.
    """

def cvar(returns: Any, quantile: SupportsFloat | SupportsIndex) -> float: ...
def expected_max_sharpe(sd: SupportsFloat | SupportsIndex, n_trials: SupportsFloat | SupportsIndex) -> float: ...
def hit_rate(returns: Any) -> float: ...
def information_ratio(returns: Any, benchmark: Any, sessions_per_year: SupportsFloat | SupportsIndex) -> float: ...

def judge(data: Any, asked: str, keywords: str, columns: SupportsGetItem[int, tuple[Any, str]], threads: SupportsIndex) -> tuple[str, str, str]:
    """
    Judge a feature on a file or folder, or on a table that speaks Arrow's protocol, with a user's own columns, each table
    with a JSON object that says its form: a JSON text, a text for people, the page.
    """

def kurtosis(returns: Any) -> float: ...

def large_pages() -> tuple[str, str] | None:
    """
    The environment variable, and its value, with which a process gets large pages for large arrays.
    """

def max_drawdown(returns: Any) -> float: ...
def min_backtest_length(n_trials: SupportsFloat | SupportsIndex, sharpe: SupportsFloat | SupportsIndex) -> float: ...
def min_track_record(sharpe: SupportsFloat | SupportsIndex, benchmark: SupportsFloat | SupportsIndex, skew: SupportsFloat | SupportsIndex, kurtosis: SupportsFloat | SupportsIndex, alpha: SupportsFloat | SupportsIndex) -> float: ...

def number_columns(table: Any) -> list[tuple[str, bytes | None]]:
    """
    The columns of a table that speaks Arrow's protocol, as 64-bit numbers in memory; what is missing is NaN.
    """

def numbers(table: Any) -> tuple[bytearray, int, int]:
    """
    The numbers of a table that speaks Arrow's protocol, row by row, as bytes; its rows and its columns. What is missing
    is NaN.
    """

def probabilistic_sharpe(sharpe: SupportsFloat | SupportsIndex, n: SupportsFloat | SupportsIndex, skew: SupportsFloat | SupportsIndex, kurtosis: SupportsFloat | SupportsIndex, benchmark: SupportsFloat | SupportsIndex) -> float: ...
def probability_of_overfitting(names: SupportsGetItem[int, str], matrix: SupportsGetItem[int, Any], n_blocks: SupportsIndex) -> float: ...

def program(arguments: SupportsGetItem[int, str]) -> int:
    """
    Carry out a command of the command line, the program's name first, and return its exit code.
    """

def qlib_alpha(set: str, settings: str | None) -> list[tuple[str, str]]:
    """
    The columns of Alpha158 with some settings (JSON; none: Qlib's own), or of Alpha360: names and expressions.
    """

def qlib_check(path: str | PathLike[str]) -> None:
    """
    Fail with all mistakes of a workflow's file and their places, if its classes are all the program's own.
    """

def qlib_fit(kind: str, kwargs: str, train: tuple[QlibTable, SupportsIndex, SupportsIndex, Buffer | None], valid: tuple[QlibTable, SupportsIndex, SupportsIndex, Buffer | None], threads: SupportsIndex) -> QlibModel:
    """
    Fit a model (`LGBModel`, `LinearModel`, `DEnsembleModel`) with keyword arguments, a JSON object, on rows of the group
    `feature` and one column of the group `label`; other rows end the training early.
    """

def qlib_model(text: str) -> QlibModel:
    """
    A model from its text.
    """

def qlib_risk(returns: Buffer, sessions_per_year: SupportsFloat | SupportsIndex, compounded: bool) -> list[float]:
    """
    Qlib's analysis of risk of some returns: mean, std, annualized return, information ratio, max drawdown.
    """

def qlib_signal(sessions: Buffer, instruments: Buffer, scores: Buffer, labels: Buffer) -> dict:
    """
    How scores and labels go together, session by session: a score and a label for each row, which is named by two numbers;
    the sessions, the coefficients of values and of ranks, the long-short and the mean returns.
    """

def qlib_trade(folder: QlibFolder, asked: str, names: SupportsGetItem[int, str], rows: tuple[Buffer, Buffer, Buffer], decide: Any | None = None, threads: SupportsIndex = 1) -> dict:
    """
    Trade scores: with the strategy that `asked` (JSON) has, or, if that is none, with `decide`, which is called at each
    close with the day, the cash, and the name, shares, price and age of each position, and answers with orders: a name,
    `weight`, `shares` or `exit`, a number.
    """

def qlib_workflow(path: str | PathLike[str]) -> str:
    """
    A workflow's file, rendered, laid over its base, as JSON; nothing of it is checked.
    """

def rank_ics(scores: Any, returns: Any, places: SupportsGetItem[int, SupportsIndex], sessions: SupportsIndex, least: SupportsIndex) -> tuple[list[float], float, float]:
    """
    The rank correlation of each session, the t of their mean; `places` says for each row the number of its session.
    """

def read(data: Any, layout: tuple[str | None, str | PathLike[str] | None], facts: str | PathLike[str] | None, keywords: str, threads: SupportsIndex) -> Prices:
    """
    Read prices from a file or folder, a database of a layout (one that ships, or a file), or from a table that speaks
    Arrow's protocol; `keywords` is a JSON object that says its form.
    """

def read_parquet(path: str | PathLike[str]) -> Table:
    """
    Read a table that a run has written as Parquet.
    """

def reality_check(names: SupportsGetItem[int, str], matrix: SupportsGetItem[int, Any], benchmark: Any, block: SupportsFloat | SupportsIndex, draws: tuple[SupportsIndex, SupportsIndex, SupportsIndex]) -> tuple[float, float, int]:
    """
    The statistic, the p-value and the number of the best trial.
    """

def sharpe(returns: Any, cash: Any, sessions_per_year: SupportsFloat | SupportsIndex) -> float: ...

def sharpe_difference(a: Any, b: Any, lags: SupportsIndex | None, block: SupportsIndex | None, draws: tuple[SupportsIndex, SupportsIndex, SupportsIndex]) -> tuple[float, float, float, float]:
    """
    The difference, its error, z and the p-value; with a block length the p-value is that of a bootstrap.
    """

def skew(returns: Any) -> float: ...
def sortino(returns: Any, cash: Any, sessions_per_year: SupportsFloat | SupportsIndex) -> float: ...

def track_record(returns: Any) -> tuple[float, float, float, float]:
    """
    The Sharpe ratio of one session, the number of sessions, skewness and kurtosis.
    """

def value_at_risk(returns: Any, quantile: SupportsFloat | SupportsIndex) -> float: ...
def volatility(returns: Any, sessions_per_year: SupportsFloat | SupportsIndex) -> float: ...

def write_parquet(table: Any, path: str | PathLike[str]) -> None:
    """
    Write a table of another library as Parquet.
    """
