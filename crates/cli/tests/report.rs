//! The report of a whole study in a real browser.

mod support;

use std::{path::Path, process::Command};

use support::Workplace;

const FLAGS: [&str; 14] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--window-size=1280,2000",
    "--virtual-time-budget=5000",
];

/// The text of a page, and its document after a browser has run it; it must ask nobody for anything and complain of
/// nothing.
fn drawn(place: &Workplace, page: &Path) -> (String, String) {
    let html = std::fs::read_to_string(page).expect("a page");
    assert!(html.contains("Content-Security-Policy") && html.contains("default-src 'none'"));
    for reference in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!html.contains(reference), "{reference}");
    }
    let output = Command::new("chromium")
        .args(FLAGS)
        .arg(format!("--user-data-dir={}", place.path("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("no Chromium in PATH; `make setup` installs it");
    let (document, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let complaints = log.lines().filter(|line| line.contains("CONSOLE")).collect::<Vec<_>>();
    assert!(complaints.is_empty(), "{complaints:?}");
    (html, document.into_owned())
}

#[test]
fn the_page_of_a_study_draws_its_charts_and_asks_nobody_for_anything() {
    let place = Workplace::new();
    let run = place.json(&["run", "study.yaml"]);
    let (html, document) = drawn(&place, &place.path(run["artifacts"]["report"].as_str().unwrap()));
    let n_charts = html.matches("class=\"plot\"").count();
    assert!(n_charts >= 12, "{n_charts} charts");
    assert_eq!(document.matches("<canvas").count(), n_charts, "a canvas for every chart");
    for id in ["summary", "performance", "signal", "trading", "models", "data", "lineage", "run"] {
        assert!(html.contains(&format!("id=\"{id}\"")), "section {id}");
    }
}

#[test]
fn equal_results_give_an_equal_body() {
    let place = Workplace::new();
    let body = |store: &str, threads: &str| {
        let run = place.json(&["run", "study.yaml", "--store", store, "--threads", threads]);
        let html = std::fs::read_to_string(place.path(run["artifacts"]["report"].as_str().unwrap())).unwrap();
        let (_, rest) = html.split_once("<!-- body -->").unwrap();
        rest.split_once("<!-- /body -->").unwrap().0.to_owned()
    };
    assert!(body("a", "1") == body("b", "2"), "only the run block may differ");
}

#[test]
fn the_page_of_a_comparison_draws_its_curves() {
    let place = Workplace::new();
    place.json(&["run", "study.yaml"]);
    place.write("study.yaml", &support::STUDY.replace("k: 4", "k: 3"));
    place.json(&["run", "study.yaml"]);
    let compared = place.json(&["compare", "small@1", "small@2"]);
    let (html, document) = drawn(&place, &place.path(compared["out"].as_str().unwrap()));
    assert_eq!(html.matches("class=\"plot\"").count(), 2);
    assert_eq!(document.matches("<canvas").count(), 2, "a canvas for every chart");
}
