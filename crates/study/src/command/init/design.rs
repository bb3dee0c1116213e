//! The kind of study that suits the data: one whose models learn, or a rule.

use super::{
    learning::Learning,
    market::Market,
    rule::{By, Rule, Ruled},
};
use crate::{StudyError, words};

/// The kind of study that suits the data.
#[derive(Clone, Debug)]
pub(super) struct Design {
    kind: Kind,
    /// Why it is a rule although none was asked for; `None` if one was, or models learn.
    pub instead: Option<String>,
}

#[derive(Clone, Debug)]
enum Kind {
    Learning(Box<Learning>),
    Ruled(Box<Ruled>),
}

/// The number of instruments from which on a quick try takes a part of them.
const MANY: usize = 60;

impl Design {
    /// The rule that was asked for, else models that learn.
    ///
    /// # Errors
    ///
    /// If the data suffice for neither.
    pub(super) fn of(rule: Option<Rule>, market: &Market) -> Result<Self, StudyError> {
        if let Some(rule) = rule {
            return Ok(Self { kind: Kind::ruled(rule, market, "--rule")?, instead: None });
        }
        match Learning::of(market)? {
            Ok(learning) => Ok(Self { kind: Kind::Learning(Box::new(learning)), instead: None }),
            Err(reason) => Self::instead(market, reason),
        }
    }

    /// The rule that stands in for models, for this reason.
    pub(super) fn instead(market: &Market, reason: String) -> Result<Self, StudyError> {
        Ok(Self { kind: Kind::ruled(Rule::instead(market), market, "--data")?, instead: Some(reason) })
    }

    pub(super) fn learning(&self) -> Option<&Learning> {
        match &self.kind {
            Kind::Learning(learning) => Some(learning),
            Kind::Ruled(_) => None,
        }
    }

    pub(super) fn ruled(&self) -> Option<&Ruled> {
        match &self.kind {
            Kind::Ruled(ruled) => Some(ruled),
            Kind::Learning(_) => None,
        }
    }

    /// Over how many sessions scores are judged.
    pub(super) fn horizon(&self) -> u32 {
        self.learning().map_or_else(|| self.rebalance(), |learning| learning.horizon)
    }

    /// The number of sessions between rebalancings.
    pub(super) fn rebalance(&self) -> u32 {
        match &self.kind {
            Kind::Learning(learning) => learning.horizon,
            Kind::Ruled(ruled) => ruled.rebalance,
        }
    }

    /// What a quick try changes: fewer instruments where there are many, else less work for each.
    pub(super) fn quick(&self, market: &Market) -> &'static str {
        let is_many = market.breadth() > MANY;
        match &self.kind {
            Kind::Learning(_) if is_many => {
                "{universe: {at_most: 50}, portfolio: {strategy: {top_n: {n: 10, keep: 30}}}, models: {lightgbm: {lightgbm: {seeds: 1}}}}"
            }
            Kind::Learning(_) => "{models: {lightgbm: {lightgbm: {rounds: 20, seeds: 1}}}}",
            Kind::Ruled(ruled) => match ruled.by {
                By::Score { .. } if is_many => {
                    "{universe: {at_most: 50}, portfolio: {strategy: {top_n: {n: 10, keep: 30}}}}"
                }
                By::Share(_) if is_many => "{universe: {at_most: 50}}",
                By::Regimes { .. } => "{spread: {states: [], look_backs: [], offsets: []}}",
                _ => "{} # nothing to save: all of it takes a second",
            },
        }
    }

    /// The question of the study, as `about` says it, with what the data are called.
    pub(super) fn question(&self, market: &Market, data: &str) -> String {
        let n = market.instruments.len();
        let all = if n == 1 {
            format!("{} of {data}", market.instruments[0])
        } else {
            format!("the {n} instruments of {data}")
        };
        let years = match (market.first().year(), market.last().year()) {
            (first, last) if first == last => first.to_string(),
            (first, last) => format!("{first}–{last}"),
        };
        let time = |sessions| market.pace.in_time(sessions);
        match &self.kind {
            Kind::Learning(learning) => format!(
                "Which of {all} do better than the others over the next {}, {years}?",
                time(learning.horizon).trim_start_matches("a ")
            ),
            Kind::Ruled(ruled) => format!("{}, {years}?", ruled.question(n, &all)),
        }
    }

    /// What was chosen and why, in a few lines: the word and the sentence.
    pub(super) fn told(&self, market: &Market) -> Vec<(&'static str, String)> {
        let pace = market.pace;
        let price = if market.has_open {
            "the next open".to_owned()
        } else {
            "the next close, since the data have no open".to_owned()
        };
        let every = match pace.rebalance(self.rebalance()) {
            every if every.parse::<u32>().is_ok() => format!("every {}", pace.told(self.rebalance())),
            every => every,
        };
        let traded = format!("rebalanced {every} at {price}");
        match &self.kind {
            Kind::Learning(learning) => {
                let held = learning.places.told(market);
                let primary = if learning.is_broad {
                    "lightgbm; ridge"
                } else {
                    "ridge, since trees are noise with so few instruments; lightgbm"
                };
                vec![
                    (
                        "features",
                        format!("{} that the data have the columns and the history for", learning.seen.len()),
                    ),
                    ("label", format!("the return of {}", pace.told(learning.horizon))),
                    (
                        "folds",
                        format!(
                            "tested from {} on; the first model learns from {}",
                            learning.from,
                            words::count(learning.trained, "session")
                        ),
                    ),
                    ("models", format!("{primary} and momentum beside it")),
                    ("portfolio", format!("{held}; {traded}")),
                ]
            }
            Kind::Ruled(ruled) => {
                let mut told = Vec::new();
                if let Some(reason) = &self.instead {
                    told.push(("no model", reason.clone()));
                }
                told.push(("rule", format!("{}: {}", ruled.rule.name(), ruled.told(pace))));
                let held = match &ruled.by {
                    By::Score { places, .. } => format!("{}; {traded}", places.told(market)),
                    By::Regimes { .. } => format!("changed as the regimes do, at {price}"),
                    By::Share(_) | By::Equal(_) => traded,
                };
                told.push(("portfolio", held));
                told
            }
        }
    }
}

impl Kind {
    /// A rule, or an error of this option.
    fn ruled(rule: Rule, market: &Market, option: &str) -> Result<Self, StudyError> {
        let message = |message| StudyError::Value { key: option.to_owned(), message };
        rule.study(market).map(|ruled| Self::Ruled(Box::new(ruled))).map_err(message)
    }
}
