//! Which rows a panel has.

use std::{ops::Range, sync::OnceLock};

use rayon::prelude::*;

use crate::{Calendar, Instrument, Session};

/// The rows of a panel: for each instrument, in the order of their names, one row for every session of the calendar
/// from its first to its last; or, in a selection of rows, for some of these sessions: those of the instrument's own
/// calendar, or those where a condition holds.
#[derive(Debug)]
pub struct Axis {
    calendar: Calendar,
    instruments: Vec<Instrument>,
    offsets: Vec<usize>,
    first_positions: Vec<usize>,
    selection: Option<Selection>,
    session_offsets: OnceLock<Vec<usize>>,
    by_session: OnceLock<BySession>,
}

/// The sessions of rows that don't follow each other in the calendar.
#[derive(PartialEq, Debug)]
struct Selection {
    positions: Vec<u32>,
    sessions: Vec<Session>,
    /// The position at which each instrument's life ends.
    ends: Vec<usize>,
}

/// The rows of an [`Axis`] session by session: what a cross-section walks over.
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
            && self.selection == other.selection
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
        Self {
            calendar,
            instruments,
            offsets,
            first_positions,
            selection: None,
            session_offsets: OnceLock::new(),
            by_session: OnceLock::new(),
        }
    }

    /// The axis of instruments that have rows at some positions of the calendar only: a share has none on the weekends of
    /// a coin. `positions` holds those of one instrument after the other, cut at `offsets`.
    ///
    /// A life may end after its last row, if the instrument had no session since.
    ///
    /// # Panics
    ///
    /// As [`Axis::new`] does; also if an instrument's positions don't ascend within its life from its first position on.
    pub fn sparse(
        calendar: Calendar,
        lives: Vec<(Instrument, Range<usize>)>,
        offsets: Vec<usize>,
        positions: Vec<u32>,
    ) -> Self {
        assert_eq!(offsets.len(), lives.len() + 1, "each instrument has its positions");
        assert_eq!(offsets[lives.len()], positions.len(), "each position belongs to an instrument");
        for ((instrument, life), own) in lives.iter().zip(offsets.windows(2)) {
            let own = &positions[own[0]..own[1]];
            let is_right = own.first().is_some_and(|&first| first as usize == life.start)
                && own.last().is_some_and(|&last| (last as usize) < life.end)
                && own.windows(2).all(|pair| pair[0] < pair[1]);
            assert!(is_right, "{instrument} has rows outside of its life");
        }
        let ends = lives.iter().map(|(_, life)| life.end).collect();
        let mut axis = Self::new(calendar, lives);
        let sessions = positions.iter().map(|&position| axis.calendar.session(position as usize)).collect();
        axis.offsets = offsets;
        axis.selection = Some(Selection { positions, sessions, ends });
        axis
    }

    /// Some of the rows; instruments that keep none are left out. The calendar stays.
    ///
    /// Windows over a panel of such rows count them as if there were no others.
    ///
    /// # Panics
    ///
    /// If `kept` is not as long as the axis.
    pub fn select(&self, kept: &[bool]) -> Self {
        assert_eq!(kept.len(), self.n_rows(), "each row is kept or not");
        let mut selected = Self {
            calendar: self.calendar.clone(),
            instruments: Vec::new(),
            offsets: vec![0],
            first_positions: Vec::new(),
            selection: None,
            session_offsets: OnceLock::new(),
            by_session: OnceLock::new(),
        };
        let kept_of = |i: usize| {
            let rows = self.rows(i).zip(self.positions(i));
            rows.filter(|&(row, _)| kept[row]).map(|(_, position)| position)
        };
        let ends = (0..self.n_instruments()).into_par_iter().map(|i| (kept_of(i).next(), kept_of(i).count()));
        let mut of_instruments = Vec::new();
        for (i, (first, count)) in ends.collect::<Vec<_>>().into_iter().enumerate() {
            if let Some(first) = first {
                of_instruments.push(i);
                selected.instruments.push(self.instruments[i].clone());
                selected.first_positions.push(first);
                selected.offsets.push(selected.n_rows() + count);
            }
        }
        let n_rows = selected.n_rows();
        let mut positions = vec![0_u32; n_rows];
        let parts = split_at_offsets(&mut positions, &selected.offsets).into_par_iter();
        parts.zip(of_instruments).for_each(|(positions, i)| {
            positions.iter_mut().zip(kept_of(i)).for_each(|(out, position)| *out = position as u32);
        });
        let sessions = positions.par_iter().map(|&position| self.calendar.session(position as usize));
        let sessions = sessions.collect();
        let last = |own: &[usize]| positions[own[1] - 1] as usize + 1;
        let ends = selected.offsets.windows(2).map(last).collect();
        selected.selection = Some(Selection { positions, sessions, ends });
        selected
    }

    /// Whether instruments may have no row at some positions of their lives.
    pub fn is_sparse(&self) -> bool {
        self.selection.is_some()
    }

    /// The axis of these instruments in this order, under new names.
    ///
    /// # Panics
    ///
    /// If the names are not strictly ascending, or there is not one for each number.
    pub fn rearranged(&self, order: &[usize], names: Vec<Instrument>) -> Self {
        assert_eq!(order.len(), names.len(), "each instrument has a name");
        let lives = names.into_iter().zip(order.iter().map(|&i| self.life(i))).collect();
        let Some(selection) = &self.selection else { return Self::new(self.calendar.clone(), lives) };
        let mut offsets = vec![0];
        let mut positions = Vec::with_capacity(self.n_rows());
        for &i in order {
            positions.extend_from_slice(&selection.positions[self.rows(i)]);
            offsets.push(positions.len());
        }
        Self::sparse(self.calendar.clone(), lives, offsets, positions)
    }

    /// The calendar whose positions the rows refer to.
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

    /// The positions in the calendar over which the `i`-th instrument lives: from its first to its last row; until the
    /// end of the calendar, if its own calendar has no session since. In a selection some of them have no row.
    pub fn life(&self, i: usize) -> Range<usize> {
        let start = self.first_positions[i];
        match &self.selection {
            None => start..start + self.rows(i).len(),
            Some(selection) => start..selection.ends[i],
        }
    }

    /// The position in the calendar of each row of the `i`-th instrument.
    pub fn positions(&self, i: usize) -> impl Iterator<Item = usize> {
        self.rows(i).map(move |row| self.position_in(i, row))
    }

    /// All instruments in runs of `least_rows` rows or more each; the last run may have fewer.
    pub fn runs(&self, least_rows: usize) -> impl Iterator<Item = Range<usize>> {
        let mut first = 0;
        (1..=self.n_instruments()).filter_map(move |end| {
            let rows = self.offsets[end] - self.offsets[first];
            let is_full = rows >= least_rows || end == self.n_instruments();
            is_full.then(|| std::mem::replace(&mut first, end)..end)
        })
    }

    /// How many rows of the `i`-th instrument lie before a position of the calendar.
    pub fn rows_before(&self, i: usize, position: usize) -> usize {
        match &self.selection {
            None => position.saturating_sub(self.first_positions[i]).min(self.rows(i).len()),
            Some(selection) => {
                selection.positions[self.rows(i)].partition_point(|&other| (other as usize) < position)
            }
        }
    }

    /// The rows of the `i`-th instrument at a range of positions.
    pub fn rows_between(&self, i: usize, positions: &Range<usize>) -> Range<usize> {
        let start = self.offsets[i];
        start + self.rows_before(i, positions.start)..start + self.rows_before(i, positions.end)
    }

    /// The first position that is read by whoever looks back, at a position, on so many rows of every instrument: that
    /// many sessions before it, and more where instruments have no rows on some.
    pub fn back(&self, position: usize, n_rows: usize) -> usize {
        let plain = position.saturating_sub(n_rows);
        if self.selection.is_none() {
            return plain;
        }
        let reached = (0..self.n_instruments()).filter_map(|i| {
            let before = self.rows_before(i, position);
            let goes_on = before < self.rows(i).len();
            (before > 0 && goes_on)
                .then(|| self.position_in(i, self.offsets[i] + before.saturating_sub(n_rows)))
        });
        // Each instrument's rows go on at its last position before, however long ago that was.
        reached.min().map_or(plain, |reached| reached.min(plain))
    }

    /// The sessions of the `i`-th instrument's rows.
    pub fn sessions(&self, i: usize) -> &[Session] {
        match &self.selection {
            None => &self.calendar.sessions()[self.life(i)],
            Some(selection) => &selection.sessions[self.rows(i)],
        }
    }

    /// The row of the `i`-th instrument at a position of the calendar, if it has one.
    pub fn row(&self, i: usize, position: usize) -> Option<usize> {
        let before = self.rows_before(i, position);
        let row = self.offsets[i] + before;
        let is_at = |selection: &Selection| {
            row < self.offsets[i + 1] && selection.positions[row] as usize == position
        };
        let has_it = self.life(i).contains(&position) && self.selection.as_ref().is_none_or(is_at);
        has_it.then_some(row)
    }

    /// The row of the `i`-th instrument at a position of its life; on a session that its own calendar lacks, the row
    /// before: what is known of a share on Saturday is what was known on Friday.
    pub fn newest_row(&self, i: usize, position: usize) -> Option<usize> {
        if self.selection.is_none() {
            return self.row(i, position);
        }
        let before = self.rows_before(i, position + 1);
        (before > 0 && position < self.life(i).end).then(|| self.offsets[i] + before - 1)
    }

    /// The instrument (by number) that owns a row.
    pub fn instrument_of(&self, row: usize) -> usize {
        self.offsets.partition_point(|&start| start <= row) - 1
    }

    /// The position in the calendar of a row.
    pub fn position_of(&self, row: usize) -> usize {
        self.position_in(self.instrument_of(row), row)
    }

    /// The position in the calendar of a row of the `i`-th instrument.
    pub fn position_in(&self, i: usize, row: usize) -> usize {
        match &self.selection {
            None => self.first_positions[i] + row - self.offsets[i],
            Some(selection) => selection.positions[row] as usize,
        }
    }

    /// The number of an instrument, by its name.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.instruments.binary_search_by(|instrument| instrument.name().cmp(name)).ok()
    }

    /// How many rows the sessions before each one have together: one more entry than there are sessions.
    pub fn session_offsets(&self) -> &[usize] {
        self.session_offsets.get_or_init(|| {
            let mut offsets = vec![0_usize; self.n_sessions() + 1];
            for i in 0..self.n_instruments() {
                for position in self.positions(i) {
                    offsets[position + 1] += 1;
                }
            }
            for position in 0..self.n_sessions() {
                offsets[position + 1] += offsets[position];
            }
            offsets
        })
    }

    /// The rows session by session; built once, when first asked for.
    pub fn by_session(&self) -> &BySession {
        self.by_session.get_or_init(|| {
            let offsets = self.session_offsets().to_vec();
            let mut next = offsets.clone();
            let mut rows = vec![0_u32; self.n_rows()];
            for i in 0..self.n_instruments() {
                for (row, position) in self.rows(i).zip(self.positions(i)) {
                    rows[next[position]] = row as u32;
                    next[position] += 1;
                }
            }
            BySession { offsets, rows }
        })
    }

    /// The part of the axis at these positions, with the rows of this axis that it keeps, instrument by instrument.
    ///
    /// Instruments that have no row then are left out. The calendar is cut as well.
    ///
    /// # Panics
    ///
    /// If the range reaches outside the calendar.
    pub fn between(&self, positions: Range<usize>) -> (Self, Vec<Range<usize>>) {
        let calendar = Calendar::new(self.calendar.sessions()[positions.clone()].to_vec());
        let mut lives = Vec::new();
        let mut kept = Vec::new();
        for i in 0..self.n_instruments() {
            let own = self.rows_between(i, &positions);
            if !own.is_empty() {
                let end = self.life(i).end.min(positions.end);
                let shifted = self.position_in(i, own.start) - positions.start..end - positions.start;
                lives.push((self.instruments[i].clone(), shifted));
                kept.push(own);
            }
        }
        let Some(selection) = &self.selection else { return (Self::new(calendar, lives), kept) };
        let mut offsets = vec![0];
        let mut cut = Vec::new();
        for own in &kept {
            let own = selection.positions[own.clone()].iter();
            cut.extend(own.map(|&position| position - positions.start as u32));
            offsets.push(cut.len());
        }
        (Self::sparse(calendar, lives, offsets, cut), kept)
    }
}

/// The ranges of rows that are kept, as long as they can be.
pub fn kept_ranges(kept: &[bool]) -> Vec<Range<usize>> {
    let mut ranges = Vec::<Range<usize>>::new();
    for row in (0..kept.len()).filter(|&row| kept[row]) {
        match ranges.last_mut() {
            Some(last) if last.end == row => last.end += 1,
            _ => ranges.push(row..row + 1),
        }
    }
    ranges
}

/// A slice cut at offsets, so that each thread can write its own part: at [`Axis::offsets`], the rows of each instrument.
///
/// # Panics
///
/// If the offsets don't ascend, or reach beyond the slice.
pub fn split_at_offsets<'a, T>(mut slice: &'a mut [T], offsets: &[usize]) -> Vec<&'a mut [T]> {
    let mut parts = Vec::with_capacity(offsets.len());
    for pair in offsets.windows(2) {
        let (part, rest) = slice.split_at_mut(pair[1] - pair[0]);
        parts.push(part);
        slice = rest;
    }
    parts
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
    fn selects_rows() {
        let axis = axis();
        // A at 1 and 4, nothing of B, C at 4.
        let kept = (0..9).map(|row| [1, 4, 8].contains(&row)).collect::<Vec<_>>();
        let few = axis.select(&kept);
        assert_eq!((few.n_instruments(), few.n_rows(), few.n_sessions()), (2, 3, 5));
        assert_eq!((few.life(0), few.life(1)), (1..5, 4..5));
        assert_eq!(few.sessions(0), &[Session::from_number(11), Session::from_number(14)]);
        assert_eq!(
            (few.row(0, 1), few.row(0, 2), few.row(0, 4), few.row(1, 3)),
            (Some(0), None, Some(1), None)
        );
        assert_eq!((few.position_of(1), few.position_of(2)), (4, 4));
        assert_eq!(few.by_session().rows(4), &[1, 2]);
        assert_eq!((few.rows_before(0, 2), few.rows_before(0, 5)), (1, 2));
        // Rows of a selection are selected in turn.
        assert_eq!(few.select(&[false, true, false]).life(0), 4..5);
    }

    /// A coin on all of Friday to Thursday, a share without the weekend, whose life goes on over the last weekend.
    fn coin_and_share() -> Axis {
        let calendar = Calendar::new((1..11).map(Session::from_number).collect());
        let lives = vec![("COIN".into(), 0..10), ("SHARE".into(), 0..10)];
        let positions = (0..10).chain([0, 3, 4, 5, 6, 7]).collect();
        Axis::sparse(calendar, lives, vec![0, 10, 16], positions)
    }

    #[test]
    fn a_share_has_no_row_on_the_weekends_of_a_coin() {
        let axis = coin_and_share();
        assert_eq!((axis.life(1), axis.rows(1)), (0..10, 10..16));
        assert_eq!(
            (axis.row(1, 0), axis.row(1, 1), axis.row(1, 3), axis.row(1, 9)),
            (Some(10), None, Some(11), None)
        );
        assert_eq!(
            (axis.newest_row(1, 2), axis.newest_row(1, 3), axis.newest_row(1, 9)),
            (Some(10), Some(11), Some(15))
        );
        assert_eq!((self::axis().newest_row(1, 1), self::axis().newest_row(1, 4)), (None, None));
        assert_eq!(axis.by_session().rows(1), &[1]);
        assert_eq!(axis.rows_between(1, &(1..5)), 11..13);
    }

    #[test]
    fn cuts_a_range_of_sessions_of_a_selection() {
        let (cut, kept) = coin_and_share().between(1..5);
        assert_eq!(kept, vec![1..5, 11..13]);
        assert_eq!((cut.life(1), cut.positions(1).collect::<Vec<_>>()), (2..4, vec![2, 3]));
        let (weekend, kept) = coin_and_share().between(1..3);
        assert_eq!((weekend.n_instruments(), kept.len(), kept[0].clone()), (1, 1, 1..3));
    }

    #[test]
    fn looks_back_on_the_rows_of_every_instrument() {
        let axis = coin_and_share();
        // The share's row before that of position 3 is that of position 0, three sessions before.
        assert_eq!((axis.back(4, 1), axis.back(4, 2), axis.back(6, 2)), (3, 0, 4));
        assert_eq!(self::axis().back(3, 2), 1);
    }

    #[test]
    #[should_panic(expected = "out of order")]
    fn refuses_unsorted_instruments() {
        let calendar = Calendar::new(vec![Session::from_number(0)]);
        Axis::new(calendar, vec![("B".into(), 0..1), ("A".into(), 0..1)]);
    }
}
