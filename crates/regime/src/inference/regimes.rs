//! Probabilities of the regimes over a sample.

use crate::Probabilities;

/// The probability of each regime at each bar, *as known at that bar*.
///
/// Row `t` depends on the observations up to `t` and on nothing after. The only form of regimes that decisions,
/// features and strategies take.
#[derive(Debug, Clone, PartialEq)]
pub struct FilteredRegimes {
    pub(crate) n_states: usize,
    pub(crate) probabilities: Vec<f64>,
    pub(crate) log_likelihood: f64,
}

/// The probability of each regime at each bar, *seen from the end of the sample*.
///
/// Every row knows the bars after it: for plots and for the study of a sample, never for decisions.
#[derive(Debug, Clone, PartialEq)]
pub struct SmoothedRegimes {
    pub(crate) n_states: usize,
    pub(crate) probabilities: Vec<f64>,
    pub(crate) log_likelihood: f64,
}

macro_rules! rows_of_probabilities {
    ($regimes:ty) => {
        impl $regimes {
            /// How many bars there are.
            pub fn n_rows(&self) -> usize {
                self.probabilities.len() / self.n_states
            }

            /// How many regimes there are.
            pub fn n_states(&self) -> usize {
                self.n_states
            }

            /// The probabilities of the regimes at a bar.
            pub fn row(&self, t: usize) -> &[f64] {
                &self.probabilities[t * self.n_states..(t + 1) * self.n_states]
            }

            /// The probability of one regime at every bar.
            pub fn of_state(&self, state: usize) -> Vec<f64> {
                assert!(state < self.n_states, "there are {} states", self.n_states);
                self.probabilities.iter().skip(state).step_by(self.n_states).copied().collect()
            }

            /// The likeliest regime at a bar, and its probability; of equally likely ones the first.
            pub fn likeliest(&self, t: usize) -> (usize, f64) {
                let row = Probabilities::of(self.row(t));
                let state = row.likeliest();
                (state, row[state])
            }

            /// The logarithm of the density of all observations under the model.
            pub fn log_likelihood(&self) -> f64 {
                self.log_likelihood
            }
        }
    };
}

rows_of_probabilities!(FilteredRegimes);
rows_of_probabilities!(SmoothedRegimes);
