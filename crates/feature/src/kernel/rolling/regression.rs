//! Rolling regression of the values on their position in the window.

use std::ops::Range;

use backstaff_panel::Session;

use super::FLAT_STD;
use crate::kernel::{
    Window,
    roll::{At, Family, roll},
    sum::{Lanes, plus},
};

/// See `moment.rs`: a pivot so far (in squared standard deviations) from the mean costs too many digits.
const FAR: f64 = 64.0;

/// Slope of the least-squares line through the present values of the window, per row.
///
/// Positions are those of the rows, so a missing row leaves a hole and does not draw its neighbours together.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`, per row.
/// - NaN: a missing row is skipped; fewer than 2 observations, or than the window asks for, give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Qlib `Slope`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn slope(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Positions::new(values, window, out, |line: Line| line.slope()), sessions, window, out);
}

/// Squared correlation between the present values of the window and their positions.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: none, from 0 to 1.
/// - NaN: a missing row is skipped; fewer than 2 observations, or than the window asks for, or a standard deviation of
///   at most 2e-5 give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Qlib `Rsquare`, whose threshold for a flat window this is.
///
/// # Panics
///
/// If the slices differ in length.
pub fn rsquare(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Positions::new(values, window, out, |line: Line| line.rsquare()), sessions, window, out);
}

/// What the newest value lies above the least-squares line through the present values of the window.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: where the newest value is missing; fewer than 2 observations, or than the window asks for, give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Qlib `Resi`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn resi(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Positions::new(values, window, out, |line: Line| line.residual()), sessions, window, out);
}

/// A window's values and positions around their means.
#[derive(Clone, Copy)]
struct Line {
    observations: f64,
    /// `Σ (x − mean)²` of the positions, `Σ (x − mean)(y − mean)`, `Σ (y − mean)²` of the values.
    squares: [f64; 3],
    /// The newest row's position and value, less their means; the value NaN if it is missing.
    newest: (f64, f64),
}

impl Line {
    #[inline(always)]
    fn slope(self) -> f64 {
        let [xx, xy, _] = self.squares;
        xy / xx
    }

    #[inline(always)]
    fn rsquare(self) -> f64 {
        let [xx, xy, yy] = self.squares;
        if yy <= FLAT_STD * FLAT_STD * (self.observations - 1.0) {
            return f64::NAN;
        }
        (xy * xy / (xx * yy)).min(1.0)
    }

    #[inline(always)]
    fn residual(self) -> f64 {
        let (x, y) = self.newest;
        y - self.slope() * x
    }
}

struct Positions<'a, F> {
    values: &'a [f64],
    finish: F,
    far: f64,
}

impl<'a, F: Fn(Line) -> f64> Positions<'a, F> {
    fn new(values: &'a [f64], window: Window, out: &[f64], finish: F) -> Self {
        let far = if window.is_expanding() { f64::INFINITY } else { FAR };
        Self { values: &values[..out.len()], finish, far }
    }

    /// The squares of a window whose pivot lies far off, around means that are right to the last digits.
    #[cold]
    #[inline(never)]
    fn afresh(&self, rows: Range<usize>, at: At<f64>, n: f64, mean: (f64, f64)) -> ([f64; 3], f64) {
        let values = rows.map(|row| (at.place(row), self.values[row])).filter(|(_, value)| value.is_finite());
        let off = values.clone().map(|(_, value)| (value - at.pivot) - mean.1).sum::<f64>() / n;
        let mut squares = [0.0; 3];
        for (place, value) in values {
            let (x, y) = (place - mean.0, ((value - at.pivot) - mean.1) - off);
            squares = plus(squares, [x * x, x * y, y * y]);
        }
        (squares, off)
    }
}

/// Observations, places, their squares, differences to the pivot, place times difference, squared differences. Sums of
/// places are sums of integers, hence exact.
impl<F: Fn(Line) -> f64> Family for Positions<'_, F> {
    type Pivot = f64;
    type Sums = Lanes<6>;
    const EMPTY: Lanes<6> = [0.0; 6];

    #[inline(always)]
    fn pivot(&self, row: usize) -> Option<f64> {
        Some(self.values[row]).filter(|value| value.is_finite())
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<6>, row: usize, at: At<f64>) -> Lanes<6> {
        let value = self.values[row];
        let (one, y) = if value.is_finite() { (1.0, value - at.pivot) } else { (0.0, 0.0) };
        let x = one * at.place(row);
        plus(sums, [one, x, x * x, y, x * y, y * y])
    }

    #[inline(always)]
    fn join(&self, older: Lanes<6>, newer: Lanes<6>) -> Lanes<6> {
        plus(older, newer)
    }

    #[inline(always)]
    fn observations(&self, sums: &Lanes<6>) -> f64 {
        sums[0]
    }

    #[inline(always)]
    fn finish(&self, [n, x, xx, y, xy, yy]: Lanes<6>, rows: Range<usize>, at: At<f64>) -> f64 {
        if n < 2.0 {
            return f64::NAN;
        }
        let newest = rows.end - 1;
        let share = 1.0 / n;
        let (mean_x, mut mean_y) = (x * share, y * share);
        let shift = y * mean_y;
        let mut squares = [xx - x * mean_x, xy - mean_x * y, yy - shift];
        if shift > self.far * squares[2] {
            let (exact, off) = self.afresh(rows, at, n, (mean_x, mean_y));
            squares = exact;
            mean_y += off;
        }
        let value = self.values[newest];
        let y = if value.is_finite() { (value - at.pivot) - mean_y } else { f64::NAN };
        (self.finish)(Line { observations: n, squares, newest: (at.place(newest) - mean_x, y) })
    }
}
