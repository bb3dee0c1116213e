//! Hold the whole universe.

use super::{Strategy, View, targets::rebalance};
use crate::{Decision, PortfolioError, error::not_negative};

/// Every member of the universe that traded in the session, with the same weight: the first benchmark, since it is
/// what the signal has to choose from.
///
/// - Signal: not used.
/// - Weights: `1 / n` of the `n` members with a closing price.
/// - Orders: a position is left alone while its weight is within `threshold` of the target.
/// - It should trade as seldom as its users would (monthly), under the same costs as what it is compared with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EqualWeight {
    threshold: f64,
}

impl EqualWeight {
    /// Equal weights, corrected where they are off by `threshold` (a share of equity; 0 corrects all) or more.
    pub fn new(threshold: f64) -> Result<Self, PortfolioError> {
        Ok(Self { threshold: not_negative("threshold", threshold)? })
    }
}

impl Strategy for EqualWeight {
    fn name(&self) -> &'static str {
        "equal_weight"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let is_target = |&i: &usize| view.is_member(i) && view.close(i, 0).is_some();
        let members = (0..view.n_instruments()).filter(is_target).collect::<Vec<_>>();
        if members.is_empty() {
            return Decision::nothing();
        }
        let weight = 1.0 / members.len() as f64;
        // What is halted today is not bought, but not sold either.
        let halted = view.held().map(|(i, _)| i).filter(|&i| view.close(i, 0).is_none());
        let kept = halted.map(|i| (i, view.weight(i)));
        let targets = members.iter().map(|&i| (i, weight)).chain(kept).collect();
        rebalance(view, &targets, self.threshold.max(f64::MIN_POSITIVE))
    }
}
