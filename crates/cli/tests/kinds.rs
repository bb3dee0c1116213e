//! Every verb works for every kind of study: models that learn, a ranked expression, given weights, regimes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use arrow_array::{cast::AsArray as _, types::Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use support::{STUDY, Workplace, prices};

/// Five lines each: none of them learns, so none has a label or folds.
const RANKED: &str = "\
backstaff: 1
name: ranked
data: {prices: {path: prices.csv}}
models: {momentum: {expression: '$close / Ref($close, 20) - 1'}}
strategy: {top_n: {n: 3}}
";
const LISTED: &str = "\
backstaff: 1
name: listed
data: {prices: {path: prices.csv}}
portfolio: {strategy: {weights: {instruments: {S00: 0.6, S04: 0.3}}}, rebalance_every: 21}
";
const COMPUTED: &str = "\
backstaff: 1
name: computed
data: {prices: {path: prices.csv}}
strategy: {weights: {expression: 'If(CsRank($close) > 0.5, 0.1, 0)'}}
";
const SWITCHED: &str = "\
backstaff: 1
name: switched
data: {prices: {path: prices.csv}}
regimes: {look_back: 120, starts: 2, keep: 1, states: 2}
strategy: {rotation: {instruments: [S00, S04, S05], max_weight: 0.5, fallback: {}}}
spread: {states: [2], look_backs: [120, 150], offsets: []}
";

fn kinds() -> [(&'static str, &'static str); 5] {
    [("small", STUDY), ("ranked", RANKED), ("listed", LISTED), ("computed", COMPUTED), ("switched", SWITCHED)]
}

fn place(study: &str) -> Workplace {
    let place = Workplace::empty();
    place.write("prices.csv", &prices(8, 750, false).replace("S02", "S12"));
    place.write("study.yaml", study);
    place
}

fn report(place: &Workplace, file: &str) -> Vec<u8> {
    let results = place.json(&["report", "study.yaml"])["results"].as_str().map(str::to_owned);
    fs::read(place.path(&results.expect("a path")).with_file_name(file)).unwrap()
}

#[test]
fn every_kind_runs_and_finds_everything_the_second_time() {
    for (name, study) in kinds() {
        let place = place(study);
        let first = place.json(&["run", "study.yaml"]);
        assert_eq!(first["study"], name);
        assert!(
            first["measures"]["verdict"]["sentence"].as_str().is_some_and(|text| text.len() > 20),
            "{name}"
        );
        let portfolios = first["measures"]["portfolios"].as_object().unwrap();
        assert!(portfolios.len() > 1, "{name} is compared with something: {portfolios:?}");
        // What was said is what was written.
        let results: serde_json::Value = serde_json::from_slice(&report(&place, "results.json")).unwrap();
        assert_eq!(results["measures"], first["measures"], "{name}");
        let again = place.json(&["run", "study.yaml"]);
        let computed =
            again["stages"].as_array().unwrap().iter().map(|stage| stage["computed"].as_u64().unwrap());
        assert_eq!(computed.sum::<u64>(), 0, "{name}");
        assert_eq!(again["measures"], first["measures"], "{name}");
    }
}

#[test]
fn every_kind_has_the_same_bytes_on_any_number_of_threads() {
    for (name, study) in kinds() {
        let bytes = ["1", "2"].map(|threads| {
            let place = place(study);
            place.json(&["run", "study.yaml", "--threads", threads]);
            (report(&place, "equity.parquet"), place.artifacts(".backstaff").into_keys().collect::<Vec<_>>())
        });
        assert!(bytes[0] == bytes[1], "{name}");
    }
}

#[test]
fn every_kind_proves_itself() {
    for (name, study) in kinds() {
        let place = place(study);
        let output = place.output(&["prove", "study.yaml", "--dates", "1", "--json"]);
        let proof: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success(), "{name}: {proof:#}");
        let passes = proof["passes"].as_array().unwrap();
        assert!(
            passes.len() == 4 && passes.iter().all(|pass| pass["leaks"].as_array().unwrap().is_empty()),
            "{name}"
        );
        assert!(
            passes.iter().all(|pass| pass["ledger_sessions"].as_u64().unwrap() > 0),
            "{name}: {passes:?}"
        );
    }
}

#[test]
fn a_cut_in_a_halt_is_no_leak() {
    // S03 has no rows in sessions 400 to 429; the one cut falls on session 410.
    for weights in ["S00: 0.6, S04: 0.3", "S03: 0.5, S00: 0.5"] {
        let place = place(&LISTED.replace("S00: 0.6, S04: 0.3", weights));
        place.write("prices.csv", &prices(8, 820, false));
        let proof = place.json(&["prove", "study.yaml", "--dates", "1"]);
        let passes = proof["passes"].as_array().unwrap();
        assert!(passes.iter().all(|pass| pass["leaks"].as_array().unwrap().is_empty()), "{proof:#}");
    }
}

#[test]
fn every_kind_says_where_it_stands() {
    for (name, study) in kinds() {
        let place = place(study);
        assert!(place.json(&["status", "study.yaml"])["run"].is_null(), "{name}");
        place.json(&["run", "study.yaml"]);
        let status = place.json(&["status", "study.yaml"]);
        assert!(status["run"] == 1 && status["stages"].as_array().unwrap().len() > 2, "{name}: {status}");
        let why = place.output(&["why", "study.yaml", "backtest"]);
        let why = String::from_utf8_lossy(&why.stdout).into_owned();
        assert!(why.contains("computed") && !why.contains('{'), "{name}: {why}");
        let updated = place.json(&["update", "study.yaml"]);
        assert!(updated["stages"].as_array().is_some_and(|stages| !stages.is_empty()), "{name}: {updated}");
        let orders = place.json(&["orders", "study.yaml"]);
        assert!(orders["orders"].is_array() && orders["target_weights"].is_object(), "{name}: {orders}");
        assert!(place.json(&["cache", "verify"])["damaged"].as_array().unwrap().is_empty(), "{name}");
        place.json(&["shard", "study.yaml", "load"]);
        place.json(&["run", "study.yaml", "--profile", "dev"]);
    }
}

#[test]
fn features_are_written_where_there_are_any() {
    for (name, study) in kinds() {
        let place = place(study);
        if name == "small" {
            let written = place.json(&["precompute", "study.yaml", "--out", "features.parquet"]);
            assert_eq!(written["features"].as_array().unwrap().len(), 4);
        } else {
            let (code, message) = place.failure(&["precompute", "study.yaml", "--out", "features.parquet"]);
            assert!(code == 4 && message.contains("nothing to write"), "{name}: {message}");
            assert!(!place.path("features.parquet").exists());
        }
    }
}

#[test]
fn an_append_gives_the_portfolio_of_a_full_run() {
    let whole = prices(8, 750, false).replace("S02", "S12");
    let day = support::weekdays().nth(739).unwrap().to_string();
    let before = whole.lines().filter(|line| line.starts_with("date") || line[..10] <= *day);
    let before = before.collect::<Vec<_>>().join("\n") + "\n";
    for (name, study) in kinds().into_iter().skip(1) {
        let grown = place(study);
        grown.write("prices.csv", &before);
        grown.json(&["run", "study.yaml"]);
        grown.write("prices.csv", &whole);
        grown.json(&["run", "study.yaml"]);
        let full = place(study);
        full.json(&["run", "study.yaml"]);
        assert!(report(&grown, "equity.parquet") == report(&full, "equity.parquet"), "{name}");
    }
}

#[test]
fn all_mistakes_are_told_at_once_with_their_places() {
    let place = place(
        "backstaff: 1\nname: wrong name\ndata: {prices: {path: prices.csv, adjusment: as_is}}\n\
         models: {line: {ridge: {penalties: many}}}\nportfolio:\n  strategy: {top_n: {n: -1}}\n  lot: few\n",
    );
    let (code, message) = place.failure(&["run", "study.yaml"]);
    assert_eq!(code, 4);
    for told in ["adjustment", "study.yaml:3:35", "study.yaml:4:", "study.yaml:6:", "study.yaml:7:"] {
        assert!(message.contains(told), "{told}: {message}");
    }
}

#[test]
fn all_sections_that_are_missing_are_told_at_once() {
    let (code, message) = place("about: nothing yet\nlabel: {horzon: 5}\n").failure(&["run", "study.yaml"]);
    for told in ["`backstaff: 1`", "name: is missing", "data: is missing", "portfolio: is missing", "horizon"]
    {
        assert!(code == 4 && message.contains(told), "{told}: {message}");
    }
}

#[test]
fn what_would_decide_nothing_or_twice_is_refused() {
    for (study, told) in [
        (format!("{RANKED}portfolio: {{strategy: {{top_n: {{n: 5}}}}}}\n"), "in one of the two places"),
        (format!("{LISTED}trading: {{lot: 1}}\n"), "former name of `portfolio`"),
        (format!("{LISTED}label: {{horizon: 5}}\n"), "judges scores"),
        (format!("{LISTED}regimes: {{}}\n"), "reads no regimes"),
        (LISTED.replace("S00: 0.6", "S00: 0.8"), "add up to 1.1"),
        (SWITCHED.replace("max_weight: 0.5", "max_weight: 1.5"), "max_weight"),
        (SWITCHED.replace("[120, 150]", "[120, 5000]"), "never known"),
        (RANKED.replace("top_n: {n: 3}", "topk_dropout: {k: 2, n_drop: 3}"), "no more than k = 2"),
        (format!("{LISTED}primary: mine\n"), "there is no model"),
    ] {
        let (code, message) = place(&study).failure(&["run", "study.yaml"]);
        assert!(code == 4 && message.contains(told), "{told}: {message}");
    }
}

#[test]
fn every_kind_warns_of_instruments_that_it_leaves_out() {
    for (name, study) in kinds() {
        let place = place(&study.replace("prices.csv", "prices.csv, on_bad_instrument: exclude"));
        let bad = prices(8, 750, false).replace("S02", "S12") + "2012-12-03,S99,1,1,1,-1,5\n";
        place.write("prices.csv", &bad);
        let run = place.json(&["run", "study.yaml"]);
        let warnings = run["warnings"].as_array().unwrap().iter().filter_map(serde_json::Value::as_str);
        let told = warnings.filter(|warning| warning.contains("S99")).count();
        assert!(told == 1 && run["excluded"][0]["instrument"] == "S99", "{name}: {run:#}");
    }
}

#[test]
fn what_a_delisting_costs_reaches_the_files_and_the_report() {
    let study =
        LISTED.replace("S04: 0.3", "S12: 0.3").replace("rebalance_every: 21", "recovery: {usual: 0.5}");
    let place = place(&study);
    place.json(&["run", "study.yaml"]);
    let results = place.json(&["report", "study.yaml"])["results"].as_str().map(str::to_owned).unwrap();
    let file = fs::File::open(place.path(&results).with_file_name("equity.parquet")).unwrap();
    let mut lost = 0.0;
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        lost += batch["delisting_loss"].as_primitive::<Float64Type>().values().iter().sum::<f64>();
    }
    assert!(lost > 1000.0, "half of 30 % of a million was lost: {lost}");
    let page = String::from_utf8(report(&place, "report.html")).unwrap();
    assert!(page.contains("in all against their last close"), "the report says how much");
}
