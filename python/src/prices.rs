//! Prices in memory, and what is computed from them.

use std::path::PathBuf;

use backstaff_study::compute;
use pyo3::prelude::*;

use crate::{arrow::Table, detached::detached, error::argument, form::form, frame::in_file};

/// A table, entries that were left out with the reasons, warnings.
type Computed = (Table, Vec<(String, String)>, Vec<String>);

/// Prices that were read.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Prices(compute::Prices);

/// Read prices from a file or folder, or from a table that speaks Arrow's protocol; `keywords` is a JSON object that says
/// its form.
#[pyfunction]
pub(crate) fn read(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    facts: Option<PathBuf>,
    keywords: &str,
    threads: usize,
) -> PyResult<Prices> {
    let form = form(keywords)?;
    let read = in_file(py, data, |path, _| compute::Prices::read(path, facts.as_deref(), &form, threads));
    read.map(Prices)
}

#[pymethods]
impl Prices {
    /// How the files were understood: a JSON object.
    fn found(&self) -> PyResult<String> {
        serde_json::to_string(self.0.found()).map_err(|error| argument(error.to_string()))
    }

    /// What a user of the prices should know.
    fn warnings(&self) -> Vec<String> {
        self.0.warnings().to_vec()
    }

    /// The names of the fields that expressions may use.
    fn fields(&self) -> Vec<&str> {
        self.0.fields()
    }

    /// The number of rows.
    fn num_rows(&self) -> usize {
        self.0.n_rows()
    }

    /// Compute features, given by name and expression, and libraries: the table, what of the libraries was left out and
    /// why, and what a user of the table should know.
    fn compute(
        &self,
        py: Python<'_>,
        features: Vec<(String, String)>,
        libraries: Vec<String>,
        file: Option<PathBuf>,
        threads: usize,
    ) -> PyResult<Computed> {
        let computed = detached(py, |observer| {
            self.0.compute(&features, &libraries, file.as_deref(), threads, observer)
        });
        let compute::Table { schema, batches, left_out, warnings } = computed?;
        Ok((Table { schema, batches }, left_out, warnings))
    }
}
