//! Instruments of different calendars in one file: commands and studies.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fmt::Write as _;

use backstaff_panel::{Session, testing::noise};
use support::{Workplace, prices, weekdays};

/// Shares that trade on weekdays, and a coin that trades every day.
fn shares_and_coin(n_shares: usize, n_sessions: usize) -> String {
    let mut text = prices(n_shares, n_sessions, false);
    let (first, last) = (weekdays().next().unwrap(), weekdays().nth(n_sessions - 1).unwrap());
    let mut close = 100.0;
    for day in first.number()..=last.number() {
        close *= 1.0 + 0.02 * (noise(&[day.unsigned_abs().into()]) - 0.5);
        let _ = writeln!(
            text,
            "{},COIN,{close:.4},{close:.4},{close:.4},{close:.4},1000",
            Session::from_number(day)
        );
    }
    text
}

fn place(n_shares: usize, n_sessions: usize) -> Workplace {
    let place = Workplace::empty();
    place.write("prices.csv", &shares_and_coin(n_shares, n_sessions));
    place
}

/// The command that computes one-session returns, with further arguments.
fn returns<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let command =
        ["compute", "--data", "prices.csv", "--feature", "r=$close/Ref($close,1)-1", "--out", "out.parquet"];
    command.into_iter().chain(more.iter().copied()).collect()
}

#[test]
fn compute_says_what_is_lost_and_takes_calendars() {
    let place = place(1, 60);
    let told = place.json(&returns(&[]))["warnings"].to_string();
    // Twelve weeks have eleven weekends between them.
    assert!(told.contains("11 returns") && told.contains("COIN=24/7"), "{told}");
    for store in [None, Some("--store")] {
        let mut arguments = returns(&["--calendar", "union,COIN=24/7"]);
        arguments.extend(store.into_iter().flat_map(|flag| [flag, "kept"]));
        let computed = place.json(&arguments);
        assert_eq!(computed["warnings"].as_array().unwrap().len(), 0, "{computed}");
        assert_eq!(computed["rows"], 60 + 82);
    }
    let weekdays_alone = place.json(&returns(&["--calendar", "XNYS"]));
    assert!(weekdays_alone["warnings"].to_string().contains("on no session"), "{weekdays_alone}");
    let (code, message) = place.failure(&returns(&["--calendar", "NYSE"]));
    assert!(code != 0 && message.contains("XNYS"), "{code} {message}");
}

#[test]
fn factor_and_prove_take_calendars() {
    let place = place(6, 200);
    let judged = place.json(&[
        "factor",
        "$close/Ref($close,1)-1",
        "--data",
        "prices.csv",
        "--calendar",
        "union,COIN=24/7",
    ]);
    assert!(judged.is_object());
    // It succeeds only if no value moves.
    place.json(&[
        "prove",
        "--data",
        "prices.csv",
        "--feature",
        "e=EMA($close,5)/Ref($close,2)",
        "--calendar",
        "union,COIN=24/7",
    ]);
}

/// A study with labels, folds and a portfolio over instruments of two calendars.
const STUDY: &str = "\
backstaff: 1
name: mixed
about: Shares beside a coin.
data:
  prices: {path: prices.csv, adjustment: as_is}
  calendar: {default: union, COIN: 24/7}
universe: {expression: $traded > 0}
features:
  define: {reversal: '-Mean($return, 5)', ema: 'EMAFirst($close, 12) / $close - 1'}
label: {horizon: 5, target: rank}
folds:
  test: {from: 2011-01-03}
  every: {sessions: 120}
  train: {years: 1}
  validation: none
models:
  ridge: {ridge: {penalties: [1.0]}}
portfolio:
  strategy: {topk_dropout: {k: 3, n_drop: 1}}
";

#[test]
fn a_study_runs_and_is_proved_over_instruments_of_two_calendars() {
    let place = place(6, 420);
    place.write("study.yaml", STUDY);
    place.json(&["run", "study.yaml"]);
    // Nothing is computed twice, whatever the axis.
    let again = place.json(&["run", "study.yaml"]);
    assert!(support::outcomes(&again).values().all(|(_, computed)| *computed == 0), "{again}");
    place.json(&["prove", "study.yaml", "--dates", "1"]);
}
