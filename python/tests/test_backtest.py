"""Strategies in Python trade as the same rules do in a study, see nothing of the future, and end clearly when they fail."""

import datetime
import math

import numpy
import pandas
import pytest
from conftest import market
from test_study import settings

import backstaff as bs

pytestmark = pytest.mark.filterwarnings("ignore::backstaff.DataWarning")

COSTS = {"commission_bps": 5, "slippage_bps": 2}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    market(instruments=8, sessions=300).to_parquet(tmp_path / "prices.parquet", index=False)
    return tmp_path


class Constant(bs.Strategy):
    def __init__(self, weights):
        self.weights = weights

    def on_session(self, market):
        return self.weights


class TopkDropout(bs.Strategy):
    """The rule of the study's `topk_dropout`, written once more in the plainest way."""

    def __init__(self, k, n_drop):
        self.k, self.n_drop = k, n_drop

    def on_session(self, market):
        names = {name: place for place, name in enumerate(market.instruments)}
        scores = market.scores
        ranked = sorted(scores, key=lambda name: (-scores[name], names[name]))
        held = market.positions
        if not ranked:
            return None
        by_score = sorted((name for name in held), key=lambda name: (-scores.get(name, -math.inf), names[name]))
        new = [name for name in ranked if name not in held][: self.n_drop + self.k - len(held)]
        both = sorted([*by_score, *new], key=lambda name: (-scores.get(name, -math.inf), names[name]))
        sold = [name for name in by_score if name in both[-self.n_drop :]]
        bought = new[: len(sold) + self.k - len(held)]
        orders = [bs.Order(name, close=True) for name in sold]
        return orders + [bs.Order(name, cash_share=0.95 / len(bought)) for name in bought]


def equity(result, portfolio=None):
    frame = result.equity().to_arrow().to_pandas()
    if portfolio is not None:
        frame = frame[(frame["portfolio"] == portfolio) & (frame["cost_multiple"] == 1) & (frame["delay"] == 0)]
    return frame.drop(columns=["portfolio"]).reset_index(drop=True)


@pytest.mark.parametrize("execution", ["open", "close"])
@pytest.mark.parametrize("rebalance", ["daily", "weekly", 21])
def test_constant_weights_give_the_ledger_of_a_study(here, execution, rebalance):
    weights = {"S0": 0.5, "S3": 0.3}
    portfolio = {"strategy": {"weights": {"instruments": weights}}, "execution": execution, "costs": COSTS, "rebalance": rebalance}
    study = {"backstaff": 1, "name": "constant", "data": {"prices": {"path": "prices.parquet"}}, "portfolio": portfolio}
    run = bs.Study(study).run(progress=False)
    expected = equity(run, "strategy")
    begin = {"from": str(expected["date"][0]), "rebalance": rebalance}
    found = bs.backtest("prices.parquet", Constant(weights), execution=execution, costs=COSTS, terms=begin)
    pandas.testing.assert_frame_equal(equity(found), expected, check_exact=True)
    assert found.measures["sharpe"] == run.measures["strategy"]["sharpe"]


def test_stops_of_the_terms_protect_a_strategy_as_they_do_in_a_study(here):
    terms = {"stop": 0.05, "take_profit": 0.08, "max_holding": 20}
    portfolio = {"strategy": {"weights": {"instruments": {"S0": 0.5, "S3": 0.3}}}, "costs": COSTS, **terms}
    study = {"backstaff": 1, "name": "stops", "data": {"prices": {"path": "prices.parquet"}}, "portfolio": portfolio}
    expected = equity(bs.Study(study).run(progress=False), "strategy")
    found = bs.backtest(
        "prices.parquet", Constant({"S0": 0.5, "S3": 0.3}), costs=COSTS, terms={**terms, "from": str(expected["date"][0])}
    )
    pandas.testing.assert_frame_equal(equity(found), expected, check_exact=True)
    assert set(found.trades().to_pandas()["reason"]) & {"stop", "take_profit", "max_holding"}


def test_a_rule_over_scores_gives_the_ledger_of_a_study(here):
    run = bs.Study(settings("prices.parquet")).run(progress=False)
    scores = run.scores().to_pandas().reset_index()[["datetime", "instrument", "score"]].rename(columns={"datetime": "date"})
    expected = equity(run, "reversal")
    found = bs.backtest(
        "prices.parquet", TopkDropout(2, 1), scores=scores, terms={"from": str(expected["date"][0])}, execution="open"
    )
    ours, theirs = equity(found), expected
    same = ["date", "n_positions", "n_fills"]
    pandas.testing.assert_frame_equal(ours[same][:20], theirs[same][:20])


def test_a_strategy_sees_the_past_alone(here):
    frame = pandas.read_parquet("prices.parquet")
    close = frame.pivot(index="date", columns="instrument", values="close")
    seen = []

    class Looks(bs.Strategy):
        def on_start(self, market):
            seen.append("start")

        def on_session(self, market):
            today = pandas.Timestamp(market.date)
            past = close.loc[:today]
            assert market.position == len(past) - 1 and isinstance(market.date, datetime.date)
            assert market.instruments == tuple(f"S{i}" for i in range(8))
            assert market.history("S0", 10_000) == pytest.approx(past["S0"].tolist(), nan_ok=True)
            assert len(market.history("S0", 3)) == min(3, len(past)) and market.history("S1", 0) == []
            table = market.history_of_all(5)
            numpy.testing.assert_allclose(table, past.iloc[-5:].to_numpy())
            today_close = past.iloc[-1]
            assert market.prices == pytest.approx(today_close.dropna().to_dict())
            assert (market.price("S1") is None) == bool(numpy.isnan(today_close["S1"]))
            assert market.history("S0", 1, "volume")[0] > 0
            newest = past.ffill().iloc[-1]
            assert market.equity == pytest.approx(market.cash + sum(n * newest[s] for s, n in market.positions.items()))
            seen.append(market.date)
            return {"S0": 0.5} if market.position % 2 else None

        def on_end(self, market):
            seen.append("end")

    result = bs.backtest("prices.parquet", Looks(), execution="close")
    assert seen[0] == "start" and seen[-1] == "end" and len(seen) == len(close) + 2
    assert result.strategy == "Looks" and result.equity().num_rows == len(close)


def test_what_is_decided_before_a_session_is_the_same_whatever_follows(here):
    frame = pandas.read_parquet("prices.parquet")
    cut = sorted(frame["date"].unique())[200]

    class Momentum(bs.Strategy):
        def on_session(self, market):
            return {name: 0.1 for name in market.prices if len(h := market.history(name, 20)) == 20 and h[-1] > h[0]}

    whole = equity(bs.backtest(frame, Momentum(), costs=COSTS))
    part = equity(bs.backtest(frame[frame["date"] <= cut], Momentum(), costs=COSTS))
    pandas.testing.assert_frame_equal(whole[: len(part)], part, check_exact=True)


def test_orders_wait_fill_and_are_withdrawn(here):
    class Limits(bs.Strategy):
        def on_session(self, market):
            if market.position == 0:
                low = 0.5 * market.price("S0")
                return [
                    bs.Order("S0", shares=10, limit=low, until_cancelled=True),
                    bs.Order("S2", shares=7),
                    bs.Order("S3", weight=0.1, at="close"),
                ]
            if market.position == 1:
                assert {trade.instrument: trade.shares for trade in market.trades}["S2"] == 7
                assert market.shares("S2") == 7 and market.weights["S3"] == pytest.approx(0.1, rel=0.05)
                (order,) = market.waiting
                assert order.instrument == "S0" and "limit" in repr(order)
                market.cancel(order)
                with pytest.raises(bs.StudyError, match="does not wait"):
                    market.cancel(bs.Order("S0", shares=1))
            if market.position == 2:
                assert market.waiting == []
                return [bs.Order("S2", close=True), bs.Order("S4", shares=-3)]
            if market.position == 3:
                assert market.positions.keys() == {"S3", "S4"} and market.shares("S4") == -3
            return None

    result = bs.backtest("prices.parquet", Limits())
    assert result.unfilled == {"cancelled": 1}
    assert result.order_log().num_rows == 5
    assert "beware" in repr(result) or result.warnings == []
    assert "<svg" in result._repr_html_()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("text", "which is neither weights"),
        (3.0, "which is neither weights"),
        ([1], "which is neither weights"),
        ({"S9": 1.0}, "no instrument 'S9'|no instrument \"S9\""),
        ({1: 1.0}, "no name of an instrument"),
        ({"S0": "half"}, "which is no number"),
        ({"S0": math.nan}, "NaN"),
        ({"S0": 0.7, "S1": 0.6}, "add up to 1.3"),
    ],
)
def test_nonsense_is_told_with_its_session(here, answer, words):
    with pytest.raises(bs.StudyError, match=words) as raised:
        bs.backtest("prices.parquet", Constant(answer))
    assert "Constant at the close of 2024-01-02: " in str(raised.value)


def test_a_strategy_that_raises_shows_its_own_traceback(here):
    def falls(market):
        if market.position == 5:
            raise KeyError("gone")
        return {}

    with pytest.raises(bs.StudyError, match="falls at the close of 2024-01-09: KeyError") as raised:
        bs.backtest("prices.parquet", falls)
    assert "in falls" in str(raised.value) and isinstance(raised.value.__cause__, KeyError)

    def pressed(market):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bs.backtest("prices.parquet", pressed)


def test_wrong_arguments_are_told(here):
    for strategy, words in [(3, "is no strategy"), (Constant, "is a class"), (bs.Strategy, "is a class")]:
        with pytest.raises(bs.StudyError, match=words):
            bs.backtest("prices.parquet", strategy)
    for keywords, words in [
        ({"execution": "noon"}, "execution"),
        ({"costs": {"comission_bps": 5}}, "commission_bps"),
        ({"cash": -1}, "initial_cash"),
        ({"terms": {"rebalance": "sometimes"}}, "rebalance"),
        ({"terms": {"execution": "open"}}, "an argument of its own"),
        ({"terms": {"strategy": {}}}, "is the code itself"),
        ({"terms": {"from": "2030-01-01"}}, "no two sessions"),
        ({"terms": {"cohorts": 3, "rebalance": 5}}, "cohorts"),
        ({"scores": 5}, "neither a path nor a frame"),
        ({"costs": 5}, "is no mapping"),
        ({"terms": "daily"}, "is no mapping"),
    ]:
        with pytest.raises(bs.StudyError, match=words):
            bs.backtest("prices.parquet", Constant({}), **keywords)
    for keywords, words in [
        ({}, "say one of shares"),
        ({"shares": 1, "weight": 0.1}, "say one of shares"),
        ({"shares": math.inf}, "no number"),
        ({"shares": 1, "limit": -3}, "no price above 0"),
        ({"shares": 1, "limit": 3, "stop": 2}, "say one of limit"),
        ({"shares": 1, "at": "noon"}, "neither"),
    ]:
        with pytest.raises(bs.StudyError, match=words):
            bs.Order("S0", **keywords)
    close_only = pandas.read_parquet("prices.parquet").drop(columns="open")
    with pytest.raises(bs.StudyError, match="open"):
        bs.backtest(close_only, Constant({}))
    assert bs.backtest(close_only, Constant({"S0": 1.0}), execution="close").measures["n_fills"] > 0
