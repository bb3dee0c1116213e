//! Columns over the rows of an axis, written run by run in either form.

use std::{ops::Range, path::Path};

use backstaff_panel::{Axis, Column, Encoding};
use rayon::prelude::*;

use super::{
    OutputError, atomically, cells,
    csv::Rows,
    parquet::{PanelRows, ROW_GROUP, Stamped, stamped_runs},
};
use crate::config::Outputs;

/// A file with columns over the rows of an axis, while it is being written.
#[expect(missing_debug_implementations, reason = "the writer of Parquet has none")]
pub struct PanelWriter<'a> {
    axis: &'a Axis,
    file: PanelFile<'a>,
}

/// The file in its form.
pub(super) enum PanelFile<'a> {
    Parquet(PanelRows<'a>),
    Csv(Rows<'a>),
}

/// Write columns that are never in memory as a whole: `instrument`, `date`, then the columns; `write` hands over one run
/// of rows after the other, in the order of the axis.
pub fn write_runs<'a, E: From<OutputError>>(
    path: &Path,
    form: Outputs,
    axis: &Axis,
    columns: impl Iterator<Item = (&'a str, Encoding)>,
    write: impl FnOnce(&mut PanelWriter<'_>) -> Result<(), E>,
) -> Result<(), E> {
    match form {
        Outputs::Parquet => stamped_runs(path, axis, columns, &Stamped::default(), write),
        Outputs::Csv => {
            let names = ["instrument", "date"].into_iter().chain(columns.map(|(name, _)| name));
            let names = names.map(str::to_owned).collect::<Vec<_>>();
            atomically(path, |file| {
                let mut writer = PanelWriter::new(axis, PanelFile::Csv(Rows::new(path, file, &names)?));
                write(&mut writer)?;
                Ok(writer.close()?)
            })
        }
    }
}

impl<'a> PanelWriter<'a> {
    /// The number of rows that are best written at a time.
    pub const ROWS: usize = ROW_GROUP;

    pub(super) fn new(axis: &'a Axis, file: PanelFile<'a>) -> Self {
        Self { axis, file }
    }

    /// Write the next rows of the axis; each column comes with the range that these rows have in it.
    pub fn write<'b>(
        &mut self,
        rows: Range<usize>,
        columns: impl IndexedParallelIterator<Item = (&'b Column, Range<usize>)>,
    ) -> Result<(), OutputError> {
        match &mut self.file {
            PanelFile::Parquet(file) => file.write(self.axis, &rows, columns),
            PanelFile::Csv(file) => write_lines(file, self.axis, &rows, &columns.collect::<Vec<_>>()),
        }
    }

    pub(super) fn close(self) -> Result<(), OutputError> {
        match self.file {
            PanelFile::Parquet(file) => file.close(),
            PanelFile::Csv(file) => file.close(),
        }
    }
}

fn write_lines(
    file: &mut Rows<'_>,
    axis: &Axis,
    rows: &Range<usize>,
    columns: &[(&Column, Range<usize>)],
) -> Result<(), OutputError> {
    let mut i = if rows.is_empty() { 0 } else { axis.instrument_of(rows.start) };
    for row in rows.clone() {
        while axis.rows(i).end <= row {
            i += 1;
        }
        let name = axis.instruments()[i].name().to_owned();
        let session = axis.sessions(i)[row - axis.rows(i).start].to_string();
        let value = |(column, own): &(&Column, Range<usize>)| match column {
            Column::F32(values) => cells::short(values[own.start + row - rows.start]),
            Column::F64(values) => cells::number(values[own.start + row - rows.start]),
        };
        file.write([name, session].into_iter().chain(columns.iter().map(value)))?;
    }
    Ok(())
}
