"""A user's own columns are joined to prices by date and instrument, and look ahead of nothing."""

import pandas
import polars
import pytest

import backstaff as bs

pytestmark = pytest.mark.filterwarnings("ignore::backstaff.DataWarning")


@pytest.fixture
def own(frame):
    """A score for each row of the market."""
    return frame[["date", "instrument"]].assign(score=frame["volume"] / 1_000, rank=range(len(frame)))


def test_columns_become_fields(frame, own, tmp_path):
    expected = bs.compute(frame.assign(score=own["score"]), {"x": "Mean($score, 3)"}).to_arrow()
    path = tmp_path / "own.csv"
    own.to_csv(path, index=False)
    shuffled = own.sample(frac=1, random_state=3)
    for columns in [own, shuffled, own.set_index(["instrument", "date"]), polars.from_pandas(own)]:
        prices = bs.read(frame, columns=columns)
        assert {"score", "rank"} <= set(prices.fields)
        assert bs.compute(prices, {"x": "Mean($score, 3)"}).to_arrow().equals(expected)
    again = bs.read(bs.read(frame), columns=path)
    assert bs.compute(again, {"x": "Mean($score, 3)"}).to_pandas()["x"].sub(
        expected.to_pandas().set_index(["date", "instrument"])["x"].sort_index().to_numpy()
    ).abs().max() < 1e-12
    told = "\n".join(again.assumptions)
    assert "columns: 220 rows of score, rank read" in told and "known at the close of their date" in told


def test_columns_join_one_after_the_other(frame, own):
    prices = bs.read(bs.read(frame, columns=own[["date", "instrument", "score"]]), columns=own.drop(columns="score"))
    assert bs.compute(prices, {"x": "$score + $rank"}).to_pandas()["x"].notna().all()
    judged = bs.factor("CsRank($score)", prices, horizons=[1], quantiles=2)
    assert judged["feature"]["expression"] == "CsRank($score)"


def test_texts_become_categories(frame, own):
    sized = own.assign(size=own["score"].gt(5).map({True: "large", False: "small"}))
    prices = bs.read(frame, columns=sized)
    assert bs.compute(prices, {"x": "CsRank($close, by=size)"}).to_pandas()["x"].notna().any()


def test_rows_that_meet_nothing_are_told(frame, own):
    saturday = own.head(1).assign(date=pandas.Timestamp("2024-01-06"), score=7.0)
    stranger = own.tail(2).assign(instrument="X9")
    prices = bs.read(frame, columns=pandas.concat([own, saturday, stranger]))
    told = "\n".join(prices.assumptions)
    assert "2 of instruments that the prices lack" in told, told
    assert "1 of days on which the prices have no session" in told, told
    expected = bs.compute(bs.read(frame, columns=own), {"x": "$score"}).to_arrow()
    assert bs.compute(prices, {"x": "$score"}).to_arrow().equals(expected)


def test_a_value_counts_from_the_day_on_which_it_is_known(frame, own):
    late = own.assign(known_at=own["date"] + pandas.offsets.BDay(2))
    table = bs.compute(bs.read(frame, columns=late), {"x": "$score"}).to_pandas()["x"].unstack()
    now = bs.compute(bs.read(frame, columns=own), {"x": "$score"}).to_pandas()["x"].unstack()
    pandas.testing.assert_series_equal(table["S0"].iloc[2:], now["S0"].shift(2).iloc[2:])
    assert table["S0"].iloc[:2].isna().all()


def test_what_comes_later_changes_nothing_before(frame, own):
    cut = pandas.Timestamp("2024-02-15")
    whole = bs.compute(bs.read(frame, columns=own), {"x": "Mean($score, 5)"}).to_pandas()
    short = bs.compute(bs.read(frame, columns=own[own["date"] <= cut]), {"x": "Mean($score, 5)"}).to_pandas()
    pandas.testing.assert_frame_equal(short.loc[:cut], whole.loc[:cut])


WRONG = {
    "two values": (
        lambda own: pandas.concat([own, own.head(1).assign(score=-9.0)]),
        bs.DataError,
        ["S0 has two bars for session 2024-01-02", "the frame of columns row 1 and row 221"],
    ),
    "a name that is taken": (lambda own: own.rename(columns={"score": "Close"}), bs.StudyError, ["close", "already"]),
    "a derived name": (lambda own: own.rename(columns={"score": "traded"}), bs.StudyError, ["traded", "already"]),
    "no values": (lambda own: own[["date", "instrument"]], bs.StudyError, ["no column of numbers"]),
    "no dates": (lambda own: own.drop(columns="date"), bs.DataError, ["the frame of columns has no date column"]),
    "no names": (lambda own: own.drop(columns="instrument"), bs.DataError, ["no instrument column"]),
    "other instruments": (
        lambda own: own.assign(instrument="X" + own["instrument"]),
        bs.DataError,
        ["less than half", "allow_unmatched"],
    ),
    "other years": (
        lambda own: own.assign(date=own["date"] - pandas.Timedelta(days=4_000)),
        bs.StudyError,
        ["no value for an instrument and a session", "2024-01-02 to 2024-03-25"],
    ),
    "a wide frame": (
        lambda own: own.pivot(index="date", columns="instrument", values="score"),
        bs.DataError,
        ["the frame of columns", "stack"],
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_columns_that_can_not_be_joined_are_told(what, frame, own):
    make, kind, words = WRONG[what]
    with pytest.raises((bs.DataError, bs.StudyError)) as raised:
        bs.read(frame, columns=make(own))
    text = str(raised.value)
    assert all(word in text for word in words), text
    assert "/dev/null" not in text


def test_prices_take_nothing_but_columns(frame, own):
    prices = bs.read(frame)
    for call in [lambda: bs.read(prices), lambda: bs.read(prices, columns=own, wide="close")]:
        with pytest.raises(bs.StudyError, match="only take `columns`"):
            call()
