//! Rolling median and quantiles.

use backstaff_panel::Session;
use multiversion::multiversion;

use super::{
    rank::{rank, share},
    sorted::{Long, Short, Sorted},
};
use crate::kernel::{Asked, Window, present};

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
    orders(values, sessions, &mut [Asked { window, statistic: Order::Median, out }]);
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
    orders(values, sessions, &mut [Asked { window, statistic: Order::Quantile(quantile), out }]);
}

/// A statistic of the values of a window in order.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Order {
    /// The statistic of [`median`].
    Median,
    /// The statistic of [`quantile`].
    Quantile(f64),
    /// The statistic of [`rank`].
    Rank,
}

/// Several of [`median`], [`quantile`] and [`rank`]; those of windows of one length put the values in order only once.
///
/// # Panics
///
/// If the slices differ in length, or a quantile does not lie between 0 and 1.
pub fn orders(values: &[f64], sessions: &[Session], asked: &mut [Asked<'_, Order>]) {
    let same = |asked: &Asked<'_, Order>| asked.out.len() == sessions.len();
    assert!(values.len() == sessions.len() && asked.iter().all(same), "one value and one session a row");
    for Asked { statistic, .. } in &*asked {
        if let Order::Quantile(quantile) = statistic {
            assert!((0.0..=1.0).contains(quantile), "{quantile} is no quantile: it must lie between 0 and 1");
        }
    }
    asked.sort_by_key(|asked| asked.window.length());
    for asked in asked.chunk_by_mut(|a, b| a.window.length() == b.window.length()) {
        let length = asked[0].window.length();
        if let [Asked { window, statistic: Order::Rank, out }] = asked {
            // Alone it needs no order.
            rank(values, sessions, *window, out);
        } else if length == 0 || length > Short::LONGEST {
            in_order(values, Long::default(), asked);
        } else {
            in_order(values, Short::new(length), asked);
        }
    }
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

#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn in_order<S: Sorted>(values: &[f64], mut sorted: S, asked: &mut [Asked<'_, Order>]) {
    let window = asked[0].window;
    for row in 0..values.len() {
        let gone = window.first_row(row).checked_sub(1);
        let newest = present(values[row]);
        sorted.step(gone.and_then(|gone| present(values[gone])), newest);
        for Asked { window, statistic, out } in &mut *asked {
            out[row] = match (statistic, sorted.values()) {
                (_, values) if values.len() < window.min_observations() => f64::NAN,
                (Order::Median, values) => median_of(values),
                (Order::Quantile(quantile), values) => quantile_of(values, *quantile),
                (Order::Rank, values) => newest.map_or(f64::NAN, |newest| {
                    let (below, equal) = sorted.below(newest);
                    share(below, equal, values.len() as u64, 1)
                }),
            };
        }
    }
}
