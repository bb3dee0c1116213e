//! Rolling mean absolute deviation.

use backstaff_panel::Session;

use super::mean;
use crate::kernel::{Window, canonical};

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
    let clean =
        values.iter().map(|&value| if value.is_finite() { value } else { f64::NAN }).collect::<Vec<_>>();
    for row in 0..clean.len() {
        let mean = out[row];
        if !mean.is_nan() {
            out[row] = canonical(deviation(&clean[window.first_row(row)..=row], mean));
        }
    }
}

/// The mean distance of the present values from `mean`, in [`LANES`] sums of every [`LANES`]-th row each.
fn deviation(values: &[f64], mean: f64) -> f64 {
    let mut sums = [0.0; LANES];
    let mut counts = [0.0; LANES];
    let mut rows = values.chunks_exact(LANES);
    for chunk in &mut rows {
        for lane in 0..LANES {
            let (distance, one) = distance(chunk[lane], mean);
            sums[lane] += distance;
            counts[lane] += one;
        }
    }
    for (lane, &value) in rows.remainder().iter().enumerate() {
        let (distance, one) = distance(value, mean);
        sums[lane] += distance;
        counts[lane] += one;
    }
    ((sums[0] + sums[1]) + (sums[2] + sums[3])) / ((counts[0] + counts[1]) + (counts[2] + counts[3]))
}

fn distance(value: f64, mean: f64) -> (f64, f64) {
    let distance = (value - mean).abs();
    if distance.is_nan() { (0.0, 0.0) } else { (distance, 1.0) }
}
