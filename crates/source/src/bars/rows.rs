//! Source rows in order: by instrument, then by session.

use std::{
    collections::{BTreeSet, HashMap},
    ops::Range,
};

use backstaff_panel::{Instrument, Session, split_at_offsets};
use rayon::prelude::*;

use super::{
    drop_list::DropList,
    row_pieces::{PIECE, Piece, SortedPiece, UNWANTED},
};
use crate::{
    error::{Duplicate, SourceError},
    format::{
        decoded::{Block, Blocks},
        numbers::Numbers,
    },
    provider::tables::delistings::Delistings,
    request::panel_source::PanelSource,
};

/// The number of faults that an error shows; it counts all.
pub(crate) const EXAMPLES: usize = 10;

/// The source rows that are used, by instrument, then by session.
#[derive(Debug)]
pub(crate) struct Rows {
    /// The instruments, sorted by name.
    pub instruments: Vec<Instrument>,
    /// The place in `order` and `days` at which each instrument's rows begin; one more entry.
    pub offsets: Vec<usize>,
    /// The number of each source row.
    pub order: Vec<u32>,
    /// The date of each source row, ascending for each instrument.
    pub days: Vec<i32>,
    /// Whether each source row, by its number, has no value; nothing at all if each has one.
    pub blank: Vec<bool>,
}

/// An instrument with several rows for one date.
pub(crate) struct Repeated {
    /// The instrument's number.
    pub instrument: usize,
    /// The number of pairs of neighbouring rows with one date.
    pub n_pairs: usize,
    /// The place of the later row of the first pair.
    pub first: usize,
}

/// Rows that a database keeps of instruments that are listed no more.
#[derive(Debug)]
pub(crate) struct Stale {
    n_rows: usize,
    n_instruments: usize,
    /// The first instrument that has any, and the day of its first one.
    first: (Instrument, Session),
}

impl Stale {
    /// A sentence about the rows, for people.
    pub(crate) fn warning(&self) -> String {
        let Self { n_rows, n_instruments, first: (instrument, day) } = self;
        let rows = if *n_rows == 1 { "row" } else { "rows" };
        let instruments = if *n_instruments == 1 { "instrument" } else { "instruments" };
        format!(
            "{n_rows} {rows} of {n_instruments} {instruments} on or after their delisting left out, the first of \
             {instrument} on {day}"
        )
    }
}

impl Rows {
    /// Bring the rows of the wanted instruments into order, without those of the frozen list. Returns with them the
    /// entries of that list that were not in the data.
    pub(crate) fn new(blocks: &Blocks, request: &PanelSource) -> Result<(Self, Vec<String>), SourceError> {
        let rows = blocks.n_rows();
        if rows >= u32::MAX as usize {
            return Err(SourceError::TooManyRows { rows });
        }
        let (instruments, numbers) = instruments(blocks, request);
        let mut drop_list = DropList::new(&instruments, request);
        let mut pieces = Vec::new();
        let mut first = 0;
        for (block, numbers) in blocks.parts.iter().zip(&numbers) {
            let codes = block.instruments.codes.chunks(PIECE).zip(block.days.chunks(PIECE));
            for (codes, days) in codes {
                pieces.push(Piece {
                    first,
                    codes,
                    days,
                    numbers,
                    kept: drop_list.kept(codes, days, numbers),
                });
                first += days.len() as u32;
            }
        }
        let parts = pieces.par_iter().map(SortedPiece::new).collect::<Vec<_>>();
        // Where each instrument's rows are, in the order of the files.
        let mut runs = vec![Vec::new(); instruments.len()];
        for (part, piece) in parts.iter().zip(&pieces) {
            for (code, &number) in piece.numbers.iter().enumerate() {
                let own = part.of(code);
                if number != UNWANTED && !own.is_empty() {
                    runs[number as usize].push((&part.rows[own.clone()], &part.days[own]));
                }
            }
        }
        let mut offsets = vec![0; instruments.len() + 1];
        for (i, runs) in runs.iter().enumerate() {
            offsets[i + 1] = offsets[i] + runs.iter().map(|(rows, _)| rows.len()).sum::<usize>();
        }
        let n_rows = offsets[instruments.len()];
        let (mut order, mut days) = (vec![0_u32; n_rows], vec![0_i32; n_rows]);
        let of_instruments = split_at_offsets(&mut order, &offsets).into_par_iter();
        let of_instruments = of_instruments.zip(split_at_offsets(&mut days, &offsets)).zip(&runs);
        of_instruments.for_each(|((order, days), runs)| {
            let mut at = 0;
            for (rows_of_run, days_of_run) in runs {
                let own = at..at + rows_of_run.len();
                order[own.clone()].copy_from_slice(rows_of_run);
                days[own.clone()].copy_from_slice(days_of_run);
                at = own.end;
            }
            if !days.is_sorted() {
                let mut rows = days.iter().copied().zip(order.iter().copied()).collect::<Vec<_>>();
                // Stable, so that of two rows for one date the earlier in the files stays the first.
                rows.sort_by_key(|&(day, _)| day);
                for (at, (day, row)) in rows.into_iter().enumerate() {
                    (days[at], order[at]) = (day, row);
                }
            }
        });
        let mut rows =
            Self { instruments, offsets, order, days, blank: blank(blocks, request.tables.is_none()) };
        rows.forget_empty();
        Ok((rows, drop_list.unused()))
    }

    /// The places of an instrument's rows.
    pub(crate) fn range(&self, i: usize) -> Range<usize> {
        self.offsets[i]..self.offsets[i + 1]
    }

    /// The days of an instrument on which it has a row with a value: a row without any says as little as none.
    pub(crate) fn filled_days(&self, i: usize) -> impl Iterator<Item = i32> {
        let is_filled = |&at: &usize| self.blank.is_empty() || !self.blank[self.order[at] as usize];
        self.range(i).filter(is_filled).map(|at| self.days[at])
    }

    /// The instruments with several rows for one date, in their order.
    pub(crate) fn repeated(&self) -> Vec<Repeated> {
        let of_instrument = |instrument: usize| {
            let mut pairs = self.pairs(instrument);
            let first = pairs.next()?;
            Some(Repeated { instrument, n_pairs: 1 + pairs.count(), first })
        };
        (0..self.instruments.len()).into_par_iter().filter_map(of_instrument).collect()
    }

    /// All pairs of neighbouring rows of an instrument with one date, each by the place of its later row.
    pub(crate) fn pairs(&self, i: usize) -> impl Iterator<Item = usize> {
        let range = self.range(i);
        (range.start + 1..range.end).filter(|&at| self.days[at] == self.days[at - 1])
    }

    /// A description of the pair of rows whose later one has a place.
    pub(crate) fn duplicate(&self, i: usize, at: usize, blocks: &Blocks) -> Duplicate {
        Duplicate {
            instrument: self.instruments[i].clone(),
            session: Session::from_number(self.days[at]),
            first: blocks.place(self.order[at - 1]),
            second: blocks.place(self.order[at]),
        }
    }

    /// Leave instruments out.
    pub(crate) fn exclude(&mut self, out: &BTreeSet<usize>) {
        let kept = (0..self.instruments.len()).filter(|i| !out.contains(i));
        let kept = kept.map(|i| (i, self.range(i))).collect::<Vec<_>>();
        self.keep(&kept);
    }

    /// Leave out the rows at these places, which ascend.
    pub(crate) fn leave_out(&mut self, places: &[usize]) {
        if places.is_empty() {
            return;
        }
        let is_kept = |at: &usize| places.binary_search(at).is_err();
        let kept = (0..self.order.len()).filter(is_kept).collect::<Vec<_>>();
        self.order = kept.iter().map(|&at| self.order[at]).collect();
        self.days = kept.iter().map(|&at| self.days[at]).collect();
        let before = |offset: &usize| offset - places.partition_point(|place| place < offset);
        self.offsets = self.offsets.iter().map(before).collect();
    }

    /// Leave out the rows on and after the day from which their instrument is listed no more; returns what these were.
    pub(crate) fn end(&mut self, delistings: &Delistings) -> Option<Stale> {
        let mut stale = None::<Stale>;
        let mut kept = Vec::with_capacity(self.instruments.len());
        for (i, instrument) in self.instruments.iter().enumerate() {
            let range = self.range(i);
            let end = delistings.of(instrument.name()).map_or(range.end, |delisting| {
                let date = delisting.date.number();
                range.start + self.days[range.clone()].partition_point(|&day| day < date)
            });
            if end < range.end {
                let first = || (instrument.clone(), Session::from_number(self.days[end]));
                let stale =
                    stale.get_or_insert_with(|| Stale { n_rows: 0, n_instruments: 0, first: first() });
                stale.n_rows += range.end - end;
                stale.n_instruments += 1;
            }
            if range.start < end {
                kept.push((i, range.start..end));
            }
        }
        if stale.is_some() {
            self.keep(&kept);
        }
        stale
    }

    /// Keep these rows of these instruments, in the memory that they have.
    fn keep(&mut self, kept: &[(usize, Range<usize>)]) {
        let mut offsets = vec![0];
        let mut end = 0;
        for (_, range) in kept {
            // Rows that stay where they are need not be touched.
            if range.start != end {
                self.order.copy_within(range.clone(), end);
                self.days.copy_within(range.clone(), end);
            }
            end += range.len();
            offsets.push(end);
        }
        self.order.truncate(end);
        self.days.truncate(end);
        self.instruments = kept.iter().map(|&(i, _)| self.instruments[i].clone()).collect();
        self.offsets = offsets;
    }

    /// Leave out instruments that have no row.
    fn forget_empty(&mut self) {
        let kept = (0..self.instruments.len()).map(|i| (i, self.range(i)));
        self.keep(&kept.filter(|(_, range)| !range.is_empty()).collect::<Vec<_>>());
    }
}

/// Whether each row of all blocks has no number, or no price and no volume if its file has such columns; nothing at all
/// if each row has one. In files a volume of 0 says as little as none; the rows of a database have lost the prices of
/// their halts before, so that the volume alone tells that they are rows.
fn blank(blocks: &Blocks, of_files: bool) -> Vec<bool> {
    const TRADING: [&str; 5] = ["close", "open", "high", "low", "volume"];
    let of_block = |block: &Block| {
        let traded = block.numbers.iter().filter(|(name, _)| TRADING.contains(&name.as_str()));
        let mut columns = traded.collect::<Vec<_>>();
        if columns.is_empty() {
            columns = block.numbers.iter().collect();
        }
        let is_empty = |(name, column): &&(String, Numbers), row: usize| {
            column.get(row).is_nan() || (of_files && name == "volume" && column.get(row) == 0.0)
        };
        let is_blank = |row: usize| !columns.is_empty() && columns.iter().all(|column| is_empty(column, row));
        (0..block.len()).map(is_blank).collect::<Vec<_>>()
    };
    let of_blocks = blocks.parts.par_iter().map(of_block).collect::<Vec<_>>();
    if of_blocks.iter().any(|blank| blank.contains(&true)) { of_blocks.concat() } else { Vec::new() }
}

/// The wanted instruments of all blocks, sorted, and for each block the number of each of its instruments.
fn instruments(blocks: &Blocks, request: &PanelSource) -> (Vec<Instrument>, Vec<Vec<u32>>) {
    let names = blocks.parts.iter().flat_map(|block| &block.instruments.names);
    let names = names.filter(|name| request.wants_instrument(name)).collect::<BTreeSet<_>>();
    let numbers = names.iter().enumerate().map(|(i, name)| (*name, i as u32)).collect::<HashMap<_, _>>();
    let of_block = |block: &Block| {
        let names = block.instruments.names.iter();
        names.map(|name| numbers.get(name).copied().unwrap_or(UNWANTED)).collect()
    };
    let of_blocks = blocks.parts.par_iter().map(of_block).collect();
    (names.into_iter().map(|name| Instrument::new(name)).collect(), of_blocks)
}
