//! Prices in memory, and what is computed from them.

use std::path::PathBuf;

use backstaff_study::{compute, config, progress::Observer};
use pyo3::prelude::*;

use crate::{
    arrow::Table,
    detached::detached,
    error::{argument, exception},
    form::form,
    frame::{Called, Data, own_columns, with_data},
};

/// A table, entries that were left out with the reasons, warnings.
type Computed = (Table, Vec<(String, String)>, Vec<String>);

/// Prices that were read.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Prices {
    prices: compute::Prices,
    called: Vec<Called>,
}

/// Read prices from a file or folder, a database of a layout (one that ships, or a file), or from a table that speaks
/// Arrow's protocol; `keywords` is a JSON object that says its form.
#[pyfunction]
pub(crate) fn read(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    layout: (Option<String>, Option<PathBuf>),
    facts: Option<PathBuf>,
    keywords: &str,
    threads: usize,
) -> PyResult<Prices> {
    let form = form(keywords)?;
    let tables =
        config::layout(layout.0.as_deref(), layout.1.as_deref()).map_err(|error| exception(&error))?;
    let data = [Data::of(py, data, "the frame")?];
    let read = |_: &dyn Observer| {
        compute::Prices::read(data[0].place(), tables.as_ref(), facts.as_deref(), &form, threads)
    };
    let prices = with_data(py, &data, read)?;
    Ok(Prices { prices, called: vec![data[0].called()] })
}

#[pymethods]
impl Prices {
    /// How the files were understood: a JSON object.
    fn found(&self) -> PyResult<String> {
        let text = serde_json::to_string(self.prices.found()).map_err(|error| argument(error.to_string()))?;
        Ok(self.called.iter().fold(text, |text, called| called.name(text)))
    }

    /// What a user of the prices should know.
    fn warnings(&self) -> Vec<String> {
        self.prices.warnings().iter().map(|warning| self.told(warning)).collect()
    }

    /// The names of the fields that expressions may use.
    fn fields(&self) -> Vec<&str> {
        self.prices.fields()
    }

    /// The number of rows.
    fn num_rows(&self) -> usize {
        self.prices.n_rows()
    }

    /// The same prices, and the columns of a file, or of a table that speaks Arrow's protocol, joined to them by date and
    /// instrument; `keywords` is a JSON object that says its form.
    fn with_columns(
        &self,
        py: Python<'_>,
        columns: &Bound<'_, PyAny>,
        keywords: String,
        threads: usize,
    ) -> PyResult<Self> {
        let mut data = Vec::new();
        let own = own_columns(py, vec![(columns.clone(), keywords)], &mut data)?;
        let prices = with_data(py, &data, |_| self.prices.with_columns(&own, threads))?;
        let called = self.called.iter().cloned().chain([data[0].called()]).collect();
        Ok(Self { prices, called })
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
            self.prices.compute(&features, &libraries, file.as_deref(), threads, observer)
        });
        let compute::Table { schema, batches, left_out, warnings } = computed?;
        let warnings = warnings.iter().map(|warning| self.told(warning)).collect();
        Ok((Table { schema, batches }, left_out, warnings))
    }
}

impl Prices {
    /// A warning that speaks of frames.
    fn told(&self, warning: &str) -> String {
        self.called.iter().fold(warning.to_owned(), |text, called| called.tell(text))
    }
}
