//! The verdict: one honest sentence on what the statistics show, and on nothing else.

mod belief;
mod grounds;
mod level;
mod lines;
mod sentence;

pub use level::Level;

use self::{
    belief::beyond,
    grounds::unsound,
    sentence::{Asked, sentence},
};
use super::{
    account::{Account, Accounts, Excess, interval},
    yardstick::Yardstick,
};
use crate::{flow::results::Results, words};

/// The numbers that the verdict rests on; NaN where one is not defined.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    /// What speaks against the data themselves, so that nothing can be judged.
    pub(super) unsound: Vec<String>,
    /// What is beyond belief: columns that foresee too well, results that are too good.
    pub(super) beyond: Vec<String>,
    /// Why the scores say nothing; `None` if they tell instruments apart.
    pub(super) idle: Option<String>,
    /// The portfolio and its benchmark.
    pub(super) book: Book,
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

/// The primary portfolio beside its benchmark, both after costs; NaN where a number is not defined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Book {
    /// The meaning of the excess: a difference of returns, or an alpha.
    pub(super) yardstick: Yardstick,
    /// The growth of the portfolio, compounded: a fraction a year.
    pub(super) cagr: f64,
    /// The growth of the benchmark.
    pub(super) benchmark_cagr: f64,
    /// The beta to the benchmark.
    pub(super) beta: f64,
    /// The mean share of equity that is invested, long less short.
    pub(super) exposure: f64,
    /// The plain mean return above the benchmark, a fraction a year, and its t.
    pub(super) active: [f64; 2],
    /// The alpha to the benchmark, a fraction a year, and its t.
    pub(super) alpha: [f64; 2],
}

/// The verdict of a study.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) level: Level,
    pub(super) evidence: Evidence,
    /// The verdict as a sentence for people, with marks for bold and code.
    pub(super) sentence: String,
    /// The verdict in two short lines, without marks.
    pub(super) lines: [String; 2],
}

impl Evidence {
    /// The ends of a 95 % interval around the excess.
    pub(super) fn interval(&self) -> (f64, f64) {
        interval(self.excess, self.excess_t)
    }

    /// The reasons of a verdict that no number overrules, the gravest first.
    pub(super) fn reasons(&self) -> Vec<String> {
        self.unsound.iter().chain(&self.beyond).chain(&self.idle).cloned().collect()
    }

    fn of(results: &Results, accounts: &Accounts<'_>) -> Self {
        let yardstick = accounts.yardstick();
        let plain = accounts.primary_excess();
        let judged = |excess: Excess| excess.judged(yardstick);
        let (net, gross) = (plain.clone().map(judged), accounts.gross_excess().map(judged));
        let rank_ic = results.primary_evaluation().map(|evaluation| &evaluation.facts.rank_ic);
        let book = Book::of(accounts, plain.as_ref());
        let annual = |excess: &Option<Excess>| excess.as_ref().map_or(f64::NAN, |excess| excess.annual);
        let t = |excess: &Option<Excess>| excess.as_ref().map_or(f64::NAN, |excess| excess.t);
        Self {
            unsound: unsound(&results.yardstick, accounts.primary()),
            beyond: beyond_belief(results, accounts, &book, &[&net, &gross]),
            idle: None,
            book,
            excess: annual(&net),
            excess_t: t(&net),
            gross: annual(&gross),
            gross_t: t(&gross),
            is_scored: rank_ic.is_some(),
            rank_ic: rank_ic.and_then(|summary| summary.mean).unwrap_or(f64::NAN),
            rank_ic_t: rank_ic.and_then(|summary| summary.newey_west_t).unwrap_or(f64::NAN),
        }
        .without_idle(idle(results))
    }

    /// No return is ascribed to scores that choose nobody.
    fn without_idle(self, idle: Option<String>) -> Self {
        if idle.is_none() {
            return self;
        }
        let nothing = f64::NAN;
        Self { idle, excess: nothing, excess_t: nothing, gross: nothing, gross_t: nothing, ..self }
    }
}

/// The share of places that the order of the instruments fills from which on the portfolio is that order's.
const BY_ORDER: f64 = 0.5;

/// Why the primary model's scores choose nobody; `None` if they do.
fn idle(results: &Results) -> Option<String> {
    let model = results.config.primary_model()?;
    let ties = results.ties.get(model)?;
    let no_split = results.without_split.iter().find(|idle| idle.model == model);
    let no_split = no_split.map_or_else(String::new, |idle| format!("; {}", idle.words()));
    if ties.says_nothing() {
        return Some(format!(
            "`{model}` learned nothing, since all its scores are equal in each of {}, so that no portfolio follows from \
             them{no_split}",
            words::count(ties.sessions, "session")
        ));
    }
    (ties.share_by_order() >= BY_ORDER).then(|| {
        format!(
            "scores tie where the choice is made, so that the order of the instruments fills {} of the places{no_split}",
            words::percent(ties.share_by_order(), 0)
        )
    })
}

impl Book {
    fn of(accounts: &Accounts<'_>, excess: Option<&Excess>) -> Self {
        let measure = |name: &str| excess.map_or(f64::NAN, |excess| excess.measure(name));
        let own = |name: &str| accounts.primary().map_or(f64::NAN, |account| account.measure(name));
        Self {
            yardstick: accounts.yardstick(),
            cagr: own("cagr"),
            benchmark_cagr: accounts.benchmark().map_or(f64::NAN, |account| account.measure("cagr")),
            beta: measure("beta"),
            exposure: own("net_exposure"),
            active: [measure("active_return_annual"), measure("active_return_t")],
            alpha: [measure("alpha_annual"), measure("alpha_t")],
        }
    }
}

/// What of the columns, the scores and the portfolio is beyond belief.
fn beyond_belief(
    results: &Results,
    accounts: &Accounts<'_>,
    book: &Book,
    excesses: &[&Option<Excess>],
) -> Vec<String> {
    let suspects = results.suspects.iter();
    let mut reasons =
        suspects.map(|suspect| format!("`{}`: {}", suspect.column, suspect.measured())).collect::<Vec<_>>();
    if let (Some(primary), Some(benchmark)) = (accounts.primary(), accounts.benchmark()) {
        let excesses = excesses.iter().filter_map(|excess| excess.as_ref()).collect::<Vec<_>>();
        reasons.extend(beyond(primary, benchmark, book, &excesses));
    }
    reasons
}

impl Verdict {
    /// The verdict in a line where no number counts; `None` for an ordinary verdict.
    pub(super) fn first_line(&self) -> Option<String> {
        let reason = self.evidence.reasons().into_iter().next()?;
        Some(format!("{}: {}", self.level.title(), reason.replace('`', "")))
    }

    /// The return of a portfolio above the benchmark; `None` for the benchmark itself, and where the primary model's
    /// scores choose nobody, so that none is ascribed to them.
    pub(super) fn excess_of(&self, accounts: &Accounts<'_>, account: &Account<'_>) -> Option<Excess> {
        let is_idle = self.evidence.idle.is_some() && accounts.is_primary(account);
        if is_idle || accounts.is_benchmark(account) { None } else { accounts.excess(account) }
    }

    pub(super) fn of(results: &Results, accounts: &Accounts<'_>) -> Self {
        let evidence = Evidence::of(results, accounts);
        let level = Level::of(&evidence);
        let asked = Asked::by(results, accounts.benchmark_kind());
        let sentence = sentence(level, &evidence, &asked);
        let lines = lines::lines(level, &evidence, &asked);
        Self { level, evidence, sentence, lines }
    }
}

#[cfg(test)]
mod testing {
    use super::*;

    /// The evidence of a study in which luck explains everything.
    pub(super) fn luck() -> Evidence {
        let book = Book {
            yardstick: Yardstick::Excess,
            cagr: 0.049,
            benchmark_cagr: 0.086,
            beta: 1.05,
            exposure: 0.98,
            active: [0.01, 0.5],
            alpha: [0.01, 0.5],
        };
        Evidence {
            unsound: Vec::new(),
            beyond: Vec::new(),
            idle: None,
            book,
            excess: 0.01,
            excess_t: 0.5,
            gross: 0.02,
            gross_t: 1.0,
            is_scored: true,
            rank_ic: 0.004,
            rank_ic_t: 0.7,
        }
    }
}
