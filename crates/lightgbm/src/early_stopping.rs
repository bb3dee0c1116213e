//! When a training has gone far enough.

use crate::{Metric, Parameters};

/// Watches each metric for its best round.
pub(crate) struct EarlyStopping {
    patience: Option<usize>,
    min_delta: f64,
    first_metric_only: bool,
    /// For each metric: whether more is better, the best value and its round.
    best: Vec<(bool, f64, usize)>,
    /// The name of the first metric without what follows `@`: all of `ndcg@1`, `ndcg@5` count as first.
    is_first: Vec<bool>,
}

impl EarlyStopping {
    pub(crate) fn new(parameters: &Parameters, metrics: &[Metric]) -> Self {
        let stem = |metric: &Metric| metric.name.split('@').next().unwrap_or_default().to_owned();
        let first = metrics.first().map(stem);
        Self {
            patience: parameters.early_stopping().map(|patience| patience.get() as usize),
            min_delta: parameters.min_delta(),
            first_metric_only: parameters.first_metric_only(),
            best: metrics.iter().map(|metric| (metric.higher_is_better, f64::NAN, 0)).collect(),
            is_first: metrics.iter().map(|metric| Some(stem(metric)) == first).collect(),
        }
    }

    /// Take in a round; the best round if training should stop after it.
    pub(crate) fn stops(&mut self, number: usize, values: &[f64]) -> Option<usize> {
        let patience = self.patience?;
        for (n, (&value, best)) in values.iter().zip(&mut self.best).enumerate() {
            let (higher_is_better, best_value, best_round) = *best;
            let gain = if higher_is_better { value - best_value } else { best_value - value };
            if best_round == 0 || gain > self.min_delta {
                *best = (higher_is_better, value, number);
            } else if number - best_round >= patience && (self.is_first[n] || !self.first_metric_only) {
                return Some(best_round);
            }
        }
        None
    }

    /// The best round of the first metric, if a training is watched for stopping at all.
    pub(crate) fn best_of_first_metric(&self) -> Option<usize> {
        self.patience?;
        self.best.first().map(|&(_, _, round)| round).filter(|&round| round > 0)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metric(name: &str, higher_is_better: bool) -> Metric {
        Metric { name: name.to_owned(), higher_is_better, values: Vec::new() }
    }

    fn stopping(metrics: &[Metric], first_metric_only: bool) -> EarlyStopping {
        let parameters = Parameters::new([
            ("early_stopping_round", json!(2)),
            ("first_metric_only", json!(first_metric_only)),
        ]);
        EarlyStopping::new(&parameters.unwrap(), metrics)
    }

    #[test]
    fn stops_when_a_metric_no_longer_improves() {
        let mut stopping = stopping(&[metric("l2", false)], false);
        let losses = [3.0, 2.0, 2.0, 2.5];
        let stops = losses.iter().enumerate().map(|(n, &loss)| stopping.stops(n + 1, &[loss]));
        assert_eq!(stops.collect::<Vec<_>>(), [None, None, None, Some(2)]);
    }

    #[test]
    fn a_score_improves_upwards() {
        let mut stopping = stopping(&[metric("auc", true)], false);
        for (n, score) in [0.5, 0.6, 0.7, 0.8].into_iter().enumerate() {
            assert_eq!(stopping.stops(n + 1, &[score]), None);
        }
        assert_eq!(stopping.best_of_first_metric(), Some(4));
    }

    #[test]
    fn only_the_first_metric_may_count() {
        let metrics = [metric("l2", false), metric("l1", false)];
        for (first_only, expected) in [(false, Some(1)), (true, None)] {
            let mut stopping = stopping(&metrics, first_only);
            let rounds = [[3.0, 1.0], [2.0, 1.0], [1.0, 1.0]];
            let last = rounds.iter().enumerate().map(|(n, values)| stopping.stops(n + 1, values)).last();
            assert_eq!(last, Some(expected), "{first_only}");
        }
    }
}
