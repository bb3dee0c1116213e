//! Qlib's models on columns of a table.

use backstaff_learn::{
    LearnError, Threads,
    model::{Boosted, DoubleEnsemble, Features, Linear, Model, Samples, from_text},
    process::{Table, TableColumn},
};
use backstaff_study::{StudyError, on_threads};
use pyo3::{buffer::PyBuffer, prelude::*, types::PyByteArray};
use serde_json::Value;

use super::{numbers, table::QlibTable};
use crate::{
    detached::detached,
    error::{argument, exception},
};

/// A fitted model.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct QlibModel {
    model: Box<dyn Model>,
    /// The metrics of each round, by Qlib's names (`l2.train`, `l2.valid`).
    rounds: Vec<(String, Vec<f64>)>,
    /// The round that counts; 0 for models without rounds.
    best_round: usize,
}

/// Rows of a table: the first one and the one behind the last, and their weights, if they don't all count the same.
type Given<'py> = (PyRef<'py, QlibTable>, usize, usize, Option<PyBuffer<f64>>);

/// The same without Python's part.
struct Rows {
    table: Table,
    numbers: Vec<u32>,
    targets: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Rows {
    fn of(py: Python<'_>, given: Given<'_>) -> PyResult<Self> {
        let (table, first, end, weights) = given;
        let table = table.table.clone();
        if first > end || end > table.n_rows() {
            return Err(argument(format!("there are no rows {first} to {end}")));
        }
        let labels = table.group(TableColumn::LABEL).collect::<Vec<_>>();
        let label = match labels.as_slice() {
            [label] => *label,
            _ => return Err(argument(format!("the model learns one label, and there are {}", labels.len()))),
        };
        let targets = (first..end).map(|row| label.values.get(row)).collect();
        let weights = weights.map(|weights| weights.to_vec(py)).transpose()?;
        let numbers = (first as u32..end as u32).collect();
        Ok(Self { table, numbers, targets, weights })
    }

    fn samples<'a>(&self, features: &'a Features<'a>) -> Result<Samples<'a>, LearnError> {
        match &self.weights {
            None => Samples::new(features, &self.numbers, &self.targets),
            Some(weights) => Samples::weighted(features, &self.numbers, &self.targets, weights),
        }
    }
}

fn features(table: &Table) -> Result<Features<'_>, LearnError> {
    Features::new(table.group(TableColumn::FEATURE).map(|column| (&*column.name, &*column.values)))
}

fn threads_of(n: usize) -> Threads {
    std::num::NonZeroUsize::new(n).map_or(Threads::ONE, Threads::new)
}

/// Fit a model (`LGBModel`, `LinearModel`, `DEnsembleModel`) with keyword arguments, a JSON object, on rows of the group
/// `feature` and one column of the group `label`; other rows end the training early.
#[pyfunction]
pub(crate) fn qlib_fit(
    py: Python<'_>,
    kind: &str,
    kwargs: &str,
    train: Given<'_>,
    valid: Given<'_>,
    threads: usize,
) -> PyResult<QlibModel> {
    let kwargs = serde_json::from_str::<Value>(kwargs).map_err(|error| argument(error.to_string()))?;
    let (train, valid) = (Rows::of(py, train)?, Rows::of(py, valid)?);
    detached(py, |_| on_threads(threads, || Ok(fit(kind, &kwargs, &train, &valid, threads)?)))
}

fn fit(
    class: &str,
    kwargs: &Value,
    train: &Rows,
    valid: &Rows,
    threads: usize,
) -> Result<QlibModel, LearnError> {
    let (of_train, of_valid) = (features(&train.table)?, features(&valid.table)?);
    let (train, valid) = (train.samples(&of_train)?, valid.samples(&of_valid)?);
    let (threads, quiet) = (threads_of(threads), &mut |_| {});
    match class {
        Linear::CLASS => {
            let fit = Linear::from_kwargs(kwargs)?.fit(&train, &valid)?;
            Ok(QlibModel { model: fit.model, rounds: Vec::new(), best_round: 0 })
        }
        DoubleEnsemble::CLASS => {
            let fit = DoubleEnsemble::from_kwargs(kwargs)?.fit(&train, &valid, threads, quiet)?;
            Ok(QlibModel { model: fit.fit.model, rounds: Vec::new(), best_round: 0 })
        }
        _ => {
            let fitted = Boosted::from_kwargs(kwargs)?.fit(&train, &valid, threads, quiet)?;
            let training = fitted.training.iter().map(|metric| ("train", metric));
            let watched = training.chain(fitted.fit.history.metrics.iter().map(|metric| ("valid", metric)));
            let rounds = watched
                .map(|(segment, metric)| (format!("{}.{segment}", metric.name), metric.values.clone()))
                .collect();
            let best_round = fitted.fit.history.best_round;
            Ok(QlibModel { model: fitted.fit.model, rounds, best_round })
        }
    }
}

/// A model from its text.
#[pyfunction]
pub(crate) fn qlib_model(text: &str) -> PyResult<QlibModel> {
    let model = from_text(text).map_err(|error| exception(&StudyError::from(error)))?;
    Ok(QlibModel { model, rounds: Vec::new(), best_round: 0 })
}

#[pymethods]
impl QlibModel {
    /// The scores of rows of the group `feature`, as the bytes of an array.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        table: &QlibTable,
        first: usize,
        end: usize,
        threads: usize,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let rows = (first as u32..end as u32).collect::<Vec<_>>();
        let scores = detached(py, |_| {
            on_threads(threads, || {
                let features = features(&table.table)?;
                Ok::<_, StudyError>(self.model.predict(&features, &rows, threads_of(threads))?)
            })
        })?;
        numbers(py, scores.into_iter())
    }

    /// The model as text.
    fn to_text(&self) -> String {
        self.model.to_text()
    }

    /// The metrics of each round by Qlib's names.
    fn rounds(&self) -> Vec<(String, Vec<f64>)> {
        self.rounds.clone()
    }

    /// The round that counts; 0 for models without rounds.
    fn best_round(&self) -> usize {
        self.best_round
    }

    /// The name of each feature, its gain, the number of its splits.
    fn importance(&self) -> PyResult<Vec<(String, f64, u64)>> {
        let importance = self.model.importance().map_err(|error| exception(&StudyError::from(error)))?;
        Ok(importance.into_iter().map(|of| (of.feature, of.gain, of.n_splits)).collect())
    }
}
