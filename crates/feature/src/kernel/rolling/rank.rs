//! Rolling rank of the newest value.

use backstaff_panel::Session;
use multiversion::multiversion;

use super::{
    chunks::padded,
    count::observations,
    sorted::{Long, Sorted},
};
use crate::kernel::{Window, present};

/// Rank of the newest value among the present ones of its window, from just above 0 to 1 (the largest).
///
/// The average rank of equal values, counted from 1, over the number of observations.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: none, a share.
/// - NaN: where the newest value is missing; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.rank(pct=True)`; Qlib `Rank`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn rank(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    /// Up to here comparing with every row of the window beats keeping it in order.
    const COMPARED: usize = 320;
    assert!(values.len() == out.len() && sessions.len() == out.len(), "one value and one session a row");
    let min = window.min_observations() as u64;
    if window.is_expanding() || window.length() > COMPARED {
        by_order(values, window, min, out);
    } else {
        by_comparing(&padded(values), window, min, out);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn by_comparing(clean: &[f64], window: Window, min: u64, out: &mut [f64]) {
    observations(&clean[..out.len()], window, |row, n| {
        let newest = clean[row];
        let (mut below, mut equal) = (0_u64, 0_u64);
        for &value in &clean[window.first_row(row)..=row] {
            below += u64::from(value < newest);
            equal += u64::from(value == newest);
        }
        out[row] = share(below, equal, n as u64, min);
    });
}

fn by_order(values: &[f64], window: Window, min: u64, out: &mut [f64]) {
    let mut sorted = Long::default();
    for row in 0..values.len() {
        let gone = window.first_row(row).checked_sub(1);
        let newest = present(values[row]);
        sorted.step(gone.and_then(|gone| present(values[gone])), newest);
        out[row] = newest.map_or(f64::NAN, |newest| {
            let (below, equal) = sorted.below(newest);
            share(below, equal, sorted.values().len() as u64, min)
        });
    }
}

/// The average rank of `equal` equal values above `below` smaller ones, over `observations`.
#[inline(always)]
pub(in crate::kernel) fn share(below: u64, equal: u64, observations: u64, min: u64) -> f64 {
    if equal == 0 || observations < min {
        return f64::NAN;
    }
    0.5 * (2 * below + equal + 1) as f64 / observations as f64
}
