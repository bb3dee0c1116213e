"""Functions that look ahead are caught by name of the change, the date and the instrument; those that don't are not."""

import json

import numpy
import pandas
import polars
import pyarrow
import pytest
from conftest import market

import backstaff as bs

pytestmark = pytest.mark.filterwarnings("ignore::backstaff.DataWarning")


@pytest.fixture(scope="module")
def prices():
    return bs.read(market(instruments=6, sessions=120))


def by_name(f, call):
    return f.close.groupby("instrument").transform(call)


LEAKING = {
    "the next close": lambda f: f.close.groupby("instrument").shift(-1),
    "a score of the whole sample": lambda f: (f.close - f.close.mean()) / f.close.std(),
    "a centered window": lambda f: by_name(f, lambda x: x.rolling(5, center=True).mean()),
    "the share of the last close": lambda f: f.close / f.close.groupby("instrument").transform("last"),
    "a rank over all sessions": lambda f: f.close.rank(pct=True),
    "a fill from later": lambda f: f.close.groupby("instrument").bfill(),
    "the number of rows": lambda f: f.close * len(f),
    "the sessions of a later listing": lambda f: f.close + f.close.groupby("instrument").transform("count"),
    "a trend fitted once": lambda f: f.close - numpy.polyval(numpy.polyfit(range(len(f)), f.close.fillna(0), 1), range(len(f))),
    "a wide frame": lambda f: f.close.unstack().iloc[::-1].rolling(3).mean(),
    "an index of the market": lambda f: f.close.groupby("datetime").mean() / f.close.mean(),
    "an instrument that is listed later": lambda f: f.close.unstack().fillna(0.0),
    "one of two columns": lambda f: pandas.DataFrame({"good": f.close, "bad": f.close.groupby("instrument").shift(-2)}),
}
HONEST = {
    "a backward window": lambda f: by_name(f, lambda x: x.rolling(5).mean()),
    "a backward deviation": lambda f: f.close.groupby("instrument").rolling(20).std().droplevel(0),
    "a rank within a session": lambda f: f.close.groupby("datetime").rank(pct=True),
    "a score within a session": lambda f: f.close.groupby("datetime").transform(lambda x: (x - x.mean()) / x.std()),
    "a mean of all that was": lambda f: by_name(f, lambda x: x.expanding().mean()),
    "exponential weights": lambda f: by_name(f, lambda x: x.ewm(span=10).mean()),
    "a fill from earlier": lambda f: f.close.groupby("instrument").ffill(),
    "rows that are left out": lambda f: f.close.groupby("instrument").pct_change(fill_method=None).dropna(),
    "a wide frame": lambda f: f.close.unstack().rolling(5).mean(),
    "a wide frame, stacked": lambda f: f.close.unstack().pct_change(fill_method=None).stack(),
    "swapped levels": lambda f: f.close.swaplevel().sort_index(),
    "an array": lambda f: f.close.to_numpy(),
    "a list": lambda f: f.close.tolist(),
    "a value of each session": lambda f: f.close.groupby("datetime").mean(),
    "several columns": lambda f: f[["close", "open"]],
    "columns of dates and instruments": lambda f: f.reset_index(),
    "true and false": lambda f: f.close > f.open,
    "features of the engine": lambda f: bs.compute(f, {"x": "CsRank($close / Ref($close, 5) - 1)"}),
}


@pytest.mark.parametrize("name", LEAKING)
def test_a_leak_is_caught(name, prices):
    proof = bs.prove(LEAKING[name], prices)
    assert not proof and proof["verdict"] == "looks ahead", proof
    assert "something looks ahead" in repr(proof) and "MOVED" in repr(proof)


@pytest.mark.parametrize("name", HONEST)
def test_what_looks_back_holds(name, prices):
    proof = bs.prove(HONEST[name], prices)
    assert proof and proof["verdict"] == "holds", proof
    assert {each["perturbation"] for each in proof["passes"]} == {"missing", "scaled", "shuffled", "truncated"}
    assert sum(each["values"] for each in proof["passes"]) > 500 and not any(each["leaks"] for each in proof["passes"])


def test_a_leak_is_named(prices):
    proof = bs.prove(LEAKING["the next close"], prices, dates=1, changes="scaled")
    session = [each["session"] for each in proof["passes"]][-1]
    leak = proof["passes"][-1]["leaks"][0]
    assert (leak["name"], leak["session"], leak["n_moved"]) == ("close", session, 6)
    assert leak["new"] == pytest.approx(1000 * leak["old"])
    assert f"close: 6 values moved, the first on {session} (S0)" in repr(proof)
    assert json.loads(json.dumps(dict(proof))) == dict(proof)
    two = bs.prove(LEAKING["one of two columns"], prices)
    assert {leak["name"] for each in two["passes"] for leak in each["leaks"]} == {"bad"}


def test_a_leak_of_the_last_bits_is_told_as_one(prices):
    # A running sum over the market, of which what comes after is subtracted again: the same but for rounding.
    proof = bs.prove(lambda f: f.close.fillna(0).sum() - f.close.fillna(0)[::-1].cumsum()[::-1], prices)
    assert proof["verdict"] == "looks ahead"
    assert any(leak["only_rounding"] for each in proof["passes"] for leak in each["leaks"])


def test_rounding_where_data_are_cut_off_is_none(prices):
    # Sums of arrays are made in blocks, whose number depends on the length.
    def sums(f):
        close = f.close.unstack()
        return (close * (1 + 1e-13 * (len(close) % 7))).rolling(3).mean()

    assert bs.prove(sums, prices, changes="truncated")


def test_dates_are_spread_over_those_with_values(prices):
    proof = bs.prove(lambda f: by_name(f, lambda x: x.rolling(90).mean()), prices, dates=4)
    late = {each["session"] for each in proof["passes"] if each["values"]}
    assert proof and len(late) >= 3


def test_what_is_random_is_told_as_that(prices):
    proof = bs.prove(lambda f: f.close + numpy.random.default_rng().normal(size=len(f)), prices)
    assert not proof and proof["verdict"] == "unsteady" and proof["passes"] == []
    assert "random" in repr(proof) and "chance" in repr(proof)
    assert bs.prove(lambda f: f.close + numpy.random.default_rng(3).normal(size=len(f) * 9)[: len(f)].mean() * 0, prices)


def test_what_remembers_is_told_as_that(prices):
    calls = []

    def counts(f):
        calls.append(1)
        return f.close * len(calls)

    assert bs.prove(counts, prices)["verdict"] == "unsteady"
    seen = {}

    def remembers(f):
        seen.update(f.close.dropna())
        return f.close - numpy.mean(list(seen.values()))

    proof = bs.prove(remembers, prices)
    assert proof["verdict"] == "unsteady" and "remembers" in repr(proof)


def test_what_changes_its_frame_is_told(prices):
    def changes(f):
        f["mine"] = f.close * 2
        f.loc[:, "close"] = 0.0
        return f.mine

    proof = bs.prove(changes, prices)
    assert proof and proof["notes"] == ["the function changes the frame that it gets"]
    assert "changes the frame" in repr(proof)


def test_what_raises_on_changed_data_is_incomplete(prices):
    def needs_rows(f):
        if len(f) < 600:
            raise ValueError("too few rows")
        return f.close

    proof = bs.prove(needs_rows, prices)
    assert not proof and proof["verdict"] == "incomplete"
    assert {each["error"] for each in proof["passes"] if each["perturbation"] == "truncated"} == {"ValueError: too few rows"}
    assert "RAISED ValueError: too few rows" in repr(proof)

    def refuses_missing(f):
        if f.close.tail(12).isna().all():
            raise ValueError("Input contains NaN")
        return f.close

    assert bs.prove(refuses_missing, prices)["verdict"] == "incomplete"
    assert bs.prove(refuses_missing, prices, changes=["scaled", "shuffled", "truncated"])


def test_no_value_is_no_proof(prices):
    proof = bs.prove(lambda f: f.close * numpy.nan, prices)
    assert not proof and proof["verdict"] == "empty" and "nothing to compare" in repr(proof)
    later = bs.prove(lambda f: f.close.rename(lambda day: day + pandas.Timedelta(days=3000), level=0), prices)
    assert later["verdict"] == "empty" and "rows that the data don't have" in repr(later)


def test_other_instruments_are_told(prices):
    proof = bs.prove(lambda f: f.close.rename(lambda name: f"X{name}", level=1), prices)
    assert proof and "rows that the data don't have" in proof["notes"][0] and len(proof["notes"]) == 1


def test_what_makes_no_sense_is_refused(prices):
    refused = [
        ("NoneType", lambda: bs.prove(lambda f: None, prices)),
        ("5 values without dates", lambda: bs.prove(lambda f: f.close.to_numpy()[:5], prices)),
        ("rows without dates", lambda: bs.prove(lambda f: f.close.reset_index(drop=True)[:5], prices)),
        ("two values for", lambda: bs.prove(lambda f: pandas.concat([f.close, f.close]), prices)),
        ("give numbers", lambda: bs.prove(lambda f: f.close.map(str), prices)),
        ("can't be called", lambda: bs.prove("close", prices)),
        ("dates: 0", lambda: bs.prove(len, prices, dates=0)),
        ("changes: 'later'", lambda: bs.prove(len, prices, changes=["later"])),
        ("changes: are none", lambda: bs.prove(len, prices, changes=[])),
        ("table: 'dask'", lambda: bs.prove(len, prices, table="dask")),
        ("say it to read", lambda: bs.prove(len, prices, wide="close")),
    ]
    for message, call in refused:
        with pytest.raises(bs.StudyError, match=message):
            call()
    with pytest.raises(bs.ModelError, match="fails on the data as they are: KeyError: 'nothing'") as caught:
        bs.prove(lambda f: f["nothing"], prices)
    assert isinstance(caught.value.__cause__, KeyError)
    with pytest.raises(bs.DataError):
        bs.prove(len, "nowhere.parquet")


def test_every_kind_of_data_and_table(parquet, frame, prices):
    pandas_ = lambda f: f.close.groupby("instrument").pct_change(fill_method=None)  # noqa: E731
    ahead = lambda f: f.close.groupby("instrument").shift(-1)  # noqa: E731
    for data in [parquet, frame, polars.from_pandas(frame), bs.read(parquet), frame.set_index(["date", "instrument"])]:
        assert bs.prove(pandas_, data, dates=1)
        assert not bs.prove(ahead, data, dates=1)

    def polars_(shift):
        return lambda f: f.select("date", "instrument", pl=polars.col("close").shift(shift).over("instrument"))

    assert bs.prove(polars_(1), prices, table="polars") and not bs.prove(polars_(-1), prices, table="polars")

    def arrow(f):
        assert isinstance(f, pyarrow.Table)
        return f.select(["date", "instrument", "close"])

    assert bs.prove(arrow, prices, table="arrow")
    lazy = lambda f: f.lazy().select("date", "instrument", polars.col("close") / polars.col("close").mean())  # noqa: E731
    assert not bs.prove(lazy, prices, table="polars")
