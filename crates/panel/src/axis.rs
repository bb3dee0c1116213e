//! Which rows a panel has.

use std::{ops::Range, sync::OnceLock};

use crate::{Calendar, Instrument, Session};

/// The rows of a panel: for each instrument, in the order of their names, one row for every session of the calendar
/// from its first to its last.
#[derive(Debug)]
pub struct Axis {
    calendar: Calendar,
    instruments: Vec<Instrument>,
    offsets: Vec<usize>,
    first_positions: Vec<usize>,
    by_session: OnceLock<BySession>,
}

/// The same rows session by session: what a cross-section walks over.
#[derive(Debug)]
pub struct BySession {
    offsets: Vec<usize>,
    rows: Vec<u32>,
}

impl BySession {
    /// The rows of the session at `position`, in the order of the instruments.
    pub fn rows(&self, position: usize) -> &[u32] {
        &self.rows[self.offsets[position]..self.offsets[position + 1]]
    }

    /// All rows, session after session.
    pub fn all_rows(&self) -> &[u32] {
        &self.rows
    }

    /// Where the rows of each session start in [`BySession::all_rows`]: one more entry than there are sessions.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }
}

impl PartialEq for Axis {
    fn eq(&self, other: &Self) -> bool {
        self.calendar == other.calendar
            && self.instruments == other.instruments
            && self.offsets == other.offsets
            && self.first_positions == other.first_positions
    }
}

impl Axis {
    /// The axis of instruments that live over the given ranges of positions in the calendar.
    ///
    /// # Panics
    ///
    /// If the names are not strictly ascending, or a life is empty or reaches outside the calendar.
    pub fn new(calendar: Calendar, lives: Vec<(Instrument, Range<usize>)>) -> Self {
        let mut offsets = Vec::with_capacity(lives.len() + 1);
        offsets.push(0);
        let mut instruments = Vec::<Instrument>::with_capacity(lives.len());
        let mut first_positions = Vec::with_capacity(lives.len());
        for (instrument, life) in lives {
            assert!(
                !life.is_empty() && life.end <= calendar.len(),
                "{instrument} lives outside the calendar"
            );
            assert!(instruments.last().is_none_or(|last| *last < instrument), "{instrument} is out of order");
            instruments.push(instrument);
            first_positions.push(life.start);
            offsets.push(offsets[offsets.len() - 1] + life.len());
        }
        Self { calendar, instruments, offsets, first_positions, by_session: OnceLock::new() }
    }

    /// The calendar.
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The instruments, in ascending order of their names.
    pub fn instruments(&self) -> &[Instrument] {
        &self.instruments
    }

    /// How many instruments there are.
    pub fn n_instruments(&self) -> usize {
        self.instruments.len()
    }

    /// How many sessions the calendar has.
    pub fn n_sessions(&self) -> usize {
        self.calendar.len()
    }

    /// How many rows all instruments have together.
    pub fn n_rows(&self) -> usize {
        self.offsets[self.offsets.len() - 1]
    }

    /// Where each instrument's rows start: one more entry than there are instruments.
    pub fn offsets(&self) -> &[usize] {
        &self.offsets
    }

    /// The rows of the `i`-th instrument.
    pub fn rows(&self, i: usize) -> Range<usize> {
        self.offsets[i]..self.offsets[i + 1]
    }

    /// The positions in the calendar over which the `i`-th instrument lives.
    pub fn life(&self, i: usize) -> Range<usize> {
        let start = self.first_positions[i];
        start..start + self.rows(i).len()
    }

    /// The sessions of the `i`-th instrument's rows.
    pub fn sessions(&self, i: usize) -> &[Session] {
        &self.calendar.sessions()[self.life(i)]
    }

    /// The row of the `i`-th instrument at a position of the calendar, if it lives then.
    pub fn row(&self, i: usize, position: usize) -> Option<usize> {
        let life = self.life(i);
        life.contains(&position).then(|| self.offsets[i] + position - life.start)
    }

    /// The instrument (by number) that owns a row.
    pub fn instrument_of(&self, row: usize) -> usize {
        self.offsets.partition_point(|&start| start <= row) - 1
    }

    /// The position in the calendar of a row.
    pub fn position_of(&self, row: usize) -> usize {
        let i = self.instrument_of(row);
        self.first_positions[i] + row - self.offsets[i]
    }

    /// The number of an instrument, by its name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.instruments.binary_search_by(|instrument| instrument.name().cmp(name)).ok()
    }

    /// The rows session by session; built once, when first asked for.
    pub fn by_session(&self) -> &BySession {
        self.by_session.get_or_init(|| {
            let mut offsets = vec![0_usize; self.n_sessions() + 1];
            for i in 0..self.n_instruments() {
                for position in self.life(i) {
                    offsets[position + 1] += 1;
                }
            }
            for position in 0..self.n_sessions() {
                offsets[position + 1] += offsets[position];
            }
            let mut next = offsets.clone();
            let mut rows = vec![0_u32; self.n_rows()];
            for i in 0..self.n_instruments() {
                for (row, position) in self.rows(i).zip(self.life(i)) {
                    rows[next[position]] = row as u32;
                    next[position] += 1;
                }
            }
            BySession { offsets, rows }
        })
    }

    /// The part of the axis at these positions, with the rows of this axis that it keeps, instrument by instrument.
    ///
    /// Instruments that don't live then are left out. The calendar is cut as well.
    ///
    /// # Panics
    ///
    /// If the range reaches outside the calendar.
    pub fn between(&self, positions: Range<usize>) -> (Self, Vec<Range<usize>>) {
        let calendar = Calendar::new(self.calendar.sessions()[positions.clone()].to_vec());
        let mut lives = Vec::new();
        let mut kept = Vec::new();
        for i in 0..self.n_instruments() {
            let life = self.life(i);
            let cut = life.start.max(positions.start)..life.end.min(positions.end);
            if cut.start < cut.end {
                let start = self.offsets[i] + cut.start - life.start;
                kept.push(start..start + cut.len());
                let shifted = cut.start - positions.start..cut.end - positions.start;
                lives.push((self.instruments[i].clone(), shifted));
            }
        }
        (Self::new(calendar, lives), kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis() -> Axis {
        let calendar = Calendar::new((10..15).map(Session::from_number).collect());
        Axis::new(calendar, vec![("A".into(), 0..5), ("B".into(), 2..4), ("C".into(), 3..5)])
    }

    #[test]
    fn gives_each_instrument_one_run_of_rows() {
        let axis = axis();
        assert_eq!(axis.n_rows(), 9);
        assert_eq!(axis.rows(1), 5..7);
        assert_eq!(axis.row(1, 3), Some(6));
        assert_eq!(axis.row(1, 4), None);
        assert_eq!((axis.instrument_of(6), axis.position_of(6)), (1, 3));
        assert_eq!(axis.find("C"), Some(2));
        assert_eq!(axis.sessions(1), &[Session::from_number(12), Session::from_number(13)]);
    }

    #[test]
    fn lists_the_rows_of_a_session() {
        let axis = axis();
        assert_eq!(axis.by_session().rows(0), &[0]);
        assert_eq!(axis.by_session().rows(3), &[3, 6, 7]);
    }

    #[test]
    fn cuts_a_range_of_sessions() {
        let (cut, kept) = axis().between(1..3);
        assert_eq!(cut.instruments().len(), 2);
        assert_eq!(kept, vec![1..3, 5..6]);
        assert_eq!(cut.life(1), 1..2);
        assert_eq!(cut.calendar().session(0), Session::from_number(11));
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn refuses_unsorted_instruments() {
        let calendar = Calendar::new(vec![Session::from_number(0)]);
        Axis::new(calendar, vec![("B".into(), 0..1), ("A".into(), 0..1)]);
    }
}
