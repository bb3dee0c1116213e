//! Inference: what a given model says about given observations.
//!
//! [`filter()`] uses a bar and those before it; it is what decisions may be made of. [`smooth`] and [`viterbi`] use the
//! whole sample: they describe it, and repaint the past as bars are added. They give other types, so that one can't be
//! taken for the other.

mod filter;
mod forecast;
mod logarithmic;
mod regimes;
mod simulate;
mod smooth;
mod viterbi;

pub use filter::{Filter, filter, score};
pub use forecast::{Forecast, forecast};
pub use regimes::{FilteredRegimes, SmoothedRegimes};
pub use simulate::simulate;
pub use smooth::smooth;
pub use viterbi::{likeliest_path, viterbi};

pub(crate) use logarithmic::LogChain;

use crate::{GaussianHmm, Observations, RegimeError};

/// The observations must be as wide as the model.
fn check_series(model: &GaussianHmm, observations: &Observations) -> Result<(), RegimeError> {
    let (expected, found) = (model.n_series(), observations.n_series());
    if expected == found { Ok(()) } else { Err(RegimeError::Series { expected, found }) }
}

#[cfg(test)]
mod tests;
