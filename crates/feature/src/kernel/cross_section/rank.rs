//! Ranks and buckets of a session.

use super::{
    ascending::ascending,
    groups::{Group, Scratch, each},
};
use crate::kernel::rolling::share;

/// Rank of the value in its group, from just above 0 to 1 (the largest).
///
/// The average rank of equal values, counted from 1, over the number of members.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: none, a share.
/// - NaN: where the value is missing; a row without a group.
/// - Look-ahead: none; one session only.
/// - Source: pandas `groupby(session).rank(pct=True)`; Qlib `CSRankNorm` before it is scaled.
///
/// # Examples
///
/// ```
/// use backstaff_feature::kernel::cross_section::{Scratch, rank};
/// let mut out = [0.0; 4];
/// rank(&[7.0, f64::NAN, 7.0, 9.0], None, &mut Scratch::default(), &mut out);
/// assert!(out[1].is_nan());
/// assert_eq!((out[0], out[2], out[3]), (0.5, 0.5, 1.0));
/// ```
///
/// # Panics
///
/// If the slices differ in length.
pub fn rank(values: &[f64], groups: Option<&[u32]>, scratch: &mut Scratch, out: &mut [f64]) {
    ties(values, groups, scratch, out, |below, equal, members| share(below, equal, members, 1));
}

/// The rank that equal values get.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ties {
    /// The mean of their places.
    Average,
    /// The first of their places.
    Min,
    /// The last of their places.
    Max,
    /// A place each, in the order of the rows.
    First,
    /// All of them one place; the next value has the next place.
    Dense,
}

/// Rank of the value in its group, where equal values are ranked as `by` says.
///
/// The rank, counted from 1, over the number of members; of [`Ties::Dense`], over the number of different values.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: none, a share.
/// - NaN: where the value is missing; a row without a group.
/// - Look-ahead: none; one session only.
/// - Source: pandas `groupby(session).rank(method=..., pct=True)`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn rank_with(values: &[f64], groups: Option<&[u32]>, by: Ties, scratch: &mut Scratch, out: &mut [f64]) {
    match by {
        Ties::Average => rank(values, groups, scratch, out),
        Ties::Min => {
            ties(values, groups, scratch, out, |below, _, members| (below + 1) as f64 / members as f64);
        }
        Ties::Max => ties(values, groups, scratch, out, |below, equal, members| {
            (below + equal) as f64 / members as f64
        }),
        Ties::First | Ties::Dense => each(values, groups, scratch, out, |group: Group, out: &mut [f64]| {
            ascending(group.values, group.rows, group.keys, group.starts);
            if by == Ties::First {
                group.keys.sort_unstable();
            }
            let places = group.keys.chunk_by(|a, b| a.0 == b.0 && by == Ties::Dense);
            let count = places.clone().count() as f64;
            for (place, equal) in places.enumerate() {
                for &(_, row) in equal {
                    out[row as usize] = (place + 1) as f64 / count;
                }
            }
        }),
    }
}

/// Bucket of the value in its group: 1 for the smallest values, `buckets` for the largest.
///
/// The rank ([`rank`]) times the number of buckets, rounded up: equal values share a bucket, and buckets are equally
/// full where values differ.
///
/// - Shape: `values`, `groups` and `out` are the rows of one session.
/// - Unit: none, a whole number.
/// - NaN: where the value is missing; a row without a group.
/// - Look-ahead: none; one session only.
/// - Source: portfolio sorts, as in Fama and French (1992), "The cross-section of expected stock returns", J. Finance
///   47; the tie rule is ours.
///
/// # Panics
///
/// If the slices differ in length, or there is no bucket.
pub fn quantile_bucket(
    values: &[f64],
    groups: Option<&[u32]>,
    buckets: usize,
    scratch: &mut Scratch,
    out: &mut [f64],
) {
    assert!(buckets > 0, "values go into at least one bucket");
    let buckets = buckets as u64;
    ties(values, groups, scratch, out, |below, equal, members| {
        ((2 * below + equal + 1) * buckets).div_ceil(2 * members) as f64
    });
}

/// Sets each result from how many members lie below, how many are equal (with the row itself), how many there are.
fn ties(
    values: &[f64],
    groups: Option<&[u32]>,
    scratch: &mut Scratch,
    out: &mut [f64],
    result: impl Fn(u64, u64, u64) -> f64,
) {
    each(values, groups, scratch, out, |group: Group, out: &mut [f64]| {
        ascending(group.values, group.rows, group.keys, group.starts);
        let members = group.keys.len() as u64;
        let mut below = 0;
        for equal in group.keys.chunk_by(|a, b| a.0 == b.0) {
            let value = result(below, equal.len() as u64, members);
            for &(_, row) in equal {
                out[row as usize] = value;
            }
            below += equal.len() as u64;
        }
    });
}
