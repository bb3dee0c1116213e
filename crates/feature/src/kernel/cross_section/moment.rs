//! Mean and spread of a session.

use super::groups::{Group, MISSING_GROUP, Scratch, each};
use crate::kernel::{canonical, sum::Sum};

/// Mean of each group.
///
/// - Shape: `values` and `groups` are the rows of one session; `out` has a value for each group, by its code (without
///   groups, one).
/// - Unit: that of the values.
/// - NaN: missing values take no part; fewer than `min` members, or none, give NaN.
/// - Look-ahead: none; one session only.
/// - Source: pandas `groupby(session).mean()`, which leaves out nothing but missing values either.
///
/// # Panics
///
/// If a group has no place in `out`, or the rows differ in number.
pub fn mean(values: &[f64], groups: Option<&[u32]>, min: usize, scratch: &mut Scratch, out: &mut [f64]) {
    sum_groups(values, groups, out.len(), &mut scratch.sums, |value, _| value);
    for (out, sum) in out.iter_mut().zip(&scratch.sums) {
        *out = if has_enough(*sum, min) { canonical(sum.mean()) } else { f64::NAN };
    }
}

/// Standard deviation of each group, with `ddof` 1.
///
/// - Shape: `values` and `groups` are the rows of one session; `out` has a value for each group, by its code (without
///   groups, one).
/// - Unit: that of the values.
/// - NaN: missing values take no part; fewer than `min` members, or than 2, give NaN.
/// - Look-ahead: none; one session only.
/// - Source: pandas `groupby(session).std()`.
///
/// # Panics
///
/// If a group has no place in `out`, or the rows differ in number.
pub fn std(values: &[f64], groups: Option<&[u32]>, min: usize, scratch: &mut Scratch, out: &mut [f64]) {
    let Scratch { sums, squares, means, .. } = scratch;
    sum_groups(values, groups, out.len(), sums, |value, _| value);
    means.clear();
    means.extend(sums.iter().map(|sum| sum.mean()));
    // Of the rows without a group.
    means.push(f64::NAN);
    sum_groups(values, groups, out.len(), squares, |value, group| {
        (value - means[group]) * (value - means[group])
    });
    for (out, (squares, sum)) in out.iter_mut().zip(squares.iter().zip(&*sums)) {
        *out =
            if has_enough(*sum, min.max(2)) { std_of_squares(*squares, sum.observations) } else { f64::NAN };
    }
}

/// The sums of what is made of the values, group by group; what is not finite takes no part. Without groups, all are in
/// group 0.
///
/// One walk over the rows as they stand: what follows a row is mostly of another group, so that one sum need not wait for
/// the one before, and each group's values come in the order of the rows.
#[inline(always)]
fn sum_groups(
    values: &[f64],
    groups: Option<&[u32]>,
    n_groups: usize,
    sums: &mut Vec<Sum>,
    of: impl Fn(f64, usize) -> f64,
) {
    sums.clear();
    let Some(groups) = groups else {
        sums.push(values.iter().fold(Sum::EMPTY, |sum, &value| sum.add(of(value, 0))));
        return;
    };
    assert_eq!(groups.len(), values.len(), "each row has a group code");
    // One more for the rows without a group.
    sums.resize(n_groups + 1, Sum::EMPTY);
    for (&value, &code) in values.iter().zip(groups) {
        let group = if code == MISSING_GROUP { n_groups } else { code as usize };
        sums[group] = sums[group].add(of(value, group));
    }
    sums.truncate(n_groups);
}

/// The distance of the value above the mean of its group.
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
    if n < 2.0 { f64::NAN } else { std_of_squares(squares, n) }
}

/// The standard deviation of two values or more, whose squared distances from the mean these are.
fn std_of_squares(squares: Sum, n: f64) -> f64 {
    (squares.total() / (n - 1.0)).sqrt()
}

/// Whether at least `min` values, and one, went into a sum.
fn has_enough(sum: Sum, min: usize) -> bool {
    sum.observations >= min.max(1) as f64
}
