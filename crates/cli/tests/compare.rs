//! Runs beside each other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use serde_json::Value;
use support::{RULE, Workplace, prices};

fn place() -> Workplace {
    let place = Workplace::empty();
    place.write("prices.csv", &prices(8, 700, false));
    place.write("rule.yaml", RULE);
    place.write(
        "other.yaml",
        &RULE.replace("name: rule", "name: other").replace("commission_bps: 5", "commission_bps: 25"),
    );
    place
}

/// The sessions and the equity of a study's results.
fn curve(place: &Workplace, study: &str) -> (Vec<String>, Vec<f64>) {
    let text = fs::read(place.path(&format!("reports/{study}/results.json"))).unwrap();
    let results: Value = serde_json::from_slice(&text).unwrap();
    let curve = &results["measures"]["curve"];
    let list = |name: &str| curve[name].as_array().unwrap().clone();
    let sessions = list("sessions").iter().map(|session| session.as_str().unwrap().to_owned()).collect();
    (sessions, list("equity").iter().map(|equity| equity.as_f64().unwrap()).collect())
}

/// Newey and West's t of a mean, slowly.
fn t(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let lags = (4.0 * (n / 100.0).powf(2.0 / 9.0)).floor() as usize;
    let mean = values.iter().sum::<f64>() / n;
    let covariance = |lag: usize| {
        let pairs = values.iter().skip(lag).zip(values);
        pairs.map(|(now, before)| (now - mean) * (before - mean)).sum::<f64>() / n
    };
    let weighted = (1..=lags).map(|lag| 2.0 * (1.0 - lag as f64 / (lags + 1) as f64) * covariance(lag));
    let variance = covariance(0) + weighted.sum::<f64>();
    mean / (variance / n).sqrt()
}

#[test]
fn two_studies_are_held_against_each_other() {
    let place = place();
    place.json(&["run", "rule.yaml"]);
    place.json(&["run", "other.yaml"]);
    let compared = place.json(&["compare", "rule.yaml", "other.yaml"]);
    let pair = &compared["pairs"][0];
    assert_eq!(pair["subject"], "other@1");
    assert_eq!(pair["differences"].as_array().unwrap().len(), 1, "the name is no difference: {pair:#}");
    assert_eq!(pair["differences"][0]["key"], "portfolio.costs.commission_bps");
    assert_eq!(
        (&pair["differences"][0]["before"], &pair["differences"][0]["after"]),
        (&5.0.into(), &25.0.into())
    );
    assert_eq!(pair["first_stage"], "backtest");
    let ((sessions, one), (_, other)) = (curve(&place, "rule"), curve(&place, "other"));
    let returns = |equity: &[f64]| equity.windows(2).map(|pair| pair[1] / pair[0] - 1.0).collect::<Vec<_>>();
    let apart = returns(&other).into_iter().zip(returns(&one)).map(|(other, one)| other - one);
    let apart = apart.collect::<Vec<_>>();
    assert_eq!(pair["returns"]["sessions"], apart.len());
    assert_eq!(pair["returns"]["to"], sessions.last().unwrap().as_str());
    let told = pair["returns"]["t"].as_f64().unwrap();
    // The program may divide by n − 1; that is all it may differ by.
    assert!((told / t(&apart) - 1.0).abs() < 2.0 / apart.len() as f64, "{told} {}", t(&apart));
    let page = fs::read_to_string(place.path(compared["out"].as_str().unwrap())).unwrap();
    assert_eq!(compared["out"], "reports/compare-rule@1-other@1.html");
    for part in ["rule@1", "other@1", "Growth of 1", "Ahead of rule@1", "commission_bps"] {
        assert!(page.contains(part), "{part}");
    }
    let text = String::from_utf8(place.output(&["compare", "rule.yaml", "other.yaml"]).stdout).unwrap();
    for part in
        ["commission_bps: 5.0 → 25.0", "`backtest`", "Newey–West", "in common", "largest drawdown", "page: "]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn runs_are_named_by_number_by_study_and_by_file() {
    let place = place();
    place.json(&["run", "rule.yaml"]);
    fs::copy(place.path("reports/rule/results.json"), place.path("first.json")).unwrap();
    place.write("rule.yaml", &RULE.replace("20", "40"));
    place.json(&["run", "rule.yaml"]);
    for wanted in [
        ["1", "2"],
        ["rule@1", "rule"],
        ["rule.yaml@1", "rule.yaml"],
        ["rule.yaml@1", "2"],
        ["first.json", "rule@2"],
    ] {
        let compared = place.json(&["compare", wanted[0], wanted[1], "--out", "page.html"]);
        let pair = &compared["pairs"][0];
        assert_eq!(pair["first_stage"], "features", "{wanted:?}");
        assert_eq!(pair["differences"][0]["key"], "models.momentum.expression", "{wanted:?}");
        assert!(place.path("page.html").is_file());
    }
    // Three at once; the later ones are each held against the first.
    let three = place.json(&["compare", "rule@2", "rule@1", "first.json"]);
    assert_eq!(three["pairs"].as_array().unwrap().len(), 2);
    assert!(three["pairs"][1]["returns"] == three["pairs"][0]["returns"]);
    let same = place.json(&["compare", "rule@1", "first.json"]);
    assert!(same["pairs"][0]["first_stage"].is_null() && same["pairs"][0]["returns"]["t"].is_null());
    // A number that two studies have is told apart by a name.
    place.json(&["run", "other.yaml"]);
    let (code, message) = place.failure(&["compare", "1", "first.json"]);
    assert!(code == 4 && message.contains("rule@1") && message.contains("other@1"), "{message}");
    place.json(&["compare", "1", "other.yaml"]);
    // A study that has changed since is told.
    place.write("rule.yaml", &RULE.replace("20", "60"));
    let text = String::from_utf8(place.output(&["compare", "rule.yaml", "other.yaml"]).stdout).unwrap();
    assert!(text.contains("something else by now than for rule@2"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_told() {
    let place = place();
    place.json(&["run", "rule.yaml"]);
    place.write("notes.json", "{}");
    for (wanted, told) in [
        (["rule.yaml", "other.yaml"], "backstaff run other.yaml"),
        (["rule.yaml", "7"], "7"),
        (["rule.yaml", "nothing"], "backstaff runs"),
        (["rule.yaml", "notes.json"], "notes.json is no results.json"),
        (["rule.yaml", "gone.json"], "gone.json"),
        (["rule.yaml", "gone.yaml"], "gone.yaml"),
    ] {
        let (code, message) = place.failure(&["compare", wanted[0], wanted[1]]);
        assert!(matches!(code, 4..=6) && message.contains(told), "{wanted:?} {code}: {message}");
    }
    place.write("reports/compare-rule@1-rule@1.html", "mine");
    let (code, message) = place.failure(&["compare", "rule.yaml", "rule@1"]);
    assert!(code == 4 && message.contains("no page of a comparison"), "{message}");
    let (code, message) = place.failure(&["compare", "rule.yaml", "rule@1", "--out", "rule.yaml"]);
    assert!(code == 4 && message.contains("rule.yaml"), "{message}");
    assert_eq!(fs::read_to_string(place.path("rule.yaml")).unwrap(), RULE);
}
