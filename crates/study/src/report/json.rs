//! The same numbers for programs.

use serde_json::{Map, Value, json};

use super::{
    account::{Accounts, Yardstick},
    importance::importance_json,
    survivorship::Gauge,
    verdict::Verdict,
};
use crate::results::Results;

/// The numbers of a study for programs; what is not defined is `null`.
///
/// - `verdict`: `level` (`no evidence`, `weak evidence`, `evidence`, `evidence against`, `not credible`), a `sentence`,
///   and the numbers behind it; the excess of a long and short portfolio is its alpha to the equal weight, as
///   `yardstick` says.
/// - `portfolios`: by name, each measure by name; those that need a benchmark are against the equal weight of the same
///   universe.
/// - `scores`: by model, the summaries of `ic`, `rank_ic` and `spread`, quantile means, autocorrelation.
/// - `importance`: by model and feature, its share of gain and splits, over all folds and in each.
/// - `survivorship`: the universe's equal weight less the index, with and without the dates of entry.
/// - `suspects`: features beyond belief.
pub fn measures_json(results: &Results) -> Value {
    let accounts = Accounts::of(results);
    let verdict = Verdict::of(results, &accounts);
    let evidence = verdict.evidence;
    let interval = evidence.interval();
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
        "scores": scores(results),
        "importance": importance_json(results),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::Made;

    #[test]
    fn names_every_portfolio_and_the_verdict() {
        let json = measures_json(&Made::default().results());
        assert_eq!(json["verdict"]["level"], "no evidence");
        assert!(json["portfolios"]["trees"]["cagr"].is_f64());
        assert!(json["portfolios"]["trees, before costs"]["active_return_t"].is_f64());
        assert!(json["portfolios"]["equal weight"]["sharpe"].is_f64());
        assert!(json["scores"]["trees"]["rank_ic"]["newey_west_t"].is_f64());
        assert!(json["survivorship"]["test"]["with_mask"].is_f64());
        assert!(!json["verdict"]["sentence"].as_str().unwrap().contains('*'));
    }

    #[test]
    fn a_portfolio_is_not_measured_against_itself() {
        let json = measures_json(&Made::default().results());
        assert!(json["portfolios"]["equal weight"]["active_return_t"].is_null());
    }
}
