//! Frames as files: what a file of the same cells means is what a frame means.

use std::path::{Path, PathBuf};

use backstaff_study::{StudyError, progress::Observer};
use pyo3::prelude::*;

use crate::{
    arrow::{reader, write},
    detached::detached,
    error::DataError,
};

/// Do some work with the file of some data: a path as it is, or a table that speaks Arrow's protocol, which is written
/// into a file that is gone when the work is done. Messages speak of the frame.
///
/// # Errors
///
/// Those of the work; if the data are neither, or the table can't be written.
pub(crate) fn in_file<T: Send>(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    work: impl FnOnce(&Path, &dyn Observer) -> Result<T, StudyError> + Send,
) -> PyResult<T> {
    if let Ok(path) = data.extract::<PathBuf>() {
        return detached(py, |observer| work(&path, observer));
    }
    let reader = reader(data)?;
    let folder = tempfile::tempdir().map_err(|error| DataError::new_err(error.to_string()))?;
    let path = folder.path().join("frame.parquet");
    let done = detached(py, |observer| match write(reader, &path) {
        Ok(()) => work(&path, observer).map(Ok),
        Err(message) => Ok(Err(message)),
    });
    let done = done.map_err(|error| named(py, &error, &path.display().to_string()))?;
    done.map_err(|message| DataError::new_err(format!("the frame: {message}")))
}

/// The same exception, speaking of the frame where it names the file that the frame was written to.
fn named(py: Python<'_>, error: &PyErr, path: &str) -> PyErr {
    let text = error.value(py).to_string();
    if !text.contains(path) {
        return error.clone_ref(py);
    }
    PyErr::from_type(error.get_type(py), text.replace(path, "the frame"))
}
