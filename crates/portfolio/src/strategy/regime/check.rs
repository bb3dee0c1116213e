//! What rules may say.

use std::collections::BTreeMap;

use crate::{PortfolioError, error::not_negative};

/// `value` must lie between 0 and 1.
pub(super) fn share(parameter: &'static str, value: f64) -> Result<(), PortfolioError> {
    if (0.0..=1.0).contains(&value) {
        return Ok(());
    }
    Err(PortfolioError::Parameter { parameter, value, expected: "a share between 0 and 1" })
}

/// `value` must lie above 0 and not above 1.
pub(super) fn share_above_zero(parameter: &'static str, value: f64) -> Result<(), PortfolioError> {
    if value > 0.0 {
        return share(parameter, value);
    }
    Err(PortfolioError::Parameter { parameter, value, expected: "a share above 0 and at most 1" })
}

/// A confidence and a threshold, which all rules have.
pub(super) fn common(min_confidence: f64, rebalance_threshold: f64) -> Result<(), PortfolioError> {
    share("min_confidence", min_confidence)?;
    not_negative("rebalance_threshold", rebalance_threshold).map(drop)
}

/// Weights between 0 and `max_weight` that sum to 1 at most.
pub(super) fn weights(
    parameter: &'static str,
    weights: &BTreeMap<String, f64>,
    max_weight: f64,
) -> Result<(), PortfolioError> {
    if let Some(&value) = weights.values().find(|weight| !(0.0..=max_weight).contains(*weight)) {
        let expected = "weights between 0 and max_weight (1 without one); the cap holds for all that is held";
        return Err(PortfolioError::Parameter { parameter, value, expected });
    }
    let value = weights.values().sum::<f64>();
    if value > 1.0 + 1e-9 {
        let expected = "weights that sum to at most 1";
        return Err(PortfolioError::Parameter { parameter, value, expected });
    }
    Ok(())
}

/// Refuses a number below one.
pub(super) fn at_least_one(parameter: &'static str, value: usize) -> Result<(), PortfolioError> {
    if value > 0 {
        return Ok(());
    }
    Err(PortfolioError::Parameter { parameter, value: 0.0, expected: "1 or more" })
}
