//! Processors of Qlib's by their names.

use backstaff_learn::process::{self, Processor};
use backstaff_study::{StudyError, on_threads};
use pyo3::prelude::*;
use serde_json::{Map, Value};

use super::table::QlibTable;
use crate::{
    detached::detached,
    error::{argument, exception},
};

/// A processor, which may be fitted.
#[pyclass(module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct QlibProcessor {
    class: String,
    kwargs: Map<String, Value>,
    processor: Box<dyn Processor>,
    threads: usize,
}

/// A processor whose dates are the numbers of sessions.
const BY_DATE: &str = "TimeRangeFlt";

#[pymethods]
impl QlibProcessor {
    /// The processor of a class with keyword arguments, a JSON object.
    #[new]
    fn new(name: String, kwargs: &str, threads: usize) -> PyResult<Self> {
        let kwargs = serde_json::from_str::<Map<String, Value>>(kwargs);
        let kwargs = kwargs.map_err(|error| argument(error.to_string()))?;
        let at_once = if name == BY_DATE { Map::new() } else { kwargs.clone() };
        let made = process::make(&name, &at_once.into());
        let processor = made.map_err(|error| exception(&StudyError::from(error)))?;
        Ok(Self { class: name, kwargs, processor, threads })
    }

    /// Whether rows that are predicted for may pass through it.
    fn is_for_inference(&self) -> bool {
        self.processor.is_for_inference()
    }

    /// Whether it must be fitted first.
    fn needs_fit(&self) -> bool {
        self.processor.needs_fit()
    }

    /// Learn from the rows of a span of days.
    fn fit(
        &mut self,
        py: Python<'_>,
        table: &QlibTable,
        since: Option<i32>,
        until: Option<i32>,
    ) -> PyResult<()> {
        let Some((first, last)) = table.sessions(since, until) else {
            let message = format!("{}: there is no row in the dates that it is fitted on", self.class);
            return Err(argument(message));
        };
        let (processor, threads) = (&mut self.processor, self.threads);
        detached(py, move |_| on_threads(threads, || Ok(processor.fit(&table.table, first..=last)?)))
    }

    /// What becomes of a table. For a range of dates, `since` and `until` are its ends.
    fn apply(
        &self,
        py: Python<'_>,
        table: &QlibTable,
        since: Option<i32>,
        until: Option<i32>,
    ) -> PyResult<QlibTable> {
        let dated = (self.class == BY_DATE).then(|| {
            let (first, last) = table.sessions(since, until).unwrap_or((u32::MAX, 0));
            let mut kwargs = self.kwargs.clone();
            kwargs.insert("start_time".to_owned(), first.into());
            kwargs.insert("end_time".to_owned(), last.into());
            process::make(&self.class, &kwargs.into())
        });
        let dated = dated.transpose().map_err(|error| exception(&StudyError::from(error)))?;
        let processor = dated.as_ref().unwrap_or(&self.processor);
        let changed =
            detached(py, |_| on_threads(self.threads, || Ok(processor.apply(table.table.clone())?)))?;
        Ok(table.with(changed))
    }
}
