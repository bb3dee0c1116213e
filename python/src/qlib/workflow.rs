//! The file of a workflow as plain values.

use std::path::PathBuf;

use backstaff_qlib::workflow::{Workflow, values};
use pyo3::prelude::*;

use crate::error::{argument, exception};

/// A workflow's file, rendered, laid over its base, as JSON; nothing of it is checked.
#[pyfunction]
pub(crate) fn qlib_workflow(path: PathBuf) -> PyResult<String> {
    let config = values(&path).map_err(|error| exception(&error))?;
    serde_json::to_string(&config).map_err(|error| argument(error.to_string()))
}

/// Fail with all mistakes of a workflow's file and their places, if its classes are all the program's own.
#[pyfunction]
pub(crate) fn qlib_check(path: PathBuf) -> PyResult<()> {
    Workflow::read(&path).map(drop).map_err(|error| exception(&error))
}
