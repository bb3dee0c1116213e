//! True ranges.

use super::{Indicator, Rows, Smoothed, State, Windowed, last};
use crate::kernel::rolling;

/// The range of a row, the gap from the close before included.
pub fn true_range() -> Windowed {
    Windowed::new(1, |rows| vec![ranges(rows)])
}

/// The true range of each row but the first; inputs are high, low and close.
pub(super) fn ranges(rows: &Rows<'_>) -> Vec<f64> {
    bars(rows).map(|(high, low, _, before)| range(high, low, before)).collect()
}

/// High, low and close of each row but the first, and the close before.
fn bars<'a>(rows: &Rows<'a>) -> impl Iterator<Item = (f64, f64, f64, f64)> + 'a {
    let (high, low, close) = (rows.input(0), rows.input(1), rows.input(2));
    (1..close.len()).map(move |row| (high[row], low[row], close[row], close[row - 1]))
}

fn range(high: f64, low: f64, close_before: f64) -> f64 {
    (high - low).max((high - close_before).abs()).max((low - close_before).abs())
}

/// Wilder's mean of the true range.
#[derive(Debug)]
pub struct AverageRange {
    range: Windowed,
    mean: Smoothed,
    in_percent: bool,
}

impl AverageRange {
    /// In the unit of prices: ATR.
    pub fn absolute(length: usize) -> Self {
        Self { range: true_range(), mean: Smoothed::wilder(length), in_percent: false }
    }

    /// In percent of the close; 0 where that is 0: NATR. Of a single row TA-Lib does not divide by the close.
    pub fn in_percent(length: usize) -> Self {
        Self { in_percent: length > 1, ..Self::absolute(length) }
    }
}

impl Indicator for AverageRange {
    fn run(&mut self, inputs: &[&[f64]]) -> Vec<Vec<f64>> {
        let mut means = self.mean.run(&self.range.run_one(inputs));
        if self.in_percent {
            let closes = last(inputs[2], means.len());
            for (mean, &close) in means.iter_mut().zip(closes) {
                *mean = if close == 0.0 { 0.0 } else { 100.0 * (*mean / close) };
            }
        }
        vec![means]
    }

    fn carry(&mut self, state: &mut State<'_>) {
        self.range.carry(state);
        self.mean.carry(state);
    }
}

/// Williams' ultimate oscillator: how far closes lie above the true low, over the true range, in three windows; the
/// shortest counts four times, the longest once. A window without range adds nothing.
pub fn ultimate(mut lengths: [usize; 3]) -> Windowed {
    lengths.sort_unstable();
    Windowed::new(lengths[2], move |rows| {
        let pressure = bars(rows).map(|(_, low, close, before)| close - low.min(before)).collect::<Vec<_>>();
        let ranges = ranges(rows);
        let mut values = vec![0.0; rows.input(0).len().saturating_sub(lengths[2])];
        for (length, weight) in lengths.into_iter().zip([4.0, 2.0, 1.0]) {
            let pressure = rows.rolled(&pressure, length, rolling::sum);
            let range = rows.rolled(&ranges, length, rolling::sum);
            let n = values.len();
            let sums = last(&pressure, n).iter().zip(last(&range, n));
            for (value, (pressure, range)) in values.iter_mut().zip(sums) {
                if *range != 0.0 {
                    *value += weight * (pressure / range);
                }
            }
        }
        for value in &mut values {
            *value *= 100.0 / 7.0;
        }
        vec![values]
    })
}
