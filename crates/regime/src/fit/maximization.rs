//! The maximisation: the model under which what is expected is likeliest.

use super::{
    Sample,
    expectation::Expectation,
    rules::{Prior, Rules, Ties},
};
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
    rules: &Rules<'_>,
) {
    if rules.learns.start {
        redistribute(&mut model.start, &expectation.first, rules.prior.map(|prior| &prior.start[..]));
    }
    if rules.learns.transition {
        for (state, expected) in expectation.transitions.iter().enumerate() {
            let row = state * K..(state + 1) * K;
            let prior = rules.prior.map(|prior| &prior.transition[row.clone()]);
            redistribute(&mut model.transition[row], expected, prior);
        }
    }
    if rules.learns.means || rules.learns.covariances {
        let mut states = States { sample, rules, model, pooled: Vec::new(), weight: 0.0 };
        if sample.n_series() == 1 {
            univariate(&expectation.posterior, &mut states);
        } else {
            multivariate(&expectation.posterior, &mut states);
        }
        states.pool();
    }
}

/// Makes probabilities proportional to what is expected and what a Dirichlet prior adds.
fn redistribute<const K: usize>(probabilities: &mut [f64], expected: &[f64; K], prior: Option<&[f64]>) {
    let mut weights = *expected;
    if let Some(prior) = prior {
        for j in 0..K {
            let is_possible = probabilities[j] > 0.0;
            weights[j] = if is_possible { (weights[j] + (prior[j] - 1.0)).max(0.0) } else { 0.0 };
        }
    }
    let total: f64 = weights.iter().sum();
    if total >= TOO_RARE {
        probabilities.iter_mut().zip(weights).for_each(|(p, weight)| *p = probability(weight / total));
    }
}

fn probability(value: f64) -> f64 {
    if value < TOO_RARE { 0.0 } else { value }
}

/// Sums of differences to the present mean, so that near the end of a search nothing cancels.
fn univariate<const K: usize>(posterior: &[[f64; K]], states: &mut States<'_, '_>) {
    let mut means = [0.0; K];
    means.copy_from_slice(&states.model.means);
    let (mut weights, mut firsts, mut seconds) = ([0.0; K], [0.0; K], [0.0; K]);
    for (posterior, &x) in posterior.iter().zip(states.sample.observations.filled()) {
        for j in 0..K {
            let z = x - means[j];
            let weighted = posterior[j] * z;
            weights[j] += posterior[j];
            firsts[j] += weighted;
            seconds[j] += weighted * z;
        }
    }
    for j in 0..K {
        states.settle(j, weights[j], (&[firsts[j]], &[seconds[j]]), &mut [0.0]);
    }
}

fn multivariate<const K: usize>(posterior: &[[f64; K]], states: &mut States<'_, '_>) {
    let d = states.sample.n_series();
    let form = states.model.covariances.form();
    let rows = || states.sample.observations.filled().chunks_exact(d).zip(posterior);
    let (mut away, mut first, mut second) = (vec![0.0; d], vec![0.0; d], vec![0.0; d * d]);
    let mut move_by = vec![0.0; d];
    for j in 0..K {
        let means = &states.model.means[j * d..(j + 1) * d];
        let mut weight = 0.0;
        first.fill(0.0);
        second.fill(0.0);
        for (x, posterior) in rows() {
            let share = posterior[j];
            weight += share;
            for (away, (x, mean)) in away.iter_mut().zip(x.iter().zip(means)) {
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
        states.settle(j, weight, (&first, &second), &mut move_by);
    }
}

/// The means and covariances of a model on their way from one maximum to the next.
struct States<'a, 's> {
    sample: &'a Sample<'s>,
    rules: &'a Rules<'a>,
    model: &'a mut GaussianHmm,
    /// The scatter of all states, where they share their covariance.
    pooled: Vec<f64>,
    /// The observations behind it.
    weight: f64,
}

impl States<'_, '_> {
    /// Moves a state to where its sums say: its weight, and its first and second moments (of these the lower triangle)
    /// about its present mean. `move_by` becomes the way that the mean was moved by.
    fn settle(&mut self, state: usize, weight: f64, moments: (&[f64], &[f64]), move_by: &mut [f64]) {
        let (first, second) = moments;
        let d = first.len();
        let prior = self.rules.prior;
        let mean_weight = prior.map_or(0.0, |prior| prior.means_weight);
        if self.rules.learns.means && weight + mean_weight >= TOO_LIGHT {
            let means = &mut self.model.means[state * d..(state + 1) * d];
            for (a, mean) in means.iter_mut().enumerate() {
                let pull = prior.map_or(0.0, |prior| mean_weight * (prior.means[state * d + a] - *mean));
                move_by[a] = (first[a] + pull) / (weight + mean_weight);
                *mean += move_by[a];
            }
        } else {
            move_by.fill(0.0);
        }
        if !self.rules.learns.covariances {
            return;
        }
        let means = &self.model.means[state * d..(state + 1) * d];
        // The scatter about the new mean, and about the prior's.
        let scatter = |a: usize, b: usize| {
            let own = second[a * d + b] - move_by[a] * first[b] - first[a] * move_by[b]
                + weight * (move_by[a] * move_by[b]);
            let from_prior = |a: usize, prior: &Prior| means[a] - prior.means[state * d + a];
            own + prior.map_or(0.0, |prior| mean_weight * (from_prior(a, prior) * from_prior(b, prior)))
        };
        let form = self.model.covariances.form();
        if self.rules.ties == Ties::States {
            self.pooled.resize(d * d, 0.0);
            for a in 0..d {
                for b in 0..=a {
                    self.pooled[a * d + b] += scatter(a, b);
                }
            }
            self.weight += weight;
            return;
        }
        let of = |at: usize, a: usize, b: usize| match prior {
            // The likeliest mean is where the first moments vanish, which leaves one product.
            None => second[a * d + b] / weight - move_by[a] * move_by[b],
            Some(prior) => (prior.covariances[at] + scatter(a, b)) / prior.observations(weight, form, d),
        };
        if prior.map_or(weight, |prior| prior.observations(weight, form, d)) < TOO_LIGHT {
            return;
        }
        let covariance = self.model.covariances.of_state_mut(state, d);
        match form {
            CovarianceForm::Diagonal => {
                for (a, variance) in covariance.iter_mut().enumerate() {
                    *variance = of(state * d + a, a, a);
                }
            }
            CovarianceForm::Full => {
                for a in 0..d {
                    for b in 0..=a {
                        let value = of((state * d + a) * d + b, a, b);
                        covariance[a * d + b] = value;
                        covariance[b * d + a] = value;
                    }
                }
            }
        }
        if self.rules.ties == Ties::Series {
            let shared = covariance.iter().sum::<f64>() / d as f64;
            covariance.fill(shared.max(self.sample.shared_floor()));
        } else {
            self.sample.raise(covariance, form);
        }
    }

    /// Gives all states the covariance that they share, if they do.
    fn pool(&mut self) {
        let (d, form) = (self.sample.n_series(), self.model.covariances.form());
        let weight = self.rules.prior.map_or(self.weight, |prior| prior.observations(self.weight, form, d));
        if self.pooled.is_empty() || weight < TOO_LIGHT {
            return;
        }
        for a in 0..d {
            for b in 0..=a {
                let more = self.rules.prior.map_or(0.0, |prior| prior.covariances[a * d + b]);
                let value = (self.pooled[a * d + b] + more) / weight;
                self.pooled[a * d + b] = value;
                self.pooled[b * d + a] = value;
            }
        }
        self.sample.raise(&mut self.pooled, form);
        for state in 0..self.model.n_states() {
            self.model.covariances.of_state_mut(state, d).copy_from_slice(&self.pooled);
        }
    }
}
