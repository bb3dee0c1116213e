//! The levels of evidence, and the rules that lead to them.

use serde::{Deserialize, Serialize};

use super::Evidence;

/// The distance of a mean from 0, in standard errors, from which on it shows something.
const T: f64 = 2.0;
/// The distance of a mean from 0, in standard errors, from which on it shows something even after a few tries.
const T_STRONG: f64 = 3.0;

/// The level of evidence that a study gives for what it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// The data are broken, so that there is no yardstick to judge by.
    #[serde(rename = "not judged")]
    NotJudged,
    /// A column has probably seen what it predicts, or the result is better than anything honest.
    #[serde(rename = "not credible")]
    NotCredible,
    /// The portfolio is behind its benchmark, and not by its costs alone.
    #[serde(rename = "evidence against")]
    Against,
    /// Chance explains the result.
    #[serde(rename = "no evidence")]
    None,
    /// Chance hardly explains the portfolio's excess, and its scores do not contradict it.
    #[serde(rename = "weak evidence")]
    Weak,
    /// Chance does not explain the result, and portfolio and scores agree.
    #[serde(rename = "evidence")]
    Strong,
}

impl Level {
    /// The name of the level, as in `no evidence`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotJudged => "not judged",
            Self::NotCredible => "not credible",
            Self::Against => "evidence against",
            Self::None => "no evidence",
            Self::Weak => "weak evidence",
            Self::Strong => "evidence",
        }
    }

    /// The words before the reason where no number counts.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::NotJudged => "Not judged: the data",
            Self::NotCredible => "Not credible",
            _ => "No evidence",
        }
    }

    /// The level of evidence of these numbers.
    ///
    /// A loss that only the costs explain is no evidence: the scores may be worth nothing, but they are not wrong.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let Evidence { excess, excess_t, gross_t, is_scored, rank_ic, rank_ic_t, .. } = *evidence;
        if !evidence.unsound.is_empty() {
            return Self::NotJudged;
        }
        if !evidence.beyond.is_empty() {
            return Self::NotCredible;
        }
        if evidence.idle.is_some() {
            return Self::None;
        }
        if excess_t <= -T && (gross_t <= -T || gross_t.is_nan() || rank_ic_t <= -T) {
            return Self::Against;
        }
        // Any comparison with NaN is false, so a number that is not defined gives no evidence.
        if excess_t >= T_STRONG && (rank_ic_t >= T_STRONG || !is_scored) && excess > 0.0 {
            Self::Strong
        } else if excess_t >= T && (rank_ic > 0.0 || !is_scored) {
            Self::Weak
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::testing::luck, *};

    #[test]
    fn a_rule_without_scores_is_judged_by_its_portfolio_alone() {
        let rule = || Evidence { is_scored: false, rank_ic: f64::NAN, rank_ic_t: f64::NAN, ..luck() };
        assert_eq!(Level::of(&rule()), Level::None);
        assert_eq!(Level::of(&Evidence { excess_t: 2.1, ..rule() }), Level::Weak);
        assert_eq!(Level::of(&Evidence { excess_t: 3.1, ..rule() }), Level::Strong);
    }

    #[test]
    fn luck_is_no_evidence() {
        assert_eq!(Level::of(&luck()), Level::None);
        assert_eq!(Level::of(&Evidence { excess_t: 1.99, ..luck() }), Level::None);
    }

    #[test]
    fn what_is_not_known_is_no_evidence() {
        let unknown = Evidence { excess_t: f64::NAN, gross_t: f64::NAN, rank_ic_t: f64::NAN, ..luck() };
        assert_eq!(Level::of(&unknown), Level::None);
        assert_eq!(Level::of(&Evidence { excess_t: 4.0, rank_ic: f64::NAN, ..luck() }), Level::None);
    }

    #[test]
    fn a_gain_that_the_scores_don_t_explain_is_no_evidence() {
        let lucky = Evidence { excess_t: 4.0, rank_ic: -0.01, rank_ic_t: -1.0, ..luck() };
        assert_eq!(Level::of(&lucky), Level::None);
    }

    #[test]
    fn a_loss_by_costs_alone_is_no_evidence_against() {
        let costly = || Evidence { excess: -0.05, excess_t: -2.5, gross_t: -0.1, ..luck() };
        assert_eq!(Level::of(&costly()), Level::None);
        assert_eq!(Level::of(&Evidence { gross_t: -2.1, ..costly() }), Level::Against);
        assert_eq!(Level::of(&Evidence { rank_ic_t: -3.0, ..costly() }), Level::Against);
    }

    #[test]
    fn evidence_needs_portfolio_and_scores() {
        let strong = || Evidence { excess_t: 3.0, rank_ic: 0.03, rank_ic_t: 3.0, ..luck() };
        assert_eq!(Level::of(&strong()), Level::Strong);
        assert_eq!(Level::of(&Evidence { rank_ic_t: 2.9, ..strong() }), Level::Weak);
        assert_eq!(Level::of(&Evidence { excess_t: 2.9, ..strong() }), Level::Weak);
    }

    #[test]
    fn broken_data_a_leak_and_a_model_without_trees_come_before_any_number() {
        let why = || vec!["why".to_owned()];
        let strong = || Evidence { excess_t: 9.0, rank_ic: 0.1, rank_ic_t: 9.0, ..luck() };
        assert_eq!(Level::of(&Evidence { idle: Some("why".to_owned()), ..strong() }), Level::None);
        let leaky = || Evidence { beyond: why(), idle: Some("why".to_owned()), ..strong() };
        assert_eq!(Level::of(&leaky()), Level::NotCredible);
        assert_eq!(Level::of(&Evidence { unsound: why(), ..leaky() }), Level::NotJudged);
    }
}
