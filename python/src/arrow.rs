//! Tables in and out, through the C interface that Arrow's libraries share (the `PyCapsule` protocol).

use std::{
    ffi::CStr,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{
    RecordBatch, RecordBatchIterator, RecordBatchReader,
    ffi_stream::{ArrowArrayStreamReader, FFI_ArrowArrayStream},
};
use arrow_cast::{
    cast,
    display::{ArrayFormatter, FormatOptions},
};
use arrow_schema::{DataType, Fields, Schema, SchemaRef, ffi::FFI_ArrowSchema};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::Compression,
    file::properties::{EnabledStatistics, WriterProperties},
};
use pyo3::{exceptions::PyException, prelude::*, types::PyCapsule};

use crate::{error::DataError, frame::check};

/// The name of a capsule that holds a stream of batches.
const STREAM: &CStr = c"arrow_array_stream";
/// The name of a capsule that holds a schema.
const SCHEMA: &CStr = c"arrow_schema";

/// A table in memory, for whoever reads Arrow.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Table {
    pub schema: SchemaRef,
    pub batches: Vec<RecordBatch>,
}

#[pymethods]
impl Table {
    /// The table as a stream of Arrow's record batches, without a copy.
    #[pyo3(signature = (requested_schema = None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A wish that one may refuse: who asks casts the table for itself.
        let _ = requested_schema;
        let batches = self.batches.clone().into_iter().map(Ok);
        let reader = RecordBatchIterator::new(batches, self.schema.clone());
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, STREAM)
    }

    /// The types of the table's columns.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        let schema = FFI_ArrowSchema::try_from(&*self.schema);
        let schema = schema.map_err(|error| DataError::new_err(error.to_string()))?;
        PyCapsule::new_with_value(py, schema, SCHEMA)
    }

    /// The number of rows.
    #[getter]
    fn num_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The names of the columns, in order.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The first rows as texts.
    fn head(&self, count: usize) -> PyResult<Vec<Vec<String>>> {
        let told = |error: arrow_schema::ArrowError| DataError::new_err(error.to_string());
        let options = FormatOptions::default().with_null("–");
        let mut rows = Vec::new();
        for batch in &self.batches {
            let columns = batch.columns().iter().map(|column| ArrayFormatter::try_new(column, &options));
            let columns = columns.collect::<Result<Vec<_>, _>>().map_err(told)?;
            let wanted = batch.num_rows().min(count - rows.len());
            rows.extend(
                (0..wanted).map(|row| columns.iter().map(|cells| cells.value(row).to_string()).collect()),
            );
        }
        Ok(rows)
    }
}

/// Read a table that a run has written as Parquet.
#[pyfunction]
pub(crate) fn read_parquet(path: PathBuf) -> PyResult<Table> {
    let told = |error: &dyn std::error::Error| DataError::new_err(format!("{}: {error}", path.display()));
    let file = std::fs::File::open(&path).map_err(|error| told(&error))?;
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(file).and_then(ParquetRecordBatchReaderBuilder::build);
    let reader = reader.map_err(|error| told(&error))?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(|error| told(&error))?;
    Ok(Table { schema, batches })
}

/// Write a table of another library as Parquet.
#[pyfunction]
pub(crate) fn write_parquet(table: &Bound<'_, PyAny>, path: PathBuf) -> PyResult<()> {
    let reader = reader(table, "the frame")?;
    check(&reader.schema()).map_err(|fault| DataError::new_err(format!("the frame {fault}")))?;
    write(reader, &path).map_err(|message| DataError::new_err(format!("the frame: {message}")))
}

/// A table of another library, batch by batch.
///
/// # Errors
///
/// If the object does not speak Arrow's protocol, or has no columns; messages call it `called`.
pub(crate) fn reader(table: &Bound<'_, PyAny>, called: &str) -> PyResult<ArrowArrayStreamReader> {
    let refused =
        |error: &dyn std::fmt::Display| DataError::new_err(format!("{called} gives no table: {error}"));
    let capsule = table.call_method0("__arrow_c_stream__").map_err(|error| {
        // A library that says no has a reason; what stops the program is no such answer.
        if error.is_instance_of::<PyException>(table.py()) {
            refused(&error.value(table.py()))
        } else {
            error
        }
    })?;
    let capsule =
        capsule.cast_into::<PyCapsule>().map_err(|_| refused(&"__arrow_c_stream__ gave no capsule"))?;
    let stream = capsule
        .pointer_checked(Some(STREAM))
        .map_err(|error| refused(&error))?
        .cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds a stream by the protocol; it is taken out of it, and what stays there says
    // that nothing is left to release.
    #[expect(unsafe_code, reason = "the protocol hands over a pointer")]
    let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr()) };
    ArrowArrayStreamReader::try_new(stream).map_err(|error| refused(&error))
}

/// Write a table into a file, as plain as Parquet can be: the file is read once.
///
/// # Errors
///
/// If a column has a type that Parquet doesn't know, or the file can't be written.
fn write(reader: ArrowArrayStreamReader, path: &Path) -> Result<(), String> {
    let told = |error: &dyn std::error::Error| error.to_string();
    let properties = WriterProperties::builder()
        .set_compression(Compression::UNCOMPRESSED)
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::None);
    let file = std::fs::File::create(path).map_err(|error| told(&error))?;
    let schema = writable(&reader.schema());
    let writer = ArrowWriter::try_new(file, schema.clone(), Some(properties.build()));
    let mut writer = writer.map_err(|error| told(&error))?;
    for batch in reader {
        let batch = batch.map_err(|error| told(&error))?;
        let columns = batch.columns().iter().zip(schema.fields());
        let columns = columns.map(|(column, field)| cast(column, field.data_type()));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(|error| told(&error))?;
        let batch = RecordBatch::try_new(schema.clone(), columns).map_err(|error| told(&error))?;
        writer.write(&batch).map_err(|error| told(&error))?;
    }
    writer.close().map(|_| ()).map_err(|error| told(&error))
}

/// The schema with the types that Parquet's writer takes: of dictionaries those of texts.
fn writable(schema: &Schema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Dictionary(key, values) => match **values {
                DataType::Utf8 | DataType::LargeUtf8 => field.data_type().clone(),
                DataType::Utf8View => DataType::Dictionary(key.clone(), Box::new(DataType::Utf8)),
                _ => (**values).clone(),
            },
            kind => kind.clone(),
        };
        Arc::new(field.as_ref().clone().with_data_type(kind))
    });
    Arc::new(Schema::new(fields.collect::<Fields>()))
}
