//! The drivers of all rolling sums.
//!
//! A family says what is summed and what is made of the sums; it knows nothing of windows. Short windows are joined from
//! windows of half their length (`doubling.rs`), long ones, and those that expand, from the tail of older rows and the
//! head of newer ones (`block.rs`). The window alone decides which rows are summed in which order, and no row that left it
//! is ever subtracted. Either driver fills columns of sums for some hundred rows; what is then made of them is a
//! pass in which no row waits for another, once for each statistic that is asked for.
//!
//! Measured on one core, in ns a row of a correlation: 20 rows 11 by doubling and 16 by blocks, 252 rows 24 and 12.
//! Doubling also shares its steps between windows of several lengths.
//!
//! Sums of differences need a *pivot* near the values, and it must lie in every window that uses it.

mod block;
mod doubling;

use std::ops::Range;

use backstaff_panel::Session;
use multiversion::multiversion;

use super::{Window, canonical};

/// The sums of a family of statistics over a window: `N` numbers, the first of which counts the present rows, of
/// differences to `M` pivots.
pub(super) trait Family<const M: usize, const N: usize> {
    /// Up to this length windows are joined from windows of half their length. Part of the results: to change it changes
    /// their last bits.
    const SHORT: usize;

    /// A statistic that can be made of the sums.
    type Statistic: Copy;

    /// The values of a row, which serve as pivots, if it is present.
    fn values(&self, row: usize) -> Option<[f64; M]>;

    /// The sums over one present row at place 0, whose values are the pivots.
    fn one(&self, row: usize) -> [f64; N];

    /// The sums with one more row, present or not, at either end.
    fn add(&self, sums: [f64; N], row: usize, at: At<M>) -> [f64; N];

    /// The sums seen from other pivots, below which these lie by `by`, and from a place `rows` rows further on.
    fn moved(sums: [f64; N], by: [f64; M], rows: f64) -> [f64; N];

    /// The sums of the older and the newer rows together, both seen from the same pivots and the same place.
    fn join(older: [f64; N], newer: [f64; N]) -> [f64; N];

    /// The values of windows from their sums; see [`Windows::finish`].
    fn finish(&self, statistic: Self::Statistic, windows: &Windows<'_, M, N>, out: &mut [f64]);
}

/// The row that places are counted from (the origin), and the numbers that differences are taken to (the pivots).
#[derive(Clone, Copy, Debug)]
pub(super) struct At<const M: usize> {
    pub origin: usize,
    pub pivots: [f64; M],
}

impl<const M: usize> At<M> {
    /// How many rows `row` lies behind the origin; negative in front of it. An exact integer.
    #[inline(always)]
    pub(super) fn place(&self, row: usize) -> f64 {
        (row as isize - self.origin as isize) as f64
    }
}

/// A statistic that is asked for: over which window, and where it goes.
#[derive(Debug)]
pub struct Asked<'a, S> {
    /// The window of the statistic.
    pub window: Window,
    /// The statistic of the window.
    pub statistic: S,
    /// The values, one for each row: `out[t]` is that of the window that ends at `t`.
    pub out: &'a mut [f64],
}

/// Fills all that is asked for, over the same rows.
///
/// # Panics
///
/// If an `out` and `sessions` differ in length.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
pub(super) fn roll<F: Family<M, N>, const M: usize, const N: usize>(
    family: &F,
    sessions: &[Session],
    asked: &mut [Asked<'_, F::Statistic>],
) {
    assert!(asked.iter().all(|asked| asked.out.len() == sessions.len()), "each row has a session");
    let mut lengths = asked.iter().map(|asked| asked.window.length()).collect::<Vec<_>>();
    lengths.sort_unstable();
    lengths.dedup();
    let is_short = |length: &usize| (1..=F::SHORT).contains(length);
    for &length in lengths.iter().filter(|length| !is_short(length)) {
        block::roll(family, sessions, length, asked);
    }
    lengths.retain(is_short);
    if !lengths.is_empty() {
        doubling::roll(family, sessions.len(), &lengths, asked);
    }
}

/// The sums of the windows that end at successive rows.
pub(super) struct Windows<'a, const M: usize, const N: usize> {
    window: Window,
    /// The first of the rows.
    first_row: usize,
    /// The place of each row, as seen by its own sums.
    places: &'a [f64],
    pivots: [&'a [f64]; M],
    sums: [&'a [f64]; N],
}

/// The sums of the window that ends at `row`.
#[derive(Clone, Copy)]
pub(super) struct Joined<const M: usize, const N: usize> {
    pub sums: [f64; N],
    pub pivots: [f64; M],
    pub row: usize,
    /// The place of that row.
    pub place: f64,
    /// The value of that row.
    pub newest: f64,
}

impl<const M: usize, const N: usize> Windows<'_, M, N> {
    /// How many rows the window that ends at `row` has.
    #[inline(always)]
    pub(super) fn n_rows(&self, row: usize) -> usize {
        row + 1 - self.window.first_row(row)
    }

    /// How far a pivot may lie from the mean, if `far` is too far.
    ///
    /// An expanding window is not summed again and again: its pivot is the first observation, come what may.
    #[inline(always)]
    pub(super) fn far(&self, far: f64) -> f64 {
        if self.window.is_expanding() { f64::INFINITY } else { far }
    }

    /// Sets each value whose window has enough observations from its sums; `values` are those of all rows.
    ///
    /// `quick` says a value, and whether it must not be trusted: this must be rare, and the value is then that of
    /// `careful`, which also gets the rows of the window. Only `quick` is made for vector instructions.
    #[inline(always)]
    pub(super) fn finish(
        &self,
        values: &[f64],
        out: &mut [f64],
        quick: impl Fn(Joined<M, N>) -> (f64, bool),
        careful: impl Fn(Joined<M, N>, Range<usize>) -> f64,
    ) {
        let min = self.window.min_observations() as f64;
        let rows = self.rows(values, out.len());
        let mut doubts = 0_u64;
        for (t, out) in out.iter_mut().enumerate() {
            let sums = rows.get(t);
            let (value, doubtful) = quick(sums);
            let enough = sums.sums[0] >= min;
            *out = if enough { canonical(value) } else { f64::NAN };
            doubts |= u64::from(enough & doubtful);
        }
        if doubts == 0 {
            return;
        }
        for (t, out) in out.iter_mut().enumerate() {
            let sums = rows.get(t);
            if sums.sums[0] >= min && quick(sums).1 {
                *out = canonical(careful(sums, self.window.first_row(sums.row)..sums.row + 1));
            }
        }
    }

    #[inline(always)]
    fn rows<'b>(&'b self, values: &'b [f64], n: usize) -> Rows<'b, M, N> {
        Rows {
            first_row: self.first_row,
            newest: &values[self.first_row..][..n],
            places: &self.places[..n],
            pivots: self.pivots.each_ref().map(|pivots| &pivots[..n]),
            sums: self.sums.each_ref().map(|sums| &sums[..n]),
        }
    }
}

/// Columns that are all of the same length, which the compiler sees.
struct Rows<'a, const M: usize, const N: usize> {
    first_row: usize,
    newest: &'a [f64],
    places: &'a [f64],
    pivots: [&'a [f64]; M],
    sums: [&'a [f64]; N],
}

impl<const M: usize, const N: usize> Rows<'_, M, N> {
    // A method, because closures take no `inline` attribute.
    #[inline(always)]
    fn get(&self, t: usize) -> Joined<M, N> {
        Joined {
            sums: std::array::from_fn(|sum| self.sums[sum][t]),
            pivots: std::array::from_fn(|pivot| self.pivots[pivot][t]),
            row: self.first_row + t,
            place: self.places[t],
            newest: self.newest[t],
        }
    }
}
