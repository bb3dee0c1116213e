//! A table that is written batch by batch, in either form.

use std::{io::Write, path::Path};

use super::{Cells, OutputError, csv, parquet};
use crate::config::Outputs;

/// A table as its names and its rows, which need not be in memory all at once.
pub(crate) struct Batches<'a> {
    /// The names of the columns.
    pub names: Vec<String>,
    /// Runs of rows in order, at least one; each has a column for every name.
    pub rows: Box<dyn Iterator<Item = Vec<Cells>> + 'a>,
}

impl Batches<'_> {
    /// The number of rows that are best written at a time.
    pub(crate) const ROWS: usize = parquet::ROW_GROUP;

    /// A table that is in memory.
    pub(crate) fn whole(columns: Vec<(String, Cells)>) -> Self {
        let (names, cells) = columns.into_iter().unzip();
        Self { names, rows: Box::new(std::iter::once(cells)) }
    }

    /// Write the table into an open file; `path` is for messages.
    pub(crate) fn write(
        self,
        form: Outputs,
        path: &Path,
        file: &mut (dyn Write + Send),
    ) -> Result<(), OutputError> {
        match form {
            Outputs::Parquet => parquet::write_batches(path, file, &self.names, self.rows),
            Outputs::Csv => csv::write_batches(path, file, &self.names, self.rows),
        }
    }
}
