//! Source rows in order: by instrument, then by session.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::Range,
};

use backstaff_panel::{Instrument, Session, split_at_offsets};
use rayon::prelude::*;

use crate::{
    error::{Duplicate, SourceError},
    format::decoded::{Block, Blocks},
    provider::tables::Delistings,
    request::panel_source::PanelSource,
};

/// How many faults an error shows; it counts all.
pub(crate) const EXAMPLES: usize = 10;

/// The source rows that are used.
#[derive(Debug)]
pub(crate) struct Rows {
    /// Sorted by name.
    pub instruments: Vec<Instrument>,
    /// Where each instrument's rows begin in the following two; one more entry.
    pub offsets: Vec<usize>,
    /// Source rows.
    pub order: Vec<u32>,
    /// Their dates, ascending for each instrument.
    pub days: Vec<i32>,
}

/// Rows that a database keeps of instruments that are listed no more.
#[derive(Debug)]
pub(crate) struct Stale {
    pub n_rows: usize,
    pub n_instruments: usize,
    /// The first instrument that has any, and its first such day.
    pub first: (Instrument, Session),
}

impl Rows {
    /// The rows of the wanted instruments, without those of the frozen list. Also what of that list was not there.
    pub(crate) fn new(blocks: &Blocks, request: &PanelSource) -> Result<(Self, Vec<String>), SourceError> {
        let rows = blocks.n_rows();
        if rows >= u32::MAX as usize {
            return Err(SourceError::TooManyRows { rows });
        }
        let (instruments, numbers) = instruments(blocks, request);
        let mut dropped = Dropped::new(&instruments, request);
        let mut pieces = Vec::new();
        let mut first = 0;
        for (block, numbers) in blocks.parts.iter().zip(&numbers) {
            let codes = block.instruments.codes.chunks(PART).zip(block.days.chunks(PART));
            for (codes, days) in codes {
                pieces.push(Piece { first, codes, days, numbers, kept: dropped.kept(codes, days, numbers) });
                first += days.len() as u32;
            }
        }
        let parts = pieces.par_iter().map(Part::new).collect::<Vec<_>>();
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
        let mut rows = Self { instruments, offsets, order, days };
        rows.forget_empty();
        Ok((rows, dropped.unused()))
    }

    pub(crate) fn range(&self, i: usize) -> Range<usize> {
        self.offsets[i]..self.offsets[i + 1]
    }

    /// For each instrument with two rows of one date, by number: how many such pairs, and the first.
    pub(crate) fn duplicates(&self) -> Vec<(usize, usize, usize)> {
        let count = |i: usize| {
            let range = self.range(i);
            let days = &self.days[range.clone()];
            let mut pairs = (1..days.len()).filter(|&at| days[at] == days[at - 1]);
            let first = pairs.next()?;
            Some((i, 1 + pairs.count(), range.start + first))
        };
        (0..self.instruments.len()).into_par_iter().filter_map(count).collect()
    }

    /// All pairs of one instrument, as positions of the later one.
    pub(crate) fn pairs(&self, i: usize) -> impl Iterator<Item = usize> {
        let range = self.range(i);
        (range.start + 1..range.end).filter(|&at| self.days[at] == self.days[at - 1])
    }

    /// What to say about the pair whose later row is at this position.
    pub(crate) fn duplicate(&self, i: usize, at: usize, blocks: &Blocks) -> Duplicate {
        Duplicate {
            instrument: self.instruments[i].clone(),
            session: Session::from_number(self.days[at]),
            first: blocks.place(self.order[at - 1]),
            second: blocks.place(self.order[at]),
        }
    }

    /// Leave these instruments out.
    pub(crate) fn exclude(&mut self, out: &BTreeSet<usize>) {
        let kept = (0..self.instruments.len()).filter(|i| !out.contains(i));
        let kept = kept.map(|i| (i, self.range(i))).collect::<Vec<_>>();
        self.keep(&kept);
    }

    /// Leave out the rows on and after the day from which their instrument is listed no more.
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

const UNWANTED: u32 = u32::MAX;

/// How many source rows are brought into order at a time.
const PART: usize = 1 << 18;

/// Some source rows as they stand in a block.
struct Piece<'a> {
    /// The first of them.
    first: u32,
    /// Codes of the block's instruments.
    codes: &'a [u32],
    days: &'a [i32],
    /// The number of each of the block's instruments, or [`UNWANTED`].
    numbers: &'a [u32],
    /// Which rows the frozen list leaves; `None` is all.
    kept: Option<Vec<bool>>,
}

impl Piece<'_> {
    /// The kept rows of wanted instruments: where in the piece, and the instrument's code.
    fn kept(&self) -> impl Iterator<Item = (usize, usize)> {
        let codes = self.codes.iter().map(|&code| code as usize).enumerate();
        let is_kept = |at: usize| self.kept.as_ref().is_none_or(|kept| kept[at]);
        codes.filter(move |&(at, code)| self.numbers[code] != UNWANTED && is_kept(at))
    }
}

/// The same, instrument by instrument.
struct Part {
    /// By the code in the block; one more entry.
    offsets: Vec<u32>,
    rows: Vec<u32>,
    days: Vec<i32>,
}

impl Part {
    fn new(piece: &Piece<'_>) -> Self {
        let n_codes = piece.numbers.len();
        let mut offsets = vec![0_u32; n_codes + 1];
        for (_, code) in piece.kept() {
            offsets[code + 1] += 1;
        }
        for code in 0..n_codes {
            offsets[code + 1] += offsets[code];
        }
        let mut next = offsets.clone();
        let n_rows = offsets[n_codes] as usize;
        let (mut rows, mut days) = (vec![0; n_rows], vec![0; n_rows]);
        for (at, code) in piece.kept() {
            let place = next[code] as usize;
            (rows[place], days[place]) = (piece.first + at as u32, piece.days[at]);
            next[code] += 1;
        }
        Self { offsets, rows, days }
    }

    /// Where the rows of a code are.
    fn of(&self, code: usize) -> Range<usize> {
        self.offsets[code] as usize..self.offsets[code + 1] as usize
    }
}

/// The wanted instruments of all blocks, sorted, and for each block the number of each of its instruments.
fn instruments(blocks: &Blocks, request: &PanelSource) -> (Vec<Instrument>, Vec<Vec<u32>>) {
    let is_wanted = |name: &&String| request.instruments.as_ref().is_none_or(|wanted| wanted.contains(*name));
    let names = blocks.parts.iter().flat_map(|block| &block.instruments.names).filter(is_wanted);
    let names = names.collect::<BTreeSet<_>>();
    let numbers = names.iter().enumerate().map(|(i, name)| (*name, i as u32)).collect::<HashMap<_, _>>();
    let of_block = |block: &Block| {
        let names = block.instruments.names.iter();
        names.map(|name| numbers.get(name).copied().unwrap_or(UNWANTED)).collect()
    };
    let of_blocks = blocks.parts.par_iter().map(of_block).collect();
    (names.into_iter().map(|name| Instrument::new(name)).collect(), of_blocks)
}

/// The frozen list of rows to leave out.
struct Dropped<'a> {
    request: &'a PanelSource,
    cells: HashMap<(u32, i32), usize>,
    used: HashSet<usize>,
}

impl<'a> Dropped<'a> {
    fn new(instruments: &[Instrument], request: &'a PanelSource) -> Self {
        let cell = |(entry, (instrument, session)): (usize, &(Instrument, Session))| {
            let i = instruments.binary_search(instrument).ok()?;
            Some(((i as u32, session.number()), entry))
        };
        let cells = request.drop_rows.iter().enumerate().filter_map(cell).collect();
        Self { request, cells, used: HashSet::new() }
    }

    /// Which rows are kept, given the instruments' codes and their numbers; `None` if all are.
    fn kept(&mut self, codes: &[u32], days: &[i32], numbers: &[u32]) -> Option<Vec<bool>> {
        if self.cells.is_empty() {
            return None;
        }
        let rows = codes.iter().zip(days);
        Some(rows.map(|(&code, &day)| !self.take(numbers[code as usize], day)).collect())
    }

    fn take(&mut self, instrument: u32, day: i32) -> bool {
        let entry = self.cells.get(&(instrument, day));
        entry.inspect(|&&entry| {
            self.used.insert(entry);
        });
        entry.is_some()
    }

    fn unused(&self) -> Vec<String> {
        let rows = self.request.drop_rows.iter().enumerate();
        let wanted =
            |name: &str| self.request.instruments.as_ref().is_none_or(|wanted| wanted.contains(name));
        rows.filter(|(entry, (instrument, _))| !self.used.contains(entry) && wanted(instrument.name()))
            .map(|(_, (instrument, session))| format!("{instrument} {session}"))
            .collect()
    }
}
