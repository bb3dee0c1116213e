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
