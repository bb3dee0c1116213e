//! The verdict in words.

use super::{Book, Evidence, Level};
use crate::{
    flow::results::Results,
    report::study::{
        account::Benchmark,
        yardstick::{Because, Yardstick},
    },
    steps::backtest::{Holder, primary},
    words,
};

/// The name of the only model of a study that says `score: ...`.
const SCORE: &str = "score";

/// The question of a study, in the words of its verdict.
pub(super) struct Asked {
    /// The scores of a model, or a strategy, as the subject of the sentence.
    pub(super) what: Subject,
    pub(super) benchmark: Benchmark,
}

/// The subject of the verdict's sentence.
pub(super) struct Subject {
    /// The subject with its article and name: "the scores of ...".
    pub(super) noun: String,
    /// The verb in the number of the noun: "earn" or "earns".
    pub(super) earn: &'static str,
}

impl Asked {
    pub(super) fn by(results: &Results, benchmark: Benchmark) -> Self {
        let what = match primary(&results.config) {
            Holder::Model(name) if name == SCORE => Subject { noun: "the score".to_owned(), earn: "earns" },
            Holder::Model(name) => Subject { noun: format!("the scores of `{name}`"), earn: "earn" },
            _ if results.config.regimes.is_some() => {
                Subject { noun: "timing by regimes".to_owned(), earn: "earns" }
            }
            _ => Subject {
                noun: format!("the strategy `{}`", results.config.portfolio.strategy.name()),
                earn: "earns",
            },
        };
        Self { what, benchmark }
    }

    /// The alternative that the subject should earn more than.
    fn than(&self) -> &'static str {
        match self.benchmark {
            Benchmark::EqualWeight => "holding everything",
            Benchmark::Constant => "holding the same mean exposures at all times",
            Benchmark::EqualOfNamed => "holding the same instruments equally",
        }
    }
}

impl Asked {
    /// What is claimed at a level of evidence: the first sentence of an ordinary verdict, with marks and without its
    /// full stop.
    pub(super) fn claim(&self, level: Level) -> String {
        let Self { what: Subject { noun, earn }, .. } = self;
        let than = self.than();
        match level {
            Level::NotJudged | Level::NotCredible => format!("**{}**", level.title()),
            Level::Against => format!("**Evidence against** {noun}"),
            Level::None => format!("**No evidence** that {noun} {earn} more than {than}"),
            Level::Weak => format!("**Weak evidence** that {noun} {earn} more than {than}"),
            Level::Strong => format!("**Evidence** that {noun} {earn} more than {than}"),
        }
    }
}

/// The verdict as sentences; the first words name the level.
pub(super) fn sentence(level: Level, evidence: &Evidence, asked: &Asked) -> String {
    let Asked { what: Subject { noun, earn }, .. } = asked;
    let subject = match level {
        Level::NotJudged => {
            return format!(
                "**Not judged: the data**. {}. No number below says anything about {noun} before the data are mended.",
                words::capitalised(&evidence.unsound.join("; "))
            );
        }
        Level::NotCredible => {
            return format!(
                "**Not credible**: {}. A column has probably seen the returns that {noun} {}, so no number below says \
                 anything about skill.",
                evidence.beyond.join("; "),
                if *earn == "earn" { "predict" } else { "follows" }
            );
        }
        Level::Against | Level::None | Level::Weak | Level::Strong => asked.claim(level),
    };
    if let Some(idle) = &evidence.idle {
        return format!("{subject}: {idle}. No return is ascribed to them.");
    }
    format!("{subject}.{}{}{}", growth(&evidence.book, asked), measured(evidence), scores(evidence))
}

/// What an investor got, beside the benchmark.
fn growth(book: &Book, asked: &Asked) -> String {
    let Book { cagr, benchmark_cagr, .. } = book;
    if !cagr.is_finite() || !benchmark_cagr.is_finite() {
        return String::new();
    }
    format!(
        " After costs its portfolio returned {} a year, {} {} ({} points).",
        words::percent(*cagr, 1),
        asked.benchmark.words(),
        words::percent(*benchmark_cagr, 1),
        words::difference(cagr - benchmark_cagr, 1).trim_end_matches('%')
    )
}

/// The number that decides, after costs and before them.
fn measured(evidence: &Evidence) -> String {
    let Book { yardstick, beta, exposure, .. } = evidence.book;
    let beta = words::number(beta, 2);
    let opening = match yardstick {
        Yardstick::Excess => "Its mean return above that".to_owned(),
        Yardstick::Alpha(Because::LongShort) => {
            format!("Alpha of its long and short portfolio, at a beta of {beta}")
        }
        Yardstick::Alpha(Because::Beta) => format!("Its beta is {beta}, so that alpha decides"),
        Yardstick::Alpha(Because::Exposure) => format!(
            "It was {} invested on average, at a beta of {beta}, so that alpha decides",
            words::percent(exposure, 0)
        ),
    };
    if !evidence.excess.is_finite() {
        return " Its excess is not defined.".to_owned();
    }
    let (from, to) = evidence.interval();
    format!(
        " {opening}: {} a year (95% interval {} to {}, t {}); before costs {} (t {}).",
        words::difference(evidence.excess, 1),
        words::percent(from, 1),
        words::percent(to, 1),
        words::number(evidence.excess_t, 2),
        words::difference(evidence.gross, 1),
        words::number(evidence.gross_t, 2),
    )
}

fn scores(evidence: &Evidence) -> String {
    if !evidence.is_scored {
        return String::new();
    }
    format!(
        " Mean rank IC of the scores: {} (t {}).",
        words::number(evidence.rank_ic, 4),
        words::number(evidence.rank_ic_t, 2)
    )
}

#[cfg(test)]
mod tests {
    use super::{super::testing::luck, *};

    fn asked() -> Asked {
        let what = Subject { noun: "the scores of `m`".to_owned(), earn: "earn" };
        Asked { what, benchmark: Benchmark::EqualWeight }
    }

    fn judged_by(yardstick: Yardstick) -> Evidence {
        let mut evidence = luck();
        evidence.book.yardstick = yardstick;
        evidence
    }

    #[test]
    fn the_sentence_begins_with_the_verdict() {
        let why = vec!["a reason".to_owned()];
        let evidence = Evidence { beyond: why.clone(), unsound: why, ..luck() };
        for level in
            [Level::None, Level::Weak, Level::Strong, Level::Against, Level::NotCredible, Level::NotJudged]
        {
            let text = sentence(level, &evidence, &asked()).to_lowercase();
            assert!(text.starts_with(&format!("**{}", level.name())), "{text}");
        }
    }

    #[test]
    fn an_investor_s_gap_and_the_mean_excess_are_two_numbers() {
        let text = sentence(Level::None, &luck(), &asked());
        assert!(
            text.contains("returned 4.9% a year, the equal weight of the same universe 8.6% (−3.7 points)"),
            "{text}"
        );
        assert!(text.contains("Its mean return above that: +1.0% a year (95% interval"), "{text}");
    }

    #[test]
    fn alpha_comes_with_its_beta_and_its_reason() {
        let of = |because| sentence(Level::None, &judged_by(Yardstick::Alpha(because)), &asked());
        assert!(of(Because::LongShort).contains("Alpha of its long and short portfolio, at a beta of 1.05:"));
        assert!(of(Because::Beta).contains("Its beta is 1.05, so that alpha decides: +1.0% a year"));
        assert!(of(Because::Exposure).contains("It was 98% invested on average, at a beta of 1.05"));
    }

    #[test]
    fn a_rule_without_scores_has_no_rank_ic() {
        let rule = Evidence { is_scored: false, ..luck() };
        assert!(!sentence(Level::None, &rule, &asked()).contains("rank IC"));
    }

    #[test]
    fn nothing_is_ascribed_to_a_model_that_learned_nothing() {
        let idle = Evidence { idle: Some("all scores are equal".to_owned()), ..luck() };
        let text = sentence(Level::None, &idle, &asked());
        assert!(text.contains("all scores are equal") && !text.contains('%'), "{text}");
    }
}
