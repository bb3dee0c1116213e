//! The driver of all rolling sums: a window is the tail of the older rows joined with the head of the newer ones.
//!
//! Rows are cut into blocks of as many days as the window has rows, at multiples of that number of days since
//! 1970-01-01. Session numbers increase, so a block never holds more rows than a window, and every full window reaches
//! back to its newest block's first row, the *boundary*, or beyond it:
//!
//! ```text
//! sessions   … 16801 16804 16805 | 16806 16807 16808 | 16811 …      (a window of 5 rows ends at 16808)
//!                    └── tail ──┘ └───── head ──────┘
//! ```
//!
//! Where the boundary lies is told by the window's own session numbers. Tails are summed from the boundary backwards
//! and heads from the boundary on, so both hold rows of the window and nothing else, in an order which the window alone
//! decides. Nothing is ever subtracted. Three steps a row, whatever the length.
//!
//! Sums of differences need a *pivot* near the values, and it must lie in every window that uses it. It is the newer
//! part's first observation; while that part has none yet, the older part's newest one.
//!
//! Where rows share a session number (bars within a day) a block can hold more rows than a window. A window inside a
//! single block then has its boundary at its first row and is summed afresh: the same rule, at the price of its length.

use std::ops::Range;

use backstaff_panel::Session;
use multiversion::multiversion;

use super::{Window, canonical};

/// What is summed over a window, and what is made of the sums.
pub(super) trait Family {
    /// What differences are taken to; `()` where sums need none.
    type Pivot: Copy;
    /// The sums over some rows.
    type Sums: Copy;
    /// The sums over no row.
    const EMPTY: Self::Sums;

    /// The pivot that a row offers, if it is present.
    fn pivot(&self, row: usize) -> Option<Self::Pivot>;

    /// The sums with one more row, at either end. A missing row changes nothing.
    fn add(&self, sums: Self::Sums, row: usize, at: At<Self::Pivot>) -> Self::Sums;

    /// The sums of the older and the newer rows together.
    fn join(&self, older: Self::Sums, newer: Self::Sums) -> Self::Sums;

    /// How many rows were present.
    fn observations(&self, sums: &Self::Sums) -> f64;

    /// The value of the window `rows`, of which the present ones suffice.
    fn finish(&self, sums: Self::Sums, rows: Range<usize>, at: At<Self::Pivot>) -> f64;
}

/// What places are counted from (the boundary) and what differences are taken to (the pivot).
#[derive(Clone, Copy, Debug)]
pub(super) struct At<P> {
    pub boundary: usize,
    pub pivot: P,
}

impl<P> At<P> {
    /// How many rows `row` lies behind the boundary; negative in front of it. An exact integer.
    #[inline(always)]
    pub fn place(&self, row: usize) -> f64 {
        (row as isize - self.boundary as isize) as f64
    }
}

/// Fills `out[t]` from the window that ends at `t`.
///
/// # Panics
///
/// If `sessions` and `out` differ in length.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
pub(super) fn roll<F: Family>(family: &F, sessions: &[Session], window: Window, out: &mut [f64]) {
    assert_eq!(sessions.len(), out.len(), "each row has a session");
    let mut roller = Roller { family, window, tails: Vec::new() };
    let mut first = 0;
    while first < sessions.len() {
        let end =
            if window.is_expanding() { sessions.len() } else { block_end(sessions, first, window.length()) };
        roller.block(first..end, out);
        first = end;
    }
}

/// The first row after `first` that belongs to another block.
fn block_end(sessions: &[Session], first: usize, length: usize) -> usize {
    let days = i32::try_from(length).unwrap_or(i32::MAX);
    let next = i64::from(sessions[first].number().div_euclid(days) + 1) * i64::from(days);
    let behind = sessions[first + 1..].iter().take_while(|session| i64::from(session.number()) < next);
    first + 1 + behind.count()
}

struct Roller<'a, F: Family> {
    family: &'a F,
    window: Window,
    /// `tails[i]` sums the rows from the `i`-th before the boundary on, up to it; the last one is empty.
    tails: Vec<F::Sums>,
}

impl<F: Family> Roller<'_, F> {
    /// All windows that end in this block.
    #[inline(always)]
    fn block(&mut self, block: Range<usize>, out: &mut [f64]) {
        let boundary = block.start;
        let newer = block.clone().find_map(|row| Some((row, self.family.pivot(row)?)));
        let first = newer.map_or(block.end, |(row, _)| row);
        if boundary < first {
            self.without_newer(boundary, boundary..first, out);
        }
        if let Some((_, pivot)) = newer {
            self.with_newer(At { boundary, pivot }, first..block.end, out);
        }
    }

    /// Windows whose newer part is all missing: the older part alone.
    #[inline(always)]
    fn without_newer(&mut self, boundary: usize, rows: Range<usize>, out: &mut [f64]) {
        let oldest = self.window.first_row(boundary);
        let older = (oldest..boundary).rev().find_map(|row| self.family.pivot(row));
        let Some(pivot) = older else {
            out[rows].fill(f64::NAN);
            return;
        };
        let at = At { boundary, pivot };
        self.sum_tails(at, oldest);
        for row in rows {
            let start = self.window.first_row(row).min(boundary);
            out[row] = self.finish(self.tails[start - oldest], start..row + 1, at);
        }
    }

    /// Windows with an observation in their newer part; `rows` begins with the first one.
    #[inline(always)]
    fn with_newer(&mut self, at: At<F::Pivot>, rows: Range<usize>, out: &mut [f64]) {
        let oldest = self.window.first_row(rows.start).min(at.boundary);
        self.sum_tails(at, oldest);
        // Behind this row a window lies inside the block, which only sessions of several rows bring about.
        let reach = if self.window.is_expanding() { rows.end } else { at.boundary + self.window.length() };
        let reach = reach.clamp(rows.start, rows.end);
        let mut head = F::EMPTY;
        for (row, out) in (rows.start..reach).zip(&mut out[rows.start..reach]) {
            head = self.family.add(head, row, at);
            let start = self.window.first_row(row);
            let sums = self.family.join(self.tails[start - oldest], head);
            *out = self.finish(sums, start..row + 1, at);
        }
        for (row, out) in (reach..rows.end).zip(&mut out[reach..rows.end]) {
            *out = self.afresh(self.window.first_row(row)..row + 1);
        }
    }

    #[inline(always)]
    fn sum_tails(&mut self, at: At<F::Pivot>, oldest: usize) {
        self.tails.clear();
        self.tails.resize(at.boundary - oldest + 1, F::EMPTY);
        let mut tail = F::EMPTY;
        for (row, slot) in (oldest..at.boundary).zip(&mut self.tails).rev() {
            tail = self.family.add(tail, row, at);
            *slot = tail;
        }
    }

    /// A window inside a single block, by the same rule: boundary at its first row, pivot its first observation.
    fn afresh(&self, rows: Range<usize>) -> f64 {
        let Some((first, pivot)) = rows.clone().find_map(|row| Some((row, self.family.pivot(row)?))) else {
            return f64::NAN;
        };
        let at = At { boundary: rows.start, pivot };
        let head = (first..rows.end).fold(F::EMPTY, |head, row| self.family.add(head, row, at));
        self.finish(self.family.join(F::EMPTY, head), rows, at)
    }

    #[inline(always)]
    fn finish(&self, sums: F::Sums, rows: Range<usize>, at: At<F::Pivot>) -> f64 {
        if self.family.observations(&sums) < self.window.min_observations() as f64 {
            return f64::NAN;
        }
        canonical(self.family.finish(sums, rows, at))
    }
}
