//! The rows of a panel in blocks of sessions, where both walks meet.
//!
//! A cross-section needs the rows of a session side by side, a time series those of an instrument. What passes between
//! them is kept in blocks of sessions, inside a block instrument by instrument: so a pass by session touches one block
//! only, and a pass by instrument finds a whole run of its sessions in the same cache lines. (Keeping it strictly by
//! session made every read of the pass by instrument a miss: 13 % of the time of the technical library.)

use std::ops::Range;

use backstaff_panel::Axis;

/// How many sessions a block has.
const SESSIONS: usize = 16;

/// Where rows lie in columns that are kept in blocks.
pub(super) struct Blocks<'a> {
    axis: &'a Axis,
    /// For each instrument, block after block, where its run of rows starts in a column that is kept in blocks.
    starts: Vec<u32>,
    /// For each instrument, block after block and behind the last one, how many of its rows lie before the block.
    before: Vec<u32>,
    count: usize,
}

/// A row of a block.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The row of the panel.
    pub row: u32,
    /// Its place in the block's tile.
    pub in_tile: u32,
}

impl<'a> Blocks<'a> {
    pub(super) fn new(axis: &'a Axis) -> Self {
        let count = axis.n_sessions().div_ceil(SESSIONS);
        let mut before = Vec::with_capacity((count + 1) * axis.n_instruments());
        for i in 0..axis.n_instruments() {
            before.extend((0..=count).map(|block| axis.rows_before(i, block * SESSIONS) as u32));
        }
        let mut blocks = Self { axis, starts: vec![0; count * axis.n_instruments()], before, count };
        let mut place = 0;
        for block in 0..count {
            for i in 0..axis.n_instruments() {
                blocks.starts[i * count + block] = place;
                place += blocks.run(block, i).len() as u32;
            }
        }
        blocks
    }

    pub(super) fn n_blocks(&self) -> usize {
        self.count
    }

    /// The sessions of a block, as positions in the calendar.
    pub(super) fn sessions(&self, block: usize) -> Range<usize> {
        block * SESSIONS..self.axis.n_sessions().min((block + 1) * SESSIONS)
    }

    /// The places of a block in a column that is kept in blocks.
    pub(super) fn places(&self, block: usize) -> Range<usize> {
        let offsets = self.axis.by_session().offsets();
        let sessions = self.sessions(block);
        offsets[sessions.start]..offsets[sessions.end]
    }

    /// The places of the rows of one session of a block in a tile, which has the block's rows session by session.
    pub(super) fn in_tile(&self, block: usize, position: usize) -> Range<usize> {
        let offsets = self.axis.by_session().offsets();
        let first = offsets[self.sessions(block).start];
        offsets[position] - first..offsets[position + 1] - first
    }

    /// Which of an instrument's rows lie in a block, among its own; possibly none.
    fn run(&self, block: usize, i: usize) -> Range<usize> {
        let at = i * (self.count + 1) + block;
        self.before[at] as usize..self.before[at + 1] as usize
    }

    /// Each run of an instrument's rows: the rows among its own, and their places in a column kept in blocks.
    pub(super) fn runs(&self, i: usize) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
        let life = self.axis.life(i);
        let blocks = life.start / SESSIONS..life.end.div_ceil(SESSIONS);
        blocks.map(move |block| {
            let run = self.run(block, i);
            let start = self.starts[i * self.count + block] as usize;
            let places = start..start + run.len();
            (run, places)
        })
    }

    /// The rows of a block, instrument by instrument, which is how a column that is kept in blocks has them.
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
        let mut kept = vec![usize::MAX; axis.n_rows()];
        for block in 0..blocks.n_blocks() {
            let places = blocks.places(block);
            let rows = &axis.by_session().all_rows()[places.clone()];
            let mut order = Vec::new();
            blocks.order(block, &mut order);
            assert_eq!(order.len(), places.len());
            for (place, Place { row, in_tile }) in places.zip(order) {
                assert_eq!(rows[in_tile as usize], row);
                kept[place] = row as usize;
            }
        }
        for i in 0..axis.n_instruments() {
            let rows = axis.rows(i);
            let found = blocks.runs(i).flat_map(|(own, places)| own.zip(places).collect::<Vec<_>>());
            let found = found.map(|(own, place)| (rows.start + own, kept[place])).collect::<Vec<_>>();
            assert_eq!(found, rows.map(|row| (row, row)).collect::<Vec<_>>());
        }
    }
}
