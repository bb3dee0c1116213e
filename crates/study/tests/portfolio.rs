//! A study whose portfolio uses every rule: it runs, it is found again, it changes with each rule, and it never looks
//! ahead.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{fmt::Write as _, fs, path::Path};

use backstaff_panel::{
    Session,
    testing::{noise, weekdays_from},
};
use backstaff_study::{Options, Study, StudyError, progress::Silent};
use serde_json::Value;

const STUDY: &str = "
backstaff: 1
name: rules
data:
  prices: {path: prices.csv, adjustment: as_is}
  attributes: {path: sectors.csv, categories: [sector], static: true}
features: {define: {mom: '$close / Ref($close, 5) - 1'}}
label: {horizon: 5, target: rank}
folds: {test: {from: 2019-07-01}, every: year, train: {sessions: 60}, validation: {sessions: 20}, min_rows: {train: 100, test: 10}}
models: {momentum: {expression: '$close / Ref($close, 5) - 1'}}
portfolio:
  strategy:
    top_n:
      n: 4
      keep: 6
      at_most_per: {sector: 2}
      score: {within: sector, divided_by: {expression: 'Std(mom, 10)', floor: 0.01}}
      weights: {inverse_volatility: {expression: 'Std(mom, 10)', floor: 0.02}}
      max_weight: 0.4
      threshold: 0.001
      exposure: {expression: CsMean(mom), steps: [[-0.002, 0.4], [0.002, 0.8]], min_change: 0.1}
  rebalance: 10
  cohorts: 2
  costs: {commission_bps: 2, slippage_bps: 5, impact: 0.5, sell_tax_bps: krx}
  cash_rate: {2018-01-01: 0.01, 2019-09-01: 0.02}
  price_limit: krx
  volume_cap: 0.5
  volume_cap_of: average
";

/// Twelve instruments in three sectors from 2019 to mid 2020, one of which ends early.
fn write_data(folder: &Path) {
    let mut prices = "date,symbol,open,high,low,close,volume\n".to_owned();
    for i in 0..12_u64 {
        let mut close = 50.0 + 5.0 * i as f64;
        let weekdays = weekdays_from(Session::from_number(17_897)).take_while(|day| day.number() < 18_450);
        for (n, date) in weekdays.enumerate() {
            if i == 7 && n > 250 {
                break;
            }
            let seed = i * 10_007 + n as u64;
            let open = close * (1.0 + 0.01 * (noise(&[seed]) - 0.5));
            close = open * (1.0 + 0.04 * (noise(&[seed, 1]) - 0.5));
            let (high, low) = (open.max(close), open.min(close));
            let volume = 1e5 * (0.5 + noise(&[seed, 2]));
            writeln!(prices, "{date},S{i:02},{open:.4},{high:.4},{low:.4},{close:.4},{volume:.0}").unwrap();
        }
    }
    fs::write(folder.join("prices.csv"), prices).unwrap();
    let sectors = (0..12).map(|i| format!("S{i:02},{}", ["energy", "banks", ""][i % 3]));
    let table = std::iter::once("symbol,sector".to_owned()).chain(sectors).collect::<Vec<_>>();
    fs::write(folder.join("sectors.csv"), table.join("\n")).unwrap();
}

fn study(folder: &Path, text: &str) -> Result<Study, StudyError> {
    let path = folder.join("study.yaml");
    fs::write(&path, text).unwrap();
    Study::open(&path, &Options { threads: Some(2), ..Options::default() })
}

fn run(folder: &Path, text: &str) -> Result<(Value, usize), StudyError> {
    let outcome = study(folder, text)?.run(&Silent)?;
    let computed = outcome.stages.iter().filter(|stage| stage.computed > 0).count();
    Ok((serde_json::to_value(outcome.result.measures).unwrap(), computed))
}

#[test]
fn every_rule_is_used_and_its_result_is_told() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let (results, _) = run(folder.path(), STUDY).unwrap();
    let holdings = &results["holdings"]["momentum"];
    assert_eq!(holdings["grouped_by"], "sector");
    let groups = holdings["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 3);
    assert!(groups.iter().any(|group| group["group"] == "unknown"));
    assert_eq!(holdings["cohorts"].as_array().unwrap().len(), 2);
    let book = holdings["book"].as_array().unwrap();
    assert!(book.len() >= 2 && book.iter().all(|held| held["weight"].as_f64().unwrap() > 0.0));
    assert!(results["years"][0]["turnover"].as_f64().unwrap() > 0.0);
    let portfolio = &results["portfolios"]["momentum"];
    for name in ["commission_annual", "tax_annual", "slippage_annual", "turnover_annual"] {
        assert!(portfolio[name].as_f64().unwrap() > 0.0, "{name}");
    }
    assert!(portfolio["gross_exposure"].as_f64().unwrap() < 0.95);
    // Nothing but the run is new when nothing changed; one rule changes the portfolios alone.
    assert_eq!(run(folder.path(), STUDY).unwrap().1, 0);
    for (old, new) in [
        ("keep: 6", "keep: 7"),
        ("sector: 2", "sector: 1"),
        ("max_weight: 0.4", "max_weight: 0.3"),
        ("floor: 0.02", "floor: 0.05"),
        ("[0.002, 0.8]", "[0.002, 0.7]"),
        ("cohorts: 2", "cohorts: 5"),
        ("impact: 0.5", "impact: 0.6"),
        ("sell_tax_bps: krx", "sell_tax_bps: 23"),
        ("2019-09-01: 0.02", "2019-09-02: 0.02"),
        ("volume_cap_of: average", "volume_cap_of: session"),
    ] {
        assert_eq!(
            run(folder.path(), &STUDY.replace(old, new)).unwrap().1,
            2,
            "backtest and report after {new}"
        );
    }
}

#[test]
fn nothing_looks_ahead() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let proof = study(folder.path(), STUDY).unwrap().prove(2, &Silent).unwrap();
    assert!(proof.holds(), "{proof}");
}

#[test]
fn mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path());
    let error = |old: &str, new: &str| run(folder.path(), &STUDY.replace(old, new)).unwrap_err().to_string();
    let text = error("at_most_per: {sector: 2}", "at_most_per: {sectr: 2}");
    assert!(text.contains("at_most_per") && text.contains("did you mean \"sector\""), "{text}");
    let text = error("keep: 6", "keep: 3");
    assert!(text.contains("portfolio.strategy.top_n.keep") && text.contains("below n = 4"), "{text}");
    let text = error("keep: 6", "keeps: 6");
    assert!(text.contains("did you mean `keep`"), "{text}");
    let text = error("CsMean(mom)", "mom");
    assert!(text.contains("one value for all instruments") && text.contains("CsMean"), "{text}");
    let text = error("CsMean(mom)", "'Ref(CsMean(mom), -1)'");
    assert!(text.contains("ahead"), "{text}");
    let text = error("sell_tax_bps: krx", "sell_tax_bps: kr");
    assert!(text.contains("portfolio.costs.sell_tax_bps") && text.contains("krx"), "{text}");
    let text = error("cohorts: 2", "cohorts: 11");
    assert!(text.contains("portfolio.cohorts"), "{text}");
}
