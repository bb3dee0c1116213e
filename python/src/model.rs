//! Models of the user's own: objects of Python, wrapped by `backstaff/_own.py`, fitted and asked by the engine.

use std::{
    fmt,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use arrow_array::{ArrayRef, Float32Array, Float64Array, RecordBatch};
use arrow_schema::{Field, Schema};
use backstaff_learn::model::{Features, Samples};
use backstaff_panel::{Axis, Column};
use backstaff_study::{
    config::PythonModel,
    own::{FittedModel, Host, OwnModel},
};
use pyo3::{
    prelude::*,
    sync::PyOnceLock,
    types::{PyByteArray, PyBytes},
};

use crate::arrow::Table;

/// The exception that the user's code raised last, for the one that the engine's error becomes.
static RAISED: Mutex<Option<PyErr>> = Mutex::new(None);

/// Takes the exception that the user's code raised last.
pub(crate) fn raised() -> Option<PyErr> {
    RAISED.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// What an exception says, with the lines of the user's code that led to it; it is kept as the cause of the error.
pub(crate) fn told(py: Python<'_>, error: PyErr) -> String {
    let text = || -> PyResult<String> {
        if let Some(traceback) = error.traceback(py) {
            // Before Python 3.12 an exception and its traceback come apart.
            error.value(py).setattr("__traceback__", traceback)?;
        }
        py.import("backstaff._own")?.getattr("told")?.call1((error.value(py),))?.extract()
    };
    let text = text().unwrap_or_else(|_| error.to_string());
    *RAISED.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    text
}

/// A model of the user's own: the wrapper of `backstaff/_own.py`.
pub(crate) struct Own {
    wrapper: Py<PyAny>,
    identity: Vec<(String, String)>,
    notes: Vec<String>,
    form: Form,
}

/// The form in which a model gets the features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// One array of 64-bit numbers, feature by feature.
    Matrix,
    /// A table of Arrow.
    Table,
}

/// A fitted model: an object of Python, and the wrapper that asks it.
struct Fitted {
    wrapper: Py<PyAny>,
    object: Py<PyAny>,
    form: Form,
}

impl Own {
    /// Wrap what `backstaff/_own.py` made.
    pub(crate) fn new(wrapper: &Bound<'_, PyAny>) -> PyResult<Self> {
        let (identity, notes) = wrapper.call_method0("identity")?.extract()?;
        let form = if wrapper.getattr("wants_table")?.extract()? { Form::Table } else { Form::Matrix };
        Ok(Self { wrapper: wrapper.clone().unbind(), identity, notes, form })
    }

    fn fitted(&self, py: Python<'_>, object: Bound<'_, PyAny>) -> Arc<dyn FittedModel> {
        let (wrapper, object) = (self.wrapper.clone_ref(py), object.unbind());
        Arc::new(Fitted { wrapper, object, form: self.form })
    }
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("identity", &self.identity).finish_non_exhaustive()
    }
}

impl fmt::Debug for Fitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fitted").field("form", &self.form).finish_non_exhaustive()
    }
}

impl OwnModel for Own {
    fn identity(&self) -> &[(String, String)] {
        &self.identity
    }

    fn notes(&self) -> &[String] {
        &self.notes
    }

    fn fit(
        &self,
        axis: &Axis,
        train: &Samples<'_>,
        validation: &Samples<'_>,
    ) -> Result<Arc<dyn FittedModel>, String> {
        Python::attach(|py| {
            let samples = |samples: &Samples<'_>| {
                let asked =
                    Asked { axis, features: samples.features(), rows: samples.rows(), form: self.form };
                let targets = numbers(py, samples.targets())?;
                let weights = samples.weights().map(|weights| numbers(py, weights)).transpose()?;
                PyResult::Ok((asked.parts(py)?, targets, weights))
            };
            let fit = || {
                let arguments = (samples(train)?, samples(validation)?);
                self.wrapper.bind(py).call_method1("fit", arguments)
            };
            let fitted = fit().map_err(|error| told(py, error))?;
            Ok(self.fitted(py, fitted))
        })
    }

    fn read(&self, bytes: &[u8]) -> Result<Arc<dyn FittedModel>, String> {
        Python::attach(|py| {
            let read = self.wrapper.bind(py).call_method1("read", (PyBytes::new(py, bytes),));
            let fitted = read.map_err(|error| told(py, error))?;
            Ok(self.fitted(py, fitted))
        })
    }
}

impl FittedModel for Fitted {
    fn predict(&self, axis: &Axis, features: &Features<'_>, rows: &[u32]) -> Result<Vec<f64>, String> {
        Python::attach(|py| {
            let predict = || -> PyResult<Vec<f64>> {
                let parts = Asked { axis, features, rows, form: self.form }.parts(py)?;
                let scores = self.wrapper.bind(py).call_method1("predict", (&self.object, parts))?;
                let scores = scores.cast_into::<PyBytes>()?;
                let (numbers, _) = scores.as_bytes().as_chunks();
                Ok(numbers.iter().copied().map(f64::from_ne_bytes).collect())
            };
            predict().map_err(|error| told(py, error))
        })
    }

    fn importance(&self) -> Vec<f64> {
        Python::attach(|py| {
            let importance = self.wrapper.bind(py).call_method1("importance", (&self.object,));
            // A model that doesn't say what counts is no error.
            importance.and_then(|importance| importance.extract()).unwrap_or_default()
        })
    }

    fn to_bytes(&self) -> Result<Option<Vec<u8>>, String> {
        Python::attach(|py| {
            let bytes = self.wrapper.bind(py).call_method1("keep", (&self.object,));
            bytes.and_then(|bytes| bytes.extract()).map_err(|error| told(py, error))
        })
    }
}

/// Rows that a model gets.
struct Asked<'a> {
    axis: &'a Axis,
    features: &'a Features<'a>,
    rows: &'a [u32],
    form: Form,
}

/// The parts of which `backstaff/_own.py` makes what a model gets: the names of the features, their values, the days of
/// the rows since 1970, the codes and the names of their instruments.
type Parts<'py> =
    (Vec<String>, Bound<'py, PyAny>, Bound<'py, PyByteArray>, Bound<'py, PyByteArray>, Vec<String>);

impl Asked<'_> {
    fn parts<'py>(&self, py: Python<'py>) -> PyResult<Parts<'py>> {
        let Self { axis, features, rows, form } = self;
        let names = features.names().iter().map(|name| (*name).to_owned()).collect();
        let values = match form {
            Form::Matrix => self.matrix(py)?.into_any(),
            Form::Table => Bound::new(py, self.table()?)?.into_any(),
        };
        let place = |&row: &u32| {
            let i = axis.instrument_of(row as usize);
            (i, axis.calendar().session(axis.position_in(i, row as usize)).number())
        };
        let days = bytes(py, rows.len(), rows.iter().map(|row| place(row).1.to_ne_bytes()))?;
        let codes = bytes(py, rows.len(), rows.iter().map(|row| (place(row).0 as u32).to_ne_bytes()))?;
        let instruments = axis.instruments().iter().map(ToString::to_string).collect();
        Ok((names, values, days, codes, instruments))
    }

    /// The values of the rows, one feature after the other, in 64 bits.
    fn matrix<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyByteArray>> {
        let n = self.rows.len();
        let columns = self.features.columns();
        PyByteArray::new_with(py, n * columns.len() * size_of::<f64>(), |room| {
            for (column, room) in columns.iter().zip(room.chunks_exact_mut((n * size_of::<f64>()).max(1))) {
                let (cells, _) = room.as_chunks_mut();
                for (cell, &row) in cells.iter_mut().zip(self.rows) {
                    *cell = column.get(row as usize).to_ne_bytes();
                }
            }
            Ok(())
        })
    }

    /// The same as a table, in the widths in which they are kept; a missing value is null.
    fn table(&self) -> PyResult<Table> {
        let gathered = |column: &Column| -> ArrayRef {
            let present = |value: f64| (!value.is_nan()).then_some(value);
            let values = self.rows.iter().map(|&row| present(column.get(row as usize)));
            match column {
                Column::F32(_) => {
                    Arc::new(values.map(|value| value.map(|value| value as f32)).collect::<Float32Array>())
                }
                Column::F64(_) => Arc::new(values.collect::<Float64Array>()),
            }
        };
        let columns = self.features.columns().iter().map(|column| gathered(column)).collect::<Vec<_>>();
        let fields = self.features.names().iter().zip(&columns);
        let fields = fields.map(|(name, column)| Field::new(*name, column.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(schema.clone(), columns);
        let batch = batch.map_err(|error| crate::error::DataError::new_err(error.to_string()))?;
        Ok(Table { schema, batches: vec![batch] })
    }
}

/// Numbers of one width as an array of bytes that numpy can write to.
fn bytes<const N: usize>(
    py: Python<'_>,
    len: usize,
    numbers: impl Iterator<Item = [u8; N]>,
) -> PyResult<Bound<'_, PyByteArray>> {
    PyByteArray::new_with(py, len * N, |room| {
        let (cells, _) = room.as_chunks_mut();
        cells.iter_mut().zip(numbers).for_each(|(cell, number)| *cell = number);
        Ok(())
    })
}

/// 64-bit numbers as an array of bytes.
fn numbers<'py>(py: Python<'py>, numbers: &[f64]) -> PyResult<Bound<'py, PyByteArray>> {
    bytes(py, numbers.len(), numbers.iter().map(|number| number.to_ne_bytes()))
}

/// Makes the models that files of studies name.
pub(crate) struct Interpreter;

impl Host for Interpreter {
    fn model(&self, name: &str, spec: &PythonModel, folder: &Path) -> Result<Arc<dyn OwnModel>, String> {
        Python::attach(|py| {
            let make = || -> PyResult<Own> {
                let PythonModel { function, parameters, table, keep } = spec;
                let json = |error: serde_json::Error| crate::error::argument(error.to_string());
                let parameters = serde_json::to_string(parameters).map_err(json)?;
                let table = serde_json::to_value(table).map_err(json)?;
                let own = py.import("backstaff._own")?.getattr("from_file")?;
                let made = own.call1((name, folder, function, parameters, table.as_str(), *keep))?;
                Own::new(&made)
            };
            make().map(|own| Arc::new(own) as Arc<dyn OwnModel>).map_err(|error| told(py, error))
        })
    }
}

/// Make the interpreter the host of models that files name; once.
pub(crate) fn be_host(py: Python<'_>) {
    static DONE: PyOnceLock<()> = PyOnceLock::new();
    DONE.get_or_init(py, || backstaff_study::own::set_host(Box::new(Interpreter)));
}
