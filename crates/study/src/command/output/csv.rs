//! Tables as CSV files, in which a missing value is an empty cell.

use std::{io::Write, path::Path};

use super::{Cells, OutputError};

/// Write a table into an open file, batch by batch; `path` is for messages.
pub(super) fn write_batches(
    path: &Path,
    file: &mut (dyn Write + Send),
    names: &[String],
    batches: impl Iterator<Item = Vec<Cells>>,
) -> Result<(), OutputError> {
    let mut rows = Rows::new(path, file, names)?;
    for batch in batches {
        let n = batch.first().map_or(0, Cells::len);
        for row in 0..n {
            rows.write(batch.iter().map(|cells| cells.text(row)))?;
        }
    }
    rows.close()
}

/// The rows of a CSV file, while it is being written.
pub(super) struct Rows<'a> {
    path: &'a Path,
    table: csv::Writer<&'a mut (dyn Write + Send)>,
}

impl<'a> Rows<'a> {
    /// Begin with the names of the columns; `path` is for messages.
    pub(super) fn new(
        path: &'a Path,
        file: &'a mut (dyn Write + Send),
        names: &[String],
    ) -> Result<Self, OutputError> {
        let mut rows = Self { path, table: csv::Writer::from_writer(file) };
        rows.write(names)?;
        Ok(rows)
    }

    /// Write one row.
    pub(super) fn write<T: AsRef<[u8]>>(
        &mut self,
        cells: impl IntoIterator<Item = T>,
    ) -> Result<(), OutputError> {
        self.table.write_record(cells).map_err(|source| self.failed(source.into()))
    }

    /// Bring the last rows into the file.
    pub(super) fn close(mut self) -> Result<(), OutputError> {
        self.table.flush().map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> OutputError {
        OutputError::Write { path: self.path.to_owned(), source }
    }
}
