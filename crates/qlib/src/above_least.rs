//! Weights as the scores above the least one.

use backstaff_portfolio::{Decision, Strategy, View, rebalance_to};

/// The strategy `SentimentMomentumStrategy` of quantlab, as it computes: each instrument with a score weighs
/// `(score − least) / Σ`, those above a hundredth are held.
///
/// - Signal: a session without any score leaves the book as it is.
/// - Source: nittygritty-zzy/quantlab, snapshot of October 2025; what its class says of momentum, sentiment and earnings is
///   called nowhere there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AboveLeast {
    /// The share of the account that is invested.
    pub risk_degree: f64,
}

/// Weights up to this are left out.
const LEAST_WEIGHT: f64 = 0.01;
/// What keeps equal scores from a division by zero.
const TINY: f64 = 1e-8;

impl Strategy for AboveLeast {
    fn name(&self) -> &'static str {
        "above_least"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let scores = (0..view.n_instruments()).filter_map(|i| Some((i, view.score(i)?))).collect::<Vec<_>>();
        if scores.is_empty() {
            return Decision::nothing();
        }
        let least = scores.iter().map(|(_, score)| *score).fold(f64::INFINITY, f64::min);
        let most = scores.iter().map(|(_, score)| *score).fold(f64::NEG_INFINITY, f64::max);
        let above =
            scores.iter().map(|&(i, score)| (i, (score - least) / (most - least + TINY))).collect::<Vec<_>>();
        let sum = above.iter().map(|(_, above)| above).sum::<f64>();
        let weights =
            above.iter().map(|&(i, above)| (i, above / sum)).filter(|(_, weight)| *weight > LEAST_WEIGHT);
        rebalance_to(view, &weights.map(|(i, weight)| (i, weight * self.risk_degree)).collect(), 0.0)
    }
}
