//! The verdict on a feature, in words that promise nothing.

use backstaff_portfolio::measure::normal_distribution;
use serde::Serialize;

use super::{AtHorizon, Coverage};
use crate::{
    steps::suspects::Suspect,
    words::{count, number, percent},
};

/// The t below which there is no evidence.
const WEAK_T: f64 = 2.0;
/// The t from which on chance hardly explains the result, unless many features were tried.
const CLEAR_T: f64 = 3.0;

/// The level of evidence against chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// There is nothing to judge: no value, or the same one everywhere.
    NotJudged,
    /// The feature is better than any known signal: it has probably seen the future.
    NotCredible,
    /// Chance explains the result.
    Chance,
    /// Chance explains the result if a few dozen features were tried.
    Weak,
    /// Chance hardly explains the result.
    Clear,
}

/// The verdict on a feature.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// The level of evidence, as a word.
    pub level: Level,
    /// The verdict in a sentence.
    pub sentence: String,
    /// The number of features without skill among which one looks as good or better, with either sign; `None` if not
    /// judged.
    pub one_in: Option<f64>,
}

impl Verdict {
    /// The verdict on a feature by its rank IC at one horizon.
    pub(super) fn of(found: &AtHorizon, coverage: &Coverage, suspect: Option<&Suspect>) -> Self {
        let not_judged = |why: &str| Self {
            level: Level::NotJudged,
            sentence: format!("Not judged: {why}."),
            one_in: None,
        };
        if coverage.is_empty() {
            return not_judged("the feature has no value on any row of the universe");
        }
        if coverage.is_constant() {
            return not_judged("the feature is the same on every row");
        }
        let rank_ic = &found.rank_ic;
        let (Some(mean), Some(t)) = (rank_ic.mean, rank_ic.newey_west_t) else {
            return not_judged("no session has three instruments with different values and a return");
        };
        let one_in = 1.0 / (2.0 * normal_distribution(-t.abs()));
        let measured = format!(
            "Rank IC {} over {}, t {}",
            number(mean, 4),
            count(found.horizon as usize, "session"),
            number(t, 1)
        );
        let odds =
            format!("of {} features without skill one looks as good", number(one_in.round().max(2.0), 0));
        let (level, judged) = match t.abs() {
            _ if suspect.is_some() => {
                (Level::NotCredible, "too good to be true: it has probably seen the future".to_owned())
            }
            t if t < WEAK_T => (Level::Chance, "not distinguishable from chance".to_owned()),
            t if t < CLEAR_T => (Level::Weak, format!("weak evidence ({odds})")),
            t if t < 5.0 => (Level::Clear, format!("hardly chance ({odds}; how many were tried?)")),
            _ => (Level::Clear, "hardly chance".to_owned()),
        };
        Self {
            level,
            sentence: format!("{measured}: {judged}{}.", cost(found, level)),
            one_in: Some(one_in).filter(|n| n.is_finite()),
        }
    }
}

/// The part of the sentence about the spread before costs, and the cost that would take it.
fn cost(found: &AtHorizon, level: Level) -> String {
    match (found.spread_annual, found.breakeven_bps) {
        (Some(spread), Some(breakeven)) if level == Level::Weak || level == Level::Clear => format!(
            "; the outer quantiles differ by {} a year before costs, and {} bp a trade would take it",
            percent(spread.abs(), 1),
            number(breakeven, 1)
        ),
        _ => String::new(),
    }
}

/// The warnings for the reader beside the verdict.
pub(super) fn warnings(
    coverage: &Coverage,
    found: &AtHorizon,
    suspect: Option<&Suspect>,
    n_quantiles: usize,
) -> Vec<String> {
    let mut warnings = Vec::new();
    let mut warn = |text: String| warnings.push(text);
    if coverage.is_empty() {
        warn(format!("no value on any of the {} of the universe", count(coverage.rows, "row")));
        return warnings;
    }
    if coverage.is_constant() {
        warn("constant: the same value on every row".to_owned());
    } else if found.rank_ic.n == 0 && coverage.most > 2 {
        warn("no session has a rank IC: values are the same for all instruments of a session, or no return follows".to_owned());
    }
    if let Some(suspect) = suspect {
        warn(format!(
            "{}: it has probably seen it, in a column of the data that is dated too early",
            suspect.measured()
        ));
    }
    if coverage.infinite > 0 {
        warn(format!("{} infinite; they count as missing", count(coverage.infinite, "value")));
    }
    if coverage.share.is_some_and(|share| share < 0.5) {
        warn(format!(
            "only {} of the universe's rows have a value",
            percent(coverage.share.unwrap_or(0.0), 1)
        ));
    }
    if coverage.most < n_quantiles {
        warn(format!(
            "{n_quantiles} quantiles need as many values in a session; there are {} at most",
            coverage.most
        ));
    } else if !coverage.is_constant() && found.quantile_means.iter().any(Option::is_none) {
        warn("so many values are equal that some quantiles are empty".to_owned());
    }
    warnings
}
