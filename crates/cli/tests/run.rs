//! The main job: what is computed, what is found, and that nothing but time differs.

mod support;

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use support::{STUDY, Workplace, outcomes, prices};

const STAGES: [&str; 13] = [
    "load",
    "quality",
    "features",
    "labels",
    "folds",
    "train",
    "predict",
    "suspects",
    "yardstick",
    "ties",
    "evaluate",
    "backtest",
    "report",
];

fn computed(run: &serde_json::Value) -> BTreeSet<String> {
    outcomes(run)
        .into_iter()
        .filter(|(_, (outcome, _))| outcome == "computed")
        .map(|(name, _)| name)
        .collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn a_run_gives_what_the_contract_says() {
    let place = Workplace::new();
    let run = place.json(&["run", "study.yaml"]);
    let names =
        run["stages"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(names, STAGES);
    for stage in run["stages"].as_array().unwrap() {
        assert!(stage["seconds"].is_number() && stage["rows"].is_number() && stage["key"].is_string());
    }
    assert!(run["measures"].is_object() && run["warnings"].is_array());
    assert!(run["folds"].as_array().unwrap().len() >= 3);
    for file in [
        "report",
        "results",
        "equity",
        "trades",
        "orders",
        "positions",
        "weights",
        "scores",
        "ic",
        "quantiles",
        "folds",
        "importance",
    ] {
        assert!(place.path(run["artifacts"][file].as_str().unwrap()).is_file(), "{file}");
    }
}

#[test]
fn a_second_run_computes_nothing_and_a_change_only_what_depends_on_it() {
    let place = Workplace::new();
    assert_eq!(computed(&place.json(&["run", "study.yaml"])), set(&STAGES));
    assert_eq!(computed(&place.json(&["run", "study.yaml"])), set(&[]), "the same again");

    place.write("study.yaml", &STUDY.replace("slippage_bps: 5", "slippage_bps: 7"));
    let costs = place.json(&["run", "study.yaml"]);
    assert_eq!(computed(&costs), set(&["backtest", "report"]), "another cost model");

    place.write("study.yaml", STUDY);
    place.write("prices.csv", &prices(10, 900, true));
    let unused = place.json(&["run", "study.yaml"]);
    let (of_data, of_report) = (set(&["load", "report"]), set(&["load", "quality", "report"]));
    assert!([of_data, of_report].contains(&computed(&unused)), "an unused column: {:?}", computed(&unused));

    place.write("study.yaml", &STUDY.replace("Std($return, 20)", "Std($return, 30)"));
    let feature = place.json(&["run", "study.yaml"]);
    let segments = 7;
    assert_eq!(outcomes(&feature)["features"].1, segments, "one column, a shard a segment");
    assert!(!computed(&feature).contains("labels") && computed(&feature).contains("train"));
    let why = feature["stages"].as_array().unwrap().iter().find(|s| s["name"] == "features").unwrap();
    assert!(why["why"].as_str().unwrap().contains("volatility"), "{}", why["why"]);
}

/// How many shards of a stage were computed, and how many were found.
fn counts(outcome: &serde_json::Value, stage: &str) -> (u64, u64) {
    let mut stages = outcome["stages"].as_array().into_iter().flatten();
    let found = stages.find(|known| known["name"] == stage).expect("the stage is told of");
    let count = |what: &str| found[what].as_u64().expect("a number");
    (count("computed"), count("found"))
}

/// The lines of a table of prices before a date.
fn before(whole: &str, date: &str) -> String {
    let kept = |line: &&str| line.starts_with("date") || *line < date;
    whole.lines().filter(kept).fold(String::new(), |text, line| text + line + "\n")
}

#[test]
fn an_append_costs_the_newest_segments_and_gives_the_bytes_of_a_full_run() {
    let place = Workplace::new();
    let whole = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let newest = whole.lines().skip(1).map(|line| &line[..10]).max().unwrap();
    place.write("prices.csv", &before(&whole, newest));
    place.json(&["run", "study.yaml", "--store", "grown"]);
    place.write("prices.csv", &whole);
    let updated = place.json(&["update", "study.yaml", "--store", "grown"]);
    assert_eq!(updated["changes"]["new_sessions"], serde_json::json!([newest]));
    assert_eq!(updated["changes"]["corrected"], serde_json::json!([]));
    let (computed, found) = counts(&updated, "features");
    let segments = 7; // three years, a quarter, three months
    assert_eq!(computed * (segments - 1), found, "one month of each feature");
    let grown = place.json(&["run", "study.yaml", "--store", "grown"]);
    assert_eq!(counts(&grown, "features"), (0, computed + found), "the update has computed the features");
    assert!(counts(&grown, "train").1 >= 2, "the models of older folds are found");

    place.json(&["run", "study.yaml", "--store", "full"]);
    let grown = place.artifacts("grown");
    for (name, bytes) in place.artifacts("full") {
        // The report lists which run it is of; all else is the same.
        assert!(grown.get(&name) == Some(&bytes), "{name} differs from a full run");
    }
}

#[test]
fn an_update_says_what_is_new() {
    let place = Workplace::new();
    let first = place.json(&["update", "study.yaml"]);
    assert!(first["changes"].is_null() && first["last_session"] == "2013-06-14", "{first}");
    let again = place.json(&["update", "study.yaml"]);
    assert_eq!(counts(&again, "features").0, 0);
    assert_eq!(again["changes"]["new_sessions"], serde_json::json!([]));

    let whole = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let line = whole.lines().find(|line| line.starts_with("2011-08-09,S04")).unwrap();
    let mut cells = line.split(',').collect::<Vec<_>>();
    cells[5] = cells[2]; // the close, which was the open after all
    place.write("prices.csv", &whole.replace(line, &cells.join(",")));
    let late = place.json(&["update", "study.yaml"]);
    assert_eq!(late["changes"]["corrected"][0][0], "2011");
    let (computed, found) = counts(&late, "features");
    assert!(computed > 0 && found > 0, "what a correction can't reach is found");
}

#[test]
fn threads_change_no_byte() {
    let place = Workplace::new();
    for threads in ["1", "2", "4"] {
        place.json(&["run", "study.yaml", "--threads", threads, "--store", threads]);
    }
    let one = place.artifacts("1");
    assert!(one.len() > 40);
    assert!(one == place.artifacts("2"), "two threads give other bytes");
    assert!(one == place.artifacts("4"), "four threads give other bytes");
}

#[test]
fn processes_that_share_a_stage_give_the_bytes_of_one() {
    let place = Workplace::new();
    place.json(&["run", "study.yaml", "--store", "whole"]);
    for stage in ["features", "train"] {
        let all = place.json(&["shard", "study.yaml", stage, "--store", "count"]);
        let mut children = (0..all.as_array().unwrap().len())
            .map(|n| {
                let number = n.to_string();
                let arguments =
                    ["shard", "study.yaml", stage, &number, "--store", "shared", "--threads", "1"];
                place.command(&arguments).stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap()
            })
            .collect::<Vec<_>>();
        assert!(children.iter_mut().all(|child| child.wait().unwrap().success()), "{stage}");
    }
    let run = place.json(&["run", "study.yaml", "--store", "shared"]);
    let found = outcomes(&run);
    assert_eq!((found["features"].1, found["train"].1), (0, 0), "the shards were there");
    assert!(place.artifacts("whole") == place.artifacts("shared"));
}

#[test]
fn a_killed_run_goes_on_and_gives_the_same_bytes() {
    let place = Workplace::new();
    place.json(&["run", "study.yaml", "--store", "undisturbed"]);
    // Each time the process is killed when another stage says that it is done.
    for stage in STAGES {
        let mut child = place.command(&["run", "study.yaml", "--store", "killed"]);
        let mut child = child.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for line in lines.map(Result::unwrap) {
            if line.starts_with(stage) {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
    }
    place.json(&["run", "study.yaml", "--store", "killed"]);
    assert!(place.artifacts("undisturbed") == place.artifacts("killed"));
}

#[test]
fn two_runs_on_one_store_do_the_work_once() {
    let place = Workplace::new();
    let spawn = || place.command(&["run", "study.yaml", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
    let (first, second) = (spawn(), spawn());
    let outputs = [first.wait_with_output().unwrap(), second.wait_with_output().unwrap()];
    assert!(outputs.iter().all(|output| output.status.success()));
    let runs = outputs.map(|output| serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap());
    assert_eq!(runs[0]["measures"], runs[1]["measures"]);
    place.json(&["cache", "verify", "--store", ".backstaff"]);
}

#[test]
fn a_damaged_artifact_is_computed_again() {
    let place = Workplace::new();
    place.json(&["run", "study.yaml"]);
    let before = place.artifacts(".backstaff");
    let columns =
        before.iter().filter(|(name, _)| name.starts_with("features/") && name.ends_with("values.arrow"));
    let path = |name: &String| place.path(".backstaff/artifacts").join(name);
    for (name, bytes) in columns.clone() {
        let mut damaged = bytes.clone();
        let middle = damaged.len() / 2;
        damaged[middle] ^= 1;
        std::fs::write(path(name), damaged).unwrap();
    }
    let verified = place.output(&["cache", "verify", "--store", ".backstaff"]);
    assert_eq!(verified.status.code(), Some(3), "verify finds it");
    // Something that reads the columns: another label.
    place.write("study.yaml", &STUDY.replace("horizon: 5", "horizon: 4"));
    place.json(&["run", "study.yaml"]);
    let restored = columns.clone().filter(|(name, bytes)| std::fs::read(path(name)).unwrap() == **bytes);
    assert!(2 * restored.count() > columns.count(), "the right bytes of what is read are back");
}

#[test]
fn orders_come_after_the_newest_session() {
    let place = Workplace::new();
    let orders = place.json(&["orders", "study.yaml"]);
    assert_eq!(orders["decided"], "2013-06-14");
    let weights = orders["target_weights"].as_object().unwrap();
    let total: f64 = weights.values().map(|weight| weight.as_f64().unwrap()).sum();
    assert!(weights.len() == 4 && (0.9..=1.0 + 1e-9).contains(&total), "{weights:?}");
}

#[test]
fn status_and_why_tell_of_the_last_run() {
    let place = Workplace::new();
    place.json(&["run", "study.yaml"]);
    let status = place.json(&["status", "study.yaml"]);
    assert_eq!(status["run"], 1);
    assert_eq!(status["stages"].as_array().unwrap().len(), STAGES.len());
    place.write("study.yaml", &STUDY.replace("horizon: 5", "horizon: 6"));
    place.json(&["run", "study.yaml"]);
    let why = place.output(&["why", "study.yaml", "labels"]);
    let text = String::from_utf8(why.stdout).unwrap();
    assert!(text.contains("horizon: 5 -> 6"), "{text}");
}
