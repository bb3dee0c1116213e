//! Medians and quantiles of a session.

use super::groups::{Group, Scratch, describe, each};
use crate::kernel::{canonical, rolling};
use rolling::quantile_of;

/// How many median absolute deviations a standard deviation is, for a normal distribution.
const STD_PER_MAD: f64 = 1.4826;

/// Median of each group; of an even number of members, the mean of the middle two.
///
/// - Shape: `values` and `groups` are the rows of one session; `out` has a value for each group, by its code (without
///   groups, one).
/// - Unit: that of the values.
/// - NaN: missing values take no part; fewer than `min` members, or none, give NaN.
/// - Look-ahead: none; one session only.
/// - Source: pandas `groupby(session).median()`.
///
/// # Examples
///
/// ```
/// use backstaff_feature::kernel::cross_section::{Scratch, median};
/// let mut out = [0.0];
/// median(&[1.0, f64::NAN, 4.0], None, 1, &mut Scratch::default(), &mut out);
/// assert_eq!(out, [2.5]);
/// ```
///
/// # Panics
///
/// If a group has no place in `out`, or the rows differ in number.
pub fn median(values: &[f64], groups: Option<&[u32]>, min: usize, scratch: &mut Scratch, out: &mut [f64]) {
    describe(values, groups, min, scratch, out, |group| {
        group.sorted.clear();
        group.sorted.extend_from_slice(group.values);
        select_median(group.sorted)
    });
}

/// By how many robust standard deviations the value lies above the median of its group.
///
/// `(x − median) / (1.4826 · median |x − median|)`.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: none.
/// - NaN: where the value is missing; a group of which more than half the values are equal gives NaN.
/// - Look-ahead: none; one session only.
/// - Source: Qlib `RobustZScoreNorm` (there fitted over time, with 1e-12 added to the deviation, and clipped at ±3).
///
/// # Panics
///
/// If the slices differ in length.
pub fn robust_zscore(values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    each(values, groups, scratch, out, |group: Group, out: &mut [f64]| {
        group.sorted.clear();
        group.sorted.extend_from_slice(group.values);
        let median = select_median(group.sorted);
        for (deviation, value) in group.sorted.iter_mut().zip(group.values) {
            *deviation = (value - median).abs();
        }
        let scale = STD_PER_MAD * select_median(group.sorted);
        group.map(out, |value| if scale > 0.0 { canonical((value - median) / scale) } else { f64::NAN });
    });
}

/// The value, but not below the quantile `tail` of its group, nor above the quantile `1 − tail`.
///
/// Quantiles are linear between neighbours, as in [`rolling::quantile`].
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: that of the values.
/// - NaN: where the value is missing; a row without a group.
/// - Look-ahead: none; one session only.
/// - Source: winsorising by quantiles, as `clip(quantile(low), quantile(high))` in pandas.
///
/// # Panics
///
/// If the slices differ in length, or `tail` does not lie between 0 and 0.5.
pub fn winsorize(values: &[f64], groups: Option<&[u32]>, tail: f64, scratch: &mut Scratch, out: &mut [f64]) {
    assert!((0.0..=0.5).contains(&tail), "{tail} is no tail: it must lie between 0 and 0.5");
    each(values, groups, scratch, out, |group: Group, out: &mut [f64]| {
        group.sorted.clear();
        group.sorted.extend_from_slice(group.values);
        group.sorted.sort_unstable_by(f64::total_cmp);
        let (low, high) = (quantile_of(group.sorted, tail), quantile_of(group.sorted, 1.0 - tail));
        group.map(out, |value| value.max(low).min(high));
    });
}

/// The median of some values, whose order changes; there is at least one.
fn select_median(values: &mut [f64]) -> f64 {
    let (middle, odd) = (values.len() / 2, values.len() % 2 == 1);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    rolling::median_of(&[lower, upper])
}
