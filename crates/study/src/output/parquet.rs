//! Tables as Parquet: missing is null there.

use std::{io::Write, path::Path, sync::Arc};

use arrow::{
    array::{
        ArrayRef, Date32Array, DictionaryArray, Float32Array, Float64Array, Int32Array, Int64Array,
        StringArray,
    },
    datatypes::{DataType, Field, Int32Type, Schema},
    record_batch::RecordBatch,
};
use backstaff_panel::{Axis, Column, Session};
use parquet::{
    arrow::{ArrowWriter, arrow_writer::compute_leaves},
    basic::Compression,
    errors::ParquetError,
    file::properties::{EnabledStatistics, WriterProperties},
    schema::types::ColumnPath,
};
use rayon::prelude::*;

use super::{OutputError, atomically};

/// Rows in a row group, so that readers can work in parallel and memory stays bounded.
const ROW_GROUP: usize = 262_144;

/// One column of a table for users.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Numbers; NaN becomes null.
    Numbers(Vec<f64>),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Texts.
    Texts(Vec<String>),
    /// Sessions, as dates.
    Sessions(Vec<Session>),
}

impl Cells {
    fn array(&self) -> ArrayRef {
        match self {
            Self::Numbers(values) => Arc::new(values.iter().map(|&v| present(v)).collect::<Float64Array>()),
            Self::Integers(values) => Arc::new(Int64Array::from(values.clone())),
            Self::Texts(values) => Arc::new(StringArray::from_iter_values(values)),
            Self::Sessions(values) => {
                Arc::new(values.iter().map(|s| Some(s.number())).collect::<Date32Array>())
            }
        }
    }
}

fn present(value: f64) -> Option<f64> {
    (!value.is_nan()).then_some(value)
}

/// Write a table of named columns of equal length.
pub fn write_table(path: &Path, columns: &[(&str, Cells)]) -> Result<(), OutputError> {
    let arrays = columns.iter().map(|(_, cells)| cells.array()).collect::<Vec<_>>();
    let fields = columns
        .iter()
        .zip(&arrays)
        .map(|((name, _), array)| Field::new(*name, array.data_type().clone(), true))
        .collect::<Vec<_>>();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), arrays)
        .map_err(|source| OutputError::Arrow { path: path.to_owned(), source })?;
    atomically(path, |file| write_batches(path, file, &schema, [Ok(batch)].into_iter()))
}

/// Write columns over the rows of an axis: `instrument`, `date`, then the columns, in the order of the axis.
pub fn write_panel(path: &Path, axis: &Axis, columns: &[(String, Arc<Column>)]) -> Result<(), OutputError> {
    let names: ArrayRef = Arc::new(StringArray::from_iter_values(
        axis.instruments().iter().map(backstaff_panel::Instrument::name),
    ));
    let key = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let mut fields = vec![Field::new("instrument", key, false), Field::new("date", DataType::Date32, false)];
    fields.extend(columns.iter().map(|(name, column)| {
        let kind = match **column {
            Column::F32(_) => DataType::Float32,
            Column::F64(_) => DataType::Float64,
        };
        Field::new(name, kind, true)
    }));
    let schema = Arc::new(Schema::new(fields));
    let starts = (0..axis.n_rows()).step_by(ROW_GROUP);
    let batches = starts.map(|start| {
        let rows = start..(start + ROW_GROUP).min(axis.n_rows());
        let (codes, dates) = keys(axis, &rows);
        let failed = |source| OutputError::Arrow { path: path.to_owned(), source };
        let instruments =
            DictionaryArray::<Int32Type>::try_new(Int32Array::from(codes), names.clone()).map_err(failed)?;
        let mut arrays: Vec<ArrayRef> = vec![Arc::new(instruments), Arc::new(Date32Array::from(dates))];
        arrays.extend(columns.iter().map(|(_, column)| slice(column, rows.clone())));
        RecordBatch::try_new(schema.clone(), arrays).map_err(failed)
    });
    atomically(path, |file| write_batches(path, file, &schema, batches))
}

fn keys(axis: &Axis, rows: &std::ops::Range<usize>) -> (Vec<i32>, Vec<i32>) {
    let mut codes = Vec::with_capacity(rows.len());
    let mut dates = Vec::with_capacity(rows.len());
    let mut i = if rows.is_empty() { 0 } else { axis.instrument_of(rows.start) };
    while i < axis.n_instruments() && axis.rows(i).start < rows.end {
        let own = axis.rows(i);
        let cut = own.start.max(rows.start)..own.end.min(rows.end);
        codes.extend(std::iter::repeat_n(i as i32, cut.len()));
        let sessions = &axis.sessions(i)[cut.start - own.start..cut.end - own.start];
        dates.extend(sessions.iter().map(|session| session.number()));
        i += 1;
    }
    (codes, dates)
}

fn slice(column: &Column, rows: std::ops::Range<usize>) -> ArrayRef {
    match column {
        Column::F32(values) => {
            Arc::new(values[rows].iter().map(|&v| (!v.is_nan()).then_some(v)).collect::<Float32Array>())
        }
        Column::F64(values) => Arc::new(values[rows].iter().map(|&v| present(v)).collect::<Float64Array>()),
    }
}

fn write_batches<W: Write + Send>(
    path: &Path,
    file: W,
    schema: &Arc<Schema>,
    batches: impl Iterator<Item = Result<RecordBatch, OutputError>>,
) -> Result<(), OutputError> {
    let failed = |source| OutputError::Parquet { path: path.to_owned(), source };
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_dictionary_enabled(false)
        .set_column_dictionary_enabled(ColumnPath::from("instrument"), true)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by(concat!("backstaff ", env!("CARGO_PKG_VERSION")).to_owned())
        .build();
    let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties)).map_err(failed)?;
    let (mut file, factory) = writer.into_serialized_writer().map_err(failed)?;
    for (group, batch) in batches.enumerate() {
        let batch = batch?;
        let writers = factory.create_column_writers(group).map_err(failed)?;
        // Columns are encoded side by side, and written one after the other.
        let columns = writers.into_par_iter().zip(&schema.fields()[..]).zip(batch.columns());
        let chunks = columns.map(|((mut writer, field), array)| {
            for leaf in compute_leaves(field, array)? {
                writer.write(&leaf)?;
            }
            writer.close()
        });
        let chunks = chunks.collect::<Result<Vec<_>, ParquetError>>().map_err(failed)?;
        let mut row_group = file.next_row_group().map_err(failed)?;
        for chunk in chunks {
            chunk.append_to_row_group(&mut row_group).map_err(failed)?;
        }
        row_group.close().map_err(failed)?;
    }
    file.close().map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Array as _;
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

    #[test]
    fn leaves_nothing_behind_when_it_fails() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing").join("out.parquet");
        assert!(matches!(
            write_table(&path, &[("x", Cells::Integers(vec![1]))]),
            Err(OutputError::Write { .. })
        ));
    }
}
