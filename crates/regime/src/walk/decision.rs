//! The regime at a bar as known then, and the fits that it rests on.

use std::sync::Arc;

use backstaff_panel::Session;

use crate::{FilteredRegimes, Fit, Forecast, GaussianHmm, Probabilities, RegimeError, RegimeLabel, forecast};

/// The regime at a bar, as known at its close.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The session of the bar.
    pub session: Session,
    /// The likeliest state; it keeps its number over refits.
    pub state: usize,
    /// The name of that state.
    pub label: RegimeLabel,
    /// The filtered probability of that state.
    pub confidence: f64,
    /// The filtered probabilities of all states.
    pub probabilities: Probabilities,
    /// For how many bars that state has been the likeliest, this one included.
    pub age: usize,
    /// The number of the fit that the model comes from, from 0.
    pub fit: usize,
    /// The expected value of the first series at the next bar.
    pub expected_return: f64,
    /// The standard deviation of the first series at the next bar.
    pub expected_volatility: f64,
}

/// A fit along the history.
#[derive(Debug, Clone)]
pub struct FitRecord {
    /// The bar at whose close it took place.
    pub row: usize,
    /// The session of that bar.
    pub session: Session,
    /// The fit, its states in canonical order.
    pub fit: Arc<Fit>,
    /// The model, its states numbered like those of the fit before.
    pub model: GaussianHmm,
    /// The names of the model's states.
    pub labels: Vec<RegimeLabel>,
}

/// A fit that was due and failed; the last model stayed.
#[derive(Debug, Clone, PartialEq)]
pub struct FitFailure {
    /// The bar at which it was due.
    pub row: usize,
    /// The session of that bar.
    pub session: Session,
    /// The error of the fit.
    pub reason: RegimeError,
}

/// All decisions of a history, and the fits that they rest on.
#[derive(Debug, Clone)]
pub struct Walk {
    /// The decisions, one for each bar; `None` before the first fit.
    pub decisions: Vec<Option<Decision>>,
    /// The fits in order of time: as many as models were fitted or found in the cache.
    pub fits: Vec<FitRecord>,
    /// The fits that failed.
    pub failures: Vec<FitFailure>,
    pub(super) n_states: usize,
}

impl Walk {
    /// The filtered probabilities at every bar, missing (NaN) before the first fit. Their log-likelihood is not defined
    /// over several models and NaN.
    pub fn regimes(&self) -> FilteredRegimes {
        let row = |decision: &Option<Decision>| match decision {
            Some(decision) => decision.probabilities.to_vec(),
            None => vec![f64::NAN; self.n_states],
        };
        let probabilities = self.decisions.iter().flat_map(row).collect();
        FilteredRegimes { n_states: self.n_states, probabilities, log_likelihood: f64::NAN }
    }

    /// The forecast at a bar for `horizon` bars later; `None` before the first fit.
    pub fn forecast(&self, row: usize, horizon: usize) -> Option<Forecast> {
        let decision = self.decisions.get(row)?.as_ref()?;
        forecast(&self.fits[decision.fit].model, &decision.probabilities, horizon).ok()
    }
}
