"""A strategy in Python on the ledger that studies use: target weights, then orders with limits and stops.

Run it with `python examples/own_strategy.py`; it needs `pip install backstaff`.
"""

from pathlib import Path

import backstaff as bs

prices = bs.read(Path(__file__).parent / "data" / "thirty.csv.gz")
costs = {"commission_bps": 5, "slippage_bps": 2}


class Momentum(bs.Strategy):
    """Holds the five names that have gained most in a year, in equal parts; decides once a month."""

    def on_session(self, market):
        gains = {}
        for name in market.prices:
            past = market.history(name, 252)
            if len(past) == 252 and past[0] > 0:
                gains[name] = past[-21] / past[0]
        best = sorted(gains, key=gains.get, reverse=True)[:5]
        return {name: 0.2 for name in best} if best else None


class Dips(bs.Strategy):
    """Bids two per cent below the close of what fell most, and sells what it got ten sessions later or at a stop."""

    def __init__(self):
        self.bought = {}

    def on_session(self, market):
        orders = []
        for trade in market.trades:
            if trade.shares > 0:
                self.bought[trade.instrument] = market.position
                stop = 0.95 * trade.price
                orders.append(bs.Order(trade.instrument, close=True, stop=stop, until_cancelled=True))
        for name, since in list(self.bought.items()):
            if market.shares(name) == 0:
                del self.bought[name]
            elif market.position - since >= 10:
                orders.append(bs.Order(name, close=True))
        falls = {}
        for name in market.prices:
            past = market.history(name, 6)
            if len(past) == 6:
                falls[name] = past[-1] / past[0]
        for name in sorted(falls, key=falls.get)[:3]:
            if market.shares(name) == 0 and market.cash > 0.1 * market.equity:
                size = 0.1 * market.equity / market.price(name)
                orders.append(bs.Order(name, shares=size, limit=0.98 * market.price(name)))
        return orders


for strategy, terms in [(Momentum(), {"rebalance": "month_end"}), (Dips(), {})]:
    result = bs.backtest(prices, strategy, costs=costs, terms=terms)
    print(result)
    print(result.trades())
    assert result.measures["n_fills"] > 0
