"""Speed of the event loop with a strategy in Python: ours, backtesting.py's, and vectorbt's order function (numba).

    python benches/python/event_loop.py [BARS] [TRIES]

One instrument, orders now and then: long while a fast moving average is above a slow one, both kept by the strategy itself,
bar by bar. A bar is a session, and dates end with 2199, so that 90,000 bars are the most of one instrument; the time of a
bar does not depend on their number. Run it with the Python of an environment that has the wheel and `backtesting`; vectorbt
is timed if it is there, without the seconds in which numba compiles. The trades must be the same.
"""

import statistics
import sys
import time
import warnings

import numpy
import pandas

import backstaff as bs

warnings.simplefilter("ignore")

BARS = int(sys.argv[1]) if len(sys.argv) > 1 else 90_000
TRIES = int(sys.argv[2]) if len(sys.argv) > 2 else 5
FAST, SLOW = 0.1, 0.02


def bars(n: int) -> pandas.DataFrame:
    """A random walk."""
    random = numpy.random.default_rng(1)
    close = 100 * numpy.exp(numpy.cumsum(random.normal(0, 0.005, n)))
    open_ = numpy.concatenate([close[:1], close[:-1]])
    high, low = numpy.maximum(open_, close) * 1.001, numpy.minimum(open_, close) * 0.999
    date = pandas.date_range("1850-01-01", periods=n, unit="s", freq="B")
    return pandas.DataFrame({"date": date, "instrument": "S", "open": open_, "high": high, "low": low, "close": close, "volume": 1e9})


class Cross(bs.Strategy):
    """Ours."""

    def on_start(self, market):
        self.fast = self.slow = market.price("S")
        self.is_long = False

    def on_session(self, market):
        price = market.price("S")
        self.fast += FAST * (price - self.fast)
        self.slow += SLOW * (price - self.slow)
        if (self.fast > self.slow) == self.is_long:
            return None
        self.is_long = not self.is_long
        return {"S": 0.9} if self.is_long else {}


def ours(frame: pandas.DataFrame) -> int:
    result = bs.backtest(frame, Cross(), cash=1e6)
    return result.trades().num_rows


def backtesting(frame: pandas.DataFrame) -> int:
    from backtesting import Backtest, Strategy

    class Theirs(Strategy):
        def init(self):
            self.fast = self.slow = self.data.Close[0]

        def next(self):
            price = self.data.Close[-1]
            self.fast += FAST * (price - self.fast)
            self.slow += SLOW * (price - self.slow)
            if self.fast > self.slow:
                if not self.position:
                    self.buy(size=0.9)
            elif self.position:
                self.position.close()

    data = frame.rename(columns=str.capitalize).set_index("Date")
    result = Backtest(data, Theirs, cash=1e6, commission=0, finalize_trades=True).run()
    return int(result["# Trades"])


def vectorbt():
    """A function that runs vectorbt's, compiled."""
    import vectorbt as vbt
    from numba import njit
    from vectorbt.portfolio.enums import NoOrder, SizeType
    from vectorbt.portfolio.nb import order_nb

    @njit
    def before(c):
        return (numpy.array([c.close[0, 0], c.close[0, 0]]),)

    @njit
    def order(c, averages):
        if c.i == 0:
            return NoOrder
        price = c.close[c.i - 1, 0]
        averages[0] += FAST * (price - averages[0])
        averages[1] += SLOW * (price - averages[1])
        is_long = c.position_now > 0
        if (averages[0] > averages[1]) == is_long:
            return NoOrder
        return order_nb(size=0.0 if is_long else 0.9, price=c.close[c.i, 0], size_type=SizeType.TargetPercent)

    def run(frame):
        portfolio = vbt.Portfolio.from_order_func(frame["close"], order, pre_sim_func_nb=before, init_cash=1e6)
        return int(portfolio.trades.count())

    return run


def main() -> None:
    frame = bars(BARS)
    calls = {"backstaff": ours, "backtesting.py": backtesting}
    try:
        calls["vectorbt"] = vectorbt()
        calls["vectorbt"](frame[:1_000])
    except ImportError:
        print("vectorbt is not installed", file=sys.stderr)
    seconds = {name: [] for name in calls}
    trades = {}
    for _ in range(TRIES):
        for name, call in calls.items():
            start = time.perf_counter()
            trades[name] = call(frame)
            seconds[name].append(time.perf_counter() - start)
    own = statistics.median(seconds["backstaff"])
    for name, tries in seconds.items():
        median = statistics.median(tries)
        print(f"{name:>16}  {median:8.3f} s  {median / BARS * 1e6:8.2f} µs a bar  ×{median / own:7.2f}  {trades[name]} trades")


if __name__ == "__main__":
    main()
