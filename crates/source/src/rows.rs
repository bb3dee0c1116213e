//! Source rows in order: by instrument, then by session.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    ops::Range,
};

use backstaff_panel::{Instrument, Session, split_at_offsets};
use rayon::prelude::*;

use crate::{Delistings, Duplicate, PanelSource, SourceError, block::Blocks};

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
        let (instruments, codes) = instruments(blocks, request);
        let days = blocks.parts.iter().flat_map(|block| block.days.iter().copied()).collect::<Vec<_>>();
        let mut dropped = Dropped::new(&instruments, request);
        let kept = dropped.kept(&codes, &days);
        let is_kept = |row: usize| codes[row] != UNWANTED && kept.as_ref().is_none_or(|kept| kept[row]);
        let parts = codes.par_chunks(PART).enumerate().map(|(part, codes)| {
            let first = part * PART;
            Part::new(codes, first, instruments.len(), is_kept)
        });
        let parts = parts.collect::<Vec<_>>();
        let mut offsets = vec![0; instruments.len() + 1];
        for i in 0..instruments.len() {
            offsets[i + 1] = offsets[i] + parts.iter().map(|part| part.of(i).len()).sum::<usize>();
        }
        let mut order = vec![0_u32; offsets[instruments.len()]];
        split_at_offsets(&mut order, &offsets).into_par_iter().enumerate().for_each(|(i, mut rows)| {
            for part in &parts {
                let (own, rest) = rows.split_at_mut(part.of(i).len());
                own.copy_from_slice(part.of(i));
                rows = rest;
            }
        });
        drop(parts);
        split_at_offsets(&mut order, &offsets).into_par_iter().for_each(|rows| {
            if !rows.is_sorted_by_key(|&row| days[row as usize]) {
                // Stable, so that of two rows for one date the earlier in the files stays the first.
                rows.sort_by_key(|&row| days[row as usize]);
            }
        });
        let days = order.par_iter().map(|&row| days[row as usize]).collect();
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

    /// Keep these rows of these instruments.
    fn keep(&mut self, kept: &[(usize, Range<usize>)]) {
        let mut order = Vec::with_capacity(self.order.len());
        let mut days = Vec::with_capacity(self.order.len());
        let mut offsets = vec![0];
        for (_, range) in kept {
            order.extend_from_slice(&self.order[range.clone()]);
            days.extend_from_slice(&self.days[range.clone()]);
            offsets.push(order.len());
        }
        let instruments = kept.iter().map(|&(i, _)| self.instruments[i].clone()).collect();
        *self = Self { instruments, offsets, order, days };
    }

    /// Instruments whose last row was on the frozen list.
    fn forget_empty(&mut self) {
        let empty =
            (0..self.instruments.len()).filter(|&i| self.range(i).is_empty()).collect::<BTreeSet<_>>();
        if !empty.is_empty() {
            self.exclude(&empty);
        }
    }
}

const UNWANTED: u32 = u32::MAX;

/// How many source rows are brought into order at a time.
const PART: usize = 1 << 18;

/// Some source rows, instrument by instrument.
struct Part {
    offsets: Vec<u32>,
    rows: Vec<u32>,
}

impl Part {
    fn new(codes: &[u32], first: usize, n_instruments: usize, is_kept: impl Fn(usize) -> bool) -> Self {
        let kept = || codes.iter().enumerate().filter(|&(at, _)| is_kept(first + at));
        let mut offsets = vec![0_u32; n_instruments + 1];
        for (_, &code) in kept() {
            offsets[code as usize + 1] += 1;
        }
        for i in 0..n_instruments {
            offsets[i + 1] += offsets[i];
        }
        let mut next = offsets.clone();
        let mut rows = vec![0; offsets[n_instruments] as usize];
        for (at, &code) in kept() {
            rows[next[code as usize] as usize] = (first + at) as u32;
            next[code as usize] += 1;
        }
        Self { offsets, rows }
    }

    fn of(&self, i: usize) -> &[u32] {
        &self.rows[self.offsets[i] as usize..self.offsets[i + 1] as usize]
    }
}

/// The wanted instruments of all blocks, sorted, and the number of each source row's.
fn instruments(blocks: &Blocks, request: &PanelSource) -> (Vec<Instrument>, Vec<u32>) {
    let is_wanted = |name: &&String| request.instruments.as_ref().is_none_or(|wanted| wanted.contains(*name));
    let names = blocks.parts.iter().flat_map(|block| &block.instruments.names).filter(is_wanted);
    let names = names.collect::<BTreeSet<_>>();
    let numbers = names.iter().enumerate().map(|(i, name)| (*name, i as u32)).collect::<HashMap<_, _>>();
    let codes = blocks.parts.par_iter().flat_map_iter(|block| {
        let local = block.instruments.names.iter().map(|name| numbers.get(name).copied().unwrap_or(UNWANTED));
        let local = local.collect::<Vec<_>>();
        block.instruments.codes.iter().map(move |&code| local[code as usize])
    });
    let codes = codes.collect();
    (names.into_iter().map(|name| Instrument::new(name)).collect(), codes)
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

    /// Which rows are kept; `None` if all are.
    fn kept(&mut self, codes: &[u32], days: &[i32]) -> Option<Vec<bool>> {
        (!self.cells.is_empty())
            .then(|| codes.iter().zip(days).map(|(&code, &day)| !self.take(code, day)).collect())
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
