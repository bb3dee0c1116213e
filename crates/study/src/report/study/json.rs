//! The same numbers for programs.

use serde_json::{Map, Value, json};

use super::{
    account::{Accounts, Yardstick},
    importance::importance_json,
    quantiles::{QuantileFacts, ic_by_year},
    survivorship::Gauge,
    verdict::Verdict,
    years::{self, YearFacts},
};
use crate::{
    flow::results::Results,
    report::series::mean,
    steps::{backtest::Holder, evaluate::Evaluation},
};

/// The numbers of a study for programs; what is not defined is `null`.
///
/// - `verdict`: `level` (`no evidence`, `weak evidence`, `evidence`, `evidence against`, `not credible`), a `sentence`,
///   and the numbers behind it; the excess of a long and short portfolio is its alpha to the equal weight, as
///   `yardstick` says.
/// - `portfolios`: by name, each measure by name; those that need a benchmark are against the equal weight of the same
///   universe.
/// - `scores`: by model, the summaries of `ic`, `rank_ic` and `spread`, quantile means, autocorrelation.
/// - `importance`: by model and feature, its share of gain and splits, over all folds and in each.
/// - `years`: the primary portfolio year by year.
/// - `quantiles` and `rank_ic_by_year`: by model.
/// - `holdings`: by model, the account's return by group (`grouped_by`, `groups`), its positions from flat to flat
///   (`trades`), what is held in the end (`book`), the mean Herfindahl index, the final equity of each cohort, what the
///   strategy's rules could not give (`notes`), unfilled orders by reason.
/// - `rolling`: the primary portfolio's Sharpe ratio and beta to the equal weight over 252 sessions, by session.
/// - `survivorship`: the universe's equal weight less the index, with and without the dates of entry; how many
///   instruments end before the data do (`n_ended`), and how many of them the table of delistings names (`n_stated`,
///   `null` without one), so that the rest are only suspected.
/// - `suspects`: features beyond belief.
pub fn measures_json(results: &Results) -> Value {
    let accounts = Accounts::of(results);
    let verdict = Verdict::of(results, &accounts);
    let evidence = verdict.evidence;
    let interval = evidence.interval();
    let horizon = results.config.label.horizon;
    json!({
        "verdict": {
            "level": verdict.level.name(),
            "sentence": verdict.sentence.replace(['*', '`'], ""),
            "yardstick": match evidence.yardstick {
                Yardstick::Excess => "return above the equal weight",
                Yardstick::Alpha => "alpha to the equal weight",
            },
            "excess_annual": finite(evidence.excess),
            "excess_interval_95": [finite(interval.0), finite(interval.1)],
            "excess_t": finite(evidence.excess_t),
            "excess_annual_before_costs": finite(evidence.gross),
            "excess_t_before_costs": finite(evidence.gross_t),
            "rank_ic": finite(evidence.rank_ic),
            "rank_ic_t": finite(evidence.rank_ic_t),
        },
        "portfolios": portfolios(&accounts),
        "years": years(results, &accounts),
        "scores": scores(results),
        "importance": importance_json(results),
        "quantiles": of_models(results, |evaluation| json!(QuantileFacts::of(evaluation))),
        "rank_ic_by_year": of_models(results, |evaluation| json!(ic_by_year(evaluation, horizon))),
        "holdings": holdings(&accounts),
        "rolling": rolling(&accounts),
        "survivorship": Gauge::of(results, &accounts),
        "suspects": results.suspects,
    })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

fn portfolios(accounts: &Accounts<'_>) -> Value {
    let all = accounts.all().iter().map(|account| {
        let mut measures = Map::new();
        for measure in &account.result.measures {
            measures.insert(measure.name.clone(), json!(measure.value));
        }
        for measure in accounts.excess(account).iter().flat_map(|excess| &excess.measures) {
            measures.insert(measure.name.to_owned(), json!(finite(measure.value)));
        }
        (account.name(), Value::Object(measures))
    });
    Value::Object(all.collect())
}

fn scores(results: &Results) -> Value {
    let all = results.evaluations.iter().map(|(name, evaluation)| (name.clone(), json!(evaluation.facts)));
    Value::Object(all.collect())
}

fn years(results: &Results, accounts: &Accounts<'_>) -> Value {
    let evaluation = results.evaluations.get(results.config.primary_model());
    let years = accounts.primary().map(|own| YearFacts::of(own, accounts.equal_weight(), evaluation));
    json!(years.unwrap_or_default())
}

fn of_models(results: &Results, of: impl Fn(&Evaluation) -> Value) -> Value {
    Value::Object(
        results.evaluations.iter().map(|(name, evaluation)| (name.clone(), of(evaluation))).collect(),
    )
}

fn holdings(accounts: &Accounts<'_>) -> Value {
    let plain =
        accounts.compared().into_iter().filter(|account| matches!(account.holder(), Holder::Model(_)));
    let all = plain.map(|account| {
        let result = account.result;
        let present = result.column("herfindahl").iter().copied().filter(|value| value.is_finite());
        let cohorts = result.daily.iter().filter(|(name, _)| name.starts_with("cohort_"));
        let mut value = json!(result.detail);
        value["herfindahl"] = json!(finite(mean(&present.collect::<Vec<_>>())));
        value["cohorts"] = json!(cohorts.map(|(_, equity)| equity.last()).collect::<Vec<_>>());
        value["notes"] =
            Value::Object(result.notes.iter().map(|(what, n)| (what.clone(), json!(n))).collect());
        value["unfilled"] =
            Value::Object(result.unfilled.iter().map(|(why, n)| (why.clone(), json!(n))).collect());
        (account.name(), value)
    });
    Value::Object(all.collect())
}

fn rolling(accounts: &Accounts<'_>) -> Value {
    let Some(primary) = accounts.primary() else { return Value::Null };
    let (sharpe, beta) = years::rolling(primary, accounts.equal_weight());
    let known = |values: Vec<f64>| values.into_iter().map(finite).collect::<Vec<_>>();
    let sessions = primary.sessions().iter().map(ToString::to_string).collect::<Vec<_>>();
    json!({ "sessions": sessions, "sharpe": known(sharpe), "beta": known(beta) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::study::testing::Made;

    #[test]
    fn names_every_portfolio_and_the_verdict() {
        let json = measures_json(&Made::default().results());
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
    fn a_portfolio_is_not_measured_against_itself() {
        let json = measures_json(&Made::default().results());
        assert!(json["portfolios"]["equal weight"]["active_return_t"].is_null());
    }
}
