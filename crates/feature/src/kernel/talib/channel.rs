//! Highest and lowest values of a window, and where in between a price lies.

use super::{Rows, Windowed, is_rounding, last, paired, windowed::Kernel};
use crate::kernel::rolling;

/// The position of a price in its range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Position {
    /// From 0 at the low to 100 at the high: the fast %K.
    FromLow,
    /// From -100 at the low to 0 at the high: Williams' %R.
    FromHigh,
}

/// One end of a range of values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extreme {
    /// The least value of the range.
    Lowest,
    /// The greatest value of the range.
    Highest,
}

/// The least or the greatest value of the window.
pub fn extreme(extreme: Extreme, length: usize) -> Windowed {
    let kernel = match extreme {
        Extreme::Lowest => rolling::min,
        Extreme::Highest => rolling::max,
    };
    Windowed::new(length - 1, move |rows| vec![rows.rolled(rows.input(0), length, kernel)])
}

/// The least and the greatest value of the window: two outputs.
pub fn extremes(length: usize) -> Windowed {
    Windowed::new(length - 1, move |rows| {
        let (low, high) = range(rows, rows.input(0), rows.input(0), length);
        vec![low, high]
    })
}

/// Half of the way between the greatest value of the first input and the least of the last one.
pub fn middle(length: usize) -> Windowed {
    Windowed::new(length - 1, move |rows| {
        let (low, high) = range(rows, rows.input(0), rows.last_input(), length);
        vec![paired(&low, &high).map(|(low, high)| high.midpoint(low)).collect()]
    })
}

/// The position of the third input in the range from the least of the second to the greatest of the first; a range of
/// 0 gives 0.
pub fn position_in_range(position: Position, length: usize) -> Windowed {
    Windowed::new(length - 1, move |rows| {
        let (low, high) = range(rows, rows.input(0), rows.input(1), length);
        let closes = last(rows.input(2), low.len());
        let place = |((low, high), close): ((f64, f64), f64)| match (high - low, position) {
            (range, _) if is_rounding(range, high, low) => 0.0,
            (range, Position::FromLow) => 100.0 * (close - low) / range,
            (range, Position::FromHigh) => -100.0 * (high - close) / range,
        };
        vec![paired(&low, &high).zip(closes.iter().copied()).map(place).collect()]
    })
}

/// How recent the lowest low and the highest high of the last `length + 1` rows are: two outputs, 100 if it is the newest
/// row, 0 if it is the oldest. Of equal ones the newest counts.
pub fn aroon(length: usize) -> Windowed {
    Windowed::new(length, move |rows| {
        let (high, low) = ages(rows, length);
        let recent =
            |ages: &[f64]| ages.iter().map(|age| 100.0 * (length as f64 - age) / length as f64).collect();
        vec![recent(&low), recent(&high)]
    })
}

/// Aroon up less Aroon down.
pub fn aroon_oscillator(length: usize) -> Windowed {
    Windowed::new(length, move |rows| {
        let (high, low) = ages(rows, length);
        vec![paired(&high, &low).map(|(high, low)| 100.0 * (low - high) / length as f64).collect()]
    })
}

fn range(rows: &Rows<'_>, highs: &[f64], lows: &[f64], length: usize) -> (Vec<f64>, Vec<f64>) {
    (rows.rolled(lows, length, rolling::min), rows.rolled(highs, length, rolling::max))
}

/// How many rows ago the high of the first input and the low of the second were.
fn ages(rows: &Rows<'_>, length: usize) -> (Vec<f64>, Vec<f64>) {
    (age(rows, rows.input(0), length, rolling::idx_max), age(rows, rows.input(1), length, rolling::idx_min))
}

/// The kernels count from the oldest row and take the oldest of equal values, so they are given the rows in reverse.
fn age(rows: &Rows<'_>, values: &[f64], length: usize, kernel: Kernel) -> Vec<f64> {
    let reversed = values.iter().rev().copied().collect::<Vec<_>>();
    let mut ages = rows.rolled(&reversed, length + 1, kernel);
    ages.reverse();
    for age in &mut ages {
        *age -= 1.0;
    }
    ages
}
