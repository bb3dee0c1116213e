//! What is wrong is said once, with the place and what to do, and nothing is left half-written.

mod support;

use std::fs;

use support::{STUDY, Workplace, prices};

const STUDY_IS_WRONG: i32 = 4;
const DATA_ARE_WRONG: i32 = 5;
const STORE_IS_WRONG: i32 = 6;

/// The message of a study that must fail, after a change of its text.
fn with_study(from: &str, to: &str) -> (i32, String) {
    let place = Workplace::new();
    assert!(STUDY.contains(from), "{from}");
    place.write("study.yaml", &STUDY.replace(from, to));
    let failure = place.failure(&["run", "study.yaml"]);
    assert!(!place.path("reports").exists(), "no report of a run that failed");
    failure
}

fn with_prices(change: impl FnOnce(String) -> String) -> (i32, String) {
    let place = Workplace::new();
    place.write("prices.csv", &change(prices(10, 900, false)));
    place.failure(&["run", "study.yaml"])
}

#[test]
fn a_missing_file() {
    let (code, message) = with_study("prices.csv", "price.csv");
    assert_eq!(code, DATA_ARE_WRONG, "{message}");
    assert!(message.contains("price.csv"), "{message}");
    let place = Workplace::new();
    let (code, message) = place.failure(&["run", "studi.yaml"]);
    assert_eq!(code, STUDY_IS_WRONG);
    assert!(message.contains("studi.yaml") && message.contains("init"), "{message}");
}

#[test]
fn an_unreadable_parquet_file() {
    let place = Workplace::new();
    place.write("prices.parquet", "this is no parquet");
    place.write("study.yaml", &STUDY.replace("prices.csv", "prices.parquet"));
    let (code, message) = place.failure(&["run", "study.yaml"]);
    assert_eq!(code, DATA_ARE_WRONG, "{message}");
    assert!(message.contains("prices.parquet"), "{message}");
}

#[test]
fn a_bad_number_names_row_and_column() {
    let (code, message) = with_prices(|text| {
        let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        let mut cells = lines[7].split(',').map(str::to_owned).collect::<Vec<_>>();
        cells[5] = "12,5x".replace(',', ".");
        lines[7] = cells.join(",");
        lines.join("\n")
    });
    assert_eq!(code, DATA_ARE_WRONG, "{message}");
    assert!(message.contains("12.5x") && message.contains("close") && message.contains('8'), "{message}");
}

#[test]
fn duplicate_rows() {
    let (code, message) = with_prices(|text| {
        let copy = text.lines().nth(5).unwrap().to_owned();
        text + &copy + "0\n"
    });
    assert_eq!(code, DATA_ARE_WRONG, "{message}");
    assert!(message.contains("S00") && message.contains('6'), "{message}");
}

#[test]
fn prices_that_are_not_positive() {
    let (code, message) = with_prices(|text| {
        let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
        let mut cells = lines[9].split(',').map(str::to_owned).collect::<Vec<_>>();
        cells[5] = "-3".to_owned();
        lines[9] = cells.join(",");
        lines.join("\n")
    });
    assert_eq!(code, DATA_ARE_WRONG, "{message}");
    assert!(message.contains("-3") && message.contains("`on_bad_row: drop`"), "{message}");
}

/// Prices in which one value of a line is another.
fn changed(line: usize, cell: usize, change: impl Fn(f64) -> f64) -> String {
    let text = prices(10, 900, false);
    let mut lines = text.lines().map(str::to_owned).collect::<Vec<_>>();
    let mut cells = lines[line].split(',').map(str::to_owned).collect::<Vec<_>>();
    cells[cell] = change(cells[cell].parse().expect("a number")).to_string();
    lines[line] = cells.join(",");
    lines.join("\n")
}

#[test]
fn a_close_a_hundred_times_too_high_is_told_first_of_all() {
    let place = Workplace::new();
    place.write("prices.csv", &changed(99, 5, |close| close * 100.0));
    place.write("study.yaml", STUDY);
    let run = place.json(&["run", "study.yaml"]);
    let first = run["warnings"][0].as_str().unwrap_or_default();
    assert!(first.starts_with("1 series looks broken: S00 2010-05-20"), "{first}");
}

#[test]
fn one_bad_bar_costs_a_bar() {
    let place = Workplace::new();
    place.write("prices.csv", &changed(9, 5, |_| -1.0));
    place.write("study.yaml", &STUDY.replace("adjustment: as_is", "adjustment: as_is, on_bad_row: drop"));
    let run = place.json(&["run", "study.yaml"]);
    assert_eq!(run["excluded"], serde_json::json!([]));
    let told = run["warnings"].to_string();
    assert!(
        told.contains("1 row of 1 instrument can't be true and is left out") && told.contains("row 10"),
        "{told}"
    );
    let page = std::fs::read_to_string(place.path(run["artifacts"]["report"].as_str().unwrap())).unwrap();
    assert!(page.contains("Rows left out") && page.contains("S00 has close -1"), "the report lists it");
}

#[test]
fn an_unknown_key_suggests_the_nearest() {
    let (code, message) = with_study("horizon: 5", "horison: 5");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains("did you mean `horizon`?"), "{message}");
    let (code, message) = with_study("num_leaves: 7", "num_leavs: 7");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains("num_leaves"), "{message}");
}

#[test]
fn an_unknown_feature_and_an_unknown_field() {
    let (code, message) = with_study("momentum: {expression: mom_20}", "momentum: {expression: mom_21}");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains("mom_20"), "{message}");
    let (_, message) = with_study("Ref($close, 20)", "Ref($clsoe, 20)");
    assert!(message.contains("^^^^^^") && message.contains("$close"), "{message}");
}

#[test]
fn a_parse_error_underlines_the_place() {
    let (code, message) = with_study("$close / Ref($close, 20) - 1", "'$close / Ref($close, 20 - 1'");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains('^') && message.contains("mom_20"), "{message}");
}

#[test]
fn a_feature_that_looks_ahead() {
    let (code, message) = with_study("$close / Ref($close, 20) - 1", "Ref($close, -1) / $close - 1");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains("ahead") && message.contains('^'), "{message}");
}

#[test]
fn an_empty_universe() {
    let (code, message) = with_study("expression: $traded > 0", "expression: $close > 1e9");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains("universe is empty"), "{message}");
}

#[test]
fn too_short_a_history_and_a_test_outside_the_data() {
    let (code, message) = with_study("train: {years: 1}", "train: {years: 9}");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains("too short a history"), "{message}");
    let (code, message) = with_study("from: 2012-01-02", "from: 2031-01-02");
    assert_eq!(code, STUDY_IS_WRONG, "{message}");
    assert!(message.contains("2031-01-02"), "{message}");
}

#[test]
fn a_full_disk() {
    let place = Workplace::new();
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    std::os::unix::fs::symlink("/dev/full", place.path("full.json")).unwrap();
    let (code, message) = place.failure(&["run", "study.yaml", "--trace", "no/such/folder/trace.json"]);
    assert_eq!(code, 1, "{message}");
    assert!(message.contains("trace.json") && message.contains("create the folder"), "{message}");
    // A limit on the size of files is what a full disk looks like to a program.
    let program = env!("CARGO_BIN_EXE_backstaff");
    let script = format!("ulimit -f 64; trap '' XFSZ; exec {program} run study.yaml --store limited");
    let output = std::process::Command::new("bash")
        .args(["-c", &script])
        .current_dir(place.folder.path())
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && message.contains("error"), "{message}");
    let verified = place.json(&["cache", "verify", "--store", "limited"]);
    assert_eq!(verified["damaged"].as_array().unwrap().len(), 0, "nothing half-written is in the store");
    place.json(&["run", "study.yaml", "--store", "limited"]);
}

#[test]
fn a_store_of_a_newer_version_and_a_folder_that_is_none() {
    let place = Workplace::new();
    fs::create_dir(place.path("newer")).unwrap();
    place.write("newer/VERSION", "backstaff store 99\n");
    let (code, message) = place.failure(&["run", "study.yaml", "--store", "newer"]);
    assert_eq!(code, STORE_IS_WRONG, "{message}");
    assert!(message.contains("99"), "{message}");
    fs::create_dir(place.path("photos")).unwrap();
    place.write("photos/cat.jpg", "miau");
    let (code, message) = place.failure(&["run", "study.yaml", "--store", "photos"]);
    assert_eq!(code, STORE_IS_WRONG, "{message}");
}

#[test]
fn wrong_arguments_and_an_unknown_profile() {
    let place = Workplace::new();
    assert_eq!(place.failure(&["runn"]).0, 2);
    let (code, message) = place.failure(&["run", "study.yaml", "--profile", "fast"]);
    assert_eq!(code, STUDY_IS_WRONG);
    assert!(message.contains("dev, prod, research, test"), "{message}");
}

#[test]
fn errors_are_json_too() {
    let place = Workplace::new();
    let output = place.output(&["run", "studi.yaml", "--json"]);
    let error: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(error["kind"], "study");
}

#[test]
fn compute_writes_nothing_when_it_fails() {
    let place = Workplace::new();
    for feature in ["x=Mean($clos, 3)", "x=Ref($close, -1)", "x", "x=Mean($close"] {
        let (code, message) =
            place.failure(&["compute", "--data", "prices.csv", "--feature", feature, "--out", "x.parquet"]);
        assert_eq!(code, STUDY_IS_WRONG, "{message}");
    }
    assert!(!place.path("x.parquet").exists());
}

#[test]
fn a_bad_instrument_can_be_excluded_and_is_named() {
    let place = Workplace::new();
    let bad = prices(10, 900, false);
    let mut lines = bad.lines().map(str::to_owned).collect::<Vec<_>>();
    let mut cells = lines[9].split(',').map(str::to_owned).collect::<Vec<_>>();
    cells[5] = "-1".to_owned();
    lines[9] = cells.join(",");
    place.write("prices.csv", &lines.join("\n"));
    place.write(
        "study.yaml",
        &STUDY.replace("adjustment: as_is", "adjustment: as_is, on_bad_instrument: exclude"),
    );
    let run = place.json(&["run", "study.yaml"]);
    assert_eq!(run["excluded"][0]["instrument"], "S00", "{}", run["excluded"]);
    let page = std::fs::read_to_string(place.path(run["artifacts"]["report"].as_str().unwrap())).unwrap();
    assert!(page.contains("S00"), "the report names it");
    let results = std::fs::read_to_string(place.path(run["artifacts"]["results"].as_str().unwrap())).unwrap();
    assert!(results.contains("late_start") && results.contains("S00"));
}
