//! Rules without ceremony: a score, weights or scores from a file, stops around any strategy.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{fmt::Write as _, fs};

use serde_json::Value;
use support::{STUDY, Workplace, prices, weekdays};

const SCORE: &str = "\
backstaff: 1
name: score
data: {prices: {path: prices.csv}}
score: $close / Ref($close, 20) - 1
strategy: {top_n: {n: 2}}
";
const OWN: &str = "\
backstaff: 1
name: own
data: {prices: {path: prices.csv}}
models: {mine: {scores: scores.csv}}
strategy: {top_n: {n: 2}}
";
const FILE: &str = "\
backstaff: 1
name: file
data: {prices: {path: prices.csv}}
strategy: {weights: {file: weights.csv}}
";
const N: usize = 6;
const SESSIONS: usize = 320;

/// Prices of a few instruments, of which none comes or goes.
/// Lines as the text of a file.
fn table<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn place(study: &str) -> Workplace {
    let place = Workplace::empty();
    let text = prices(N + 3, SESSIONS, false);
    let all = text.lines().filter(|line| !["S01", "S02", "S03"].iter().any(|name| line.contains(name)));
    place.write("prices.csv", &table(all));
    place.write("study.yaml", study);
    place
}

/// The closes of the file, by session and instrument.
fn closes(place: &Workplace) -> Vec<Vec<(String, f64)>> {
    let text = fs::read_to_string(place.path("prices.csv")).unwrap();
    weekdays()
        .take(SESSIONS)
        .map(|day| {
            let day = day.to_string();
            let rows = text.lines().filter(|line| line.starts_with(&day));
            let cells = rows.map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
            cells.map(|cells| (cells[1].clone(), cells[5].parse().unwrap())).collect()
        })
        .collect()
}

/// The scores of [`SCORE`], computed by hand, from the session `from` on.
fn momentum(place: &Workplace, until: usize) -> String {
    let closes = closes(place);
    let mut text = String::from("date,symbol,score\n");
    for (t, day) in weekdays().take(until).enumerate().skip(20) {
        for (i, (name, close)) in closes[t].iter().enumerate() {
            let _ = writeln!(text, "{day},{name},{}", close / closes[t - 20][i].1 - 1.0);
        }
    }
    text
}

/// The equity at the last close of the portfolio that the study asks about, and the warnings.
fn outcome(place: &Workplace) -> (f64, Vec<String>) {
    let run = place.json(&["run", "study.yaml"]);
    let results = place.path(run["artifacts"]["results"].as_str().unwrap());
    let results: Value = serde_json::from_slice(&fs::read(results).unwrap()).unwrap();
    let portfolios = results["measures"]["portfolios"].as_object().unwrap();
    let asked = ["score", "mine", "strategy"].into_iter().find_map(|name| portfolios.get(name)).unwrap();
    let growth = asked["total_return"].as_f64().unwrap();
    let warnings = run["warnings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned());
    (growth, warnings.collect())
}

#[test]
fn a_score_at_the_top_is_a_model() {
    let short = place(SCORE);
    let long = SCORE.replace(
        "score: $close / Ref($close, 20) - 1",
        "models: {score: {expression: '$close / Ref($close, 20) - 1'}}",
    );
    assert_eq!(outcome(&short), outcome(&place(&long)));
}

#[test]
fn scores_of_a_file_trade_as_the_expression_that_made_them() {
    let own = place(OWN);
    own.write("scores.csv", &momentum(&own, SESSIONS));
    let (growth, warnings) = outcome(&own);
    assert_eq!(growth, outcome(&place(SCORE)).0);
    let told = warnings.iter().find(|text| text.starts_with("models.mine.scores")).unwrap();
    assert!(told.contains("1,800 rows read") && told.contains("there is no `known_at`"), "{told}");
    // With a label they are judged, and a proof finds that nothing looks ahead.
    own.write("study.yaml", &(OWN.to_owned() + "label: {horizon: 5}\n"));
    let run = own.json(&["run", "study.yaml"]);
    assert!(run["measures"]["scores"]["mine"].is_object(), "{}", run["measures"]["scores"]);
    let proof = own.json(&["prove", "study.yaml", "--dates", "2"]);
    let passes = proof["passes"].as_array().unwrap();
    let is_clean =
        |pass: &Value| pass["leaks"] == Value::Array(Vec::new()) && pass["scores"].as_u64() > Some(0);
    assert!(!passes.is_empty() && passes.iter().all(is_clean), "{proof}");
    // Scores that know the next week are not believed.
    let closes = closes(&own);
    let known = |t: usize| {
        (closes[t + 6].iter().zip(&closes[t + 1])).map(|(later, soon)| (&soon.0, later.1 / soon.1))
    };
    let days = weekdays().take(SESSIONS - 6).enumerate();
    let rows = days.flat_map(|(t, day)| {
        known(t).map(move |(name, score)| format!("{day},{name},{score}\n")).collect::<Vec<_>>()
    });
    own.write("scores.csv", &("date,symbol,score\n".to_owned() + &rows.collect::<String>()));
    let run = own.json(&["run", "study.yaml"]);
    assert!(run["suspects"].to_string().contains("model mine"), "{}", run["suspects"]);
}

#[test]
fn a_session_more_finds_what_was_computed() {
    let own = place(OWN);
    let whole = fs::read_to_string(own.path("prices.csv")).unwrap();
    let last = weekdays().nth(SESSIONS - 1).unwrap().to_string();
    let before = whole.lines().filter(|line| !line.starts_with(&last));
    own.write("prices.csv", &table(before));
    let scores = momentum(&place(OWN), SESSIONS);
    let scores_before = scores.lines().filter(|line| !line.starts_with(&last));
    own.write("scores.csv", &table(scores_before));
    outcome(&own);
    own.write("prices.csv", &whole);
    own.write("scores.csv", &scores);
    let appended = outcome(&own).0;
    let fresh = place(OWN);
    fresh.write("scores.csv", &scores);
    assert_eq!(appended, outcome(&fresh).0);
}

#[test]
fn scores_that_are_known_later_count_later_and_old_ones_are_told() {
    let own = place(OWN);
    let scores = momentum(&own, SESSIONS - 10);
    let days = weekdays().take(SESSIONS).map(|day| day.to_string()).collect::<Vec<_>>();
    let later = |line: &str| {
        let day = days.iter().position(|day| line.starts_with(day.as_str())).unwrap();
        format!("{line},{}\n", days[day + 5])
    };
    let late = scores.lines().skip(1).map(later).collect::<String>();
    own.write("scores.csv", &("date,symbol,score,known_at\n".to_owned() + &late));
    let (late, warnings) = outcome(&own);
    let told = warnings.iter().find(|text| text.starts_with("models.mine.scores")).unwrap();
    assert!(told.contains("known after their date") && told.contains("older than the prices"), "{told}");
    own.write("scores.csv", &scores);
    assert_ne!(outcome(&own).0, late);
}

#[test]
fn weights_of_a_file_are_traded_on_its_dates() {
    let place = place(FILE);
    let days = weekdays().take(SESSIONS).map(|day| day.to_string()).collect::<Vec<_>>();
    let text = format!(
        "date,symbol,weight\n{0},S00,0.5\n{0},S04,0.3\n{1},S04,0.9\n{1},X99,0.1\n2009-01-01,S00,1\n",
        days[10], days[100]
    );
    place.write("weights.csv", &text);
    let (_, warnings) = outcome(&place);
    let told = warnings.iter().find(|text| text.contains("weights.file")).unwrap();
    assert!(
        told.contains("1 of instruments that the prices lack") && told.contains("1 before the first"),
        "{told}"
    );
    let orders = place.json(&["orders", "study.yaml"]);
    assert!(orders.to_string().contains("S04"), "{orders}");
    for (wrong, words) in [
        (text.replace("S04,0.3", "S04,0.6"), "add up to 1.1"),
        (text.clone() + &format!("{},S00,0.4\n", days[10]), "two values"),
        (text.replace("S0", "T0"), "allow_unmatched"),
    ] {
        place.write("weights.csv", &wrong);
        let (_, told) = place.failure(&["run", "study.yaml"]);
        assert!(told.contains(words), "{words}: {told}");
    }
    place.write("study.yaml", &FILE.replace("strategy:", "portfolio: {rebalance: weekly}\nstrategy:"));
    assert!(place.failure(&["run", "study.yaml"]).1.contains("its dates say when"));
}

#[test]
fn stops_close_positions_of_every_kind_of_study() {
    let plain = "portfolio: {stop: 0.03, take_profit: 0.05, trailing_stop: 0.04, max_holding: 8, rebalance: weekly}\n";
    for study in [
        SCORE,
        "\
backstaff: 1
name: listed
data: {prices: {path: prices.csv}}
strategy: {weights: {instruments: {S00: 0.6, S04: 0.3}}}
",
    ] {
        let place = place(study);
        let (without, _) = outcome(&place);
        place.write("study.yaml", &(study.to_owned() + plain));
        let (with, _) = outcome(&place);
        assert_ne!(with, without);
    }
}

#[test]
fn the_first_model_of_the_file_is_judged_and_rounds_are_rounds() {
    let place = Workplace::new();
    let study = STUDY
        .replace("  trees:", "  zebra: {expression: reversal}\n  trees:")
        .replace("early_stopping: 5, ", "");
    place.write("study.yaml", &study);
    let run = place.json(&["run", "study.yaml"]);
    let results = place.path(run["artifacts"]["results"].as_str().unwrap());
    let text = fs::read_to_string(results).unwrap();
    let (_, portfolios) = text.split_once("\"portfolios\"").unwrap();
    let places = ["zebra", "trees", "ridge", "momentum", "equal weight"];
    let places = places.map(|name| portfolios.find(&format!("\"{name}\"")).unwrap());
    assert!(places.is_sorted(), "{places:?}");
    let page = fs::read_to_string(place.path(run["artifacts"]["report"].as_str().unwrap())).unwrap();
    assert!(page.contains("the first of the file"), "the caveat says why");
}
