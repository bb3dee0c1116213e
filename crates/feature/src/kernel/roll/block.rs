//! A window is the tail of the older rows joined with the head of the newer ones.
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
//! The window's own session numbers decide where the boundary lies. Tails are summed from the boundary backwards
//! and heads from the boundary on, so both hold rows of the window and nothing else, in an order which the window alone
//! decides. Three steps a row, whatever the length, but each waits for the one before.
//!
//! The pivot is the newer part's first observation; while that part has none yet, the older part's newest one.
//!
//! Where rows share a session number (bars within a day) a block can hold more rows than a window. A window inside a
//! single block then has its boundary at its first row and is summed afresh: the same rule, at the price of its length.
//!
//! A window of length 0 expands: all rows are one block.

use std::ops::Range;

use backstaff_panel::Session;

use super::{Asked, At, Family, Windows};

/// How many rows are summed, at least, before they are finished: few enough to stay in the cache.
const SEGMENT: usize = 256;

/// Fills what is asked for of windows of this length.
#[inline(always)]
pub(super) fn roll<F: Family<M, N>, const M: usize, const N: usize>(
    family: &F,
    sessions: &[Session],
    length: usize,
    asked: &mut [Asked<'_, F::Statistic>],
) {
    let is_expanding = length == 0;
    let mut roller = Roller {
        family,
        length: if is_expanding { usize::MAX } else { length },
        first: 0,
        places: Vec::new(),
        pivots: [const { Vec::new() }; M],
        sums: [const { Vec::new() }; N],
    };
    let mut first = 0;
    while first < sessions.len() {
        let end = if is_expanding { sessions.len() } else { block_end(sessions, first, length) };
        roller.block(first..end);
        if end - roller.first >= SEGMENT || end == sessions.len() {
            roller.finish(end, length, asked);
        }
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

struct Roller<'a, F: Family<M, N>, const M: usize, const N: usize> {
    family: &'a F,
    length: usize,
    /// The first row that is summed but not finished.
    first: usize,
    /// From there on, for each row the place of its own, and the pivots and sums of the window that ends there.
    places: Vec<f64>,
    pivots: [Vec<f64>; M],
    sums: [Vec<f64>; N],
}

impl<F: Family<M, N>, const M: usize, const N: usize> Roller<'_, F, M, N> {
    /// The sums of all windows that end in this block.
    #[inline(always)]
    fn block(&mut self, block: Range<usize>) {
        let boundary = block.start;
        self.places.extend((0..block.len()).map(|place| place as f64));
        self.pivots.iter_mut().for_each(|pivots| pivots.resize(block.end - self.first, 0.0));
        self.sums.iter_mut().for_each(|sums| sums.resize(block.end - self.first, 0.0));
        let newer = block.clone().find_map(|row| Some((row, self.family.values(row)?)));
        let first = newer.map_or(block.end, |(row, _)| row);
        if boundary < first {
            // Windows whose newer part is all missing: the older part alone.
            let oldest = self.first_row(boundary);
            let older = (oldest..boundary).rev().find_map(|row| self.family.values(row));
            self.tails(At { origin: boundary, pivots: older.unwrap_or([0.0; M]) }, boundary..first);
        }
        if let Some((_, pivots)) = newer {
            let at = At { origin: boundary, pivots };
            self.tails(at, first..block.end);
            self.heads(at, first..block.end);
        }
    }

    /// Sums the part in front of the boundary of the windows that end at these rows.
    #[inline(always)]
    fn tails(&mut self, at: At<M>, rows: Range<usize>) {
        for (pivots, pivot) in self.pivots.iter_mut().zip(at.pivots) {
            pivots[rows.start - self.first..rows.end - self.first].fill(pivot);
        }
        let (offset, family, length) = (rows.start, self.family, self.length);
        let columns = self.columns(rows.clone());
        let (mut tail, mut summed) = ([0.0; N], at.origin);
        for t in (0..rows.len()).rev() {
            let start = (offset + t + 1).saturating_sub(length);
            while start < summed {
                summed -= 1;
                tail = family.add(tail, summed, at);
            }
            for sum in 0..N {
                columns[sum][t] = tail[sum];
            }
        }
    }

    /// Joins the parts from the boundary on to the tails; `rows` begins with the first one present.
    #[inline(always)]
    #[expect(
        clippy::needless_range_loop,
        reason = "the form of which the compiler makes vector instructions"
    )]
    fn heads(&mut self, at: At<M>, rows: Range<usize>) {
        // Behind this row a window lies inside the block, which only sessions of several rows bring about.
        let reach = at.origin.saturating_add(self.length).clamp(rows.start, rows.end);
        let (offset, family) = (rows.start, self.family);
        let columns = self.columns(rows.start..reach);
        let mut head = [0.0; N];
        for t in 0..reach - offset {
            head = family.add(head, offset + t, at);
            let tail = std::array::from_fn(|sum| columns[sum][t]);
            let both = F::join(tail, head);
            for sum in 0..N {
                columns[sum][t] = both[sum];
            }
        }
        for row in reach..rows.end {
            self.afresh(row);
        }
    }

    /// A window inside a single block, by the same rule: boundary at its first row, pivot its first observation.
    fn afresh(&mut self, row: usize) {
        let mut rows = self.first_row(row)..row + 1;
        let origin = rows.start;
        let first = rows.find_map(|row| Some((row, self.family.values(row)?)));
        let (first, pivots) = first.unwrap_or((row, [0.0; M]));
        let at = At { origin, pivots };
        let head = (first..=row).fold([0.0; N], |head, row| self.family.add(head, row, at));
        let both = F::join([0.0; N], head);
        let t = row - self.first;
        self.places[t] = at.place(row);
        (0..M).for_each(|pivot| self.pivots[pivot][t] = pivots[pivot]);
        (0..N).for_each(|sum| self.sums[sum][t] = both[sum]);
    }

    fn first_row(&self, row: usize) -> usize {
        (row + 1).saturating_sub(self.length)
    }

    /// The sums of some rows.
    #[inline(always)]
    fn columns(&mut self, rows: Range<usize>) -> [&mut [f64]; N] {
        let (start, end) = (rows.start - self.first, rows.end - self.first);
        self.sums.each_mut().map(|sums| &mut sums[start..end])
    }

    /// Makes values of all sums so far, which end in front of the row `end`.
    #[inline(always)]
    fn finish(&mut self, end: usize, length: usize, asked: &mut [Asked<'_, F::Statistic>]) {
        for asked in asked.iter_mut().filter(|asked| asked.window.length() == length) {
            let windows = Windows {
                window: asked.window,
                first_row: self.first,
                places: &self.places,
                pivots: self.pivots.each_ref().map(Vec::as_slice),
                sums: self.sums.each_ref().map(Vec::as_slice),
            };
            self.family.finish(asked.statistic, &windows, &mut asked.out[self.first..end]);
        }
        self.first = end;
        self.places.clear();
        self.pivots.iter_mut().for_each(Vec::clear);
        self.sums.iter_mut().for_each(Vec::clear);
    }
}
