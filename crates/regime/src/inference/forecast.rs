//! The forecast of a model for a later bar.

use crate::{GaussianHmm, Probabilities, RegimeError};

/// The distribution of one future bar: a mixture of the states' normal distributions.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// The probability of each regime at that bar.
    pub probabilities: Probabilities,
    /// The expected value of each series.
    pub means: Vec<f64>,
    /// The variance of each series: the mean variance of the regimes plus the variance of their means.
    pub variances: Vec<f64>,
}

/// The bar `horizon` bars after the one at which the regimes have these probabilities, `p · Aʰ`.
///
/// With filtered probabilities this uses what is known at that bar only. A horizon of 0 describes the bar itself, before
/// its observation.
///
/// # Errors
///
/// [`RegimeError::Beliefs`] if there is not one probability a state.
pub fn forecast(model: &GaussianHmm, probabilities: &[f64], horizon: usize) -> Result<Forecast, RegimeError> {
    let (k, d) = (model.n_states(), model.n_series());
    if probabilities.len() != k {
        return Err(RegimeError::Beliefs { expected: k, found: probabilities.len() });
    }
    let mut ahead = Probabilities::of(probabilities);
    for _ in 0..horizon {
        ahead = model.advance(&ahead);
    }
    let mut means = vec![0.0; d];
    let mut variances = vec![0.0; d];
    for series in 0..d {
        let mean = (0..k).map(|state| ahead[state] * model.means(state)[series]).sum::<f64>();
        means[series] = mean;
        variances[series] = (0..k)
            .map(|state| {
                let distance = model.means(state)[series] - mean;
                ahead[state] * (model.variance(state, series) + distance * distance)
            })
            .sum();
    }
    Ok(Forecast { probabilities: ahead, means, variances })
}
