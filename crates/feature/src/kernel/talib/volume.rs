//! Volume that comes with rising and falling prices.

use super::{Indicator, State, Windowed, is_rounding, spread::typical_prices, windowed::lagged};
use crate::kernel::rolling;

/// On-balance volume: the volume of rows that close higher less that of those that close lower, the first row's included.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct OnBalance {
    seen: usize,
    close: f64,
    balance: f64,
}

impl Indicator for OnBalance {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let rows = inputs[0].iter().zip(inputs[1]);
        let balances = rows.map(|(&close, &volume)| {
            if self.seen == 0 || close > self.close {
                self.balance += volume;
            } else if close < self.close {
                self.balance -= volume;
            }
            (self.seen, self.close) = (1, close);
            self.balance
        });
        vec![balances.collect()]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.seen);
        state.number(&mut self.close);
        state.number(&mut self.balance);
    }
}

/// Chaikin's accumulation and distribution line: the sum of volumes, each weighted by where the close lies in the range
/// (1 at the high, -1 at the low); a row without range adds nothing.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Accumulation {
    line: f64,
}

impl Accumulation {
    fn take(&mut self, inputs: &[&[f64]]) -> Vec<f64> {
        let rows = inputs[0].iter().zip(inputs[1]).zip(inputs[2]).zip(inputs[3]);
        let line = rows.map(|(((&high, &low), &close), &volume)| {
            let range = high - low;
            if range > 0.0 {
                self.line += ((close - low) - (high - close)) / range * volume;
            }
            self.line
        });
        line.collect()
    }
}

impl Indicator for Accumulation {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        vec![self.take(inputs)]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        state.number(&mut self.line);
    }
}

/// Chaikin's oscillator: a fast less a slow exponential mean of the accumulation line, both from its first value on.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct AccumulationOscillator {
    line: Accumulation,
    look_back: usize,
    weights: [f64; 2],
    seen: usize,
    means: [f64; 2],
}

impl AccumulationOscillator {
    /// With means of these lengths, of which the longer one says how many rows come before the first result.
    pub fn new(fast: usize, slow: usize) -> Self {
        Self {
            line: Accumulation::default(),
            look_back: fast.max(slow) - 1,
            weights: [fast, slow].map(|length| 2.0 / (length as f64 + 1.0)),
            seen: 0,
            means: [0.0; 2],
        }
    }
}

impl Indicator for AccumulationOscillator {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let line = self.line.take(inputs);
        let mut values = Vec::with_capacity(line.len());
        for value in line {
            if self.seen == 0 {
                self.means = [value; 2];
            }
            for (mean, weight) in self.means.iter_mut().zip(self.weights) {
                *mean += weight * (value - *mean);
            }
            if self.seen == self.look_back {
                values.push(self.means[0] - self.means[1]);
            } else {
                self.seen += 1;
            }
        }
        vec![values]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.line.carry(state);
        state.count(&mut self.seen);
        self.means.iter_mut().for_each(|mean| state.number(mean));
    }
}

/// The money flow index: the share, in percent, of the money of rows whose typical price rose in that of all whose price
/// moved. Without money it is 0.
pub fn money_flow(length: usize) -> Windowed {
    Windowed::new(length, move |rows| {
        let typical = typical_prices(rows);
        let volumes = rows.input(3).get(1..).unwrap_or_default();
        let flow = |rises: fn(f64, f64) -> bool| {
            let moves = lagged(&typical, 1).zip(volumes);
            let flows = moves.map(|((new, old), volume)| {
                if rises(new, old) && !is_rounding(new - old, new, old) { new * volume } else { 0.0 }
            });
            rows.rolled(&flows.collect::<Vec<_>>(), length, rolling::sum)
        };
        let (up, down) = (flow(|new, old| new > old), flow(|new, old| new < old));
        let share =
            |(&up, &down): (&f64, &f64)| if up + down == 0.0 { 0.0 } else { 100.0 * (up / (up + down)) };
        vec![up.iter().zip(&down).map(share).collect()]
    })
}
