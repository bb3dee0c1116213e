//! The result of a study as a value: the contents of `results.json`, and the source of the program's text.

use backstaff_report::Severity;
use backstaff_source::{Match, quality::Quality};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{
    account::{Accounts, Benchmark},
    as_qlib, caveats, importance,
    portfolio_line::portfolio_lines,
    quantiles::ic_by_year,
    verdict::Verdict,
    years,
};
pub use super::{
    as_qlib::QlibRisk,
    importance::FeatureImportance,
    portfolio_line::{PortfolioLine, portfolio_table},
    quantiles::{QuantileFacts, YearOfIc},
    survivorship::{Above, Gauge},
    verdict::Level,
    years::YearFacts,
};
use crate::{
    flow::results::{FeatureFacts, Results},
    report::series::mean,
    steps::{
        backtest::{Detail, Holder},
        evaluate::EvaluationFacts,
        folds::{FoldFacts, LeftOutFacts},
        labels::LabelFacts,
        suspects::Suspect,
        ties::TieFacts,
        yardstick::YardstickFacts,
    },
};

/// The version of the format of `results.json`: raised when a key changes its meaning.
const FORMAT: u32 = 3;

/// The result of a study in types; `results.json` is its serialisation.
///
/// The long tables (portfolios by day, scores by session, regimes) are Parquet files beside it. A number that is not
/// defined is absent or `null`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StudyResult {
    /// The version of the format: 3. Since 2, `t_apart` is a mean over all ways to begin (`t_apart_range` tells the
    /// least and the greatest), `mean_apart` is gone, a spread has neither, `break_even_cost_bps` is `null` without a
    /// profit, and numbers a year are `null` for years of fewer than 60 sessions.
    pub format: u32,
    /// The name of the study, its profile included.
    pub study: String,
    /// The study as it was run: every key of its file with what it left open filled in, the profile laid over.
    #[serde(default)]
    pub settings: serde_json::Value,
    /// The portfolios in the numbers that are looked at first, in the report's order.
    #[serde(default)]
    pub headlines: Vec<PortfolioLine>,
    /// The numbers of the study, the verdict first.
    pub measures: Measures,
    /// The regime of each instrument at its last session; empty for a study without regimes.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub latest: IndexMap<String, LatestRegime>,
    /// The number of rows with a label, and without one by reason; absent for a study without labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelFacts>,
    /// The folds, in order; empty for a study that learns nothing.
    pub folds: Vec<FoldFacts>,
    /// The folds that are left out since they have too few rows.
    pub left_out: Vec<LeftOutFacts>,
    /// The warnings of the run, in order.
    pub warnings: Vec<String>,
    /// The limits of the results, the gravest first.
    pub cautions: Vec<Caution>,
    /// The columns and scores that foresee a coming return beyond belief, the worst first.
    pub suspects: Vec<Suspect>,
    /// The findings of the checks of the data.
    pub quality: Quality,
    /// How the instruments of each table that is joined meet those of the prices.
    #[serde(default)]
    pub matches: Vec<Match>,
    /// The instruments that were left out of the data.
    pub excluded: Vec<Excluded>,
    /// The features that the models see.
    pub features: Vec<FeatureFacts>,
    /// The artifacts behind the results.
    pub lineage: Vec<Artifact>,
}

/// The numbers of a study; a number that is not defined is `null`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measures {
    /// The verdict, and the numbers that it rests on.
    pub verdict: VerdictFacts,
    /// The sessions a year by which everything is annualised.
    pub sessions_per_year: f64,
    /// The cost of a trade, in basis points of its value, that takes all that the primary portfolio earns beyond the
    /// benchmark before costs; `null` if it earns nothing beyond it.
    pub break_even_bps: Option<f64>,
    /// The measures by name, for each portfolio; those that need a benchmark are against that of the verdict.
    pub portfolios: IndexMap<String, IndexMap<String, Option<f64>>>,
    /// The primary portfolio in Qlib's analysis of risk; absent for a study that trades by other rules than Qlib's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub qlib: Vec<QlibRisk>,
    /// The primary portfolio, year by year.
    pub years: Vec<YearFacts>,
    /// The evaluation of the scores, by model.
    pub scores: IndexMap<String, EvaluationFacts>,
    /// The importance of the features, by model and feature.
    pub importance: IndexMap<String, IndexMap<String, FeatureImportance>>,
    /// The returns of the quantiles of scores, by model.
    pub quantiles: IndexMap<String, QuantileFacts>,
    /// The rank IC year by year, by model.
    pub rank_ic_by_year: IndexMap<String, Vec<YearOfIc>>,
    /// The contributions and the last book of the strategy's portfolios, by portfolio.
    pub holdings: IndexMap<String, Holdings>,
    /// The primary portfolio's equity, after costs; `null` if nothing was run.
    #[serde(default)]
    pub curve: Option<Curve>,
    /// The primary portfolio over windows of 252 sessions; `null` if nothing was run.
    pub rolling: Option<Rolling>,
    /// The equal weight of the universe less the index; absent where the strategy names its instruments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survivorship: Option<Gauge>,
    /// The columns and scores that foresee a coming return beyond belief, the worst first.
    pub suspects: Vec<Suspect>,
    /// The equal weight that everything is judged by, rebalanced in each session, and what one instrument makes of it.
    #[serde(default)]
    pub yardstick: YardstickFacts,
    /// The ties of each model's scores; empty for a strategy that does not choose by scores.
    #[serde(default)]
    pub ties: IndexMap<String, TieFacts>,
    /// The strategy under all settings of its regimes, its own first, over the sessions in which all of them know
    /// regimes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<SpreadFacts>,
}

/// The verdict of a study, and the numbers that it rests on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerdictFacts {
    /// The level: `no evidence`, `weak evidence`, `evidence`, `evidence against`, `not credible` or `not judged`.
    pub level: Level,
    /// The verdict as sentences for people.
    pub sentence: String,
    /// The verdict in two short lines: what the study shows, and the number that decides.
    #[serde(default)]
    pub lines: Vec<String>,
    /// The verdict in a line where no number below counts: broken data, a leak, a model that learned nothing; else absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_line: Option<String>,
    /// Why no number below counts, the gravest reason first; empty for an ordinary verdict.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// The meaning of the excess: `return above the equal weight`, or `alpha to the equal weight` where beta or exposure
    /// ask for it.
    pub yardstick: String,
    /// The growth of the portfolio, compounded: a fraction a year.
    #[serde(default)]
    pub cagr: Option<f64>,
    /// The growth of the benchmark, compounded: a fraction a year.
    #[serde(default)]
    pub benchmark_cagr: Option<f64>,
    /// The beta to the benchmark.
    #[serde(default)]
    pub beta: Option<f64>,
    /// The mean share of equity that is invested, long less short.
    #[serde(default)]
    pub exposure: Option<f64>,
    /// The mean return above the benchmark: a fraction a year.
    #[serde(default)]
    pub active_return_annual: Option<f64>,
    /// The Newey–West t of that mean.
    #[serde(default)]
    pub active_return_t: Option<f64>,
    /// The alpha to the benchmark: a fraction a year.
    #[serde(default)]
    pub alpha_annual: Option<f64>,
    /// The Newey–West t of the alpha.
    #[serde(default)]
    pub alpha_t: Option<f64>,
    /// The mean return above the benchmark, or the alpha to it, after costs: a fraction a year.
    pub excess_annual: Option<f64>,
    /// The ends of a 95 % interval around the excess.
    pub excess_interval_95: [Option<f64>; 2],
    /// The Newey–West t of the excess.
    pub excess_t: Option<f64>,
    /// The excess before costs: a fraction a year.
    pub excess_annual_before_costs: Option<f64>,
    /// The Newey–West t of the excess before costs.
    pub excess_t_before_costs: Option<f64>,
    /// The mean rank IC of the primary model's scores.
    pub rank_ic: Option<f64>,
    /// The Newey–West t of the mean rank IC.
    pub rank_ic_t: Option<f64>,
}

/// The contributions of a portfolio's positions, and their concentration.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Holdings {
    /// The contributions by group and by position, and the last book.
    #[serde(flatten)]
    pub detail: Detail,
    /// The mean Herfindahl index of the positions at the close.
    pub herfindahl: Option<f64>,
    /// The equity of each cohort at the last close.
    pub cohorts: Vec<Option<f64>>,
    /// The number of times that the strategy could not follow a rule of its own, by rule.
    pub notes: IndexMap<String, usize>,
    /// The number of orders that were not filled as asked, by reason.
    pub unfilled: IndexMap<String, usize>,
}

/// The equity of a portfolio; each list has one entry a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Curve {
    /// The name of the portfolio, as among `portfolios`.
    pub portfolio: String,
    /// The sessions: YYYY-MM-DD.
    pub sessions: Vec<String>,
    /// The equity at each close, in the currency of the prices.
    pub equity: Vec<f64>,
}

/// A portfolio over moving windows; each list has one entry a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rolling {
    /// The session that ends the window: YYYY-MM-DD.
    pub sessions: Vec<String>,
    /// The Sharpe ratio in the window; `null` before the first full one.
    pub sharpe: Vec<Option<f64>>,
    /// The beta to the benchmark in the window; `null` before the first full one.
    pub beta: Vec<Option<f64>>,
}

/// The results of the strategy under one setting of its regimes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpreadFacts {
    /// The setting in words: states, look-back and offset.
    pub setting: String,
    /// The growth of equity, compounded: a fraction a year.
    pub cagr: Option<f64>,
    /// The Sharpe ratio, from yearly numbers.
    pub sharpe: Option<f64>,
    /// The deepest drawdown: a fraction, 0 or less.
    pub max_drawdown: Option<f64>,
}

/// The regime of an instrument at its last session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LatestRegime {
    /// The last session of the instrument: YYYY-MM-DD.
    pub session: String,
    /// The label of the state; `null` before the first fit.
    pub label: Option<String>,
    /// The kind of regime; `null` before the first fit.
    pub regime: Option<String>,
    /// The filtered probability of the state.
    pub confidence: Option<f64>,
    /// The number of sessions for which the state has been the likeliest; -1 before the first fit.
    pub age: i32,
    /// The probability of a regime of another kind in the next session.
    pub leaving: Option<f64>,
    /// The expected value of the first series at the next bar.
    pub expected_return: Option<f64>,
    /// The standard deviation of the first series at the next bar.
    pub expected_volatility: Option<f64>,
}

/// A limit of the results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Caution {
    /// The severity: `note`, `caution` or `warning`.
    pub severity: String,
    /// The limit in a few words.
    pub title: String,
    /// The meaning of the limit for the numbers.
    pub text: String,
}

/// An instrument that was left out of the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Excluded {
    /// The name of the instrument.
    pub instrument: String,
    /// The reason: what is wrong with its rows.
    pub reason: String,
}

/// An artifact that a result was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Artifact {
    /// The stage that made the artifact.
    pub stage: String,
    /// The shard of the stage, as text.
    pub shard: String,
    /// The key of the artifact, in hexadecimal digits.
    pub key: String,
}

impl StudyResult {
    /// The result of a study's run.
    pub(crate) fn of(results: &Results) -> Self {
        let accounts = Accounts::of(results);
        let verdict = Verdict::of(results, &accounts);
        let facts = results.panel.facts();
        let excluded = facts.excluded.iter();
        let artifact = |(stage, shard, key): &(String, String, backstaff_stage::Key)| Artifact {
            stage: stage.clone(),
            shard: shard.clone(),
            key: key.to_string(),
        };
        Self {
            format: FORMAT,
            study: results.config.run_name(),
            settings: serde_json::to_value(&results.config).unwrap_or_default(),
            headlines: portfolio_lines(results, &accounts, &verdict),
            measures: Measures::of(results, &accounts, &verdict),
            latest: latest(results),
            labels: results.labels,
            folds: results.folds.clone(),
            left_out: results.left_out.clone(),
            warnings: results.warnings.clone(),
            cautions: cautions(results, &accounts, &verdict),
            suspects: results.suspects.clone(),
            quality: results.quality.clone(),
            matches: results.matches.clone(),
            excluded: excluded
                .map(|(instrument, reason)| Excluded {
                    instrument: instrument.clone(),
                    reason: reason.clone(),
                })
                .collect(),
            features: results.features.clone(),
            lineage: results.lineage.iter().map(artifact).collect(),
        }
    }
}

impl Measures {
    fn of(results: &Results, accounts: &Accounts<'_>, verdict: &Verdict) -> Self {
        let horizon = results.config.label.as_ref().map_or(0, |label| label.horizon);
        let by_model = results.evaluations.iter();
        let scores = by_model.clone().map(|(name, of)| (name.clone(), of.facts.clone()));
        let quantiles = by_model.clone().map(|(name, of)| (name.clone(), QuantileFacts::of(of)));
        let rank_ic = by_model.map(|(name, of)| (name.clone(), ic_by_year(of, horizon)));
        let chooses = accounts.benchmark_kind() == Benchmark::EqualWeight;
        Self {
            verdict: verdict_facts(accounts, verdict),
            sessions_per_year: accounts.sessions_per_year(),
            break_even_bps: finite(accounts.break_even_bps()),
            qlib: as_qlib::risks(results, accounts),
            portfolios: portfolios(accounts),
            years: years(results, accounts),
            scores: scores.collect(),
            importance: importance::by_model(results),
            quantiles: quantiles.collect(),
            rank_ic_by_year: rank_ic.collect(),
            holdings: holdings(accounts),
            curve: curve(accounts),
            rolling: rolling(accounts),
            survivorship: chooses.then(|| Gauge::of(results, accounts)),
            suspects: results.suspects.clone(),
            yardstick: results.yardstick.clone(),
            ties: results.ties.iter().map(|(model, ties)| (model.clone(), *ties)).collect(),
            spread: spread(results),
        }
    }
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn verdict_facts(accounts: &Accounts<'_>, verdict: &Verdict) -> VerdictFacts {
    let evidence = &verdict.evidence;
    let interval = evidence.interval();
    let benchmark = accounts.benchmark_kind().name();
    VerdictFacts {
        level: verdict.level,
        sentence: verdict.sentence.replace(['*', '`'], ""),
        lines: verdict.lines.to_vec(),
        first_line: verdict.first_line(),
        reasons: evidence.reasons().iter().map(|reason| reason.replace('`', "")).collect(),
        yardstick: format!("{} {benchmark}", evidence.book.yardstick.name()),
        cagr: finite(evidence.book.cagr),
        benchmark_cagr: finite(evidence.book.benchmark_cagr),
        beta: finite(evidence.book.beta),
        exposure: finite(evidence.book.exposure),
        active_return_annual: finite(evidence.book.active[0]),
        active_return_t: finite(evidence.book.active[1]),
        alpha_annual: finite(evidence.book.alpha[0]),
        alpha_t: finite(evidence.book.alpha[1]),
        excess_annual: finite(evidence.excess),
        excess_interval_95: [finite(interval.0), finite(interval.1)],
        excess_t: finite(evidence.excess_t),
        excess_annual_before_costs: finite(evidence.gross),
        excess_t_before_costs: finite(evidence.gross_t),
        rank_ic: finite(evidence.rank_ic),
        rank_ic_t: finite(evidence.rank_ic_t),
    }
}

fn portfolios(accounts: &Accounts<'_>) -> IndexMap<String, IndexMap<String, Option<f64>>> {
    let all = accounts.all().iter().map(|account| {
        let own = account.result.measures.iter().map(|measure| (measure.name.clone(), measure.value));
        let mut measures = own.collect::<IndexMap<_, _>>();
        for measure in accounts.excess(account).iter().flat_map(|excess| &excess.measures) {
            measures.insert(measure.name.to_owned(), finite(measure.value));
        }
        (account.name(), measures)
    });
    all.collect()
}

fn years(results: &Results, accounts: &Accounts<'_>) -> Vec<YearFacts> {
    let years =
        accounts.primary().map(|own| YearFacts::of(own, accounts.benchmark(), results.primary_evaluation()));
    years.unwrap_or_default()
}

fn holdings(accounts: &Accounts<'_>) -> IndexMap<String, Holdings> {
    let asked = accounts.compared().into_iter().filter(|account| account.holder().is_asked());
    let all = asked.map(|account| {
        let result = account.result;
        let herfindahl = result.daily.concentration.iter().map(|day| day.herfindahl);
        let herfindahl = herfindahl.filter(|value| value.is_finite()).collect::<Vec<_>>();
        let holdings = Holdings {
            detail: result.detail.clone(),
            herfindahl: finite(mean(&herfindahl)),
            cohorts: result.daily.cohorts.iter().map(|equity| equity.last().copied()).collect(),
            notes: result.notes.iter().cloned().collect(),
            unfilled: result.unfilled.iter().cloned().collect(),
        };
        (account.name(), holdings)
    });
    all.collect()
}

fn curve(accounts: &Accounts<'_>) -> Option<Curve> {
    let primary = accounts.primary()?;
    Some(Curve {
        portfolio: primary.name(),
        sessions: primary.sessions().iter().map(ToString::to_string).collect(),
        equity: primary.days().iter().map(|day| day.equity).collect(),
    })
}

fn rolling(accounts: &Accounts<'_>) -> Option<Rolling> {
    let primary = accounts.primary()?;
    let (sharpe, beta) = years::rolling(primary, accounts.benchmark());
    let known = |values: Vec<f64>| values.into_iter().map(finite).collect::<Vec<_>>();
    let sessions = primary.sessions().iter().map(ToString::to_string).collect();
    Some(Rolling { sessions, sharpe: known(sharpe), beta: known(beta) })
}

fn spread(results: &Results) -> Vec<SpreadFacts> {
    let facts = results.spread.iter().filter_map(|result| {
        let Holder::Strategy(Some(setting)) = &result.variant.holder else { return None };
        let measure = |name: &str| finite(result.measure(name));
        Some(SpreadFacts {
            setting: setting.to_string(),
            cagr: measure("cagr"),
            sharpe: measure("sharpe"),
            max_drawdown: measure("max_drawdown"),
        })
    });
    facts.collect()
}

fn latest(results: &Results) -> IndexMap<String, LatestRegime> {
    let instruments = results.regimes.iter().flat_map(|regimes| &regimes.instruments);
    let latest = instruments.filter_map(|instrument| {
        let (row, history) = (instrument.sessions.len().checked_sub(1)?, &instrument.history);
        let latest = LatestRegime {
            session: instrument.sessions[row].to_string(),
            label: history.label(row).map(str::to_owned),
            regime: history.kind_of(row).map(|kind| kind.to_string()),
            confidence: finite(history.confidence[row]),
            age: history.age[row],
            leaving: finite(history.leaving[row]),
            expected_return: finite(history.expected_return[row]),
            expected_volatility: finite(history.expected_volatility[row]),
        };
        Some((instrument.name.clone(), latest))
    });
    latest.collect()
}

fn cautions(results: &Results, accounts: &Accounts<'_>, verdict: &Verdict) -> Vec<Caution> {
    let severity = |severity| match severity {
        Severity::Note => "note",
        Severity::Caution => "caution",
        Severity::Warning => "warning",
    };
    let all = caveats::of(results, accounts, verdict).into_iter();
    let caution = |caveat: backstaff_report::Caveat| Caution {
        severity: severity(caveat.severity).to_owned(),
        title: caveat.title,
        text: caveat.text.replace(['*', '`'], ""),
    };
    all.map(caution).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn names_every_portfolio_and_the_verdict() {
        let result = StudyResult::of(&Made::default().results());
        let json = serde_json::to_value(&result.measures).unwrap();
        assert_eq!(json["verdict"]["level"], "no evidence");
        assert!(json["portfolios"]["trees"]["cagr"].is_f64());
        assert_eq!(json["sessions_per_year"], 252.0);
        let spread = &json["scores"]["trees"]["spread"];
        assert!(
            spread["newey_west_t"].is_f64() && spread["t_apart"].is_null() && spread["n_apart"].is_null()
        );
        assert!(json["scores"]["trees"]["ic"]["t_apart_range"][0].is_f64());
        assert!(json["portfolios"]["trees, before costs"]["active_return_t"].is_f64());
        assert!(json["portfolios"]["equal weight"]["sharpe"].is_f64());
        assert!(json["scores"]["trees"]["rank_ic"]["newey_west_t"].is_f64());
        assert!(json["years"][0]["return"].is_f64() && json["quantiles"]["trees"]["means"].is_array());
        assert_eq!(json["holdings"]["trees"]["groups"][0]["group"], "energy");
        assert_eq!(json["rolling"]["sessions"].as_array().unwrap().len(), 400);
        assert!(json["portfolios"]["trees"]["up_capture"].is_f64());
        assert!(json["survivorship"]["test"]["with_mask"].is_f64());
        assert!(!json["verdict"]["sentence"].as_str().unwrap().contains('*'));
    }

    #[test]
    fn a_result_comes_back_from_its_file() {
        let result = StudyResult::of(&Made::default().results());
        let text = serde_json::to_string(&result).unwrap();
        let again = serde_json::from_str::<StudyResult>(&text).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), text);
    }

    #[test]
    fn a_portfolio_is_not_measured_against_itself() {
        let result = StudyResult::of(&Made::default().results());
        assert_eq!(result.measures.portfolios["equal weight"]["active_return_t"], None);
    }
}
