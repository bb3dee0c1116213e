//! Rolling maximum and minimum, and where in the window they lie.
//!
//! Comparisons do not round, so any order of combining gives the same bits: windows of 1, 2, 4, 8 … rows are built from
//! each other, and the window asked for from two that overlap. Each step is one pass without a branch.

use backstaff_panel::Session;

use super::count::observations;
use crate::kernel::{Window, present};

/// Largest present value of the window.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.max`; Qlib `Max`. A negative zero comes out as 0.
///
/// # Panics
///
/// If the slices differ in length.
pub fn max(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    assert_eq!(sessions.len(), out.len(), "each row has a session");
    extreme(values, window, f64::NEG_INFINITY, |older, newer| if newer > older { newer } else { older }, out);
}

/// Smallest present value of the window.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.min`; Qlib `Min`. A negative zero comes out as 0.
///
/// # Panics
///
/// If the slices differ in length.
pub fn min(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    assert_eq!(sessions.len(), out.len(), "each row has a session");
    extreme(values, window, f64::INFINITY, |older, newer| if newer < older { newer } else { older }, out);
}

/// The place of the window's largest value: 1 is the oldest row.
///
/// Positions count from the first row that the window really has, so they are smaller at the start of the history. Of
/// several equal values the oldest counts. A missing row wins: the value is then the position of the first missing one.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: rows.
/// - NaN: too few observations give NaN; see above for a missing row.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Qlib `IdxMax` (numpy `argmax` over the window).
///
/// # Panics
///
/// If the slices differ in length.
pub fn idx_max(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    assert_eq!(sessions.len(), out.len(), "each row has a session");
    place(values, window, f64::INFINITY, |older, newer| older >= newer, out);
}

/// The place of the window's smallest value: 1 is the oldest row.
///
/// Positions count from the first row that the window really has, so they are smaller at the start of the history. Of
/// several equal values the oldest counts. A missing row wins: the value is then the position of the first missing one.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: rows.
/// - NaN: too few observations give NaN; see above for a missing row.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Qlib `IdxMin` (numpy `argmin` over the window).
///
/// # Panics
///
/// If the slices differ in length.
pub fn idx_min(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    assert_eq!(sessions.len(), out.len(), "each row has a session");
    place(values, window, f64::NEG_INFINITY, |older, newer| older <= newer, out);
}

/// `missing` loses against every present value.
fn extreme(values: &[f64], window: Window, missing: f64, pick: impl Fn(f64, f64) -> f64, out: &mut [f64]) {
    assert_eq!(values.len(), out.len(), "one value a row");
    let mut best = values.iter().map(|&value| present(value).unwrap_or(missing)).collect::<Vec<_>>();
    if window.is_expanding() {
        expand(&mut best, pick);
    } else {
        let mut wider = vec![0.0; best.len()];
        for shift in shifts(window.length(), best.len()) {
            let (start, rest) = wider.split_at_mut(shift);
            start.copy_from_slice(&best[..shift]);
            for ((wider, &older), &newer) in rest.iter_mut().zip(&best).zip(&best[shift..]) {
                *wider = pick(older, newer);
            }
            std::mem::swap(&mut best, &mut wider);
        }
    }
    if window.min_observations() == 1 {
        for (out, &best) in out.iter_mut().zip(&best) {
            *out = if best == missing { f64::NAN } else { best };
        }
    } else {
        blank(values, window, &best, out);
    }
}

/// `missing` wins against every present value; `keeps(older, newer)` says whether the older row stays.
fn place(values: &[f64], window: Window, missing: f64, keeps: impl Fn(f64, f64) -> bool, out: &mut [f64]) {
    assert_eq!(values.len(), out.len(), "one value a row");
    let pick = |older: (f64, f64), newer: (f64, f64)| if keeps(older.0, newer.0) { older } else { newer };
    let cell = |(row, &value): (usize, &f64)| (present(value).unwrap_or(missing), row as f64);
    let mut best = values.iter().enumerate().map(cell).collect::<Vec<_>>();
    if window.is_expanding() {
        expand(&mut best, pick);
    } else {
        let mut wider = vec![(0.0, 0.0); best.len()];
        for shift in shifts(window.length(), best.len()) {
            wider[..shift].copy_from_slice(&best[..shift]);
            for ((wider, &older), &newer) in wider[shift..].iter_mut().zip(&best).zip(&best[shift..]) {
                *wider = pick(older, newer);
            }
            std::mem::swap(&mut best, &mut wider);
        }
    }
    let places = best.iter().enumerate().map(|(row, best)| best.1 - window.first_row(row) as f64 + 1.0);
    blank(values, window, &places.collect::<Vec<_>>(), out);
}

fn expand<T: Copy>(best: &mut [T], pick: impl Fn(T, T) -> T) {
    for row in 1..best.len() {
        best[row] = pick(best[row - 1], best[row]);
    }
}

/// By how many rows to shift, one pass after the other, to go from windows of one row to windows of `length`.
fn shifts(length: usize, n_rows: usize) -> impl Iterator<Item = usize> {
    let length = length.min(n_rows);
    let mut covered = 1;
    std::iter::from_fn(move || {
        let shift = covered.min(length.checked_sub(covered)?);
        covered += shift;
        (shift > 0).then_some(shift)
    })
}

/// `best`, but NaN where too few observations are present.
fn blank(values: &[f64], window: Window, best: &[f64], out: &mut [f64]) {
    observations(values, window, |row, observations| {
        out[row] = if observations < window.min_observations() { f64::NAN } else { best[row] };
    });
}
