//! Errors as Python's exceptions; their classes stand in `backstaff/errors.py`.

use backstaff_study::{ErrorKind, StudyError};
use pyo3::prelude::*;

pub(crate) use self::class::DataError;
use crate::model::raised;

/// The classes of the package.
mod class {
    pyo3::import_exception!(backstaff.errors, DataError);
    pyo3::import_exception!(backstaff.errors, Error);
    pyo3::import_exception!(backstaff.errors, ExpressionError);
    pyo3::import_exception!(backstaff.errors, ModelError);
    pyo3::import_exception!(backstaff.errors, StoreError);
    pyo3::import_exception!(backstaff.errors, StudyError);
}

/// An error as the exception of its kind, with the text that the command line says.
pub(crate) fn exception(error: &StudyError) -> PyErr {
    let told = backstaff::told(error);
    // A study that is a mapping has no path that could be named.
    let told = told.strip_prefix(": ").map_or_else(|| told.clone(), str::to_owned);
    if let Some(fault) = error.expression() {
        let place = fault.span();
        // Python counts characters.
        let characters = |byte: usize| fault.text()[..byte].chars().count();
        let span = (characters(place.start), characters(place.end));
        return class::ExpressionError::new_err((
            told,
            fault.feature().to_owned(),
            fault.text().to_owned(),
            span,
        ));
    }
    match error.kind() {
        _ if matches!(error, StudyError::Own { .. }) => {
            let error = class::ModelError::new_err(told);
            // Its traceback leads into the user's code.
            Python::attach(|py| error.set_cause(py, raised()));
            error
        }
        _ if matches!(error, StudyError::Learn(error) if error.is_about_model()) => {
            class::ModelError::new_err(told)
        }
        ErrorKind::Study => class::StudyError::new_err(told),
        ErrorKind::Data => class::DataError::new_err(told),
        ErrorKind::Store => class::StoreError::new_err(told),
        ErrorKind::Interrupted | ErrorKind::Other => class::Error::new_err(told),
    }
}

/// A mistake in the arguments of a call.
pub(crate) fn argument(message: String) -> PyErr {
    class::StudyError::new_err(message)
}
