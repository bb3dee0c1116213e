//! The rows that are processed.

use std::{ops::Range, sync::Arc};

use backstaff_panel::Column;
use rayon::prelude::*;

use crate::LearnError;

/// A column of a [`Table`]: its group, its name, one number a row.
#[derive(Clone, Debug)]
pub struct TableColumn {
    /// The group that processors choose columns by, such as `feature` or `label`.
    pub group: Arc<str>,
    /// The name, once in a group.
    pub name: Arc<str>,
    /// One number a row; NaN is missing.
    pub values: Arc<Column>,
}

impl TableColumn {
    /// The group of what is known when a decision is made.
    pub const FEATURE: &'static str = "feature";
    /// The group of what is to be predicted.
    pub const LABEL: &'static str = "label";

    /// A column of this group and name.
    pub fn new(group: &str, name: &str, values: impl Into<Arc<Column>>) -> Self {
        Self { group: group.into(), name: name.into(), values: values.into() }
    }
}

/// Rows by session and instrument, with named columns in groups.
///
/// Columns are shared: a copy of a table costs no copy of its numbers, and a processor writes in place what nobody
/// else holds.
#[derive(Clone, Debug)]
pub struct Table {
    sessions: Arc<[u32]>,
    instruments: Arc<[u32]>,
    columns: Vec<TableColumn>,
}

impl Table {
    /// Rows that ascend by session and, within a session, by instrument.
    ///
    /// # Errors
    ///
    /// If rows don't ascend, a column has another length, or two columns of a group share a name.
    pub fn new(
        sessions: impl Into<Arc<[u32]>>,
        instruments: impl Into<Arc<[u32]>>,
        columns: Vec<TableColumn>,
    ) -> Result<Self, LearnError> {
        let (sessions, instruments) = (sessions.into(), instruments.into());
        let length = |what, found| {
            let expected = sessions.len();
            if found == expected { Ok(()) } else { Err(LearnError::Length { what, expected, found }) }
        };
        length("instruments", instruments.len())?;
        let key = |row: usize| (sessions[row], instruments[row]);
        if let Some(row) = (1..sessions.len()).find(|&row| key(row - 1) >= key(row)) {
            return Err(LearnError::Unsorted { row });
        }
        for (n, column) in columns.iter().enumerate() {
            length("a column", column.values.len())?;
            if columns[..n].iter().any(|other| other.name == column.name && other.group == column.group) {
                return Err(LearnError::DuplicateFeature { name: column.name.to_string() });
            }
        }
        Ok(Self { sessions, instruments, columns })
    }

    /// The session of each row.
    pub fn sessions(&self) -> &[u32] {
        &self.sessions
    }

    /// The instrument of each row.
    pub fn instruments(&self) -> &[u32] {
        &self.instruments
    }

    /// All columns, in their order.
    pub fn columns(&self) -> &[TableColumn] {
        &self.columns
    }

    /// The columns alone, which frees what only the table held.
    pub fn into_columns(self) -> Vec<TableColumn> {
        self.columns
    }

    /// How many rows there are.
    pub fn n_rows(&self) -> usize {
        self.sessions.len()
    }

    /// The columns of a group, in their order.
    pub fn group(&self, group: &str) -> impl Iterator<Item = &TableColumn> {
        self.columns.iter().filter(move |column| &*column.group == group)
    }

    /// The rows of these sessions, ends included: one run, as rows ascend.
    pub fn rows_within(&self, sessions: std::ops::RangeInclusive<u32>) -> Range<usize> {
        let first = self.sessions.partition_point(|session| session < sessions.start());
        let end = self.sessions.partition_point(|session| session <= sessions.end());
        first..end.max(first)
    }

    /// The rows of each session.
    pub fn cross_sections(&self) -> Vec<Range<usize>> {
        let mut first = 0;
        let days = self.sessions.chunk_by(PartialEq::eq).map(|day| {
            let rows = first..first + day.len();
            first = rows.end;
            rows
        });
        days.collect()
    }

    /// The places of a group's columns; of all columns where no group is named.
    ///
    /// # Errors
    ///
    /// If no column has that group.
    pub(super) fn places(&self, group: Option<&str>) -> Result<Vec<usize>, LearnError> {
        let Some(group) = group else { return Ok((0..self.columns.len()).collect()) };
        let is_in = |place: &usize| &*self.columns[*place].group == group;
        let places = (0..self.columns.len()).filter(is_in).collect::<Vec<_>>();
        if places.is_empty() {
            let mut known = self.columns.iter().map(|column| column.group.to_string()).collect::<Vec<_>>();
            known.sort_unstable();
            known.dedup();
            return Err(LearnError::NoGroup { group: group.to_owned(), known: known.join(", ") });
        }
        Ok(places)
    }

    /// Whether one of these columns is stored in eight bytes a number: what is computed of all of them then is, too.
    pub(super) fn is_wide(&self, places: &[usize]) -> bool {
        places.iter().any(|&place| matches!(*self.columns[place].values, Column::F64(_)))
    }

    /// Change these columns, each on its own; the change is told the column's position among `places`, which ascend,
    /// and writes in place what nobody else holds.
    pub(super) fn change(
        mut self,
        places: &[usize],
        change: impl Fn(usize, &mut Arc<Column>) + Sync,
    ) -> Self {
        self.columns.par_iter_mut().enumerate().for_each(|(place, column)| {
            if let Ok(position) = places.binary_search(&place) {
                change(position, &mut column.values);
            }
        });
        self
    }

    /// The rows that are marked.
    pub(super) fn keep_rows(mut self, is_kept: &[bool]) -> Self {
        if is_kept.iter().all(|&is_kept| is_kept) {
            return self;
        }
        let mut first = 0;
        let runs = is_kept.chunk_by(PartialEq::eq).filter_map(|run| {
            let rows = first..first + run.len();
            first = rows.end;
            run[0].then_some(rows)
        });
        let runs = runs.collect::<Vec<_>>();
        let select = |values: &[u32]| runs.iter().flat_map(|run| &values[run.clone()]).copied().collect();
        (self.sessions, self.instruments) = (select(&self.sessions), select(&self.instruments));
        self.columns.par_iter_mut().for_each(|column| {
            let values = match Arc::try_unwrap(std::mem::replace(&mut column.values, EMPTY.clone())) {
                Ok(alone) => alone.into_selected(&runs),
                Err(shared) => shared.select(&runs),
            };
            column.values = Arc::new(values);
        });
        self
    }

    /// The columns that pass.
    pub(super) fn keep_columns(mut self, is_kept: impl Fn(&TableColumn) -> bool) -> Self {
        self.columns.retain(|column| is_kept(column));
        self
    }
}

/// What stands where a column was taken out.
static EMPTY: std::sync::LazyLock<Arc<Column>> =
    std::sync::LazyLock::new(|| Arc::new(Column::F32(Vec::new())));

/// Change the values of each session on their own.
pub(super) fn each_section<T>(values: &mut [T], sessions: &[Range<usize>], change: impl Fn(&mut [T])) {
    for rows in sessions {
        change(&mut values[rows.clone()]);
    }
}
