//! Rows by session and instrument: from the engine and from frames, and back as the bytes of arrays.

use std::{ops::Range, sync::Arc};

use backstaff_learn::process::{Table, TableColumn};
use backstaff_panel::Column;
use backstaff_study::StudyError;
use pyo3::{
    buffer::PyBuffer,
    prelude::*,
    types::{PyByteArray, PyDict},
};
use rayon::prelude::*;

use super::whole;
use crate::error::{argument, exception};

/// Rows by session and instrument, with columns in groups.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Clone, Debug)]
pub(crate) struct QlibTable {
    pub(super) table: Table,
    /// The names that the numbers of instruments stand for.
    names: Arc<[String]>,
    /// The days that the numbers of sessions stand for.
    days: Arc<[i32]>,
}

impl QlibTable {
    pub(super) fn new(table: Table, names: Vec<String>, days: Vec<i32>) -> Self {
        Self { table, names: names.into(), days: days.into() }
    }

    /// The same rows' numbers, of another table.
    pub(super) fn with(&self, table: Table) -> Self {
        Self { table, names: Arc::clone(&self.names), days: Arc::clone(&self.days) }
    }

    /// The numbers of the sessions in a span of days; none if there is no session.
    pub(super) fn sessions(&self, from: Option<i32>, to: Option<i32>) -> Option<(u32, u32)> {
        let first = from.map_or(0, |from| self.days.partition_point(|&day| day < from));
        let end = to.map_or(self.days.len(), |to| self.days.partition_point(|&day| day <= to));
        (first < end).then(|| (first as u32, end as u32 - 1))
    }

    fn rows(&self, first: usize, end: usize) -> PyResult<Range<usize>> {
        if first > end || end > self.table.n_rows() {
            return Err(argument(format!("there are no rows {first} to {end}")));
        }
        Ok(first..end)
    }
}

fn refused(error: backstaff_learn::LearnError) -> PyErr {
    exception(&StudyError::from(error))
}

#[pymethods]
impl QlibTable {
    /// Rows given by the numbers of their sessions among `days` and of their instruments among `names`, and columns: the
    /// group, the name, one array of 32-bit or 64-bit numbers.
    #[staticmethod]
    fn of(
        py: Python<'_>,
        days: Vec<i32>,
        names: Vec<String>,
        sessions: PyBuffer<u32>,
        instruments: PyBuffer<u32>,
        columns: Vec<(String, String, Bound<'_, PyAny>)>,
    ) -> PyResult<Self> {
        let mut taken = Vec::with_capacity(columns.len());
        for (group, name, values) in columns {
            let values = match PyBuffer::<f32>::get(&values) {
                Ok(values) => Column::F32(values.to_vec(py)?),
                Err(_) => Column::F64(PyBuffer::<f64>::get(&values)?.to_vec(py)?),
            };
            taken.push(TableColumn::new(&group, &name, values));
        }
        let (sessions, instruments) = (sessions.to_vec(py)?, instruments.to_vec(py)?);
        let table = Table::new(sessions, instruments, taken).map_err(refused)?;
        Ok(Self::new(table, names, days))
    }

    /// The group, the name and the width in bytes of each column.
    fn columns(&self) -> Vec<(String, String, u8)> {
        let width = |column: &TableColumn| if matches!(*column.values, Column::F32(_)) { 4 } else { 8 };
        let of = |column: &TableColumn| (column.group.to_string(), column.name.to_string(), width(column));
        self.table.columns().iter().map(of).collect()
    }

    /// The number of rows.
    fn n_rows(&self) -> usize {
        self.table.n_rows()
    }

    /// The first row of a span of days, and the one behind the last.
    fn rows_within(&self, since: Option<i32>, until: Option<i32>) -> (usize, usize) {
        let rows =
            self.sessions(since, until).map_or(0..0, |(first, last)| self.table.rows_within(first..=last));
        (rows.start, rows.end)
    }

    /// Of some rows: the days that there are, the names that there are, and for each row the number of its day and of its
    /// instrument.
    fn index<'py>(&self, py: Python<'py>, first: usize, end: usize) -> PyResult<Bound<'py, PyDict>> {
        let rows = self.rows(first, end)?;
        let found = PyDict::new(py);
        let sessions = self.table.sessions()[rows.clone()].iter().map(|&session| session.cast_signed());
        let instruments = self.table.instruments()[rows].iter().map(|&i| i.cast_signed());
        found.set_item("days", whole(py, self.days.iter().copied())?)?;
        found.set_item("names", self.names.to_vec())?;
        found.set_item("sessions", whole(py, sessions)?)?;
        found.set_item("instruments", whole(py, instruments)?)?;
        Ok(found)
    }

    /// Some columns of the same width in some rows, one column after the other.
    fn values<'py>(
        &self,
        py: Python<'py>,
        places: Vec<usize>,
        first: usize,
        end: usize,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let rows = self.rows(first, end)?;
        let columns = self.table.columns();
        let Some(columns) = places.iter().map(|&place| columns.get(place)).collect::<Option<Vec<_>>>() else {
            return Err(argument("there is no such column".to_owned()));
        };
        let width = if columns.iter().all(|column| matches!(*column.values, Column::F32(_))) { 4 } else { 8 };
        let each = rows.len() * width;
        PyByteArray::new_with(py, columns.len() * each, |room| {
            if each == 0 {
                return Ok(());
            }
            room.par_chunks_exact_mut(each).zip(&columns).for_each(|(room, column)| match &*column.values {
                Column::F32(values) if width == 4 => {
                    let (cells, _) = room.as_chunks_mut::<4>();
                    let pairs = cells.iter_mut().zip(&values[rows.clone()]);
                    pairs.for_each(|(cell, value)| *cell = value.to_ne_bytes());
                }
                values => {
                    let (cells, _) = room.as_chunks_mut::<8>();
                    let pairs = cells.iter_mut().zip(rows.clone());
                    pairs.for_each(|(cell, row)| *cell = values.get(row).to_ne_bytes());
                }
            });
            Ok(())
        })
    }

    /// The columns at these places alone.
    fn select(&self, places: Vec<usize>) -> PyResult<Self> {
        let columns = self.table.columns();
        let columns = places.iter().map(|&place| columns.get(place).cloned()).collect::<Option<Vec<_>>>();
        let columns = columns.ok_or_else(|| argument("there is no such column".to_owned()))?;
        let table = Table::new(self.table.sessions(), self.table.instruments(), columns).map_err(refused)?;
        Ok(self.with(table))
    }
}
