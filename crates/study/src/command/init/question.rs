//! What the study of a rule asks and how it decides, in words.

use super::{
    pace::Pace,
    rule::{By, Rule, Ruled},
};
use crate::words;

impl Ruled {
    /// The question that the study asks of these instruments, without the years and the question mark.
    pub(super) fn question(&self, n: usize, all: &str) -> String {
        match (&self.by, self.rule) {
            (By::Score { places, .. }, rule) => {
                let chosen = match rule {
                    Rule::MeanReversion => "have fallen most",
                    Rule::LowVolatility => "move least",
                    _ => "have risen most",
                };
                format!("Do the {} of {all} that {chosen} do better than all of them", places.held)
            }
            (_, Rule::Equal) if n == 1 => format!("What does holding {all} bring"),
            (_, Rule::Equal) => format!("What do {all} bring in equal parts"),
            (By::Regimes { instruments, .. }, _) if instruments.len() < n => {
                format!("Does switching by market regime beat holding {} of {all}", instruments.len())
            }
            (By::Regimes { .. }, _) => format!("Does switching by market regime beat holding {all}"),
            (By::Share(_) | By::Equal(_), rule) => {
                let when = match rule {
                    Rule::MeanReversion => "only below the mean of a month",
                    Rule::LowVolatility => "the less the more it moves",
                    Rule::Momentum => "only while it has risen",
                    _ => "only above its mean",
                };
                if n == 1 {
                    format!("Does holding {all} {when} beat holding it always")
                } else {
                    format!("Does holding {all}, each {when}, beat equal parts of all")
                }
            }
        }
    }

    /// How it decides, for people.
    pub(super) fn told(&self, pace: Pace) -> String {
        match &self.by {
            By::Score { expression, .. } => format!("the score is {expression}"),
            By::Share(expression) => format!("the share of equity is {expression}"),
            By::Equal(shares) => {
                format!("each of {} has the same share", words::count(shares.len(), "instrument"))
            }
            By::Regimes { instruments, look_back } => {
                format!("of {}, by models of {}", instruments.join(", "), pace.told(*look_back))
            }
        }
    }
}
