//! How much each sample counts for the next sub-model.

use backstaff_statistics::average_ranks;
use rayon::prelude::*;

use super::{DoubleEnsemble, bins::cut};

/// Which share of the rounds counts as the start and as the end of the training.
const SHARE: f64 = 0.1;

/// The losses of each sample at the start and at the end of a sub-model's training, as sums of ranks among the samples.
#[derive(Debug)]
pub(super) struct Curve {
    n_rounds: usize,
    n_samples: usize,
    start: Vec<f64>,
    end: Vec<f64>,
}

impl Curve {
    pub(super) fn new(n_samples: usize, n_rounds: usize) -> Self {
        Self { n_rounds, n_samples, start: vec![0.0; n_samples], end: vec![0.0; n_samples] }
    }

    fn part(&self) -> usize {
        ((self.n_rounds as f64 * SHARE) as usize).max(1)
    }

    /// Whether the losses after this round, from 0, are needed.
    fn is_needed(&self, round: usize) -> bool {
        round < self.part() || round + self.part() >= self.n_rounds
    }

    /// The losses after a round, from 0; rounds come in their order.
    pub(super) fn push(&mut self, round: usize, losses: impl FnOnce() -> Vec<f64>) {
        if !self.is_needed(round) {
            return;
        }
        let ranks = percent_ranks(&losses());
        let add = |sums: &mut [f64]| {
            for (sum, rank) in sums.iter_mut().zip(&ranks) {
                *sum += rank;
            }
        };
        if round < self.part() {
            add(&mut self.start);
        }
        if round + self.part() >= self.n_rounds {
            add(&mut self.end);
        }
    }

    /// The weight of each sample for the sub-model after the `k`th, from its losses under the ensemble so far.
    ///
    /// A sample is hard where the ensemble errs, and noisy where its loss grew in training. The values
    /// `alpha1 · rank(−loss) + alpha2 · rank(end / start)` are cut into bins, and all samples of a bin weigh
    /// `1 / (decay^k · the bin's mean + 0.1)`.
    pub(super) fn weights(&self, spec: &DoubleEnsemble, losses: &[f64], k: usize) -> Vec<f64> {
        let part = self.part() as f64;
        let growth = self.end.iter().zip(&self.start).map(|(end, start)| (end / part) / (start / part));
        let growth = percent_ranks(&growth.collect::<Vec<_>>());
        let ease = percent_ranks(&losses.iter().map(|loss| -loss).collect::<Vec<_>>());
        let values = ease.iter().zip(&growth).map(|(ease, growth)| spec.alpha1 * ease + spec.alpha2 * growth);
        let values = values.collect::<Vec<_>>();
        let bins = cut(&values, spec.bins_sr);
        let means = means(&values, &bins, spec.bins_sr);
        let decay = libm::pow(spec.decay, k as f64);
        let weights = bins.par_iter().map(|&bin| 1.0 / (decay * means[bin] + 0.1)).collect::<Vec<_>>();
        assert_eq!(weights.len(), self.n_samples);
        weights
    }
}

/// Ranks as shares of the number of values; ties share the mean of theirs.
fn percent_ranks(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    average_ranks(values).into_iter().map(|rank| rank / n).collect()
}

/// The mean of the values in each bin, with what rounding leaves behind carried along, as pandas does.
fn means(values: &[f64], bins: &[usize], n: usize) -> Vec<f64> {
    let mut sums = vec![(0.0, 0.0, 0.0); n];
    for (value, &bin) in values.iter().zip(bins) {
        let (sum, carried, count) = &mut sums[bin];
        let value = value - *carried;
        let next = *sum + value;
        *carried = next - *sum - value;
        *sum = next;
        *count += 1.0;
    }
    sums.into_iter().map(|(sum, _, count)| sum / count).collect()
}
