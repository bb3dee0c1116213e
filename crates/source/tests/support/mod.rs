//! Files made for one test.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use backstaff_source::{Loaded, PanelSource};
use parquet::{arrow::ArrowWriter, file::properties::WriterProperties};
use tempfile::TempDir;

/// A folder that is removed when the test ends.
pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A Parquet file with row groups of so many rows.
    pub(crate) fn parquet(&self, name: &str, group: usize, columns: &[(&str, ArrayRef)]) -> PathBuf {
        let fields = columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let arrays = columns.iter().map(|(_, array)| array.clone()).collect();
        let batch = RecordBatch::try_new(schema.clone(), arrays).unwrap();
        let path = self.path().join(name);
        let properties = WriterProperties::builder().set_max_row_group_row_count(Some(group)).build();
        let mut writer =
            ArrowWriter::try_new(fs::File::create(&path).unwrap(), schema, Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        path
    }
}

/// A column of a panel.
pub(crate) fn values(loaded: &Loaded, name: &str) -> Vec<f64> {
    loaded.panel.field(name).unwrap_or_else(|| panic!("no field {name}")).to_f64()
}

/// The message of the error that a source gives.
pub(crate) fn message(source: &PanelSource) -> String {
    source.load().unwrap_err().to_string()
}

/// Whether both hold the same numbers, NaN being equal to NaN.
pub(crate) fn same(found: &[f64], expected: &[f64]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| a == b || a.is_nan() && b.is_nan())
}
