//! The rows of a panel in blocks of sessions, which passes by session take one after the other.
//!
//! A cross-section needs the rows of a session side by side; columns have those of an instrument so. A block is a few
//! sessions: few enough that its part of some columns stays in the cache, and enough that an instrument's run of rows
//! in it fills whole cache lines.

use std::ops::Range;

use backstaff_panel::{Axis, split_at_offsets};

/// How many sessions a block has.
pub(super) const SESSIONS: usize = 64;

/// The rows of each block of sessions.
pub(super) struct Blocks<'a> {
    axis: &'a Axis,
    /// For each instrument, block after block and behind the last one, how many of its rows lie before the block.
    before: Vec<u32>,
    count: usize,
}

/// A row of a block, and its place in the tile.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The row of the panel.
    pub row: u32,
    /// The place of the row in the block's tile.
    pub in_tile: u32,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(axis: &'a Axis) -> Self {
        let count = axis.n_sessions().div_ceil(SESSIONS);
        let mut before = Vec::with_capacity((count + 1) * axis.n_instruments());
        for i in 0..axis.n_instruments() {
            before.extend((0..=count).map(|block| axis.rows_before(i, block * SESSIONS) as u32));
        }
        Self { axis, before, count }
    }

    pub(super) fn n_blocks(&self) -> usize {
        self.count
    }

    /// The sessions of a block, as positions in the calendar.
    pub(super) fn sessions(&self, block: usize) -> Range<usize> {
        block * SESSIONS..self.axis.n_sessions().min((block + 1) * SESSIONS)
    }

    /// How many rows a block has.
    pub(super) fn n_rows(&self, block: usize) -> usize {
        let offsets = self.axis.session_offsets();
        let sessions = self.sessions(block);
        offsets[sessions.end] - offsets[sessions.start]
    }

    /// The places of the rows of one session of a block in a tile, which has the block's rows session by session.
    pub(super) fn in_tile(&self, block: usize, position: usize) -> Range<usize> {
        let offsets = self.axis.session_offsets();
        let first = offsets[self.sessions(block).start];
        offsets[position] - first..offsets[position + 1] - first
    }

    /// The rows of an instrument that lie in a block, counted from the instrument's first; possibly none.
    pub(super) fn run(&self, block: usize, i: usize) -> Range<usize> {
        let at = i * (self.count + 1) + block;
        self.before[at] as usize..self.before[at + 1] as usize
    }

    /// A column cut into the instruments' runs in each block, instrument after instrument as in [`Blocks::order`].
    pub(super) fn cut<'b>(&self, column: &'b mut [f64]) -> Vec<Vec<&'b mut [f64]>> {
        let mut blocks = (0..self.count).map(|_| Vec::new()).collect::<Vec<_>>();
        for (i, mut rest) in split_at_offsets(column, self.axis.offsets()).into_iter().enumerate() {
            let life = self.axis.life(i);
            let own = life.start / SESSIONS..life.end.div_ceil(SESSIONS);
            for (block, runs) in own.clone().zip(&mut blocks[own]) {
                let run;
                (run, rest) = rest.split_at_mut(self.run(block, i).len());
                runs.push(run);
            }
        }
        blocks
    }

    /// The rows of a block, instrument by instrument.
    pub(super) fn order(&self, block: usize, order: &mut Vec<Place>) {
        let sessions = self.sessions(block);
        let mut next = [0; SESSIONS];
        for (next, position) in next.iter_mut().zip(sessions.clone()) {
            *next = self.in_tile(block, position).start as u32;
        }
        order.clear();
        for i in 0..self.axis.n_instruments() {
            let run = self.run(block, i);
            let first = self.axis.rows(i).start;
            for row in first + run.start..first + run.end {
                let next = &mut next[self.axis.position_in(i, row) - sessions.start];
                order.push(Place { row: row as u32, in_tile: *next });
                *next += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use backstaff_panel::testing::{MarketSpec, market};

    use super::*;

    #[test]
    fn both_walks_meet_at_the_same_row() {
        let spec = MarketSpec { n_instruments: 9, n_sessions: 70, mortal: 0.8, ..MarketSpec::default() };
        let panel = market(spec);
        let (axis, blocks) = (panel.axis(), Blocks::new(panel.axis()));
        let mut column = (0..axis.n_rows()).map(|row| row as f64).collect::<Vec<_>>();
        let cut = blocks.cut(&mut column);
        let mut seen = 0;
        for (block, runs) in cut.into_iter().enumerate() {
            let sessions = blocks.sessions(block);
            let offsets = axis.by_session().offsets();
            let rows = &axis.by_session().all_rows()[offsets[sessions.start]..offsets[sessions.end]];
            let mut order = Vec::new();
            blocks.order(block, &mut order);
            let values = runs.into_iter().flat_map(|run| run.iter().copied()).collect::<Vec<_>>();
            assert_eq!(
                (order.len(), values.len(), blocks.n_rows(block)),
                (rows.len(), rows.len(), rows.len())
            );
            for (Place { row, in_tile }, value) in order.into_iter().zip(values) {
                assert_eq!((rows[in_tile as usize], f64::from(row)), (row, value));
                seen += 1;
            }
        }
        assert_eq!(seen, axis.n_rows());
    }
}
