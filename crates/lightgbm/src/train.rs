//! Training, round by round.

use crate::{
    Booster, Dataset, Library, LightGbmError, Metric, Parameters, Threads, early_stopping::EarlyStopping,
    ffi::RawTrainer,
};

/// Whether training goes on after a round.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AfterRound {
    /// Training goes on with the next round.
    Continue,
    /// Make do with the rounds so far.
    Stop,
}

/// A round that has just ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Round<'a> {
    /// The number of the round, from 1.
    pub number: usize,
    /// The number of rounds at most.
    pub of: usize,
    /// The metrics on the validation rows, in the order of [`Trained::metrics`]; empty without validation.
    pub values: &'a [f64],
}

/// A trained booster and how its metrics went.
#[derive(Debug)]
pub struct Trained {
    /// The model, cut at its best round.
    pub booster: Booster,
    /// The best round: the last one without early stopping.
    pub best_round: usize,
    /// The number of rounds that were run.
    pub n_rounds: usize,
    /// The metrics on the validation rows, all rounds; empty without validation.
    pub metrics: Vec<Metric>,
}

/// Train a model.
///
/// With early stopping (and so a validation set) training ends when a metric has not improved for the stated number of
/// rounds, or at the last round, and the model is cut at the best round of the metric that ended it (the first one at
/// the last round), as Python's LightGBM does. Ties go to the earlier round.
///
/// - Determinism: the same bytes for any number of threads, on one platform.
/// - Progress: `on_round` is called after every round, and may end the training.
///
/// # Errors
///
/// If early stopping has nothing to look at, or LightGBM refuses a parameter's value or a label.
pub fn train(
    library: Library,
    rows: &mut Dataset,
    validation: Option<&mut Dataset>,
    parameters: &Parameters,
    threads: Threads,
    on_round: &mut (dyn FnMut(Round<'_>) -> AfterRound + Send),
) -> Result<Trained, LightGbmError> {
    let has_validation = validation.is_some();
    if parameters.early_stopping().is_some() && !has_validation {
        return Err(LightGbmError::NothingToStopOn);
    }
    let grown = grow(library, rows, validation, parameters, threads, Watch::Validation, on_round)?;
    let booster = Booster::from_text(library, grown.text)?;
    Ok(Trained { booster, best_round: grown.best_round, n_rounds: grown.n_rounds, metrics: grown.metrics })
}

/// A trained booster with the metrics on the rows that it was trained on.
#[derive(Debug)]
pub struct Watched {
    /// The model cut at its best round, and the metrics on the validation rows.
    pub trained: Trained,
    /// The metrics on the training rows, all rounds.
    pub training: Vec<Metric>,
}

/// Train a model as Python's LightGBM does with the training rows among its validation sets.
///
/// As [`train`], with two differences: without validation rows nothing stops early, and a round that finds nothing to
/// split doesn't end the training, since the next one may draw other rows or features.
///
/// # Errors
///
/// As of [`train`].
pub fn train_watched(
    library: Library,
    rows: &mut Dataset,
    validation: Option<&mut Dataset>,
    parameters: &Parameters,
    threads: Threads,
    on_round: &mut (dyn FnMut(Round<'_>) -> AfterRound + Send),
) -> Result<Watched, LightGbmError> {
    let alone = validation.is_none().then(|| parameters.clone().with_early_stopping(None));
    let parameters = alone.as_ref().unwrap_or(parameters);
    let grown = grow(library, rows, validation, parameters, threads, Watch::Both, on_round)?;
    let booster = Booster::from_text(library, grown.text)?;
    let trained =
        Trained { booster, best_round: grown.best_round, n_rounds: grown.n_rounds, metrics: grown.metrics };
    Ok(Watched { trained, training: grown.training })
}

/// Which rows are evaluated after each round.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    Validation,
    Both,
}

struct Grown {
    /// The model up to its best round.
    text: String,
    best_round: usize,
    n_rounds: usize,
    training: Vec<Metric>,
    metrics: Vec<Metric>,
}

fn grow(
    library: Library,
    rows: &mut Dataset,
    validation: Option<&mut Dataset>,
    parameters: &Parameters,
    threads: Threads,
    watch: Watch,
    on_round: &mut (dyn FnMut(Round<'_>) -> AfterRound + Send),
) -> Result<Grown, LightGbmError> {
    let text = parameters.for_library(threads);
    let has_validation = validation.is_some();
    threads.run(library.api(), move || {
        let trainer = RawTrainer::new(rows.raw(), validation.map(Dataset::raw), &text)?;
        grow_rounds(trainer, has_validation, parameters, threads, watch, on_round)
    })
}

fn grow_rounds(
    mut trainer: RawTrainer<'_>,
    has_validation: bool,
    parameters: &Parameters,
    threads: Threads,
    watch: Watch,
    on_round: &mut (dyn FnMut(Round<'_>) -> AfterRound + Send),
) -> Result<Grown, LightGbmError> {
    let mut metrics = if has_validation { metrics(&trainer)? } else { Vec::new() };
    let mut training = if watch == Watch::Both { self::metrics(&trainer)? } else { Vec::new() };
    if parameters.early_stopping().is_some() && metrics.is_empty() {
        return Err(LightGbmError::NothingToStopOn);
    }
    let of = parameters.rounds().get() as usize;
    let mut stopping = EarlyStopping::new(parameters, &metrics);
    let mut best_round = None;
    let evaluate = |rows, trainer: &RawTrainer<'_>, metrics: &mut [Metric]| {
        let values = trainer.evaluate(rows, threads.count())?;
        metrics.iter_mut().zip(&values).for_each(|(metric, &value)| metric.values.push(value));
        Ok::<_, LightGbmError>(values)
    };
    for number in 1..=of {
        let is_finished = trainer.grow()? && watch == Watch::Validation;
        if watch == Watch::Both {
            evaluate(0, &trainer, &mut training)?;
        }
        let values = if has_validation { evaluate(1, &trainer, &mut metrics)? } else { Vec::new() };
        best_round = stopping.stops(number, &values);
        let flow = on_round(Round { number, of, values: &values });
        if best_round.is_some() || is_finished || flow == AfterRound::Stop {
            break;
        }
    }
    let n_rounds = trainer.n_rounds()?;
    // A round that found nothing to split was taken back by LightGBM, so there may be fewer than were tried.
    let best_round = best_round.or(stopping.best_of_first_metric()).unwrap_or(n_rounds).min(n_rounds);
    let text = without_threads(&trainer.to_text(best_round)?);
    Ok(Grown { text, best_round, n_rounds, training, metrics })
}

fn metrics(trainer: &RawTrainer<'_>) -> Result<Vec<Metric>, LightGbmError> {
    // As Python's LightGBM decides it, from the name.
    let is_score =
        |name: &str| ["auc", "ndcg@", "map@", "average_precision"].iter().any(|n| name.starts_with(n));
    let names = trainer.metric_names()?;
    Ok(names
        .into_iter()
        .map(|name| Metric { higher_is_better: is_score(&name), name, values: Vec::new() })
        .collect())
}

/// The model's text with the thread count that LightGBM writes into it taken out: it changes no result.
fn without_threads(text: &str) -> String {
    let lines = text
        .split_inclusive('\n')
        .map(|line| if line.starts_with("[num_threads: ") { "[num_threads: 0]\n" } else { line });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_does_not_tell_the_threads() {
        let text = without_threads("a\n[seed: 1]\n[num_threads: 7]\n[x: 1]\n");
        assert_eq!(text, "a\n[seed: 1]\n[num_threads: 0]\n[x: 1]\n");
    }
}
