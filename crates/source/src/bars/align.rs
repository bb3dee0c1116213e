//! Ordered source rows to the rows of a panel.

use std::{collections::HashMap, ops::Range, sync::Arc};

use backstaff_panel::{Axis, Calendar, Categories, Column, Encoding, split_at_offsets};
use rayon::prelude::*;

use crate::{
    bars::{rows::Rows, sessions::Positions},
    format::{
        coded_texts::CodedTexts,
        decoded::{Block, SourceColumn},
    },
};

/// The rows of a panel, each with the source row that fills it.
pub(crate) struct Alignment {
    pub axis: Arc<Axis>,
    cells: Vec<u32>,
    /// The number of source rows that fall on no session.
    pub dropped_rows: usize,
}

/// The cell of a row that is in no file.
const EMPTY: u32 = u32::MAX;

/// The number of rows that a thread takes at a time.
const CHUNK: usize = 1 << 15;

impl Alignment {
    /// Put rows where their sessions are. Each instrument lives from its first to its last session; instruments without
    /// any session are left out, and their names returned.
    pub(crate) fn new(rows: &Rows, calendar: Calendar) -> (Self, Vec<String>) {
        let days = calendar.sessions().iter().map(|session| session.number()).collect::<Vec<_>>();
        let positions = Positions::new(&days);
        // Of each instrument its rows, its life, and how many of them lie on a session.
        let instruments = (0..rows.instruments.len()).into_par_iter().map(|i| {
            let own = rows.range(i);
            let on_sessions = rows.days[own.clone()].iter().filter_map(|&day| positions.of(day));
            let (count, life) = on_sessions.fold((0, None::<Range<usize>>), |(count, life), position| {
                (count + 1, Some(life.map_or(position, |life| life.start)..position + 1))
            });
            (own, life, count)
        });
        let mut dropped_rows = 0;
        let (mut lives, mut homeless, mut housed) = (Vec::new(), Vec::new(), Vec::new());
        for (instrument, (own, life, count)) in rows.instruments.iter().zip(instruments.collect::<Vec<_>>()) {
            dropped_rows += own.len() - count;
            match life {
                Some(life) => {
                    housed.push((own, life.start));
                    lives.push((instrument.clone(), life));
                }
                None => homeless.push(instrument.name().to_owned()),
            }
        }
        let axis = Arc::new(Axis::new(calendar, lives));
        let mut cells = vec![0; axis.n_rows()];
        let of_instruments = split_at_offsets(&mut cells, axis.offsets()).into_par_iter();
        of_instruments.zip(housed).for_each(|(cells, (own, first))| {
            cells.fill(EMPTY);
            for (&row, &day) in rows.order[own.clone()].iter().zip(&rows.days[own]) {
                if let Some(position) = positions.of(day) {
                    cells[position - first] = row;
                }
            }
        });
        (Self { axis, cells, dropped_rows }, homeless)
    }

    /// Whether each row of the panel has one in the files.
    pub(crate) fn present(&self) -> Vec<bool> {
        self.cells.iter().map(|&row| row != EMPTY).collect()
    }

    /// A source column in the order of the panel, and the number of its infinite values. Rows without a source row are
    /// NaN, and so are infinite values.
    pub(crate) fn gather(&self, column: &SourceColumn) -> (Column, usize) {
        match column.encoding() {
            Encoding::F32 => {
                let (out, infinite) = self.gathered(column, f32::NAN, |part, row| match part {
                    Column::F32(values) => values[row],
                    Column::F64(_) => unreachable!("all parts are stored in four bytes"),
                });
                (Column::F32(out), infinite)
            }
            Encoding::F64 => {
                let (out, infinite) = self.gathered(column, f64::NAN, Column::get);
                (Column::F64(out), infinite)
            }
        }
    }

    fn gathered<T: Copy + Default + Into<f64> + Send + Sync>(
        &self,
        column: &SourceColumn,
        missing: T,
        get: impl Fn(&Column, usize) -> T + Sync,
    ) -> (Vec<T>, usize) {
        let mut out = vec![T::default(); self.cells.len()];
        let infinite = out.par_chunks_mut(CHUNK).zip(self.cells.par_chunks(CHUNK)).map(|(out, cells)| {
            let mut infinite = 0;
            // Neighbours mostly come from one part.
            let (mut part, mut rows) = (None, 0..0);
            for (out, &row) in out.iter_mut().zip(cells) {
                *out = missing;
                if row == EMPTY {
                    continue;
                }
                let row = row as usize;
                if !rows.contains(&row) {
                    (part, rows) = column.part(row);
                }
                let Some(part) = part else { continue };
                let value = get(part, row - rows.start);
                if value.into().is_finite() {
                    *out = value;
                } else {
                    infinite += usize::from(value.into().is_infinite());
                }
            }
            infinite
        });
        let infinite = infinite.sum();
        (out, infinite)
    }

    /// A text column as categories. Between rows, and where a cell is empty, the last known text holds.
    ///
    /// Codes are given by first appearance through time (then in the order of instruments), so that a later session
    /// changes none.
    pub(crate) fn categories(&self, name: &str, blocks: &[Block]) -> Categories {
        let mut names = Vec::<&str>::new();
        let mut known = HashMap::<&str, u32>::new();
        let mut of_source = Vec::new();
        for block in blocks {
            let Some((_, texts)) = block.categories.iter().find(|(other, _)| other == name) else {
                of_source.resize(of_source.len() + block.len(), CodedTexts::MISSING);
                continue;
            };
            let local = texts.names.iter().map(|text| {
                *known.entry(text).or_insert_with(|| {
                    names.push(text);
                    names.len() as u32 - 1
                })
            });
            let local = local.collect::<Vec<_>>();
            let code = |&code: &u32| if code == CodedTexts::MISSING { code } else { local[code as usize] };
            of_source.extend(texts.codes.iter().map(code));
        }
        let mut codes = vec![Categories::MISSING; self.cells.len()];
        for i in 0..self.axis.n_instruments() {
            let mut last = Categories::MISSING;
            for row in self.axis.rows(i) {
                if self.cells[row] != EMPTY && of_source[self.cells[row] as usize] != CodedTexts::MISSING {
                    last = of_source[self.cells[row] as usize];
                }
                codes[row] = last;
            }
        }
        let (codes, order) = by_first_appearance(codes, self.axis.by_session().all_rows(), names.len());
        let names = order.into_iter().map(|code| names[code as usize].to_owned()).collect();
        Categories::new(codes, names)
    }
}

/// The codes given anew, in the order in which `rows` meets them, with the old code of each new one.
fn by_first_appearance(mut codes: Vec<u32>, rows: &[u32], n_codes: usize) -> (Vec<u32>, Vec<u32>) {
    let mut new = vec![Categories::MISSING; n_codes];
    let mut order = Vec::new();
    for &row in rows {
        let code = &mut codes[row as usize];
        if *code != Categories::MISSING {
            if new[*code as usize] == Categories::MISSING {
                new[*code as usize] = order.len() as u32;
                order.push(*code);
            }
            *code = new[*code as usize];
        }
    }
    (codes, order)
}
