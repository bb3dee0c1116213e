//! The signal is the weight.

use super::{Strategy, View, targets::rebalance};
use crate::{
    Decision, PortfolioError,
    error::{not_negative, positive},
};

/// Takes the signal's scores as target weights: for an optimiser or an allocation made elsewhere.
///
/// - Signal: a share of equity (negative: short). Missing or zero is no position; a session without any score leaves
///   the book as it is.
/// - Weights: where the sum of their absolute values exceeds `gross_limit`, all are made smaller by one factor.
/// - Orders: a position is left alone while its weight is within `threshold` of the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetWeights {
    gross_limit: f64,
    threshold: f64,
}

impl TargetWeights {
    /// At most `gross_limit` times the equity in positions, corrected where off by `threshold` or more.
    pub fn new(gross_limit: f64, threshold: f64) -> Result<Self, PortfolioError> {
        let gross_limit = positive("gross_limit", gross_limit)?;
        Ok(Self { gross_limit, threshold: not_negative("threshold", threshold)? })
    }
}

impl Strategy for TargetWeights {
    fn name(&self) -> &'static str {
        "target_weights"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let scores = (0..view.n_instruments()).filter_map(|i| view.score(i).map(|score| (i, score)));
        let scores = scores.collect::<Vec<_>>();
        if scores.is_empty() {
            return Decision::nothing();
        }
        let gross = scores.iter().map(|(_, score)| score.abs()).sum::<f64>();
        let factor = if gross > self.gross_limit { self.gross_limit / gross } else { 1.0 };
        let weights = scores.iter().filter(|(_, score)| *score != 0.0);
        let targets = weights.map(|&(i, score)| (i, score * factor)).collect();
        rebalance(view, &targets, self.threshold)
    }
}
