//! A model of labelled bars.

use super::{FitOptions, Sample};
use crate::{CovarianceForm, Covariances, GaussianHmm};

/// The variance of a label is at least this share of the sample's, so that every label can win and lose bars.
const LEAST_VARIANCE: f64 = 1e-2;

/// The transitions of the model.
#[derive(Clone, Copy)]
pub(super) enum Stays {
    /// As the labels do; each pair of states at least once.
    Counted,
    /// The probability to stay; all others are equally likely.
    Share(f64),
}

/// A model with the means and covariances of the bars of each label. Nothing in it is impossible.
pub(super) fn model(
    sample: &Sample<'_>,
    options: &FitOptions,
    labels: &[usize],
    stays: Stays,
) -> GaussianHmm {
    let (k, d) = (options.n_states, sample.n_series());
    let mut counts = vec![0.0_f64; k];
    let mut means = vec![0.0; k * d];
    for (row, &label) in sample.observations.present_rows().zip(labels) {
        counts[label] += 1.0;
        for (sum, (x, mean)) in means[label * d..].iter_mut().zip(row.iter().zip(&sample.means)) {
            *sum += x - mean;
        }
    }
    for state in 0..k {
        for (series, mean) in means[state * d..(state + 1) * d].iter_mut().enumerate() {
            *mean = sample.means[series] + *mean / counts[state].max(1.0);
        }
    }
    let covariances = covariances(sample, options.covariance, labels, &counts, &means);
    let total = labels.len() as f64 + k as f64;
    GaussianHmm {
        start: counts.iter().map(|count| (count + 1.0) / total).collect(),
        transition: transition(labels, k, stays),
        means,
        covariances,
    }
}

pub(super) fn transition(labels: &[usize], k: usize, stays: Stays) -> Vec<f64> {
    let mut matrix = match stays {
        Stays::Counted => vec![1.0; k * k],
        Stays::Share(_) if k == 1 => vec![1.0],
        Stays::Share(stay) => {
            let leave = (1.0 - stay) / (k - 1) as f64;
            (0..k * k).map(|at| if at % (k + 1) == 0 { stay } else { leave }).collect()
        }
    };
    if let Stays::Counted = stays {
        for pair in labels.windows(2) {
            matrix[pair[0] * k + pair[1]] += 1.0;
        }
    }
    for row in matrix.chunks_exact_mut(k) {
        let sum: f64 = row.iter().sum();
        for a in row {
            *a /= sum;
        }
    }
    matrix
}

fn covariances(
    sample: &Sample<'_>,
    form: CovarianceForm,
    labels: &[usize],
    counts: &[f64],
    means: &[f64],
) -> Covariances {
    let (k, d) = (counts.len(), sample.n_series());
    let mut sums = vec![0.0; k * d * d];
    for (row, &label) in sample.observations.present_rows().zip(labels) {
        for a in 0..d {
            for b in 0..d {
                let product = (row[a] - means[label * d + a]) * (row[b] - means[label * d + b]);
                sums[(label * d + a) * d + b] += product;
            }
        }
    }
    for state in 0..k {
        // Too few bars give no shape: correlations then count for less, and variances keep a share of the sample's.
        let trust = counts[state] / (counts[state] + d as f64);
        for a in 0..d {
            for b in 0..d {
                let entry = &mut sums[(state * d + a) * d + b];
                *entry /= counts[state].max(1.0);
                *entry *= if a == b { 1.0 } else { trust };
            }
            let variance = &mut sums[(state * d + a) * d + a];
            *variance = variance.max(LEAST_VARIANCE * sample.units[a]);
        }
    }
    match form {
        CovarianceForm::Full => Covariances::Full(sums),
        CovarianceForm::Diagonal => {
            let diagonal = (0..k * d).map(|at| sums[at * d + at % d]);
            Covariances::Diagonal(diagonal.collect())
        }
    }
}
