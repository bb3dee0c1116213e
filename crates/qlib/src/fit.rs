//! The model of a workflow: fitted on the training segment, asked for the test segment.

use backstaff_learn::{
    model::{Boosted, DoubleEnsemble, Features, Linear, Model as Fitted, Progress, Samples},
    process::{Table, TableColumn},
};
use backstaff_lightgbm::Threads;
use backstaff_panel::Column;
use backstaff_study::StudyError;
use serde_json::{Value, json};

use crate::{
    analysis::Series,
    dataset::{Dataset, Rows},
    workflow::Model,
};

/// A fitted model and how the fit went.
#[derive(Debug)]
pub struct FittedModel {
    /// The model.
    pub model: Box<dyn Fitted>,
    /// The metrics of each round on both segments, by Qlib's names (`l2.train`, `l2.valid`).
    pub rounds: Vec<(String, Vec<f64>)>,
    /// The round that counts; 0 for models without rounds.
    pub best_round: usize,
    /// The number of rows that were fitted on.
    pub n_train: usize,
}

/// Fit a model on the segment `train`, with `valid` for early stopping.
///
/// # Errors
///
/// If there is no training row, several labels, or an argument is wrong.
pub fn fit(
    model: &Model,
    dataset: &Dataset,
    threads: usize,
    on_progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<FittedModel, StudyError> {
    let table = dataset.rows(Rows::Learn);
    let label = label(table)?;
    let features = features(table)?;
    let segment = |name: &str| {
        let rows =
            if dataset.segments.contains_key(name) { dataset.segment(name, Rows::Learn)? } else { 0..0 };
        let numbers = rows.map(|row| row as u32).collect::<Vec<_>>();
        let targets = numbers.iter().map(|&row| label.values.get(row as usize)).collect::<Vec<_>>();
        Ok::<_, StudyError>(Samples::new(&features, &numbers, &targets)?)
    };
    let (train, valid) = (segment("train")?, segment("valid")?);
    if train.is_empty() {
        let message =
            "has no row with a label after the processors; begin it earlier, or leave a processor out"
                .to_owned();
        return Err(StudyError::Value { key: "task.dataset.kwargs.segments.train".to_owned(), message });
    }
    let wrong = |error: backstaff_learn::LearnError| StudyError::Value {
        key: "task.model".to_owned(),
        message: error.to_string(),
    };
    let n_train = train.len();
    match model {
        Model::LightGbm { parameters, rounds, early_stopping } => {
            let mut kwargs = parameters.clone();
            kwargs.insert("num_boost_round".to_owned(), json!(rounds));
            kwargs.insert("early_stopping_rounds".to_owned(), json!(early_stopping));
            let boosted = Boosted::from_kwargs(&Value::Object(kwargs)).map_err(wrong)?;
            let fitted = boosted.fit(&train, &valid, threads_of(threads), on_progress)?;
            let of = |segment: &str, metrics: &[backstaff_lightgbm::Metric]| {
                metrics
                    .iter()
                    .map(|metric| (format!("{}.{segment}", metric.name), metric.values.clone()))
                    .collect::<Vec<_>>()
            };
            let mut rounds = of("train", &fitted.training);
            rounds.extend(of("valid", &fitted.fit.history.metrics));
            Ok(FittedModel {
                rounds,
                best_round: fitted.fit.history.best_round,
                n_train,
                model: fitted.fit.model,
            })
        }
        Model::Linear(linear) => {
            let kwargs = json!({
                "estimator": linear.estimator, "alpha": linear.alpha, "fit_intercept": linear.fit_intercept,
                "include_valid": linear.include_valid,
            });
            let fit = Linear::from_kwargs(&kwargs).map_err(wrong)?.fit(&train, &valid)?;
            Ok(FittedModel { model: fit.model, rounds: Vec::new(), best_round: 0, n_train })
        }
        Model::DoubleEnsemble(kwargs) => {
            let ensemble = DoubleEnsemble::from_kwargs(&Value::Object(kwargs.clone())).map_err(wrong)?;
            let fitted = ensemble.fit(&train, &valid, threads_of(threads), on_progress)?;
            Ok(FittedModel { model: fitted.fit.model, rounds: Vec::new(), best_round: 0, n_train })
        }
        Model::Foreign { class, module } => {
            Err(StudyError::Value { key: "task.model".to_owned(), message: Model::otherwise(class, module) })
        }
    }
}

/// The scores of a segment's rows, as they are processed to predict.
///
/// # Errors
///
/// If there is no such segment or row, or the columns are others than those of the fit.
pub fn predict(
    model: &dyn Fitted,
    dataset: &Dataset,
    segment: &str,
    threads: usize,
) -> Result<Series, StudyError> {
    let table = dataset.rows(Rows::Infer);
    let rows = dataset.segment(segment, Rows::Infer)?;
    if rows.is_empty() {
        let message = "has no row to predict".to_owned();
        return Err(StudyError::Value { key: format!("task.dataset.kwargs.segments.{segment}"), message });
    }
    let numbers = rows.clone().map(|row| row as u32).collect::<Vec<_>>();
    let values = model.predict(&features(table)?, &numbers, threads_of(threads))?;
    Ok(Series {
        sessions: table.sessions()[rows.clone()].to_vec(),
        instruments: table.instruments()[rows].to_vec(),
        values,
    })
}

/// One label of a segment's rows as loaded.
///
/// # Errors
///
/// If there is no such segment or label.
pub fn labels(dataset: &Dataset, segment: &str, place: usize) -> Result<Series, StudyError> {
    let table = dataset.rows(Rows::Raw);
    let rows = dataset.segment(segment, Rows::Raw)?;
    let labels = table.group(TableColumn::LABEL).collect::<Vec<_>>();
    let Some(label) = labels.get(place) else {
        let message = format!("there is no label {place}; the handler has {}", labels.len());
        return Err(StudyError::Value { key: "task.record.kwargs.label_col".to_owned(), message });
    };
    Ok(Series {
        sessions: table.sessions()[rows.clone()].to_vec(),
        instruments: table.instruments()[rows.clone()].to_vec(),
        values: rows.map(|row| label.values.get(row)).collect(),
    })
}

fn threads_of(n: usize) -> Threads {
    std::num::NonZeroUsize::new(n).map_or(Threads::ONE, Threads::new)
}

fn features(table: &Table) -> Result<Features<'_>, StudyError> {
    let columns = table.group(TableColumn::FEATURE).map(|column| (&*column.name, &*column.values));
    Ok(Features::new(columns.map(|(name, values): (&str, &Column)| (name, values)))?)
}

/// The one label.
fn label(table: &Table) -> Result<&TableColumn, StudyError> {
    let labels = table.group(TableColumn::LABEL).collect::<Vec<_>>();
    match labels.as_slice() {
        [label] => Ok(label),
        all => {
            let message = format!("the model learns one label, and the handler has {}", all.len());
            Err(StudyError::Value { key: "task.dataset.kwargs.handler".to_owned(), message })
        }
    }
}
