//! Rolling mean absolute deviation.

use backstaff_panel::Session;
use multiversion::multiversion;

use super::{
    chunks::{LANES, chunks, padded, total},
    count::observations,
    mean,
};
use crate::kernel::{Window, canonical};

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
    deviations(&padded(values), window, out);
}

/// Replaces each mean by the mean distance from it.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn deviations(padded: &[f64], window: Window, out: &mut [f64]) {
    observations(&padded[..out.len()], window, |row, n| {
        if !out[row].is_nan() {
            let start = window.first_row(row);
            out[row] = canonical(deviation(&padded[start..], row + 1 - start, n as f64, out[row]));
        }
    });
}

/// The mean distance of the present ones (`n`) of the first `length` values from their mean, which is given as rounded.
#[inline(always)]
fn deviation(values: &[f64], length: usize, n: f64, mean: f64) -> f64 {
    /// The share of the result that rounding the mean may cost; where it may cost more, the dropped part is measured
    /// first.
    const LOST: f64 = 1e-13;
    let deviation = distances(values, length, mean, 0.0) / n;
    if mean.abs() * f64::EPSILON <= LOST * deviation {
        return deviation;
    }
    let differences = values[..length].iter().filter(|value| value.is_finite()).map(|value| value - mean);
    distances(values, length, mean, differences.sum::<f64>() / n) / n
}

/// The sum of the distances of the present ones of the first `length` values from `mean + off`.
#[inline(always)]
fn distances(values: &[f64], length: usize, mean: f64, off: f64) -> f64 {
    let mut sums = [0.0; LANES];
    chunks(values, length, |chunk| {
        for lane in 0..LANES {
            let distance = ((chunk[lane] - mean) - off).abs();
            // False for a missing one.
            sums[lane] += if distance > 0.0 { distance } else { 0.0 };
        }
    });
    total(sums)
}
