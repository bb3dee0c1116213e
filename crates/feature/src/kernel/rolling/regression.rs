//! Rolling regression of the values on their position in the window.

#![expect(clippy::needless_bitwise_bool, reason = "a branch keeps loops from becoming vector instructions")]

use std::ops::Range;

use backstaff_panel::Session;

use super::FLAT_STD;
use crate::kernel::{
    Window, present,
    roll::{Asked, At, Family, Joined, Windows, roll},
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
    lines(values, sessions, &mut [Asked { window, statistic: Line::Slope, out }]);
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
    lines(values, sessions, &mut [Asked { window, statistic: Line::Rsquare, out }]);
}

/// The distance of the newest value above the least-squares line through the present values of the window.
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
    lines(values, sessions, &mut [Asked { window, statistic: Line::Residual, out }]);
}

/// A statistic of the straight line through a window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// The statistic of [`slope`].
    Slope,
    /// The statistic of [`rsquare`].
    Rsquare,
    /// The statistic of [`resi`].
    Residual,
}

/// Several of [`slope`], [`rsquare`] and [`resi`] in one walk.
///
/// # Panics
///
/// If the slices differ in length.
pub fn lines(values: &[f64], sessions: &[Session], asked: &mut [Asked<'_, Line>]) {
    assert_eq!(values.len(), sessions.len(), "each row has a session");
    roll(&Positions { values }, sessions, asked);
}

/// A window's values and positions around their means.
#[derive(Clone, Copy)]
struct Fit {
    observations: f64,
    /// `Σ (x − mean)²` of the positions, `Σ (x − mean)(y − mean)`, `Σ (y − mean)²` of the values.
    squares: [f64; 3],
    /// The newest row's position and value, less their means; the value NaN if it is missing.
    newest: (f64, f64),
}

impl Fit {
    /// The squares around the means, and what the pivot's distance from the mean contributes to the sum of squares.
    #[inline(always)]
    fn of(sums: Joined<1, 6>) -> (Self, f64) {
        let [n, x, xx, y, xy, yy] = sums.sums;
        let share = 1.0 / n;
        let (mean_x, mean_y) = (x * share, y * share);
        let shift = y * mean_y;
        let squares = [xx - x * mean_x, xy - mean_x * y, yy - shift];
        (Self { observations: n, squares, newest: newest(sums, mean_x, mean_y) }, shift)
    }

    #[inline(always)]
    fn slope(self) -> f64 {
        let [xx, xy, _] = self.squares;
        xy / xx
    }

    #[inline(always)]
    fn rsquare(self) -> f64 {
        let [xx, xy, yy] = self.squares;
        let share = xy * xy / (xx * yy);
        let share = if share > 1.0 { 1.0 } else { share };
        if yy <= FLAT_STD * FLAT_STD * (self.observations - 1.0) { f64::NAN } else { share }
    }

    #[inline(always)]
    fn residual(self) -> f64 {
        let (x, y) = self.newest;
        y - self.slope() * x
    }
}

struct Positions<'a> {
    values: &'a [f64],
}

impl Positions<'_> {
    #[inline(always)]
    fn statistic(&self, windows: &Windows<'_, 1, 6>, out: &mut [f64], of_fit: impl Fn(Fit) -> f64) {
        let far = windows.far(FAR);
        let quick = |sums: Joined<1, 6>| {
            let (fit, shift) = Fit::of(sums);
            let few = fit.observations < 2.0;
            (if few { f64::NAN } else { of_fit(fit) }, (shift > far * fit.squares[2]) & !few)
        };
        windows.finish(self.values, out, quick, |sums, rows| of_fit(self.fit_afresh(sums, rows)));
    }

    /// The fit of a window whose pivot lies far off, around means that are right to the last digits.
    #[cold]
    #[inline(never)]
    fn fit_afresh(&self, sums: Joined<1, 6>, rows: Range<usize>) -> Fit {
        let Joined { sums: [n, x, _, y, ..], row, place, pivots: [pivot], .. } = sums;
        let share = 1.0 / n;
        let mean = (x * share, y * share);
        let values = rows.map(|other| (place - (row - other) as f64, self.values[other]));
        let values = values.filter(|(_, value)| value.is_finite());
        let off = values.clone().map(|(_, value)| (value - pivot) - mean.1).sum::<f64>() / n;
        let mut squares = [0.0; 3];
        for (place, value) in values {
            let (x, y) = (place - mean.0, ((value - pivot) - mean.1) - off);
            squares = plus(squares, [x * x, x * y, y * y]);
        }
        Fit { observations: n, squares, newest: newest(sums, mean.0, mean.1 + off) }
    }
}

/// The newest row's place and value, less their means.
#[inline(always)]
fn newest(sums: Joined<1, 6>, mean_x: f64, mean_y: f64) -> (f64, f64) {
    let Joined { place, newest, pivots: [pivot], .. } = sums;
    (place - mean_x, if newest.is_finite() { (newest - pivot) - mean_y } else { f64::NAN })
}

/// Observations, places, their squares, differences to the pivot, place times difference, squared differences. Sums of
/// places are sums of integers, hence exact.
impl Family<1, 6> for Positions<'_> {
    const SHORT: usize = 32;
    type Statistic = Line;

    #[inline(always)]
    fn values(&self, row: usize) -> Option<[f64; 1]> {
        present(self.values[row]).map(|value| [value])
    }

    #[inline(always)]
    fn one(&self, _: usize) -> Lanes<6> {
        [1.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<6>, row: usize, at: At<1>) -> Lanes<6> {
        let value = self.values[row];
        let (one, y) = if value.is_finite() { (1.0, value - at.pivots[0]) } else { (0.0, 0.0) };
        let x = one * at.place(row);
        plus(sums, [one, x, x * x, y, x * y, y * y])
    }

    #[inline(always)]
    fn moved([n, x, xx, y, xy, yy]: Lanes<6>, [by]: [f64; 1], rows: f64) -> Lanes<6> {
        let back = n * rows;
        let moved = y + n * by;
        let xy = xy + (by * x - rows * moved);
        [n, x - back, xx + rows * (back - 2.0 * x), moved, xy, yy + by * (y + moved)]
    }

    #[inline(always)]
    fn join(older: Lanes<6>, newer: Lanes<6>) -> Lanes<6> {
        plus(older, newer)
    }

    #[inline(always)]
    fn finish(&self, statistic: Line, windows: &Windows<'_, 1, 6>, out: &mut [f64]) {
        match statistic {
            Line::Slope => self.statistic(windows, out, Fit::slope),
            Line::Rsquare => self.statistic(windows, out, Fit::rsquare),
            Line::Residual => self.statistic(windows, out, Fit::residual),
        }
    }
}
