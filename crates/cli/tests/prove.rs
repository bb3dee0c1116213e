//! The proof: it passes where nothing looks ahead, and names what does.

mod support;

use std::fmt::Write as _;

use support::{STUDY, Workplace};

#[test]
fn nothing_moves_in_a_clean_study() {
    let place = Workplace::new();
    let proof = place.json(&["prove", "study.yaml"]);
    let passes = proof["passes"].as_array().unwrap();
    assert_eq!(passes.len(), 12, "three dates, four ways");
    for pass in passes {
        assert_eq!(pass["leaks"].as_array().unwrap().len(), 0, "{pass}");
        assert!(pass["values"].as_u64().unwrap() > 10_000 && pass["scores"].as_u64().unwrap() > 500);
        assert!(pass["ledger_sessions"].as_u64().unwrap() > 50);
    }
    assert!(!proof["not_covered"].as_array().unwrap().is_empty());
}

#[test]
fn a_column_that_holds_the_next_return_is_named() {
    let place = Workplace::new();
    let prices = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let rows = prices.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>()).collect::<Vec<_>>();
    let mut text = String::from("date,symbol,open,high,low,close,volume,score\n");
    for (row, next) in rows.iter().zip(rows.iter().skip(1)) {
        let close = |row: &[&str]| row[5].parse::<f64>().unwrap();
        let score = if row[1] == next[1] { close(next) / close(row) - 1.0 } else { 0.0 };
        let _ = writeln!(text, "{},{score:.6}", row.join(","));
    }
    place.write("prices.csv", &text);
    place.write("study.yaml", &STUDY.replace("    mom_20:", "    vendor: $score\n    mom_20:"));
    let output = place.output(&["prove", "study.yaml"]);
    let shown = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(3), "{shown}");
    assert!(shown.contains("suspicious column vendor"), "{shown}");
    let run = place.json(&["run", "study.yaml"]);
    let warned = run["warnings"].as_array().unwrap().iter().any(|w| w.as_str().unwrap().contains("vendor"));
    assert!(warned, "the run warns too");
}

#[test]
fn features_are_proved_without_a_study() {
    let place = Workplace::new();
    let features = ["--feature", "ema=EMA($close, 12)", "--feature", "mean=Mean($close, 20)"];
    let arguments = [&["prove", "--data", "prices.csv", "--dates", "2"], &features[..]].concat();
    let proof = place.json(&arguments);
    assert_eq!(proof["holds"], true);
    assert_eq!(proof["checks"].as_array().unwrap().len(), 2 * 4 + 3 + 2 + 3 + 2);
    for check in proof["checks"].as_array().unwrap() {
        assert!(check["moved"].as_array().unwrap().is_empty() && check["values"].as_u64().unwrap() > 500);
    }
    let warm_up = &proof["warm_up"];
    assert_eq!((&warm_up[0]["feature"], &warm_up[0]["history"]), (&"ema".into(), &"all".into()));
    assert_eq!(warm_up[0]["after"].as_array().unwrap().len(), 6);
    assert!((50..90).contains(&warm_up[0]["settled_after"].as_u64().unwrap()), "{warm_up}");
    assert_eq!((&warm_up[1]["history"], &warm_up[1]["exact_after"]), (&"window".into(), &19.into()));
    let text = String::from_utf8(place.output(&arguments).stdout).unwrap();
    assert!(text.contains("exact after 19 sessions: `mean`") && text.contains("\nnothing moved"), "{text}");
    assert!(text.contains("prefix says nothing of `ema`"), "{text}");
}

#[test]
fn libraries_and_files_of_features_are_proved() {
    let place = Workplace::new();
    place.write(
        "mine.yaml",
        "features:\n  - name: five\n    expression: $close / Ref($close, 5) - 1\n    meaning: A week.\n",
    );
    let arguments = ["prove", "--data", "prices.csv", "--dates", "1", "--library", "technical"];
    let proof = place.json(&[&arguments[..], &["--features", "mine.yaml"]].concat());
    assert_eq!(proof["holds"], true, "{proof:#}");
    let names = proof["features"].as_array().unwrap().iter().map(|feature| &feature["name"]);
    assert!(names.clone().count() > 10 && names.clone().any(|name| name == "five"));
}

#[test]
fn features_that_count_some_rows_only_are_proved() {
    let place = Workplace::new();
    let proof = place.json(&["prove", "--data", "prices.csv", "--library", "krx_canonical"]);
    assert!(proof["features"].as_array().unwrap().len() > 15 && proof["holds"] == true, "{proof}");
    // What the data lack is told, targets included.
    let computed =
        place.json(&["compute", "--data", "prices.csv", "--library", "krx_canonical", "--out", "o.parquet"]);
    let left_out = computed["left_out"].as_array().unwrap().iter().map(|entry| entry[0].as_str().unwrap());
    let left_out = left_out.collect::<Vec<_>>();
    assert!(left_out.contains(&"roe") && left_out.contains(&"target_sector_rank"), "{left_out:?}");
    assert!(!left_out.contains(&"target_rank"));
}

#[test]
fn what_cannot_be_proved_is_refused_with_a_reason() {
    let place = Workplace::new();
    let data = ["prove", "--data", "prices.csv"];
    let fails = |more: &[&str]| place.failure(&[&data[..], more].concat());
    let (code, message) = fails(&[]);
    assert!(code == 4 && message.contains("nothing to prove"), "{message}");
    let (code, message) = fails(&["--feature", "a=Ref($close, -1)"]);
    assert!(code == 4 && message.contains("looks 1 session ahead"), "{message}");
    let (code, message) = fails(&["--feature", "Mean($close, 5)"]);
    assert!(code == 4 && message.contains("is not NAME=EXPRESSION"), "{message}");
    assert_eq!(place.failure(&["prove"]).0, 2, "a study or data");
    assert_eq!(place.failure(&["prove", "study.yaml", "--data", "prices.csv"]).0, 2, "not both");
    assert_eq!(place.failure(&["prove", "study.yaml", "--feature", "a=$close"]).0, 2, "features need data");
    assert_eq!(place.failure(&["prove", "--data", "absent.csv", "--feature", "a=$close"]).0, 5);
}
