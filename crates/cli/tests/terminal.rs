//! What a run says to a terminal.

mod support;

use support::Workplace;

#[test]
fn a_run_ends_with_its_verdict_one_table_and_where_the_report_is() {
    let place = Workplace::new();
    let output = place.output(&["run", "study.yaml", "--strict"]);
    let (shown, told) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "nothing was found: {told}");
    let lines = shown.lines().collect::<Vec<_>>();
    assert!(lines[0].contains("the scores of trees"), "{shown}");
    assert!(lines[1].contains("95% from") && lines[1].contains("rank IC"), "{shown}");
    for column in ["CAGR", "excess", "alpha", "beta", "Sharpe", "drawdown", "turnover", "costs"] {
        assert!(lines[3].contains(column), "{column}: {shown}");
    }
    let json = place.json(&["run", "study.yaml"]);
    for line in json["headlines"].as_array().unwrap() {
        let name = line["portfolio"].as_str().unwrap();
        let row =
            lines.iter().find(|row| row[..].trim_start_matches(['▸', ' ']).starts_with(&format!("{name}  ")));
        let row = row.unwrap_or_else(|| panic!("{name}: {shown}"));
        assert!(row.contains(&format!("{:.1}%", line["cagr"].as_f64().unwrap() * 100.0)), "{row}");
        assert_eq!(row.starts_with('▸'), name == "trees", "{row}");
    }
    for caution in json["cautions"].as_array().unwrap() {
        let is_note = caution["severity"] == "note";
        assert_eq!(!is_note, shown.contains(caution["title"].as_str().unwrap()), "{caution}");
    }
    let report = lines.last().unwrap().strip_prefix("report: ").unwrap();
    assert!(place.path(report).is_file(), "{report}");
    // Each stage is told once, and nothing is painted where no terminal is.
    for stage in json["stages"].as_array().unwrap() {
        let name = format!("{} ", stage["name"].as_str().unwrap());
        let told_of = told.lines().filter(|line| line.starts_with(&name)).count();
        assert_eq!(
            told_of + shown.lines().filter(|line| line.starts_with(&name)).count(),
            1,
            "{name}: {told}"
        );
    }
    assert!(!shown.contains('\u{1b}') && !told.contains('\u{1b}'), "{shown}{told}");
    assert!(told.contains("done in "), "{told}");
}

#[test]
fn machines_get_one_document_and_no_progress() {
    let place = Workplace::new();
    let output = place.output(&["run", "study.yaml", "--json"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&output.stdout).is_ok());
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
