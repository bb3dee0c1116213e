//! The model: its parameters, its file, and what follows from them.

mod chain;
mod covariance;
mod criterion;
mod density;
mod hmm;
mod json;
mod label;
mod matching;
mod order;
mod probabilities;

pub use covariance::{CovarianceForm, Covariances};
pub use hmm::{GaussianHmm, MAX_STATES};
pub use label::{LabelRules, RegimeKind, RegimeLabel};
pub use probabilities::Probabilities;

pub(crate) use density::{Densities, LOWEST};
pub(crate) use hmm::check_states;
