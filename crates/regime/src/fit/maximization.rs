//! The maximisation: the model under which what is expected is likeliest.

use super::{Sample, expectation::Expectation};
use crate::{CovarianceForm, GaussianHmm};

/// A state with fewer observations than this keeps its mean and covariance.
const TOO_LIGHT: f64 = 1e-6;
/// A state that is left less often than this keeps its transitions; a probability below it becomes zero. Paths that
/// use it then have a share below it of the likelihood, which no number of ours can tell from none.
const TOO_RARE: f64 = 1e-100;

/// Moves a model to where the expectation is likeliest. What is zero stays zero; a state that nothing belongs to stays
/// as it is, which loses no likelihood.
pub(super) fn maximize<const K: usize>(
    sample: &Sample<'_>,
    expectation: &Expectation<K>,
    model: &mut GaussianHmm,
) {
    let total: f64 = expectation.first.iter().sum();
    for (start, first) in model.start.iter_mut().zip(expectation.first) {
        *start = probability(first / total);
    }
    for (row, expected) in model.transition.chunks_exact_mut(K).zip(&expectation.transitions) {
        let total: f64 = expected.iter().sum();
        if total >= TOO_RARE {
            row.iter_mut().zip(expected).for_each(|(a, expected)| *a = probability(expected / total));
        }
    }
    if sample.n_series() == 1 {
        univariate(sample, &expectation.posterior, model);
    } else {
        multivariate(sample, &expectation.posterior, model);
    }
}

fn probability(value: f64) -> f64 {
    if value < TOO_RARE { 0.0 } else { value }
}

/// Sums of differences to the present mean, so that near the end of a search nothing cancels.
fn univariate<const K: usize>(sample: &Sample<'_>, posterior: &[[f64; K]], model: &mut GaussianHmm) {
    let mut means = [0.0; K];
    means.copy_from_slice(&model.means);
    let (mut weights, mut firsts, mut seconds) = ([0.0; K], [0.0; K], [0.0; K]);
    for (posterior, &x) in posterior.iter().zip(sample.observations.filled()) {
        for j in 0..K {
            let z = x - means[j];
            let weighted = posterior[j] * z;
            weights[j] += posterior[j];
            firsts[j] += weighted;
            seconds[j] += weighted * z;
        }
    }
    let form = model.covariances.form();
    for j in 0..K {
        if weights[j] >= TOO_LIGHT {
            let move_by = firsts[j] / weights[j];
            model.means[j] = means[j] + move_by;
            let variance = &mut model.covariances.values_mut()[j..=j];
            variance[0] = seconds[j] / weights[j] - move_by * move_by;
            sample.raise(variance, form);
        }
    }
}

fn multivariate<const K: usize>(sample: &Sample<'_>, posterior: &[[f64; K]], model: &mut GaussianHmm) {
    let d = sample.n_series();
    let form = model.covariances.form();
    let rows = || sample.observations.filled().chunks_exact(d).zip(posterior);
    let (mut away, mut first, mut second) = (vec![0.0; d], vec![0.0; d], vec![0.0; d * d]);
    for j in 0..K {
        let means = &mut model.means[j * d..(j + 1) * d];
        let mut weight = 0.0;
        first.fill(0.0);
        second.fill(0.0);
        for (x, posterior) in rows() {
            let share = posterior[j];
            weight += share;
            for (away, (x, mean)) in away.iter_mut().zip(x.iter().zip(&*means)) {
                *away = x - mean;
            }
            for a in 0..d {
                let weighted = share * away[a];
                first[a] += weighted;
                let lowest = if form == CovarianceForm::Full { 0 } else { a };
                for b in lowest..=a {
                    second[a * d + b] += weighted * away[b];
                }
            }
        }
        if weight < TOO_LIGHT {
            continue;
        }
        for first in &mut first {
            *first /= weight;
        }
        means.iter_mut().zip(&first).for_each(|(mean, move_by)| *mean += move_by);
        let covariance = model.covariances.of_state_mut(j, d);
        for a in 0..d {
            let of = |b: usize| second[a * d + b] / weight - first[a] * first[b];
            match form {
                CovarianceForm::Diagonal => covariance[a] = of(a),
                CovarianceForm::Full => {
                    for b in 0..=a {
                        covariance[a * d + b] = of(b);
                        covariance[b * d + a] = of(b);
                    }
                }
            }
        }
        sample.raise(covariance, form);
    }
}
