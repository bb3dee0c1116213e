//! The result of a study as a value: what `results.json` holds, what the program's text is made from.

use backstaff_report::Severity;
use backstaff_source::quality::Quality;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::{
    account::{Accounts, Benchmark, Yardstick},
    caveats, importance,
    quantiles::ic_by_year,
    verdict::Verdict,
    years,
};
pub use super::{
    importance::FeatureImportance,
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
    },
};

/// The version of the format of `results.json`.
const FORMAT: u32 = 2;

/// What a study found out, in types; `results.json` is its serialisation.
///
/// The long tables (portfolios by day, scores by session, regimes) lie beside it as Parquet files; what is not defined is
/// absent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StudyResult {
    /// The version of this format; 2.
    pub format: u32,
    /// The study's name, its profile included.
    pub study: String,
    /// The numbers, the verdict first.
    pub measures: Measures,
    /// The regimes at the last session, by instrument; empty for a study without regimes.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub latest: IndexMap<String, LatestRegime>,
    /// How many rows have a label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<LabelFacts>,
    /// The folds.
    pub folds: Vec<FoldFacts>,
    /// The folds that have too few rows.
    pub left_out: Vec<LeftOutFacts>,
    /// What the user was warned of while the study ran.
    pub warnings: Vec<String>,
    /// What limits the results, the gravest first.
    pub cautions: Vec<Caution>,
    /// Features beyond belief.
    pub suspects: Vec<Suspect>,
    /// What is odd about the data.
    pub quality: Quality,
    /// Instruments that were left out of the data, and why.
    pub excluded: Vec<Excluded>,
    /// What the models saw.
    pub features: Vec<FeatureFacts>,
    /// The artifacts behind all this.
    pub lineage: Vec<Artifact>,
}

/// The numbers of a study; what is not defined is `null`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measures {
    /// What the numbers show, and which.
    pub verdict: VerdictFacts,
    /// Each portfolio's measures by name; those that need a benchmark are against that of the verdict.
    pub portfolios: IndexMap<String, IndexMap<String, Option<f64>>>,
    /// The primary portfolio year by year.
    pub years: Vec<YearFacts>,
    /// By model, how good its scores are.
    pub scores: IndexMap<String, EvaluationFacts>,
    /// By model and feature, its share of gain and splits.
    pub importance: IndexMap<String, IndexMap<String, FeatureImportance>>,
    /// By model, what the quantiles of its scores brought.
    pub quantiles: IndexMap<String, QuantileFacts>,
    /// By model, its rank IC year by year.
    pub rank_ic_by_year: IndexMap<String, Vec<YearOfIc>>,
    /// By portfolio, what its positions brought.
    pub holdings: IndexMap<String, Holdings>,
    /// The primary portfolio over windows of 252 sessions; absent if nothing was run.
    pub rolling: Option<Rolling>,
    /// The universe's equal weight less the index; absent where the strategy names its instruments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub survivorship: Option<Gauge>,
    /// Features beyond belief.
    pub suspects: Vec<Suspect>,
    /// The strategy under other settings of its regimes, its own first, over the sessions that all of them know.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub spread: Vec<SpreadFacts>,
}

/// What the numbers show, and the numbers behind it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct VerdictFacts {
    /// `no evidence`, `weak evidence`, `evidence`, `evidence against` or `not credible`.
    pub level: Level,
    /// For people.
    pub sentence: String,
    /// What `excess` is: `return above the equal weight`, or `alpha to the equal weight`.
    pub yardstick: String,
    /// Mean return above the yardstick's benchmark after costs, a year.
    pub excess_annual: Option<f64>,
    /// A 95 % interval around it.
    pub excess_interval_95: [Option<f64>; 2],
    /// Its Newey–West t.
    pub excess_t: Option<f64>,
    /// The same mean before costs.
    pub excess_annual_before_costs: Option<f64>,
    /// Its t.
    pub excess_t_before_costs: Option<f64>,
    /// Mean rank IC of the scores.
    pub rank_ic: Option<f64>,
    /// Its t.
    pub rank_ic_t: Option<f64>,
}

/// What a portfolio's positions brought, and how concentrated they were.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Holdings {
    /// By group, by position, and what is held in the end.
    #[serde(flatten)]
    pub detail: Detail,
    /// The mean Herfindahl index at the close.
    pub herfindahl: Option<f64>,
    /// The final equity of each cohort.
    pub cohorts: Vec<Option<f64>>,
    /// What the strategy's rules could not give, and how often.
    pub notes: IndexMap<String, usize>,
    /// Unfilled orders by reason.
    pub unfilled: IndexMap<String, usize>,
}

/// A portfolio over moving windows, session by session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rolling {
    /// The sessions: YYYY-MM-DD.
    pub sessions: Vec<String>,
    /// The Sharpe ratio of the window that ends there.
    pub sharpe: Vec<Option<f64>>,
    /// Beta to the benchmark in that window.
    pub beta: Vec<Option<f64>>,
}

/// The strategy under one setting of its regimes.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SpreadFacts {
    /// The setting, in words.
    pub setting: String,
    /// Growth a year.
    pub cagr: Option<f64>,
    /// The Sharpe ratio.
    pub sharpe: Option<f64>,
    /// The deepest fall.
    pub max_drawdown: Option<f64>,
}

/// The regime of an instrument at its last session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LatestRegime {
    /// The session: YYYY-MM-DD.
    pub session: String,
    /// What its state is called.
    pub label: Option<String>,
    /// What kind of regime it is.
    pub regime: Option<String>,
    /// The filtered probability of the state.
    pub confidence: Option<f64>,
    /// For how many sessions it has been the likeliest.
    pub age: i32,
    /// The probability of another regime in the next session.
    pub leaving: Option<f64>,
    /// Of the first series at the next bar.
    pub expected_return: Option<f64>,
    /// Of the first series at the next bar.
    pub expected_volatility: Option<f64>,
}

/// A limit of the results.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Caution {
    /// `note`, `caution` or `warning`.
    pub severity: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it means for the numbers.
    pub text: String,
}

/// An instrument that was left out of the data.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Excluded {
    /// Its name.
    pub instrument: String,
    /// What is wrong with its rows.
    pub reason: String,
}

/// An artifact behind a result.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Artifact {
    /// The stage that made it.
    pub stage: String,
    /// The shard of the stage.
    pub shard: String,
    /// Its key.
    pub key: String,
}

impl StudyResult {
    /// The result of what was found under a name.
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
            measures: Measures::of(results, &accounts, &verdict),
            latest: latest(results),
            labels: results.labels,
            folds: results.folds.clone(),
            left_out: results.left_out.clone(),
            warnings: results.warnings.clone(),
            cautions: cautions(results, &accounts, &verdict),
            suspects: results.suspects.clone(),
            quality: results.quality.clone(),
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
            portfolios: portfolios(accounts),
            years: years(results, accounts),
            scores: scores.collect(),
            importance: importance::by_model(results),
            quantiles: quantiles.collect(),
            rank_ic_by_year: rank_ic.collect(),
            holdings: holdings(accounts),
            rolling: rolling(accounts),
            survivorship: chooses.then(|| Gauge::of(results, accounts)),
            suspects: results.suspects.clone(),
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
        yardstick: match evidence.yardstick {
            Yardstick::Excess => format!("return above the {benchmark}"),
            Yardstick::Alpha => format!("alpha to the {benchmark}"),
        },
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
