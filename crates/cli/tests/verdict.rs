//! Verdicts on markets that are made so that the truth is known: noise, leaks, a broken series, pure beta, no trees.

mod support;

use std::fmt::Write as _;

use serde_json::Value;
use support::{Workplace, noise, weekdays};

/// A market as rows of prices with one more column, in the order of the instruments.
struct Market {
    n: usize,
    sessions: usize,
    /// The close of each instrument and session; a session without one has no row.
    close: Vec<Vec<Option<f64>>>,
}

impl Market {
    /// Random walks with a common part.
    fn walks(n: usize, sessions: usize) -> Self {
        Self::of(n, sessions, |i, t| {
            let own = noise(&[i as u64, t as u64, 1]) - 0.5;
            let market = noise(&[t as u64, 99]) - 0.5;
            0.04 * own + 0.02 * market
        })
    }

    fn of(n: usize, sessions: usize, step: impl Fn(usize, usize) -> f64) -> Self {
        let path = |i: usize| {
            let mut price = 20.0 + i as f64;
            let next = |t: usize| {
                price *= 1.0 + step(i, t);
                Some(price)
            };
            (0..sessions).map(next).collect()
        };
        Self { n, sessions, close: (0..n).map(path).collect() }
    }

    /// The return of the five sessions from the next close on, which the labels of the studies below span.
    fn label(&self, i: usize, t: usize) -> Option<f64> {
        let close = |t: usize| *self.close[i].get(t)?;
        Some(close(t + 6)? / close(t + 1)? - 1.0)
    }

    /// The table, with a column `vendor` by instrument and session.
    fn csv(&self, vendor: impl Fn(usize, usize) -> f64) -> String {
        let days = weekdays().take(self.sessions).map(|day| day.to_string()).collect::<Vec<_>>();
        let mut text = String::from("date,symbol,open,high,low,close,volume,vendor\n");
        for i in 0..self.n {
            for (t, day) in days.iter().enumerate() {
                let Some(close) = self.close[i][t] else { continue };
                let (high, low) = (close * 1.001, close * 0.999);
                let vendor = vendor(i, t);
                let _ = writeln!(
                    text,
                    "{day},S{i:03},{close:.6},{high:.6},{low:.6},{close:.6},100000,{vendor:.8}"
                );
            }
        }
        text
    }
}

/// A study with a rule by the vendor's column, judged by a label of five sessions.
const RULE: &str = "\
backstaff: 1
name: made
data: {prices: {path: prices.csv, adjustment: as_is}}
label: {horizon: 5}
models: {rule: {expression: $vendor}}
portfolio:
  strategy: {topk_dropout: {k: 10, n_drop: 5}}
  execution: close
";

/// A study that learns from the vendor's column and an honest one.
const LEARNS: &str = "\
backstaff: 1
name: made
data: {prices: {path: prices.csv, adjustment: as_is}}
features: {define: {vendor: $vendor, mom: '$close / Ref($close, 20) - 1'}}
label: {horizon: 5, target: rank}
folds: {test: {from: 2011-09-01}, every: year, train: {years: 1}, validation: {months: 3}}
models: {line: {ridge: {}}}
portfolio:
  strategy: {topk_dropout: {k: 10, n_drop: 5}}
  execution: close
";

fn run(study: &str, prices: &str) -> Value {
    let place = Workplace::empty();
    place.write("prices.csv", prices);
    place.write("study.yaml", study);
    place.json(&["run", "study.yaml"])
}

fn level(run: &Value) -> &str {
    run["measures"]["verdict"]["level"].as_str().unwrap_or_default()
}

fn kinds(run: &Value) -> Vec<&str> {
    run["suspects"].as_array().into_iter().flatten().filter_map(|one| one["kind"].as_str()).collect()
}

fn uniform(i: usize, t: usize, seed: u64) -> f64 {
    noise(&[i as u64, t as u64, seed]) - 0.5
}

#[test]
fn honest_noise_stays_without_evidence() {
    let market = Market::walks(60, 700);
    let prices = market.csv(|i, t| uniform(i, t, 5));
    for study in [RULE, LEARNS] {
        let run = run(study, &prices);
        assert_eq!((level(&run), kinds(&run)), ("no evidence", vec![]), "{}", run["measures"]["verdict"]);
        assert!(run["measures"]["verdict"]["first_line"].is_null());
    }
}

#[test]
fn a_column_that_holds_part_of_the_label_is_not_credible_at_any_strength() {
    let market = Market::walks(60, 700);
    // The label's deviation is about 0.03: √(5 · (0.04² + 0.02²) / 12). The noise is as wide, or much wider.
    for (share, width) in [(0.5, 0.05), (0.5, 0.1), (1.0, 0.35)] {
        let vendor =
            |i: usize, t: usize| share * market.label(i, t).unwrap_or(0.0) + width * uniform(i, t, 6);
        let prices = market.csv(vendor);
        for study in [RULE, LEARNS] {
            let run = run(study, &prices);
            assert_eq!(level(&run), "not credible", "{share} {width}: {}", run["measures"]["verdict"]);
            assert!(kinds(&run).contains(&"everywhere"), "{share} {width}");
            let first = run["measures"]["verdict"]["first_line"].as_str().unwrap();
            assert!(first.starts_with("Not credible: "), "{first}");
        }
    }
}

#[test]
fn partial_leaks_are_found_and_prove_names_them() {
    let market = Market::walks(60, 700);
    let honest = |i: usize, t: usize| 0.1 * uniform(i, t, 7);
    let some_cells = |i: usize, t: usize| match market.label(i, t) {
        Some(label) if noise(&[i as u64, t as u64, 8]) < 0.05 => label,
        _ => honest(i, t),
    };
    let lately = |i: usize, t: usize| match market.label(i, t) {
        Some(label) if t > 700 - 66 => label + 0.02 * uniform(i, t, 9),
        _ => honest(i, t),
    };
    for (kind, prices) in [("some_cells", market.csv(some_cells)), ("last_sessions", market.csv(lately))] {
        let run = run(LEARNS, &prices);
        assert_eq!((level(&run), kinds(&run)[0]), ("not credible", kind));
        let place = Workplace::empty();
        place.write("prices.csv", &prices);
        place.write("study.yaml", LEARNS);
        let output = place.output(&["prove", "study.yaml", "--dates", "1"]);
        let shown = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(3), "{shown}");
        assert!(shown.contains("suspicious column vendor: "), "{shown}");
    }
}

#[test]
fn a_series_that_jumps_between_two_levels_is_named_and_nothing_is_judged() {
    let mut market = Market::walks(40, 700);
    let level_at = |t: usize| if noise(&[t as u64 / 3, 77]) < 0.5 { 0.13 } else { 12.3 };
    market.close[7] = (0..700).map(|t| Some(level_at(t))).collect();
    let prices = market.csv(|i, t| uniform(i, t, 5));
    let place = Workplace::empty();
    place.write("prices.csv", &prices);
    place.write("study.yaml", RULE);
    let run = place.json(&["run", "study.yaml"]);
    let verdict = &run["measures"]["verdict"];
    assert_eq!(level(&run), "not judged", "{verdict}");
    assert!(verdict["reasons"][0].as_str().unwrap().contains("S007 doubles or halves in"), "{verdict}");
    let output = place.output(&["run", "study.yaml"]);
    assert!(output.status.success(), "it is an answer, not a failure");
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.starts_with("Not judged: the data: S007"), "{shown}");
    let (code, _) = place.failure(&["run", "study.yaml", "--strict"]);
    assert_eq!(code, 3, "who asks for it gets a failure");
}

#[test]
fn an_excess_that_is_all_beta_is_no_evidence() {
    // The market rises; half of the instruments go with it 1.6 times, half 0.4 times. The rule holds the former.
    let market_return = |t: usize| 0.0009 + 0.03 * (noise(&[t as u64, 99]) - 0.5);
    let beta = |i: usize| if i.is_multiple_of(2) { 1.6 } else { 0.4 };
    let market = Market::of(40, 2000, |i, t| beta(i) * market_return(t) + 0.05 * uniform(i, t, 3));
    let prices = market.csv(|i, t| beta(i) + 0.01 * uniform(i, t, 4));
    let study = RULE.replace("label: {horizon: 5}\n", "");
    let run = run(&study, &prices);
    let verdict = &run["measures"]["verdict"];
    let number = |name: &str| verdict[name].as_f64().unwrap();
    // Known: beta 1.6 to an equal weight of beta 1, excess 0.6 · 0.0009 · 252 = 13.6 % a year, alpha 0.
    // The equal weight is restored monthly only, so that its own beta is a little above 1.
    assert!((number("beta") - 1.6).abs() < 0.1, "{verdict}");
    assert!((number("active_return_annual") - 0.136).abs() < 0.08, "{verdict}");
    assert!(number("active_return_t") > 2.5, "{verdict}");
    assert!(number("alpha_annual").abs() < 0.06 && number("alpha_t").abs() < 2.0, "{verdict}");
    assert_eq!(verdict["yardstick"], "alpha to the equal weight");
    assert_eq!(level(&run), "no evidence", "{verdict}");
    assert!(verdict["sentence"].as_str().unwrap().contains("Its beta is 1."), "{verdict}");
    assert_eq!(verdict["excess_t"], verdict["alpha_t"]);
}

#[test]
fn a_model_without_a_split_chooses_nobody_and_says_why() {
    let place = Workplace::empty();
    place.write("prices.csv", &Market::walks(12, 450).csv(|i, t| uniform(i, t, 5)));
    let trees = "{lightgbm: {rounds: 20, early_stopping: 5, parameters: {min_child_samples: 100000}}}";
    let study = LEARNS.replace("{ridge: {}}", trees).replace("k: 10, n_drop: 5", "k: 3, n_drop: 1").replace(
        "train: {years: 1}, validation: {months: 3}}",
        "train: {sessions: 120}, validation: {sessions: 20}, min_rows: {train: 10, test: 10}}",
    );
    place.write("study.yaml", &study);
    let output = place.output(&["run", "study.yaml"]);
    let (shown, told) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{told}");
    let first = shown.lines().next().unwrap();
    assert!(first.contains("`line` learned nothing") || first.contains("line learned nothing"), "{shown}");
    assert!(first.contains("min_data_in_leaf 100,000 a split asks for 200,000 rows"), "{shown}");
    assert!(told.contains("no split in any of"), "{told}");
    let run = place.json(&["run", "study.yaml"]);
    let verdict = &run["measures"]["verdict"];
    assert_eq!(
        (level(&run), &verdict["excess_annual"], &verdict["excess_t"]),
        ("no evidence", &Value::Null, &Value::Null)
    );
    let ties = &run["measures"]["ties"]["line"];
    assert!(ties["sessions"] == ties["all_equal"] && ties["sessions"].as_u64().unwrap() > 10, "{ties}");
    let book = &run["measures"]["portfolios"]["line"];
    assert_eq!((&book["n_fills"], &book["net_exposure"]), (&Value::from(0.0), &Value::from(0.0)), "{book}");
    let cautions = run["cautions"].to_string();
    assert!(cautions.contains("Models that learned nothing"), "{cautions}");
}

#[test]
fn a_test_begins_where_there_are_twice_the_names_that_the_strategy_holds() {
    let mut market = Market::walks(40, 500);
    for i in 12..40 {
        market.close[i][..200].fill(None);
    }
    let study = RULE.replace("label: {horizon: 5}\n", "");
    let later = run(&study, &market.csv(|i, t| uniform(i, t, 5)));
    let first = weekdays().nth(200).unwrap().to_string();
    let warned = later["warnings"].to_string();
    assert!(warned.contains(&format!("judged from {first} on")), "{warned}");
    // Twelve are enough for six.
    let six =
        run(&study.replace("k: 10, n_drop: 5", "k: 6, n_drop: 5"), &market.csv(|i, t| uniform(i, t, 5)));
    assert!(!six["warnings"].to_string().contains("judged from"), "{}", six["warnings"]);
}
