//! Market regimes: Gaussian hidden Markov models that are fitted on the past and never look ahead.
//!
//! A market is taken to be in one of a few hidden states at any bar; each state has its own mean and covariance of what
//! is observed (returns, mostly), and a matrix of probabilities says how the states follow each other.
//!
//! - [`Observations`]: what is seen, bars × series.
//! - [`model`]: [`GaussianHmm`], its file, what follows from its numbers, the order and the [`RegimeLabel`]s of its states.
//! - [`mod@fit`]: expectation maximisation from several starts; [`choose_states`] for how many states; [`fit::ascend`] for
//!   one search by rules of the user's own.
//! - [`inference`]: [`filter()`] knows the past only and gives [`FilteredRegimes`], what decisions are made of;
//!   [`smooth`] knows the whole sample and gives [`SmoothedRegimes`], for study; the two can't be confused.
//! - [`Schedule`] and [`walk()`]: a model that is fitted again and again on the bars before each decision.
//! - [`cache`]: models found by content, in memory and, through [`KeptFits`], wherever else they are kept.
//! - [`profile`]: how long updates, fits and batches take.
//!
//! Everything here is pure: no file, no clock, no thread pool of its own (rayon's current one is used), no randomness
//! without a seed. Results have the same bits for any number of threads.

mod error;
mod exponential;
mod linear;
mod observations;
mod random;
mod schedule;
#[cfg(test)]
mod testing;

pub mod cache;
pub mod fit;
pub mod inference;
pub mod model;
pub mod profile;
pub mod walk;

pub use cache::{CacheStatistics, FitKey, FitRequest, KeptFits, ModelCache};
pub use error::RegimeError;
pub use fit::{Fit, FitOptions, Start, choose_states, fit, fit_each};
pub use inference::{
    Filter, FilteredRegimes, Forecast, SmoothedRegimes, filter, forecast, score, simulate, smooth, viterbi,
};
pub use model::{
    CovarianceForm, Covariances, GaussianHmm, MAX_STATES, Probabilities, RegimeKind, RegimeLabel,
};
pub use observations::{Missing, Observations};
pub use profile::{Profile, Profiler};
pub use schedule::Schedule;
pub use walk::{Decision, Refit, Walk, WalkOptions, WalkRequest, Walker, walk, walk_each};
