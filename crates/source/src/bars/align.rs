//! Ordered source rows to the rows of a panel.

use std::{collections::HashMap, ops::Range, sync::Arc};

use backstaff_panel::{Axis, Categories, Column, Encoding, split_at_offsets};
use rayon::prelude::*;

use crate::{
    bars::{
        rows::Rows,
        sessions::{Chosen, Group, Positions},
    },
    format::{
        cell,
        coded_texts::CodedTexts,
        decoded::{Block, SourceColumn},
        numbers::{Numbers, Values},
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

/// The calendar of an instrument as positions of the whole one.
struct Own<'a> {
    /// Whether each position is one of its sessions; `None` if all are.
    is_session: Option<&'a [bool]>,
}

impl Own<'_> {
    fn has(&self, position: usize) -> bool {
        self.is_session.is_none_or(|is_session| is_session[position])
    }

    /// The end of a life whose last row stands at a position: that of the data, if no session has come since.
    fn end(&self, last: usize) -> usize {
        match self.is_session {
            Some(is_session) if !is_session[last + 1..].contains(&true) => is_session.len(),
            _ => last + 1,
        }
    }
}

impl Alignment {
    /// Put rows where their sessions are. Each instrument lives from its first to its last session; instruments without
    /// any session are left out, and their names returned.
    pub(crate) fn new(rows: &Rows, chosen: &Chosen) -> (Self, Vec<String>) {
        let sessions = chosen.calendar.sessions();
        let days = sessions.iter().map(|session| session.number()).collect::<Vec<_>>();
        let positions = Positions::new(&days);
        let is_own = |group: &Group| {
            let is_own = sessions.iter().map(|session| group.calendar.position(*session).is_some());
            is_own.collect::<Vec<_>>()
        };
        let by_instrument = chosen.is_by_instrument();
        let of_groups = chosen.groups.iter().filter(|_| by_instrument).map(is_own).collect::<Vec<_>>();
        let own_calendar =
            |i: usize| Own { is_session: of_groups.get(chosen.group_of[i]).map(Vec::as_slice) };
        // Of each instrument its rows, its life, and how many of them lie on a session.
        let instruments = (0..rows.instruments.len()).into_par_iter().map(|i| {
            let (own, calendar) = (rows.range(i), own_calendar(i));
            let on_sessions = rows.days[own.clone()].iter().filter_map(|&day| positions.of(day));
            let on_sessions = on_sessions.filter(|&position| calendar.has(position));
            let (count, life) = on_sessions.fold((0, None::<Range<usize>>), |(count, life), position| {
                (count + 1, Some(life.map_or(position, |life| life.start)..position + 1))
            });
            (i, life, count)
        });
        let mut dropped_rows = 0;
        let (mut lives, mut homeless, mut housed) = (Vec::new(), Vec::new(), Vec::new());
        for (i, life, count) in instruments.collect::<Vec<_>>() {
            dropped_rows += rows.range(i).len() - count;
            match life {
                Some(life) => {
                    housed.push((i, life.clone()));
                    lives.push((rows.instruments[i].clone(), life.start..own_calendar(i).end(life.end - 1)));
                }
                None => homeless.push(rows.instruments[i].name().to_owned()),
            }
        }
        let axis = if by_instrument {
            let (mut offsets, mut own_positions) = (vec![0], Vec::new());
            for (i, life) in &housed {
                let calendar = own_calendar(*i);
                let own = life.clone().filter(|&position| calendar.has(position));
                own_positions.extend(own.map(|position| position as u32));
                offsets.push(own_positions.len());
            }
            Axis::sparse(chosen.calendar.clone(), lives, offsets, own_positions)
        } else {
            Axis::new(chosen.calendar.clone(), lives)
        };
        let mut cells = vec![0; axis.n_rows()];
        let of_instruments = split_at_offsets(&mut cells, axis.offsets()).into_par_iter();
        of_instruments.zip(housed).enumerate().for_each(|(number, (cells, (i, life)))| {
            cells.fill(EMPTY);
            let own = rows.range(i);
            for (&row, &day) in rows.order[own.clone()].iter().zip(&rows.days[own]) {
                let Some(position) = positions.of(day) else { continue };
                if !by_instrument {
                    cells[position - life.start] = row;
                } else if let Some(cell) = axis.row(number, position) {
                    cells[cell - axis.rows(number).start] = row;
                }
            }
        });
        (Self { axis: Arc::new(axis), cells, dropped_rows }, homeless)
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
                let (out, infinite) = self.gathered(column, f32::NAN, |part, row| match part.values() {
                    Values::F32(values) => values[row],
                    Values::F64(_) => unreachable!("all parts are stored in four bytes"),
                });
                (Column::F32(out), infinite)
            }
            Encoding::F64 => {
                let (out, infinite) = self.gathered(column, f64::NAN, Numbers::get);
                (Column::F64(out), infinite)
            }
        }
    }

    fn gathered<T: Copy + Default + Into<f64> + Send + Sync>(
        &self,
        column: &SourceColumn,
        missing: T,
        get: impl Fn(&Numbers, usize) -> T + Sync,
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
                if cell::is_missing_text(text) {
                    return CodedTexts::MISSING;
                }
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
