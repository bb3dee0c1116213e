//! The picture on the first page is of a run that gives the same numbers today.

mod support;

use std::{fs, path::Path, process::Command};

use serde_json::Value;
use support::Workplace;

#[test]
fn the_picture_of_the_example_shows_what_a_run_finds_now() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let place = Workplace::empty();
    let copied = Command::new("cp").arg("-r").arg(root.join("examples")).arg(place.path("examples")).status();
    assert!(copied.unwrap().success());
    let run = place.json(&["run", "examples/us_equities.yaml"]);
    let noted = fs::read_to_string(root.join("docs/pictures.json")).unwrap();
    let noted = serde_json::from_str::<Value>(&noted).unwrap();
    assert_eq!(
        run["measures"]["verdict"]["lines"], noted["report.png"],
        "the picture is of other numbers: `make pictures` makes it anew"
    );
    // What the first page says of the example is what it finds.
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let verdict = &run["measures"]["verdict"];
    let percent = |key: &str| {
        let value = verdict[key].as_f64().unwrap() * 100.0;
        format!("{value:.1} %").replace('-', "−")
    };
    for key in ["cagr", "benchmark_cagr", "alpha_annual", "active_return_annual"] {
        assert!(readme.contains(&percent(key)), "{key}: {}", percent(key));
    }
}
