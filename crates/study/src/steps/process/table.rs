//! Rows of a panel as the table that processors read.

use std::sync::Arc;

use backstaff_learn::process::{Table, TableColumn};
use backstaff_panel::{Axis, Column};
use rayon::prelude::*;

use super::{Named, table_of};
use crate::{StudyError, steps::folds::FoldPart};

/// The name of the column of targets. That `tanh` leaves it alone hangs on the name.
const TARGET: &str = "LABEL0";

/// Rows of a fold's part as a table: by session, and within a session by instrument.
#[derive(Debug)]
pub(super) struct PartTable {
    pub(super) table: Table,
    /// The session and the instrument of each row that was put in, in the order of the table.
    pub(super) keys: Vec<(u32, u32)>,
    /// Their places among the rows of the part.
    pub(super) order: Vec<u32>,
}

impl PartTable {
    /// The features of these rows.
    pub(super) fn new(axis: &Axis, features: &Named, rows: &[u32]) -> Result<Self, StudyError> {
        let key = |&row: &u32| {
            let i = axis.instrument_of(row as usize);
            (axis.position_in(i, row as usize) as u32, i as u32)
        };
        let unordered = rows.par_iter().map(key).collect::<Vec<_>>();
        let mut order = (0..rows.len() as u32).collect::<Vec<_>>();
        order.par_sort_unstable_by_key(|&n| unordered[n as usize]);
        let keys = order.iter().map(|&n| unordered[n as usize]).collect::<Vec<_>>();
        let places = order.iter().map(|&n| rows[n as usize]).collect::<Vec<_>>();
        let columns = features
            .par_iter()
            .map(|(name, column)| TableColumn::new(TableColumn::FEATURE, name, gathered(column, &places)));
        let table = table_of(&keys, columns.collect())?;
        Ok(Self { table, keys, order })
    }

    /// The places among the rows of the part of those that the table has still, in its order.
    pub(super) fn kept(&self) -> Vec<u32> {
        places(&self.table, &self.keys).map(|n| self.order[n]).collect()
    }
}

/// The places among the rows that were put in of those that a table has still.
fn places<'a>(table: &'a Table, keys: &'a [(u32, u32)]) -> impl Iterator<Item = usize> + 'a {
    let mut from = 0;
    let left = table.sessions().iter().copied().zip(table.instruments().iter().copied());
    left.map(move |key| {
        from += keys[from..].partition_point(|known| *known < key);
        from
    })
}

/// A table with the targets of its rows.
pub(super) fn with_target(
    table: Table,
    keys: &[(u32, u32)],
    order: &[u32],
    targets: &[f64],
) -> Result<Table, StudyError> {
    let own = places(&table, keys).map(|n| targets[order[n] as usize]).collect::<Vec<_>>();
    let keys = table.sessions().iter().copied().zip(table.instruments().iter().copied()).collect::<Vec<_>>();
    let mut columns = table.into_columns();
    columns.push(TableColumn::new(TableColumn::LABEL, TARGET, Column::F64(own)));
    table_of(&keys, columns)
}

/// The values of a column in these rows.
fn gathered(column: &Arc<Column>, rows: &[u32]) -> Column {
    match &**column {
        Column::F32(values) => Column::F32(rows.iter().map(|&row| values[row as usize]).collect()),
        Column::F64(values) => Column::F64(rows.iter().map(|&row| values[row as usize]).collect()),
    }
}

/// A part with its rows in ascending order.
pub(super) fn ascending(rows: &[u32], targets: &[f64], weights: Option<Vec<f64>>) -> FoldPart {
    let mut order = (0..rows.len()).collect::<Vec<_>>();
    order.sort_unstable_by_key(|&n| rows[n]);
    FoldPart {
        targets: order.iter().map(|&n| targets[n]).collect(),
        weights: weights.map(|weights| order.iter().map(|&n| weights[n]).collect()),
        rows: order.iter().map(|&n| rows[n]).collect(),
    }
}
