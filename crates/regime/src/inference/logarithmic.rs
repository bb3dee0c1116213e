//! The recursions in logarithms: slower, and right whatever the zeros and the distances.

use crate::{GaussianHmm, Probabilities, model::Densities};

/// A model's chain in logarithms; an impossible transition is minus infinity.
#[derive(Debug, Clone)]
pub(crate) struct LogChain {
    start: Vec<f64>,
    transition: Vec<f64>,
}

/// The probabilities of states and transitions given the whole sample, computed in logarithms.
#[derive(Debug, Clone)]
pub(crate) struct LogPosterior {
    pub(crate) log_likelihood: f64,
    /// Bars × states: the probabilities of the states given all bars.
    pub(crate) posterior: Vec<f64>,
    /// States × states: the expected number of transitions.
    pub(crate) transitions: Vec<f64>,
}

impl LogChain {
    pub(crate) fn new(model: &GaussianHmm) -> Self {
        let logarithms = |values: &[f64]| values.iter().map(|&value| libm::log(value)).collect();
        Self { start: logarithms(&model.start), transition: logarithms(&model.transition) }
    }

    pub(crate) fn start(&self) -> Probabilities {
        Probabilities::of(&self.start)
    }

    pub(crate) fn transition(&self) -> &[f64] {
        &self.transition
    }

    /// The probabilities one bar later.
    pub(crate) fn advance(&self, filtered: &[f64]) -> Probabilities {
        let k = filtered.len();
        let mut next = Probabilities::zeros(k);
        let mut terms = Probabilities::zeros(k);
        for j in 0..k {
            for (i, term) in terms.as_mut().iter_mut().enumerate() {
                *term = filtered[i] + self.transition[i * k + j];
            }
            next.as_mut()[j] = log_sum(&terms);
        }
        next
    }

    /// Takes in the densities of a bar; returns the logarithm of the bar's own density.
    pub(crate) fn observe(filtered: &mut Probabilities, log_density: &[f64]) -> f64 {
        for (filtered, density) in filtered.as_mut().iter_mut().zip(log_density) {
            *filtered += density;
        }
        let scale = log_sum(filtered);
        for filtered in filtered.as_mut().iter_mut() {
            *filtered -= scale;
        }
        scale
    }

    /// Forward and backward over all bars; `row(t)` is the observation of a bar, `None` if it is missing.
    pub(crate) fn posterior<'a>(
        &self,
        densities: &Densities,
        n_rows: usize,
        row: impl Fn(usize) -> Option<&'a [f64]>,
    ) -> LogPosterior {
        let k = self.start.len();
        let mut log_likelihood = 0.0;
        let mut log_density = Probabilities::zeros(k);
        let (mut predicted, mut filtered) = (Vec::with_capacity(n_rows), Vec::with_capacity(n_rows));
        let mut next = self.start();
        for t in 0..n_rows {
            predicted.push(next);
            if let Some(x) = row(t) {
                densities.write(x, log_density.as_mut());
                log_likelihood += Self::observe(&mut next, &log_density);
            }
            filtered.push(next);
            next = self.advance(&next);
        }
        let mut result =
            LogPosterior { log_likelihood, posterior: vec![0.0; n_rows * k], transitions: vec![0.0; k * k] };
        let Some(&last) = filtered.last() else { return result };
        let mut later = last;
        let write = |out: &mut [f64], logs: &[f64]| {
            out.iter_mut().zip(logs).for_each(|(out, &log)| *out = libm::exp(log));
        };
        write(&mut result.posterior[(n_rows - 1) * k..], &later);
        for t in (0..n_rows - 1).rev() {
            let now = filtered[t];
            later = self.backward(&now, &later, &predicted[t + 1], &mut result.transitions);
            write(&mut result.posterior[t * k..(t + 1) * k], &later);
        }
        result
    }

    /// The posterior of a bar from that of the next one; adds the pair's transitions.
    fn backward(
        &self,
        filtered: &[f64],
        later: &[f64],
        predicted: &[f64],
        transitions: &mut [f64],
    ) -> Probabilities {
        let k = filtered.len();
        let mut posterior = Probabilities::zeros(k);
        let mut terms = Probabilities::zeros(k);
        for i in 0..k {
            for j in 0..k {
                // A state that can't be reached can't be weighed against its prediction.
                let ratio = if later[j] == f64::NEG_INFINITY { later[j] } else { later[j] - predicted[j] };
                let term = filtered[i] + self.transition[i * k + j] + ratio;
                terms.as_mut()[j] = term;
                transitions[i * k + j] += libm::exp(term);
            }
            posterior.as_mut()[i] = log_sum(&terms);
        }
        posterior
    }
}

/// The logarithm of the sum of exponentials.
pub(crate) fn log_sum(logs: &[f64]) -> f64 {
    let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    largest + libm::log(logs.iter().map(|&log| libm::exp(log - largest)).sum())
}
