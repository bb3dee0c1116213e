//! A workflow as a study of ours: that of its report, and the one that a translation writes.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use backstaff_panel::Session;
use backstaff_study::{Options, RunOutcome, Study, StudyError, config::Config, progress::Observer};
use serde_json::{Map, Value, json};

use crate::{
    portfolio::Scores,
    workflow::{Limit, Model, PortfolioRecord, Record, Region, Strategy, Workflow},
};

/// Run the study over the scores of a workflow that lie in a file, by the rules of its portfolio: our report, with verdict and
/// cautions, in the folder `report` beside the scores. None where the workflow has no portfolio, or one that no study has.
///
/// # Errors
///
/// If the study can't be run.
pub fn report(
    workflow: &Workflow,
    scores: &Scores,
    (out, strict): (&Path, bool),
    options: &Options,
    observer: &dyn Observer,
) -> Result<Option<RunOutcome>, StudyError> {
    let Some(record) = portfolio_of(workflow) else { return Ok(None) };
    let Some(mut portfolio) = portfolio(workflow.region, record, strict) else { return Ok(None) };
    let first = record.from.or_else(|| scores.dates.iter().min().copied());
    portfolio.insert("from".to_owned(), json!(before(first, scores).to_string()));
    if let Some(to) = record.to {
        portfolio.insert("to".to_owned(), json!(to.to_string()));
    }
    let folder = absolute(out);
    let study = json!({
        "backstaff": 1,
        "name": "report",
        "about": format!("The scores of {} under the rules of its portfolio.", name_of(&workflow.path)),
        "data": { "prices": prices(&absolute(&workflow.provider)) },
        "universe": { "expression": "1 > 0", "instruments": names(scores) },
        "models": { model_name(&workflow.model): { "scores": { "path": folder.join("pred.parquet"), "max_age_days": 0 } } },
        "portfolio": portfolio,
    });
    let config = Config::from_map(&study, &folder, None)?;
    // The store of one page: what is in it lies in the tables already.
    let store = folder.join(".backstaff");
    let options = Options { reports: Some(folder.clone()), store: Some(store.clone()), ..options.clone() };
    let outcome = Study::new(config, &options)?.run(observer);
    let removed = std::fs::remove_dir_all(&store);
    let outcome = outcome?;
    removed.map_err(|source| StudyError::Read { path: store, source })?;
    Ok(Some(outcome))
}

/// The instruments that have scores.
fn names(scores: &Scores) -> Vec<&str> {
    scores.instruments.iter().map(AsRef::as_ref).collect::<BTreeSet<_>>().into_iter().collect()
}

/// What the report calls a model.
fn model_name(model: &Model) -> String {
    match model {
        Model::LightGbm { .. } => "lightgbm".to_owned(),
        Model::Linear(_) => "linear".to_owned(),
        Model::DoubleEnsemble(_) => "double_ensemble".to_owned(),
        Model::Foreign { class, .. } => {
            class.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
        }
    }
}

/// The session before a date among those of scores: at its close the first decision is made.
fn before(first: Option<Session>, scores: &Scores) -> Session {
    let first = first.unwrap_or(Session::from_number(0));
    let earlier = scores.dates.iter().copied().filter(|&date| date < first).max();
    earlier.unwrap_or_else(|| Session::from_number(first.number() - 1))
}

/// The portfolio that a workflow records, if it does.
pub(crate) fn portfolio_of(workflow: &Workflow) -> Option<&PortfolioRecord> {
    workflow.records.iter().find_map(|record| match record {
        Record::Portfolio(portfolio) | Record::MultiPass { portfolio, .. } => Some(&**portfolio),
        _ => None,
    })
}

/// How a study reads a provider: a folder as it is, a table adjusted as its columns say.
pub(crate) fn prices(provider: &Path) -> Value {
    if provider.is_file() {
        json!({ "path": provider })
    } else {
        json!({ "path": provider, "format": "qlib", "adjustment": "as_is" })
    }
}

/// The portfolio of a record in the words of a study; none for a strategy that no study has.
pub(crate) fn portfolio(
    region: Region,
    record: &PortfolioRecord,
    strict: bool,
) -> Option<Map<String, Value>> {
    let Strategy::Topk(topk) = &record.strategy else { return None };
    let exchange = &record.exchange;
    let mut rules = Map::new();
    let mut put = |key: &str, value: Value| rules.insert(key.to_owned(), value);
    put(
        "region",
        json!(match region {
            Region::Cn => "cn",
            Region::Us => "us",
            Region::Tw => "tw",
        }),
    );
    match &exchange.limit {
        None => {}
        Some(Limit::Change(limit)) => drop(put("limit", json!(limit))),
        Some(Limit::Expressions(buy, sell)) => drop(put("limit", json!({ "buy": buy, "sell": sell }))),
    }
    if let Some(unit) = exchange.trade_unit {
        put("trade_unit", json!(unit.unwrap_or(0.0)));
    }
    if let Some((buy, sell)) = &exchange.deal_price {
        put("deal_price", if buy == sell { json!(buy) } else { json!({ "buy": buy, "sell": sell }) });
    }
    put("open_cost", json!(exchange.open_cost));
    put("close_cost", json!(exchange.close_cost));
    put("min_cost", json!(exchange.min_cost));
    if exchange.impact_cost != 0.0 {
        put("impact_cost", json!(exchange.impact_cost));
    }
    if let Some(limits) = exchange.volume_threshold.as_ref().and_then(volume_limits) {
        put("volume_limits", limits);
    }
    if exchange.parallel {
        put("trade_type", json!("parallel"));
    }
    let execution =
        if exchange.deal_price.as_ref().is_some_and(|(buy, _)| buy == "open") { "open" } else { "close" };
    let portfolio = json!({
        "rules": { "qlib": rules },
        "execution": execution,
        "initial_cash": record.account,
        "strategy": { "topk_dropout": {
            "k": topk.topk, "n_drop": topk.n_drop, "hold_sessions": topk.hold_thresh, "risk_degree": topk.risk_degree,
            "only_tradable": topk.only_tradable, "forbid_all_trade_at_limit": topk.forbid_all_trade_at_limit,
            "strict": topk.strict_qlib.unwrap_or(strict),
        } },
    });
    portfolio.as_object().cloned()
}

/// Limits of volumes as a study says them.
fn volume_limits(threshold: &Value) -> Option<Value> {
    let one = |side: Option<&str>, pair: &Value| {
        let mut limit = json!({ "capacity": pair.get(0)?, "expression": pair.get(1)? });
        if let Some(side) = side.filter(|side| *side != "all") {
            limit["side"] = json!(side);
        }
        Some(limit)
    };
    match threshold {
        Value::Object(sides) => sides
            .iter()
            .map(|(side, pair)| one(Some(side), pair))
            .collect::<Option<Vec<_>>>()
            .map(Value::from),
        pair => Some(json!([one(None, pair)?])),
    }
}

/// The name of a workflow's file without its ending.
pub(crate) fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(|| "workflow".to_owned(), |stem| stem.to_string_lossy().into_owned())
}

pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
