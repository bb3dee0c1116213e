//! One table as a Parquet file.

use std::{fs::File, path::Path, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use backstaff_panel::Session;
use backstaff_study::StudyError;
use parquet::arrow::ArrowWriter;

use super::unwritable;

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

/// Columns by name.
pub(super) type Columns = Vec<(String, ArrayRef)>;

pub(super) fn times(sessions: &[Session]) -> ArrayRef {
    let times = sessions.iter().map(|session| i64::from(session.number()) * DAY);
    Arc::new(TimestampNanosecondArray::from_iter_values(times))
}

pub(super) fn numbers(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(values.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect::<Float64Array>())
}

pub(super) fn integers(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

pub(super) fn texts(values: impl IntoIterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// Write one table.
pub(super) fn table(path: &Path, columns: Columns) -> Result<(), StudyError> {
    let field = |(name, array): &(String, ArrayRef)| {
        let kind = match array.data_type() {
            DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Nanosecond, None),
            other => other.clone(),
        };
        Field::new(name, kind, true)
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let fault = |error: &dyn std::fmt::Display| StudyError::Value {
        key: path.display().to_string(),
        message: error.to_string(),
    };
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, array)| array).collect());
    let batch = batch.map_err(|error| fault(&error))?;
    let file = File::create(path).map_err(|source| unwritable(path, source))?;
    let mut writer = ArrowWriter::try_new(file, schema, None).map_err(|error| fault(&error))?;
    writer.write(&batch).map_err(|error| fault(&error))?;
    writer.close().map_err(|error| fault(&error))?;
    Ok(())
}
