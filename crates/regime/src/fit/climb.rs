//! One search: expectation and maximisation in turn.

use super::{Sample, expectation::Expectation, maximization::maximize, rules::Rules};
use crate::GaussianHmm;

/// A fall of the log-likelihood by less than this share of it is rounding.
const ROUNDING: f64 = 1e-11;

/// A search for a maximum, as far as it has come.
#[derive(Debug, Clone)]
pub(super) struct Climb {
    pub(super) model: GaussianHmm,
    /// The log-likelihood of the start and after each iteration; the last is the model's.
    pub(super) history: Vec<f64>,
    pub(super) converged: bool,
    /// Whether nothing more is to be gained here, converged or not.
    stopped: bool,
    /// How many observations belong to each state.
    pub(super) weights: Vec<f64>,
}

impl Climb {
    /// A search that begins at a model, whose covariances are brought above the floor.
    pub(super) fn from(sample: &Sample<'_>, mut model: GaussianHmm) -> Self {
        let (form, d) = (model.covariances.form(), model.n_series());
        for state in 0..model.n_states() {
            sample.raise(model.covariances.of_state_mut(state, d), form);
        }
        Self { model, history: Vec::new(), converged: false, stopped: false, weights: Vec::new() }
    }

    pub(super) fn iterations(&self) -> usize {
        self.history.len().saturating_sub(1)
    }

    pub(super) fn log_likelihood(&self) -> f64 {
        self.history.last().copied().unwrap_or(f64::NEG_INFINITY)
    }

    /// Goes on until it has converged or made this many iterations in all.
    pub(super) fn run(&mut self, sample: &Sample<'_>, max_iterations: usize, tolerance: f64) {
        match self.model.n_states() {
            1 => self.run_of::<1>(sample, max_iterations, tolerance),
            2 => self.run_of::<2>(sample, max_iterations, tolerance),
            3 => self.run_of::<3>(sample, max_iterations, tolerance),
            4 => self.run_of::<4>(sample, max_iterations, tolerance),
            5 => self.run_of::<5>(sample, max_iterations, tolerance),
            6 => self.run_of::<6>(sample, max_iterations, tolerance),
            7 => self.run_of::<7>(sample, max_iterations, tolerance),
            8 => self.run_of::<8>(sample, max_iterations, tolerance),
            9 => self.run_of::<9>(sample, max_iterations, tolerance),
            10 => self.run_of::<10>(sample, max_iterations, tolerance),
            states => unreachable!("a model of {states} states can't be made"),
        }
    }

    fn run_of<const K: usize>(&mut self, sample: &Sample<'_>, max_iterations: usize, tolerance: f64) {
        let gain = tolerance * sample.n_present() as f64;
        let mut expectation = Expectation::<K>::new(sample, &self.model);
        let mut now = expectation.run(sample, &self.model);
        let units = sample.log_units();
        if self.history.is_empty() {
            self.history.push(now + units);
        }
        let mut before = self.model.clone();
        while self.iterations() < max_iterations && !self.converged && !self.stopped {
            before.clone_from(&self.model);
            maximize(sample, &expectation, &mut self.model, &Rules::PLAIN);
            let next = expectation.run(sample, &self.model);
            if next.is_nan() || next < now {
                // The maximum is reached to within rounding, or something is beyond what numbers can tell.
                self.model.clone_from(&before);
                expectation.run(sample, &self.model);
                self.converged = now - next <= ROUNDING * now.abs().max(1.0);
                self.stopped = true;
                break;
            }
            self.history.push(next + units);
            self.converged = next - now <= gain;
            now = next;
        }
        let mut weights = [0.0; K];
        for posterior in &expectation.posterior {
            for j in 0..K {
                weights[j] += posterior[j];
            }
        }
        self.weights = weights.to_vec();
    }
}
