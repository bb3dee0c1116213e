//! Long the best, short the worst.

use super::{Strategy, View, targets::rebalance};
use crate::{Decision, PortfolioError, error::not_negative};

/// Long the best quantile of the scored instruments, short the worst, equally weighted within each.
///
/// - Signal: `n` eligible instruments have a score; each side holds `floor(quantile · n)` of them. If that is none,
///   the book is closed; a session without any score leaves it as it is.
/// - Weights: `long / count` each and `−short / count` each. What short sales bring stays in cash and earns its rate;
///   the fee for borrowing is among the costs.
/// - Orders: a position is left alone while its weight is within `threshold` of the target.
/// - Ties: in the order of the instruments. A session in which all of several scores are equal leaves the book as it is,
///   since nothing but that order would choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QuantileLongShort {
    quantile: f64,
    long: f64,
    short: f64,
    threshold: f64,
}

impl QuantileLongShort {
    /// Hold the best `quantile` (above 0, at most 0.5) for `long` times the equity, short the worst for `short` times.
    pub fn new(quantile: f64, long: f64, short: f64, threshold: f64) -> Result<Self, PortfolioError> {
        if !(quantile > 0.0 && quantile <= 0.5) {
            let expected = "above 0 and at most 0.5, since the two sides must not overlap";
            return Err(PortfolioError::Parameter { parameter: "quantile", value: quantile, expected });
        }
        Ok(Self {
            quantile,
            long: not_negative("long", long)?,
            short: not_negative("short", short)?,
            threshold: not_negative("threshold", threshold)?,
        })
    }
}

impl Strategy for QuantileLongShort {
    fn name(&self) -> &'static str {
        "quantile_long_short"
    }

    fn on_session(&mut self, view: &View<'_>) -> Decision {
        let ranking = view.ranking();
        if ranking.is_empty() || view.is_undecided(1) {
            return Decision::nothing();
        }
        let count = (self.quantile * ranking.len() as f64).floor() as usize;
        let best = ranking[..count].iter().map(|&(i, _)| (i, self.long / count as f64));
        let worst = ranking[ranking.len() - count..].iter().map(|&(i, _)| (i, -self.short / count as f64));
        let targets = best.chain(worst).filter(|&(_, weight)| weight != 0.0).collect();
        rebalance(view, &targets, self.threshold)
    }
}
