//! From ordered source rows to the rows of a panel.

use std::{collections::HashMap, sync::Arc};

use backstaff_panel::{Axis, Calendar, Categories, Column, Session};
use rayon::prelude::*;

use crate::{
    block::{Block, Coded},
    rows::Rows,
};

/// The rows of a panel, each with the source row that fills it.
pub(crate) struct Alignment {
    pub axis: Arc<Axis>,
    cells: Vec<u32>,
    /// How many source rows fall on no session.
    pub dropped_rows: usize,
}

const EMPTY: u32 = u32::MAX;

/// How many rows a thread takes at a time.
const CHUNK: usize = 1 << 15;

impl Alignment {
    /// Put rows where their sessions are. Each instrument lives from its first to its last; one without any session is
    /// left out, and returned by name.
    pub(crate) fn new(rows: &Rows, calendar: Calendar) -> (Self, Vec<String>) {
        let mut lives = Vec::new();
        let mut cells = Vec::with_capacity(rows.order.len());
        let mut dropped_rows = 0;
        let mut homeless = Vec::new();
        for (i, instrument) in rows.instruments.iter().enumerate() {
            let start = cells.len();
            let mut life = None;
            let mut position = 0;
            for at in rows.range(i) {
                let session = Session::from_number(rows.days[at]);
                position +=
                    calendar.sessions()[position..].iter().take_while(|&&other| other < session).count();
                if calendar.sessions().get(position) != Some(&session) {
                    dropped_rows += 1;
                    continue;
                }
                let first = *life.get_or_insert(position);
                cells.resize(start + position - first, EMPTY);
                cells.push(rows.order[at]);
            }
            match life {
                Some(first) => lives.push((instrument.clone(), first..first + cells.len() - start)),
                None => homeless.push(instrument.name().to_owned()),
            }
        }
        let axis = Arc::new(Axis::new(calendar, lives));
        (Self { axis, cells, dropped_rows }, homeless)
    }

    /// Whether each row is one of the files.
    pub(crate) fn present(&self) -> Vec<bool> {
        self.cells.iter().map(|&row| row != EMPTY).collect()
    }

    /// The source rows in the order of the panel, each in the chunk that it fills. NaN where there is none; what is
    /// infinite becomes NaN, and is counted.
    pub(crate) fn gather(&self, column: &Column) -> (Column, usize) {
        fn run<T: Copy + Send + Sync>(
            cells: &[u32],
            values: &[T],
            missing: T,
            is_finite: impl Fn(T) -> bool + Sync,
            is_infinite: impl Fn(T) -> bool + Sync,
        ) -> (Vec<T>, usize) {
            let mut out = vec![missing; cells.len()];
            let infinite = out.par_chunks_mut(CHUNK).zip(cells.par_chunks(CHUNK)).map(|(out, cells)| {
                let mut infinite = 0;
                for (out, &row) in out.iter_mut().zip(cells) {
                    if row != EMPTY {
                        let value = values[row as usize];
                        if is_finite(value) {
                            *out = value;
                        } else {
                            infinite += usize::from(is_infinite(value));
                        }
                    }
                }
                infinite
            });
            let infinite = infinite.sum();
            (out, infinite)
        }
        match column {
            Column::F32(values) => {
                let (out, infinite) = run(&self.cells, values, f32::NAN, f32::is_finite, f32::is_infinite);
                (Column::F32(out), infinite)
            }
            Column::F64(values) => {
                let (out, infinite) = run(&self.cells, values, f64::NAN, f64::is_finite, f64::is_infinite);
                (Column::F64(out), infinite)
            }
        }
    }

    /// A text column as categories: between rows, and where a cell is empty, the last known one holds.
    ///
    /// Codes are given by first appearance through time (then in the order of instruments), so that a later session
    /// changes none.
    pub(crate) fn categories(&self, name: &str, blocks: &[Block]) -> Categories {
        let mut names = Vec::<&str>::new();
        let mut known = HashMap::<&str, u32>::new();
        let mut of_source = Vec::new();
        for block in blocks {
            let Some((_, texts)) = block.categories.iter().find(|(other, _)| other == name) else {
                of_source.resize(of_source.len() + block.len(), Coded::MISSING);
                continue;
            };
            let local = texts.names.iter().map(|text| {
                *known.entry(text).or_insert_with(|| {
                    names.push(text);
                    names.len() as u32 - 1
                })
            });
            let local = local.collect::<Vec<_>>();
            let code = |&code: &u32| if code == Coded::MISSING { code } else { local[code as usize] };
            of_source.extend(texts.codes.iter().map(code));
        }
        let mut codes = vec![Categories::MISSING; self.cells.len()];
        for i in 0..self.axis.n_instruments() {
            let mut last = Categories::MISSING;
            for row in self.axis.rows(i) {
                if self.cells[row] != EMPTY && of_source[self.cells[row] as usize] != Coded::MISSING {
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
