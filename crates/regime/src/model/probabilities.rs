//! The probabilities of the states.

use std::ops::Deref;

use super::MAX_STATES;

/// A probability for every state of a model; a slice of them that needs no memory of its own.
#[derive(Clone, Copy)]
pub struct Probabilities {
    values: [f64; MAX_STATES],
    n_states: usize,
}

impl Probabilities {
    pub(crate) fn zeros(n_states: usize) -> Self {
        Self { values: [0.0; MAX_STATES], n_states }
    }

    pub(crate) fn of(values: &[f64]) -> Self {
        let mut all = Self::zeros(values.len());
        all.values[..values.len()].copy_from_slice(values);
        all
    }

    pub(crate) fn as_mut(&mut self) -> &mut [f64] {
        &mut self.values[..self.n_states]
    }

    /// The likeliest state; of equally likely ones the first.
    pub fn likeliest(&self) -> usize {
        let mut best = 0;
        for (state, &probability) in self.iter().enumerate() {
            if probability > self[best] {
                best = state;
            }
        }
        best
    }
}

impl Deref for Probabilities {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.values[..self.n_states]
    }
}

impl PartialEq for Probabilities {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl std::fmt::Debug for Probabilities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
