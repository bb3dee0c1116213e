//! Rolling mean absolute deviation.

use backstaff_panel::Session;

use super::mean;
use crate::kernel::{Window, canonical, sum::plus};

/// Running sums side by side; part of the result, so not to be tuned without changing it.
const LANES: usize = 4;

/// Mean absolute deviation of the present values of the window from their mean.
///
/// `Σ |x − mean| / n`; equal values give exactly 0.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Qlib `Mad`. Each window is summed afresh, from its oldest row on: as many steps as it is long.
///
/// # Panics
///
/// If the slices differ in length.
pub fn mad(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    mean(values, sessions, window, out);
    for row in 0..values.len() {
        if !out[row].is_nan() {
            out[row] = canonical(deviation(&values[window.first_row(row)..=row], out[row]));
        }
    }
}

/// The mean distance of the present values from their mean, which is given as rounded.
fn deviation(values: &[f64], mean: f64) -> f64 {
    /// Where rounding the mean may cost more than this share of the result, what it dropped is measured first.
    const LOST: f64 = 1e-13;
    let [dropped, distances, n] = sums(values, mean, 0.0);
    if mean.abs() * f64::EPSILON <= LOST * (distances / n) {
        return distances / n;
    }
    let [_, distances, _] = sums(values, mean, dropped / n);
    distances / n
}

/// The sum of the differences to `mean + off`, of their absolute values, and how many there are: [`LANES`] sums, each
/// of every [`LANES`]-th row.
fn sums(values: &[f64], mean: f64, off: f64) -> [f64; 3] {
    let term = |value: f64| {
        let difference = (value - mean) - off;
        if value.is_finite() { [difference, difference.abs(), 1.0] } else { [0.0; 3] }
    };
    let mut lanes = [[0.0; 3]; LANES];
    let mut rows = values.chunks_exact(LANES);
    for chunk in &mut rows {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane = plus(*lane, term(value));
        }
    }
    for (lane, &value) in lanes.iter_mut().zip(rows.remainder()) {
        *lane = plus(*lane, term(value));
    }
    plus(plus(lanes[0], lanes[1]), plus(lanes[2], lanes[3]))
}
