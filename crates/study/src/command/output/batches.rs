//! A table that is written batch by batch, in either form.

use std::{io::Write, path::Path, sync::Arc};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Field, Fields, Schema, SchemaRef};

use super::{Cells, OutputError, atomically, csv, parquet};
use crate::config::Outputs;

/// Write a table of named columns of equal length, whole or not at all. In a CSV file numbers have the fewest digits that
/// give them back to the bit.
///
/// # Errors
///
/// If the file can't be written.
pub fn write_table<N: Into<String>>(
    path: &Path,
    form: Outputs,
    columns: impl IntoIterator<Item = (N, Cells)>,
) -> Result<(), OutputError> {
    let table = Batches::whole(columns.into_iter().map(|(name, cells)| (name.into(), cells)).collect());
    atomically(path, |file| table.write(form, path, file))
}

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

    /// The table as it is held in memory.
    ///
    /// # Errors
    ///
    /// If its columns have different lengths.
    pub(crate) fn record_batches(self) -> Result<(SchemaRef, Vec<RecordBatch>), ArrowError> {
        let mut rows = self.rows.peekable();
        let schema = schema(&self.names, rows.peek().map_or(&[], Vec::as_slice));
        let batch = |cells: Vec<Cells>| {
            RecordBatch::try_new(schema.clone(), cells.iter().map(Cells::array).collect())
        };
        let batches = rows.map(batch).collect::<Result<_, _>>()?;
        Ok((schema, batches))
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

/// The schema of a table with these columns.
pub(super) fn schema(names: &[String], columns: &[Cells]) -> SchemaRef {
    let fields = names.iter().zip(columns).map(|(name, cells)| Field::new(name, cells.kind(), true));
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_back_and_missing_ones_are_empty() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.csv");
        let columns = [
            ("p", Cells::Numbers(vec![0.1 + 0.2, f64::NAN, 1e-300])),
            ("a,b", Cells::Texts(["x", "y\"z", ""].map(str::to_owned).to_vec())),
            ("n", Cells::Integers(vec![1, 2, 3])),
            ("why", Cells::of_texts([Some("b"), None, Some("b")])),
        ];
        write_table(&path, Outputs::Csv, columns).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, "p,\"a,b\",n,why\n0.30000000000000004,x,1,b\n,\"y\"\"z\",2,\n1e-300,,3,b\n");
    }

    #[test]
    fn leaves_nothing_behind_when_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("out.parquet");
        assert!(matches!(
            write_table(&path, Outputs::Parquet, [("x", Cells::Integers(vec![1]))]),
            Err(OutputError::Write { .. })
        ));
    }
}
