//! Mean and spread of a session.

use super::groups::{Group, Scratch, describe, each};
use crate::kernel::{canonical, sum::Sum};

/// Mean of the group, on all of its rows.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: that of the values.
/// - NaN: missing values take no part; a row without a group, or in a group without a value, is NaN.
/// - Look-ahead: none; one session only.
/// - Source: pandas `groupby(session).transform("mean")`, which leaves out nothing but missing values either.
///
/// # Panics
///
/// If the slices differ in length.
pub fn mean(values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    describe(values, groups, scratch, out, |group| canonical(mean_of(group.values)));
}

/// Standard deviation of the group, with `ddof` 1, on all of its rows.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: that of the values.
/// - NaN: missing values take no part; fewer than 2 members give NaN.
/// - Look-ahead: none; one session only.
/// - Source: pandas `groupby(session).transform("std")`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn std(values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    describe(values, groups, scratch, out, |group| canonical(std_of(group.values, mean_of(group.values))));
}

/// What the value lies above the mean of its group.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: that of the values.
/// - NaN: where the value is missing; a row without a group.
/// - Look-ahead: none; one session only.
/// - Source: the within transformation of panel econometrics, by session.
///
/// # Panics
///
/// If the slices differ in length.
pub fn demean(values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    each(values, groups, scratch, out, |group: Group, out: &mut [f64]| {
        let mean = mean_of(group.values);
        group.map(out, |value| canonical(value - mean));
    });
}

/// By how many standard deviations (`ddof` 1) the value lies above the mean of its group.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: none.
/// - NaN: where the value is missing; fewer than 2 members or equal values, give NaN.
/// - Look-ahead: none; one session only.
/// - Source: Qlib `CSZScoreNorm`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn zscore(values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    each(values, groups, scratch, out, |group: Group, out: &mut [f64]| {
        let mean = mean_of(group.values);
        let std = std_of(group.values, mean);
        group.map(out, |value| if std > 0.0 { canonical((value - mean) / std) } else { f64::NAN });
    });
}

fn mean_of(values: &[f64]) -> f64 {
    values.iter().fold(Sum::EMPTY, |sum, &value| sum.add(value)).mean()
}

/// NaN for fewer than two values; exactly 0 for equal ones, whose mean is that value.
fn std_of(values: &[f64], mean: f64) -> f64 {
    let squares = values.iter().fold(Sum::EMPTY, |sum, &value| sum.add((value - mean) * (value - mean)));
    let n = values.len() as f64;
    if n < 2.0 { f64::NAN } else { (squares.total() / (n - 1.0)).sqrt() }
}
