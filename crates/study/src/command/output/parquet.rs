//! Tables as Parquet files, in which a missing value is null.

use std::{io::Write, ops::Range, path::Path, sync::Arc};

use arrow_array::ArrayRef;
use arrow_schema::Schema;
use backstaff_panel::{Axis, Column, Encoding};
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_writer::{ArrowRowGroupWriterFactory, compute_leaves},
    },
    basic::Compression,
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::ColumnPath,
};
use rayon::prelude::*;

use super::{
    Cells, OutputError, PanelForm, atomically,
    batches::schema,
    panel_writer::{PanelFile, PanelWriter},
};

/// The number of rows in a row group: readers can work on several in parallel, and the memory stays bounded.
pub(super) const ROW_GROUP: usize = 262_144;

/// Write a table into an open file, batch by batch; `path` is for messages. The first batch tells the types.
pub(super) fn write_batches(
    path: &Path,
    file: &mut (dyn Write + Send),
    names: &[String],
    batches: impl Iterator<Item = Vec<Cells>>,
) -> Result<(), OutputError> {
    let mut batches = batches.peekable();
    let schema = schema(names, batches.peek().map_or(&[], Vec::as_slice));
    let mut groups = RowGroups::new(path, file, &schema, &Stamped::default())?;
    for batch in batches {
        groups.write(batch.par_iter().map(Cells::array))?;
    }
    groups.close()
}

/// Write columns over the rows of an axis: `instrument`, `date`, then the columns, in the order of the axis.
pub fn write_panel(path: &Path, axis: &Axis, columns: &[(String, Arc<Column>)]) -> Result<(), OutputError> {
    Stamped::default().write_panel(path, axis, columns)
}

/// A way to write files with a mark in their metadata.
#[derive(Default)]
pub(crate) struct Stamped {
    /// The key and the value of the mark.
    pub mark: Option<(&'static str, String)>,
}

impl Stamped {
    /// What [`write_panel`] does, with the mark.
    pub(crate) fn write_panel(
        &self,
        path: &Path,
        axis: &Axis,
        columns: &[(String, Arc<Column>)],
    ) -> Result<(), OutputError> {
        let headers = columns.iter().map(|(name, column)| (name.as_str(), column.encoding()));
        stamped_runs(path, axis, headers, self, |writer| {
            let starts = (0..axis.n_rows()).step_by(ROW_GROUP);
            for start in starts {
                let rows = start..(start + ROW_GROUP).min(axis.n_rows());
                writer
                    .write(rows.clone(), columns.par_iter().map(|(_, column)| (&**column, rows.clone())))?;
            }
            Ok(())
        })
    }
}

pub(super) fn stamped_runs<'a, E: From<OutputError>>(
    path: &Path,
    axis: &Axis,
    columns: impl Iterator<Item = (&'a str, Encoding)>,
    stamped: &Stamped,
    write: impl FnOnce(&mut PanelWriter<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let form = PanelForm::new(axis, columns);
    atomically(path, |file| {
        let groups = RowGroups::new(path, file, form.schema(), stamped)?;
        let mut writer = PanelWriter::new(axis, PanelFile::Parquet(PanelRows { form, groups }));
        write(&mut writer)?;
        Ok(writer.close()?)
    })
}

/// Columns over rows of an axis in a Parquet file, while it is being written.
pub(super) struct PanelRows<'a> {
    form: PanelForm,
    groups: RowGroups<'a>,
}

impl PanelRows<'_> {
    /// Write these rows of the axis.
    pub(super) fn write<'a>(
        &mut self,
        axis: &Axis,
        rows: &Range<usize>,
        columns: impl IndexedParallelIterator<Item = (&'a Column, Range<usize>)>,
    ) -> Result<(), OutputError> {
        self.groups.write(self.form.arrays(axis, rows, columns))
    }

    /// Bring the file to its end.
    pub(super) fn close(self) -> Result<(), OutputError> {
        self.groups.close()
    }
}

/// A Parquet file, while it is being written.
struct RowGroups<'a> {
    path: &'a Path,
    schema: Arc<Schema>,
    factory: ArrowRowGroupWriterFactory,
    file: SerializedFileWriter<&'a mut (dyn Write + Send)>,
    count: usize,
}

impl<'a> RowGroups<'a> {
    fn new(
        path: &'a Path,
        file: &'a mut (dyn Write + Send),
        schema: &Arc<Schema>,
        stamped: &Stamped,
    ) -> Result<Self, OutputError> {
        let mark = stamped.mark.iter().map(|(key, value)| KeyValue::new((*key).to_owned(), value.clone()));
        let marks = mark.collect::<Vec<_>>();
        let mut properties =
            WriterProperties::builder().set_compression(Compression::SNAPPY).set_dictionary_enabled(false);
        // Texts are few and repeated, numbers are many and differ.
        let texts = schema.fields().iter().filter(|field| !field.data_type().is_primitive());
        for field in texts {
            properties =
                properties.set_column_dictionary_enabled(ColumnPath::from(field.name().as_str()), true);
        }
        let properties = properties
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_key_value_metadata((!marks.is_empty()).then_some(marks))
            .set_created_by(concat!("backstaff ", env!("CARGO_PKG_VERSION")).to_owned())
            .build();
        let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties));
        let parts = writer.and_then(ArrowWriter::into_serialized_writer);
        let (file, factory) = parts.map_err(|source| failed(path, source))?;
        Ok(Self { path, schema: schema.clone(), factory, file, count: 0 })
    }

    /// Write a row group: its columns are encoded on all threads, and written one after the other.
    fn write(&mut self, columns: impl IndexedParallelIterator<Item = ArrayRef>) -> Result<(), OutputError> {
        self.write_group(columns).map_err(|source| failed(self.path, source))
    }

    fn write_group(
        &mut self,
        columns: impl IndexedParallelIterator<Item = ArrayRef>,
    ) -> Result<(), ParquetError> {
        let writers = self.factory.create_column_writers(self.count)?;
        let columns = writers.into_par_iter().zip(&self.schema.fields()[..]).zip(columns);
        let chunks = columns.map(|((mut writer, field), array)| {
            for leaf in compute_leaves(field, &array)? {
                writer.write(&leaf)?;
            }
            writer.close()
        });
        let chunks = chunks.collect::<Result<Vec<_>, ParquetError>>()?;
        let mut row_group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut row_group)?;
        }
        row_group.close()?;
        self.count += 1;
        Ok(())
    }

    fn close(self) -> Result<(), OutputError> {
        self.file.close().map(|_| ()).map_err(|source| failed(self.path, source))
    }
}

fn failed(path: &Path, source: ParquetError) -> OutputError {
    OutputError::Parquet { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use backstaff_panel::testing::{MarketSpec, market};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

    #[test]
    fn writes_a_row_for_each_row_and_null_for_missing() {
        let panel = market(MarketSpec::default());
        let close = panel.field("close").unwrap().clone();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.parquet");
        write_panel(&path, panel.axis(), &[("close".to_owned(), close.clone())]).unwrap();
        let file = std::fs::File::open(&path).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let (mut rows, mut nulls) = (0, 0);
        for batch in reader.map(Result::unwrap) {
            rows += batch.num_rows();
            nulls += batch.column_by_name("close").unwrap().null_count();
        }
        assert_eq!(rows, panel.axis().n_rows());
        assert_eq!(nulls, close.to_f64().iter().filter(|v| v.is_nan()).count());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }
}
