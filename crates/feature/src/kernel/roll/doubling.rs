//! Windows of 1, 2, 4, 8 … rows, each joined from two of half its length.
//!
//! A window of 20 rows is the newest 4 joined with the 16 before them:
//!
//! ```text
//! rows   … t-19                                    t-4 | t-3   t
//!          └──────────── 16 = 8 + 8, 8 = 4 + 4 ────────┘ └─ 4 ─┘
//! ```
//!
//! Rows are counted from the newest one and nothing else. The steps grow with the logarithm of the length, windows of
//! several lengths share them, and each is one pass over all rows in which no row waits for another.
//!
//! The pivot of a window is its newest observation. When two parts are joined, the older part's sums are moved to the
//! newer part's pivot: either is a value of the window, so no more digits get lost than the window has rows, to a small
//! factor, however far out a pivot lies.

use std::ops::Range;

use super::{Asked, Family, Windows};
use crate::kernel::Window;

/// How many rows are taken at once, with those in front of them that their windows reach. Few enough for the cache, and
/// no power of two, which would put all columns into the same few lines of it.
const TILE: usize = 568;

/// Columns at a distance that is known when compiling, which is what makes vectors of the loops over them.
type Columns<const N: usize> = [[f64; TILE]; N];

/// Some successive rows, and the sums of the windows that end at them.
struct Tile<const M: usize, const N: usize> {
    n_rows: usize,
    pivots: Box<Columns<M>>,
    /// Over windows of 1, 2, 4 … rows, and where those of twice the length go.
    sums: Box<Columns<N>>,
    wider: Box<Columns<N>>,
    parts: Vec<Part<N>>,
}

/// The newest rows of the windows of one length, as far as they are joined.
struct Part<const N: usize> {
    length: usize,
    sums: Box<Columns<N>>,
    /// Whether the sums stand for any row yet.
    begun: bool,
}

/// Fills what is asked for of windows of these lengths, which ascend.
#[inline(always)]
pub(super) fn roll<F: Family<M, N>, const M: usize, const N: usize>(
    family: &F,
    n_rows: usize,
    lengths: &[usize],
    asked: &mut [Asked<'_, F::Statistic>],
) {
    let longest = lengths.last().copied().unwrap_or(1);
    let mut tile = Tile::<M, N>::new(lengths);
    let mut first = 0;
    while first < n_rows {
        let start = (first + 1).saturating_sub(longest);
        let end = n_rows.min(start + TILE);
        tile.fill(family, start..end);
        let mut width = 1;
        loop {
            for part in 0..tile.parts.len() {
                tile.extend::<F>(part, width);
                for asked in
                    asked.iter_mut().filter(|asked| tile.parts[part].is_whole(asked.window.length(), width))
                {
                    let windows = tile.windows(asked.window, part, start, first - start);
                    family.finish(asked.statistic, &windows, &mut asked.out[first..end]);
                }
            }
            width *= 2;
            if width > longest {
                break;
            }
            widen::<F, M, N>(width / 2, tile.n_rows, &tile.pivots, &tile.sums, &mut tile.wider);
            std::mem::swap(&mut tile.sums, &mut tile.wider);
        }
        first = end;
    }
}

impl<const N: usize> Part<N> {
    /// Whether this is all of windows of `length` rows once the digit `width` is taken in.
    fn is_whole(&self, length: usize, width: usize) -> bool {
        self.length == length && (width..2 * width).contains(&length)
    }
}

impl<const M: usize, const N: usize> Tile<M, N> {
    fn new(lengths: &[usize]) -> Self {
        let columns = || Box::new([[0.0; TILE]; N]);
        let part = |&length| Part { length, sums: columns(), begun: false };
        Self {
            n_rows: 0,
            pivots: Box::new([[0.0; TILE]; M]),
            sums: columns(),
            wider: columns(),
            parts: lengths.iter().map(part).collect(),
        }
    }

    /// Takes other rows, each a window by itself.
    #[inline(always)]
    fn fill<F: Family<M, N>>(&mut self, family: &F, rows: Range<usize>) {
        self.n_rows = rows.len();
        self.parts.iter_mut().for_each(|part| part.begun = false);
        let mut newest = [0.0; M];
        for (t, row) in rows.clone().enumerate() {
            let values = family.values(row);
            newest = values.unwrap_or(newest);
            (0..M).for_each(|pivot| self.pivots[pivot][t] = newest[pivot]);
            self.sums[0][t] = if values.is_some() { 1.0 } else { 0.0 };
        }
        if M > 0 {
            // Differences to a pivot of their own.
            self.sums[1..].iter_mut().for_each(|sums| sums[..rows.len()].fill(0.0));
            return;
        }
        for (t, row) in rows.enumerate() {
            let (one, present) = (family.one(row), self.sums[0][t]);
            (1..N).for_each(|sum| self.sums[sum][t] = if present > 0.0 { one[sum] } else { 0.0 });
        }
    }

    /// Takes in the rows that the binary digit `width` of the length stands for.
    #[inline(always)]
    fn extend<F: Family<M, N>>(&mut self, part: usize, width: usize) {
        let part = &mut self.parts[part];
        if part.length & width == 0 {
            return;
        }
        if part.begun {
            let newer = part.length % width;
            absorb::<F, M, N>(newer, self.n_rows, &self.pivots, &self.sums, &mut part.sums);
        } else if part.length != width {
            for (part, sums) in part.sums.iter_mut().zip(&*self.sums) {
                part[..self.n_rows].copy_from_slice(&sums[..self.n_rows]);
            }
            part.begun = true;
        }
    }

    #[inline(always)]
    fn windows(&self, window: Window, part: usize, first_row: usize, skipped: usize) -> Windows<'_, M, N> {
        static PLACES: [f64; TILE] = [0.0; TILE];
        let rows = skipped..self.n_rows;
        // A length of one binary digit is the sums themselves.
        let sums = if self.parts[part].begun { &self.parts[part].sums } else { &self.sums };
        Windows {
            window,
            first_row: first_row + skipped,
            places: &PLACES[rows.clone()],
            pivots: self.pivots.each_ref().map(|pivots| &pivots[rows.clone()]),
            sums: sums.each_ref().map(|sums| &sums[rows.clone()]),
        }
    }
}

/// Makes sums over `2 width` rows of sums over `width` rows.
#[inline(always)]
fn widen<F: Family<M, N>, const M: usize, const N: usize>(
    width: usize,
    n_rows: usize,
    pivots: &Columns<M>,
    sums: &Columns<N>,
    wider: &mut Columns<N>,
) {
    assert!(n_rows <= TILE, "a tile is not that large");
    let alone = width.min(n_rows);
    for (wider, sums) in wider.iter_mut().zip(sums) {
        wider[..alone].copy_from_slice(&sums[..alone]);
    }
    for t in alone..n_rows {
        let newer = std::array::from_fn(|sum| sums[sum][t]);
        let joined = joined::<F, M, N>(width, t, pivots, sums, newer);
        for sum in 0..N {
            wider[sum][t] = joined[sum];
        }
    }
}

/// Joins parts with the `sums` that end `newer` rows, which the parts hold, before them.
#[inline(always)]
#[expect(clippy::needless_range_loop, reason = "the form of which the compiler makes vector instructions")]
fn absorb<F: Family<M, N>, const M: usize, const N: usize>(
    newer: usize,
    n_rows: usize,
    pivots: &Columns<M>,
    sums: &Columns<N>,
    parts: &mut Columns<N>,
) {
    assert!(n_rows <= TILE, "a tile is not that large");
    for t in newer..n_rows {
        let part = std::array::from_fn(|sum| parts[sum][t]);
        let joined = joined::<F, M, N>(newer, t, pivots, sums, part);
        for sum in 0..N {
            parts[sum][t] = joined[sum];
        }
    }
}

/// The part that ends at row `t` with the sums that end `back` rows before.
#[inline(always)]
fn joined<F: Family<M, N>, const M: usize, const N: usize>(
    back: usize,
    t: usize,
    pivots: &Columns<M>,
    sums: &Columns<N>,
    newer: [f64; N],
) -> [f64; N] {
    let older = std::array::from_fn(|sum| sums[sum][t - back]);
    // An empty part's pivot may lie outside the window.
    let by = std::array::from_fn(|pivot| {
        let by = pivots[pivot][t - back] - pivots[pivot][t];
        if older[0] > 0.0 { by } else { 0.0 }
    });
    F::join(F::moved(older, by, back as f64), newer)
}
