//! Hidden Markov models in memory: arrays of Python to the engine of regimes, and its numbers back.
//!
//! Numbers come through Python's buffers and go back as bytes in the order of rows, which numpy reads as they are.

use std::time::{Duration, Instant};

use arrow_array::{Array, Float64Array, cast::AsArray, types::Float64Type};
use arrow_cast::cast;
use arrow_schema::DataType;
use backstaff_study::regime::models::{
    CovarianceForm, Covariances, GaussianHmm, Missing, Observations, RegimeError, filter,
    fit::{AscentOptions, FitOptions, Given, Learns, Prior, Ties, ascend, begin},
    inference::likeliest_path,
    score, simulate, smooth,
};
use pyo3::{buffer::PyBuffer, prelude::*, types::PyByteArray};

use crate::{arrow::reader, error::DataError};

/// The time between two questions whether the user has pressed Ctrl-C.
const PATIENCE: Duration = Duration::from_millis(50);

mod class {
    pyo3::import_exception!(backstaff.errors, ModelError);
    pyo3::import_exception!(backstaff.hmm, InvalidData);
    pyo3::import_exception!(backstaff.hmm, InvalidParameter);
}

/// An error as an exception that speaks of the attributes of the class in Python.
fn exception(error: RegimeError) -> PyErr {
    let attribute = |what: &str| {
        let words = what.split(' ').map(|word| match word {
            "start" => "startprob_",
            "transition" => "transmat_",
            "means" => "means_",
            "covariances" => "covars_",
            other => other,
        });
        words.collect::<Vec<_>>().join(" ")
    };
    let error = match error {
        RegimeError::Shape { what, expected, found, states, series } => {
            RegimeError::Shape { what: attribute(&what), expected, found, states, series }
        }
        RegimeError::Probability { what, value } => {
            RegimeError::Probability { what: attribute(&what), value }
        }
        RegimeError::Sum { what, sum } => RegimeError::Sum { what: attribute(&what), sum },
        RegimeError::NotFinite { what, value } => RegimeError::NotFinite { what: attribute(&what), value },
        other => other,
    };
    let told = error.to_string();
    match error {
        RegimeError::Infinite { .. } | RegimeError::Series { .. } | RegimeError::NoSeries => {
            class::InvalidData::new_err(told)
        }
        RegimeError::TooFewObservations { .. }
        | RegimeError::Constant { .. }
        | RegimeError::Scale { .. }
        | RegimeError::Lost { .. } => class::ModelError::new_err(told),
        _ => class::InvalidParameter::new_err(told),
    }
}

/// Numbers as the bytes of an array.
fn bytes<'py>(py: Python<'py>, values: &[f64]) -> Bound<'py, PyByteArray> {
    let bytes = values.iter().flat_map(|value| value.to_ne_bytes()).collect::<Vec<_>>();
    PyByteArray::new(py, &bytes)
}

/// Numbers of states as the bytes of an array of 64-bit integers.
fn state_bytes<'py>(py: Python<'py>, states: &[usize]) -> Bound<'py, PyByteArray> {
    let bytes = states.iter().flat_map(|&state| (state as i64).to_ne_bytes()).collect::<Vec<_>>();
    PyByteArray::new(py, &bytes)
}

/// The numbers of a table that speaks Arrow's protocol, row by row, as bytes; its rows and its columns. What is missing
/// is NaN.
#[pyfunction]
pub(crate) fn numbers<'py>(table: &Bound<'py, PyAny>) -> PyResult<(Bound<'py, PyByteArray>, usize, usize)> {
    let told = |error: arrow_schema::ArrowError| DataError::new_err(error.to_string());
    let reader = reader(table, "X")?;
    let schema = arrow_array::RecordBatchReader::schema(&reader);
    for field in schema.fields() {
        if !(field.data_type().is_numeric() || *field.data_type() == DataType::Null) {
            let (name, kind) = (field.name(), field.data_type());
            return Err(class::InvalidData::new_err(format!(
                "column {name:?} holds {kind}, which are no numbers; leave it out"
            )));
        }
    }
    let width = schema.fields().len();
    let mut values = Vec::new();
    for batch in reader {
        let batch = batch.map_err(told)?;
        let columns = batch.columns().iter().map(|column| cast(column, &DataType::Float64));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(told)?;
        let columns = columns.iter().map(AsArray::as_primitive::<Float64Type>).collect::<Vec<_>>();
        let cell =
            |column: &Float64Array, row| if column.is_null(row) { f64::NAN } else { column.value(row) };
        values.extend(
            (0..batch.num_rows()).flat_map(|row| columns.iter().map(move |column| cell(column, row))),
        );
    }
    let rows = values.len().checked_div(width).unwrap_or(0);
    Ok((bytes(table.py(), &values), rows, width))
}

/// Observations in one sequence or several.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Observed {
    observations: Observations,
    lengths: Vec<usize>,
}

#[pymethods]
impl Observed {
    /// Observations of their numbers row by row, how many a row has, and the lengths of the sequences (all rows are one
    /// without).
    #[new]
    fn new(
        py: Python<'_>,
        values: PyBuffer<f64>,
        width: usize,
        lengths: Option<Vec<usize>>,
    ) -> PyResult<Self> {
        let observations = Observations::from_rows(values.to_vec(py)?, width, Missing::Skip);
        let observations = observations.map_err(exception)?;
        let rows = observations.n_rows();
        let lengths = lengths.unwrap_or_else(|| vec![rows]);
        let sum = lengths.iter().sum();
        if sum != rows {
            return Err(exception(RegimeError::Lengths { sum, rows }));
        }
        if let Some(sequence) = lengths.iter().position(|&length| length == 0) {
            return Err(exception(RegimeError::EmptySequence { sequence }));
        }
        Ok(Self { observations, lengths })
    }

    /// The number of rows in which nothing is missing.
    #[getter]
    fn n_present(&self) -> usize {
        self.observations.n_present()
    }
}

impl Observed {
    /// Some answer about each sequence.
    fn each<T>(
        &self,
        mut answer: impl FnMut(&Observations) -> Result<T, RegimeError>,
    ) -> Result<Vec<T>, RegimeError> {
        if let [_] = self.lengths[..] {
            return Ok(vec![answer(&self.observations)?]);
        }
        let mut behind = 0;
        let of_sequence = |length| {
            behind += length;
            answer(&self.observations.rows(behind - length..behind))
        };
        self.lengths.iter().map(of_sequence).collect()
    }
}

/// How a search goes: what moves, what covariances have in common, what is believed beforehand, when it ends.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Search(AscentOptions);

/// Parameters of priors: of the start, the transitions, the means with their weight, the covariances with theirs.
type PriorParts = (PyBuffer<f64>, PyBuffer<f64>, PyBuffer<f64>, f64, PyBuffer<f64>, f64);

#[pymethods]
impl Search {
    /// A search of its letters of `params`, the kind of covariance, priors, the most iterations and the least gain.
    #[new]
    fn new(
        py: Python<'_>,
        params: &str,
        kind: &str,
        prior: Option<PriorParts>,
        max_iterations: usize,
        tolerance: f64,
    ) -> PyResult<Self> {
        let prior = match prior {
            None => None,
            Some((start, transition, means, means_weight, covariances, covariances_weight)) => Some(Prior {
                start: start.to_vec(py)?,
                transition: transition.to_vec(py)?,
                means: means.to_vec(py)?,
                means_weight,
                covariances: covariances.to_vec(py)?,
                covariances_weight,
            }),
        };
        Ok(Self(AscentOptions {
            learns: Learns {
                start: params.contains('s'),
                transition: params.contains('t'),
                means: params.contains('m'),
                covariances: params.contains('c'),
            },
            ties: match kind {
                "spherical" => Ties::Series,
                "tied" => Ties::States,
                _ => Ties::None,
            },
            prior,
            max_iterations,
            tolerance,
            variance_floor: FitOptions::new(1).variance_floor,
        }))
    }
}

/// The start, the transitions, the means and the covariances as bytes.
type Parameters<'py> =
    (Bound<'py, PyByteArray>, Bound<'py, PyByteArray>, Bound<'py, PyByteArray>, Bound<'py, PyByteArray>);

/// A model.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Hmm(GaussianHmm);

#[pymethods]
impl Hmm {
    /// A model of its parameters; covariances are full, or the diagonals alone.
    #[new]
    fn new(
        py: Python<'_>,
        start: PyBuffer<f64>,
        transition: PyBuffer<f64>,
        means: PyBuffer<f64>,
        covariances: PyBuffer<f64>,
        is_full: bool,
    ) -> PyResult<Self> {
        let covariances = covariances_of(covariances.to_vec(py)?, is_full);
        let model =
            GaussianHmm::new(start.to_vec(py)?, transition.to_vec(py)?, means.to_vec(py)?, covariances);
        model.map(Self).map_err(exception)
    }

    /// A model to begin a search with: what is not given is made from the observations. `made` holds what is added to the
    /// variances that are made, and the seed of random starts.
    #[staticmethod]
    fn begin(
        py: Python<'_>,
        observed: &Observed,
        search: &Search,
        shape: (usize, bool),
        given: [Option<PyBuffer<f64>>; 4],
        made: (f64, u64),
    ) -> PyResult<Self> {
        let (n_states, is_full) = shape;
        let mut parts = given.into_iter().map(|part| part.map(|part| part.to_vec(py)).transpose());
        let mut next = || parts.next().transpose().map(Option::flatten);
        let given = Given {
            start: next()?,
            transition: next()?,
            means: next()?,
            covariances: next()?.map(|values| covariances_of(values, is_full)),
        };
        let form = if is_full { CovarianceForm::Full } else { CovarianceForm::Diagonal };
        let Observed { observations, lengths } = observed;
        let begun = py.detach(|| begin(observations, lengths, (n_states, form), &given, &search.0, made));
        begun.map(Self).map_err(exception)
    }

    /// The model that a search leads to, and the log-likelihoods before its iterations. `watch`, if there is one, is
    /// called with each of them and says whether the search goes on.
    fn ascend(
        &self,
        py: Python<'_>,
        observed: &Observed,
        search: &Search,
        watch: Option<Py<PyAny>>,
    ) -> PyResult<(Self, Vec<f64>)> {
        let mut raised = None;
        let found = py.detach(|| {
            let mut asked = Instant::now();
            let mut goes_on = |log_likelihood: f64| {
                if watch.is_none() && asked.elapsed() < PATIENCE {
                    return true;
                }
                asked = Instant::now();
                let answer = Python::attach(|py| {
                    py.check_signals()?;
                    watch.as_ref().map_or(Ok(true), |watch| watch.call1(py, (log_likelihood,))?.extract(py))
                });
                answer.unwrap_or_else(|error| {
                    raised = Some(error);
                    false
                })
            };
            ascend(&observed.observations, &observed.lengths, &self.0, &search.0, &mut goes_on)
        });
        if let Some(raised) = raised {
            return Err(raised);
        }
        let found = found.map_err(exception)?;
        Ok((Self(found.model), found.history))
    }

    /// The model with its states in canonical order.
    fn ordered(&self) -> Self {
        Self(self.0.reordered(&self.0.canonical_order()))
    }

    /// The parameters of the model.
    fn parameters<'py>(&self, py: Python<'py>) -> Parameters<'py> {
        let model = &self.0;
        let states = 0..model.n_states();
        let transition = states.clone().flat_map(|state| model.transition(state)).copied();
        let means = states.flat_map(|state| model.means(state)).copied();
        (
            bytes(py, model.start()),
            bytes(py, &transition.collect::<Vec<_>>()),
            bytes(py, &means.collect::<Vec<_>>()),
            bytes(py, model.covariances().values()),
        )
    }

    /// The log-likelihood of observations.
    fn score(&self, py: Python<'_>, observed: &Observed) -> PyResult<f64> {
        let scores = py.detach(|| observed.each(|sequence| score(&self.0, sequence)));
        Ok(scores.map_err(exception)?.iter().sum())
    }

    /// The log-likelihood, and the probabilities of the states at each row: by the rows up to it, or by all.
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        observed: &Observed,
        is_causal: bool,
    ) -> PyResult<(f64, Bound<'py, PyByteArray>)> {
        let mut values = Vec::with_capacity(observed.observations.n_rows() * self.0.n_states());
        let done = py.detach(|| {
            observed.each(|sequence| {
                if is_causal {
                    let regimes = filter(&self.0, sequence)?;
                    (0..regimes.n_rows()).for_each(|t| values.extend_from_slice(regimes.row(t)));
                    Ok(regimes.log_likelihood())
                } else {
                    let regimes = smooth(&self.0, sequence)?;
                    (0..regimes.n_rows()).for_each(|t| values.extend_from_slice(regimes.row(t)));
                    Ok(regimes.log_likelihood())
                }
            })
        });
        let log_likelihood = done.map_err(exception)?.iter().sum();
        Ok((log_likelihood, bytes(py, &values)))
    }

    /// The likeliest path of states, and the logarithm of its density together with the observations.
    fn path<'py>(&self, py: Python<'py>, observed: &Observed) -> PyResult<(f64, Bound<'py, PyByteArray>)> {
        let paths = py.detach(|| observed.each(|sequence| likeliest_path(&self.0, sequence)));
        let paths = paths.map_err(exception)?;
        let log_density = paths.iter().map(|(_, log_density)| log_density).sum();
        let states = paths.into_iter().flat_map(|(states, _)| states).collect::<Vec<_>>();
        Ok((log_density, state_bytes(py, &states)))
    }

    /// Observations drawn from the model, and their states.
    fn sample<'py>(
        &self,
        py: Python<'py>,
        n_rows: usize,
        seed: u64,
    ) -> (Bound<'py, PyByteArray>, Bound<'py, PyByteArray>) {
        let (states, drawn) = py.detach(|| simulate(&self.0, n_rows, seed));
        let rows = (0..n_rows).filter_map(|t| drawn.row(t)).flatten().copied();
        (bytes(py, &rows.collect::<Vec<_>>()), state_bytes(py, &states))
    }

    /// The share of time that the chain spends in each state.
    fn stationary<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        bytes(py, &self.0.stationary())
    }
}

fn covariances_of(values: Vec<f64>, is_full: bool) -> Covariances {
    if is_full { Covariances::Full(values) } else { Covariances::Diagonal(values) }
}
