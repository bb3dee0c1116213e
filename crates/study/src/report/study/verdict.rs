//! The verdict: one honest sentence on what the statistics show, and on nothing else.

use serde::{Deserialize, Serialize};

use super::account::{Accounts, Benchmark, Excess, Yardstick, interval};
use crate::{
    flow::results::Results,
    steps::backtest::{Holder, primary},
    words,
};

/// The distance of a mean from 0, in standard errors, from which on it shows something.
const T: f64 = 2.0;
/// The distance of a mean from 0, in standard errors, from which on it shows something even after a few tries.
const T_STRONG: f64 = 3.0;

/// The level of evidence that a study gives for what it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Level {
    /// A feature has probably seen what it predicts.
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

/// The numbers that the verdict rests on; NaN where one is not defined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// Whether a feature foresees the next return beyond belief.
    pub(super) is_suspect: bool,
    /// The meaning of `excess` and `gross`: a difference of returns, or an alpha.
    pub(super) yardstick: Yardstick,
    /// The mean return above the benchmark, or the alpha to it, after costs: a fraction a year.
    pub(super) excess: f64,
    /// The Newey–West t of `excess`.
    pub(super) excess_t: f64,
    /// The same number before costs.
    pub(super) gross: f64,
    /// The Newey–West t of `gross`.
    pub(super) gross_t: f64,
    /// Whether there are scores that labels judge; the verdict then also asks for a rank IC.
    pub(super) is_scored: bool,
    /// The mean rank IC of the scores.
    pub(super) rank_ic: f64,
    /// The Newey–West t of `rank_ic`.
    pub(super) rank_ic_t: f64,
}

/// The verdict of a study.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) level: Level,
    pub(super) evidence: Evidence,
    /// The verdict as a sentence for people, with marks for bold and code.
    pub(super) sentence: String,
}

impl Evidence {
    /// The ends of a 95 % interval around the excess.
    pub(super) fn interval(&self) -> (f64, f64) {
        interval(self.excess, self.excess_t)
    }
}

impl Level {
    /// The name of the level, as in `no evidence`.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotCredible => "not credible",
            Self::Against => "evidence against",
            Self::None => "no evidence",
            Self::Weak => "weak evidence",
            Self::Strong => "evidence",
        }
    }

    /// The level of evidence of these numbers.
    ///
    /// A loss that only the costs explain is no evidence: the scores may be worth nothing, but they are not wrong.
    fn of(evidence: &Evidence) -> Self {
        let Evidence { is_suspect, excess, excess_t, gross_t, is_scored, rank_ic, rank_ic_t, .. } = *evidence;
        if is_suspect {
            return Self::NotCredible;
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

impl Verdict {
    pub(super) fn of(results: &Results, accounts: &Accounts<'_>) -> Self {
        let yardstick = accounts.yardstick();
        let judged = |excess: Excess| excess.judged(yardstick);
        let (net, gross) = (accounts.primary_excess().map(judged), accounts.gross_excess().map(judged));
        let rank_ic = results.primary_evaluation().map(|evaluation| &evaluation.facts.rank_ic);
        let evidence = Evidence {
            is_suspect: !results.suspects.is_empty(),
            yardstick,
            excess: net.as_ref().map_or(f64::NAN, |excess| excess.annual),
            excess_t: net.as_ref().map_or(f64::NAN, |excess| excess.t),
            gross: gross.as_ref().map_or(f64::NAN, |excess| excess.annual),
            gross_t: gross.as_ref().map_or(f64::NAN, |excess| excess.t),
            is_scored: rank_ic.is_some(),
            rank_ic: rank_ic.and_then(|summary| summary.mean).unwrap_or(f64::NAN),
            rank_ic_t: rank_ic.and_then(|summary| summary.newey_west_t).unwrap_or(f64::NAN),
        };
        let level = Level::of(&evidence);
        let net = net.map_or_else(|| "not defined".to_owned(), |excess| excess.words());
        let asked = Asked {
            what: asked_about(results),
            than: match accounts.benchmark_kind() {
                Benchmark::EqualWeight => "holding everything",
                Benchmark::Constant => "holding the same mean exposures at all times",
                Benchmark::EqualOfNamed => "holding the same instruments equally",
            },
            benchmark: accounts.benchmark_kind(),
        };
        Self { level, evidence, sentence: sentence(level, &evidence, &asked, &net) }
    }
}

/// The question of a study, in the words of its verdict.
struct Asked {
    /// The scores of a model, or a strategy, as the subject of the sentence.
    what: Subject,
    /// The alternative that it should earn more than.
    than: &'static str,
    benchmark: Benchmark,
}

/// The subject of the verdict's sentence.
struct Subject {
    /// The subject with its article and name: "the scores of ...".
    noun: String,
    /// The verb in the number of the noun: "earn" or "earns".
    earn: &'static str,
}

fn asked_about(results: &Results) -> Subject {
    match primary(&results.config) {
        Holder::Model(name) => Subject { noun: format!("the scores of `{name}`"), earn: "earn" },
        _ if results.config.regimes.is_some() => {
            Subject { noun: "timing by regimes".to_owned(), earn: "earns" }
        }
        _ => Subject {
            noun: format!("the strategy `{}`", results.config.portfolio.strategy.name()),
            earn: "earns",
        },
    }
}

fn sentence(level: Level, evidence: &Evidence, asked: &Asked, net: &str) -> String {
    let Asked { what: Subject { noun, earn }, than, benchmark } = asked;
    let subject = match level {
        Level::NotCredible => {
            return format!(
                "**Not credible**: a feature has probably seen the returns that {noun} {}, so no number below says \
                 anything about skill.",
                if *earn == "earn" { "predict" } else { "follows" }
            );
        }
        Level::Against => format!("**Evidence against** {noun}"),
        Level::None => format!("**No evidence** that {noun} {earn} more than {than}"),
        Level::Weak => format!("**Weak evidence** that {noun} {earn} more than {than}"),
        Level::Strong => format!("**Evidence** that {noun} {earn} more than {than}"),
    };
    let words = benchmark.words();
    let measured = match evidence.yardstick {
        Yardstick::Excess => format!("Its portfolio less {words}"),
        Yardstick::Alpha => format!("Alpha of its long and short portfolio to {words}"),
    };
    let scores = if evidence.is_scored {
        format!(
            " Mean rank IC of the scores: {} (t {}).",
            words::number(evidence.rank_ic, 4),
            words::number(evidence.rank_ic_t, 2)
        )
    } else {
        String::new()
    };
    format!(
        "{subject}. {measured}, after costs: {net}; before costs {} a year (t {}).{scores}",
        words::difference(evidence.gross, 1),
        words::number(evidence.gross_t, 2),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const LUCK: Evidence = Evidence {
        is_suspect: false,
        yardstick: Yardstick::Excess,
        excess: 0.01,
        excess_t: 0.5,
        gross: 0.02,
        gross_t: 1.0,
        is_scored: true,
        rank_ic: 0.004,
        rank_ic_t: 0.7,
    };

    fn asked() -> Asked {
        let what = Subject { noun: "the scores of `m`".to_owned(), earn: "earn" };
        Asked { what, than: "holding everything", benchmark: Benchmark::EqualWeight }
    }

    #[test]
    fn a_rule_without_scores_is_judged_by_its_portfolio_alone() {
        let rule = Evidence { is_scored: false, rank_ic: f64::NAN, rank_ic_t: f64::NAN, ..LUCK };
        assert_eq!(Level::of(&rule), Level::None);
        assert_eq!(Level::of(&Evidence { excess_t: 2.1, ..rule }), Level::Weak);
        assert_eq!(Level::of(&Evidence { excess_t: 3.1, ..rule }), Level::Strong);
        assert!(!sentence(Level::None, &rule, &asked(), "x").contains("rank IC"));
    }

    #[test]
    fn luck_is_no_evidence() {
        assert_eq!(Level::of(&LUCK), Level::None);
        assert_eq!(Level::of(&Evidence { excess_t: 1.99, ..LUCK }), Level::None);
    }

    #[test]
    fn what_is_not_known_is_no_evidence() {
        let unknown = Evidence { excess_t: f64::NAN, gross_t: f64::NAN, rank_ic_t: f64::NAN, ..LUCK };
        assert_eq!(Level::of(&unknown), Level::None);
        assert_eq!(Level::of(&Evidence { excess_t: 4.0, rank_ic: f64::NAN, ..LUCK }), Level::None);
    }

    #[test]
    fn a_gain_that_the_scores_don_t_explain_is_no_evidence() {
        let lucky = Evidence { excess_t: 4.0, rank_ic: -0.01, rank_ic_t: -1.0, ..LUCK };
        assert_eq!(Level::of(&lucky), Level::None);
    }

    #[test]
    fn a_loss_by_costs_alone_is_no_evidence_against() {
        let costly = Evidence { excess: -0.05, excess_t: -2.5, gross_t: -0.1, ..LUCK };
        assert_eq!(Level::of(&costly), Level::None);
        assert_eq!(Level::of(&Evidence { gross_t: -2.1, ..costly }), Level::Against);
        assert_eq!(Level::of(&Evidence { rank_ic_t: -3.0, ..costly }), Level::Against);
    }

    #[test]
    fn evidence_needs_portfolio_and_scores() {
        let strong = Evidence { excess_t: 3.0, rank_ic: 0.03, rank_ic_t: 3.0, ..LUCK };
        assert_eq!(Level::of(&strong), Level::Strong);
        assert_eq!(Level::of(&Evidence { rank_ic_t: 2.9, ..strong }), Level::Weak);
        assert_eq!(Level::of(&Evidence { excess_t: 2.9, ..strong }), Level::Weak);
        assert_eq!(Level::of(&Evidence { is_suspect: true, ..strong }), Level::NotCredible);
    }

    #[test]
    fn a_long_and_short_portfolio_is_judged_by_its_alpha() {
        let alpha = Evidence { yardstick: Yardstick::Alpha, ..LUCK };
        assert!(
            sentence(Level::None, &alpha, &asked(), "x").contains("Alpha of its long and short portfolio")
        );
    }

    #[test]
    fn the_sentence_begins_with_the_verdict() {
        for level in [Level::None, Level::Weak, Level::Strong, Level::Against, Level::NotCredible] {
            let text = sentence(level, &LUCK, &asked(), "x").to_lowercase();
            assert!(text.starts_with(&format!("**{}**", level.name())), "{text}");
        }
    }
}
