//! Rolling median and quantiles.

use backstaff_panel::Session;
use multiversion::multiversion;

use super::sorted::{Long, Short, Sorted};
use crate::kernel::{Window, present};

/// Median of the present values of the window; of an even number of them, the mean of the middle two.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.median`; Qlib `Med`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn median(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    ordered(values, sessions, window, median_of, out);
}

/// Quantile of the present values of the window.
///
/// With the `n` values in order, numbered from 0, that at `quantile · (n − 1)`, linear between neighbours.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.quantile(interpolation="linear")`; Qlib `Quantile`; Hyndman and Fan (1996), type 7.
///
/// # Panics
///
/// If the slices differ in length, or `quantile` does not lie between 0 and 1.
pub fn quantile(values: &[f64], sessions: &[Session], window: Window, quantile: f64, out: &mut [f64]) {
    assert!((0.0..=1.0).contains(&quantile), "{quantile} is no quantile: it must lie between 0 and 1");
    ordered(values, sessions, window, |sorted| quantile_of(sorted, quantile), out);
}

/// The median of sorted values; there is at least one.
#[inline(always)]
pub(in crate::kernel) fn median_of(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return sorted[middle];
    }
    let (low, high) = (sorted[middle - 1], sorted[middle]);
    let both = low + high;
    if both.is_finite() { 0.5 * both } else { 0.5 * low + 0.5 * high }
}

/// The quantile of sorted values; there is at least one, and `quantile` lies between 0 and 1.
#[inline(always)]
pub(in crate::kernel) fn quantile_of(sorted: &[f64], quantile: f64) -> f64 {
    let position = quantile * (sorted.len() - 1) as f64;
    let below = position as usize;
    let share = position - below as f64;
    let low = sorted[below];
    if share == 0.0 { low } else { low + (sorted[below + 1] - low) * share }
}

fn ordered(
    values: &[f64],
    sessions: &[Session],
    window: Window,
    statistic: impl Fn(&[f64]) -> f64,
    out: &mut [f64],
) {
    assert!(values.len() == out.len() && sessions.len() == out.len(), "one value and one session a row");
    if window.is_expanding() || window.length() > Short::LONGEST {
        in_order(values, window, Long::default(), statistic, out);
    } else {
        in_order(values, window, Short::new(window.length()), statistic, out);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn in_order<S: Sorted, F: Fn(&[f64]) -> f64>(
    values: &[f64],
    window: Window,
    mut sorted: S,
    statistic: F,
    out: &mut [f64],
) {
    for (row, out) in out.iter_mut().enumerate() {
        let gone = window.first_row(row).checked_sub(1);
        sorted.step(gone.and_then(|gone| present(values[gone])), present(values[row]));
        let enough = sorted.values().len() >= window.min_observations();
        *out = if enough { statistic(sorted.values()) } else { f64::NAN };
    }
}
