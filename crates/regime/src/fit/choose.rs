//! The choice of the number of states.

use rayon::prelude::*;

use super::{Fit, FitOptions, fit};
use crate::{Observations, RegimeError};

/// The criterion of a choice between numbers of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Criterion {
    /// Akaike's, which leans to more states.
    Aic,
    /// Schwarz's, which leans to fewer.
    Bic,
}

/// The fit of one number of states.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// How many states the fit has.
    pub n_states: usize,
    /// The fit, or why there is none.
    pub fit: Result<Fit, RegimeError>,
}

/// Fits for several numbers of states, and which of them is best.
#[derive(Debug, Clone)]
pub struct Choice {
    /// In the order asked for.
    pub candidates: Vec<Candidate>,
    /// The position of the best of them.
    pub best: usize,
}

impl Choice {
    /// The fit that the choice prefers.
    pub fn fit(&self) -> &Fit {
        self.candidates[self.best].fit.as_ref().expect("the best candidate has a fit")
    }
}

/// Fits a model for each number of states and chooses by a criterion; of equally good ones the first. A sound fit goes
/// before one with an empty or degenerate state.
///
/// # Errors
///
/// [`RegimeError::NoCandidates`] without a number to choose from; the first failure if every number fails.
pub fn choose_states(
    observations: &Observations,
    n_states: &[usize],
    criterion: Criterion,
    options: &FitOptions,
) -> Result<Choice, RegimeError> {
    let candidates = n_states
        .par_iter()
        .map(|&n_states| {
            let options = FitOptions { n_states, ..options.clone() };
            Candidate { n_states, fit: fit(observations, &options) }
        })
        .collect::<Vec<_>>();
    let mut best: Option<(usize, bool, f64)> = None;
    for (at, candidate) in candidates.iter().enumerate() {
        let Ok(fit) = &candidate.fit else { continue };
        let value = match criterion {
            Criterion::Aic => fit.aic(),
            Criterion::Bic => fit.bic(),
        };
        let is_better = best.is_none_or(|(_, sound, least)| {
            (fit.is_sound() && !sound) || (fit.is_sound() == sound && value < least)
        });
        if is_better {
            best = Some((at, fit.is_sound(), value));
        }
    }
    match (best, candidates.first()) {
        (Some((best, ..)), _) => Ok(Choice { candidates, best }),
        (None, Some(Candidate { fit: Err(error), .. })) => Err(error.clone()),
        _ => Err(RegimeError::NoCandidates),
    }
}
