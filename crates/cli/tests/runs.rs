//! What a store remembers of runs, what it keeps for them, and what goes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;

use serde_json::Value;
use support::{RULE, STUDY, Workplace};

fn place() -> Workplace {
    let place = Workplace::new();
    place.write("rule.yaml", RULE);
    place
}

fn keys(differences: &Value) -> Vec<String> {
    differences.as_array().unwrap().iter().map(|one| one["key"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn runs_tell_what_differed_from_the_one_before() {
    let place = place();
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    let first = place.json(&["run", "rule.yaml"]);
    place.json(&["run", "rule.yaml"]);
    place.write("rule.yaml", &RULE.replace("k: 4", "k: 3"));
    place.json(&["run", "rule.yaml"]);
    place.write("rule.yaml", &RULE.replace("k: 4", "k: 3").replace("20", "60"));
    place.json(&["run", "rule.yaml"]);
    let text = fs::read_to_string(place.path("prices.csv")).unwrap();
    let shorter = text.lines().take(8000).collect::<Vec<_>>().join("\n") + "\n";
    place.write("prices.csv", &shorter);
    place.json(&["run", "rule.yaml"]);
    place.json(&["update", "rule.yaml"]);
    let runs = place.json(&["runs", "rule.yaml"]);
    let runs = runs.as_array().unwrap();
    assert_eq!(runs.len(), 5, "an update is no run");
    assert!(runs[0]["is_first"] == true && runs[1]["is_first"] == false);
    assert!(keys(&runs[1]["differences"]).is_empty() && runs[1]["first_stage"].is_null());
    assert_eq!(keys(&runs[2]["differences"]), ["portfolio.strategy.topk_dropout.k"]);
    assert_eq!(
        runs[2]["first_stage"], "ties",
        "how often the scores choose among equals hangs on the places"
    );
    assert_eq!(keys(&runs[3]["differences"]), ["models.momentum.expression"]);
    assert_eq!(runs[3]["first_stage"], "features");
    assert!(keys(&runs[4]["differences"]).is_empty());
    assert_eq!(runs[4]["first_stage"], "load", "the data have changed");
    let headline = &runs[0]["headline"];
    assert_eq!(headline["cagr"], first["measures"]["portfolios"]["momentum"]["cagr"]);
    assert_eq!(headline["excess_t"], first["measures"]["verdict"]["excess_t"]);
    let told = String::from_utf8(place.output(&["runs"]).stdout).unwrap();
    for part in [
        "rule@1",
        "rule@5",
        "the first one",
        "portfolio.strategy.topk_dropout.k: 4 → 3",
        "nothing",
        "not the study, but what load reads",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // Another study stands beside it.
    place.json(&["run", "study.yaml"]);
    assert_eq!(place.json(&["runs"]).as_array().unwrap().len(), 6);
    assert_eq!(place.json(&["runs", "study.yaml"]).as_array().unwrap().len(), 1);
    let (code, message) = place.failure(&["runs", "empty"]);
    assert!(
        code == 4
            && message.contains("there is no store at empty/.backstaff")
            && message.contains("the study's file"),
        "{message}"
    );
}

#[test]
fn a_store_is_ignored_by_git_and_tells_what_each_study_needs() {
    let place = place();
    place.json(&["run", "study.yaml"]);
    place.json(&["run", "rule.yaml"]);
    assert_eq!(fs::read_to_string(place.path(".backstaff/.gitignore")).unwrap(), "*\n");
    let stats = place.json(&["cache", "stats", "study.yaml"]);
    let studies = stats["studies"].as_array().unwrap();
    let of = |name: &str| studies.iter().find(|study| study["study"] == name).unwrap();
    assert!(of("small")["alone"].as_u64() < of("small")["bytes"].as_u64(), "both need the prices: {stats:#}");
    assert!(of("small")["bytes"].as_u64() > of("rule")["bytes"].as_u64());
    assert!(of("small")["runs"] == 1 && stats["bytes"].as_u64() >= of("small")["bytes"].as_u64());
    // From elsewhere the study or its folder is named.
    let elsewhere = place.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    for argument in ["../study.yaml", ".."] {
        let output = place.command(&["cache", "stats", argument]).current_dir(&elsewhere).output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && told.contains("small") && told.contains("alone"), "{told}");
    }
    assert!(!elsewhere.join(".backstaff").exists(), "looking makes no store");
}

#[test]
fn gc_keeps_runs_with_all_they_need_and_says_why() {
    let place = place();
    for k in 1..=4 {
        place.write("rule.yaml", &RULE.replace("k: 4", &format!("k: {k}")));
        place.json(&["run", "rule.yaml"]);
    }
    let swept = place.json(&["cache", "gc", "--keep-runs", "2"]);
    assert_eq!(swept["forgotten"].as_array().unwrap().len(), 2);
    let left = place.json(&["runs"]);
    let left = left.as_array().unwrap().iter().map(|run| run["run"].as_u64().unwrap()).collect::<Vec<_>>();
    assert_eq!(left, [3, 4]);
    assert_eq!(swept["artifacts"], 0, "what was written just now stays: {swept:#}");
    assert!(swept["young"].as_u64().unwrap() > 0);
    let told = String::from_utf8(place.output(&["cache", "gc"]).stdout).unwrap();
    for part in ["that the kept 2 runs need", "within the last 10 minutes", "cache clear"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    // Later the artifacts of forgotten runs go, and those of kept runs stay.
    let old = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    for folder in folders(&place.path(".backstaff/artifacts")) {
        fs::File::open(folder).unwrap().set_modified(old).unwrap();
    }
    let swept = place.json(&["cache", "gc", "--keep-runs", "2"]);
    assert!(swept["artifacts"].as_u64().unwrap() > 0 && swept["young"] == 0, "{swept:#}");
    let again = place.json(&["run", "rule.yaml"]);
    let computed =
        again["stages"].as_array().unwrap().iter().map(|stage| stage["computed"].as_u64().unwrap());
    assert_eq!(computed.sum::<u64>(), 0, "the kept run has everything");
}

/// All folders below a folder.
fn folders(root: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    entries.flat_map(|folder| [vec![folder.clone()], folders(&folder)].concat()).collect()
}

#[test]
fn clear_removes_what_can_be_computed_again_and_nothing_else() {
    let place = place();
    place.json(&["run", "study.yaml"]);
    place.json(&["run", "rule.yaml"]);
    let all = place.artifacts(".backstaff").len();
    let planned = place.json(&["cache", "clear", "study.yaml", "--dry-run"]);
    assert_eq!(place.artifacts(".backstaff").len(), all);
    let cleared = place.json(&["cache", "clear", "study.yaml"]);
    assert_eq!(planned["artifacts"], cleared["artifacts"]);
    assert!(cleared["artifacts"].as_u64().unwrap() > 10 && cleared["bytes"].as_u64().unwrap() > 0);
    let again = place.json(&["run", "rule.yaml"]);
    let computed =
        again["stages"].as_array().unwrap().iter().map(|stage| stage["computed"].as_u64().unwrap());
    assert_eq!(computed.sum::<u64>(), 0, "the other study has everything");
    place.json(&["cache", "clear"]);
    assert!(place.artifacts(".backstaff").is_empty());
    for study in ["small", "rule"] {
        assert!(place.path(&format!("reports/{study}/report.html")).is_file());
    }
    let runs = place.json(&["runs"]);
    assert_eq!(runs.as_array().unwrap().len(), 3, "what was run is remembered");
    let compared = place.json(&["compare", "rule@1", "rule@2"]);
    assert!(compared["pairs"][0]["returns"]["sessions"].as_u64().unwrap() > 100);
    let fresh = place.json(&["run", "rule.yaml"]);
    assert_eq!(fresh["measures"], again["measures"]);
}

#[test]
fn why_and_status_speak_words_and_bear_a_closed_pipe() {
    let place = place();
    place.json(&["run", "rule.yaml"]);
    let text = fs::read_to_string(place.path("prices.csv")).unwrap();
    place.write("prices.csv", &(text + "2013-06-18,S99,1,1,1,-1,5\n2013-06-19,S99,1,1,1,1,5\n"));
    place.write("rule.yaml", &RULE.replace("as_is", "as_is, on_bad_instrument: exclude"));
    place.json(&["run", "rule.yaml"]);
    let why = String::from_utf8(place.output(&["why", "rule.yaml"]).stdout).unwrap();
    assert!(why.contains("computed") && why.contains("input findings: changed"), "{why}");
    assert!(!why.contains('{') && !why.contains('"'), "{why}");
    // A reader that leaves at once, many times over.
    let program = env!("CARGO_BIN_EXE_backstaff");
    for verb in ["status rule.yaml", "runs", "cache stats"] {
        let script =
            format!("for i in 1 2 3 4 5 6 7 8; do {program} {verb} --json | head -c 1 >/dev/null; done");
        let mut shell = std::process::Command::new("sh");
        let output = shell.args(["-c", &script]).current_dir(place.folder.path()).output().unwrap();
        assert!(output.stderr.is_empty(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_record_keeps_the_results_of_its_run() {
    let place = place();
    place.json(&["run", "study.yaml"]);
    let kept = fs::read(place.path(".backstaff/runs/small/000001.results.json")).unwrap();
    assert!(kept == fs::read(place.path("reports/small/results.json")).unwrap());
    let results: Value = serde_json::from_slice(&kept).unwrap();
    assert_eq!(results["settings"]["label"]["horizon"], 5);
    let curve = &results["measures"]["curve"];
    assert_eq!(curve["portfolio"], "trees");
    assert_eq!(curve["sessions"].as_array().unwrap().len(), curve["equity"].as_array().unwrap().len());
    // One that another version has kept in another form is told, not passed over.
    place.json(&["run", "study.yaml"]);
    place.write(".backstaff/runs/small/000001.results.json", "{\"format\": 1}");
    let told = String::from_utf8(place.output(&["runs"]).stdout).unwrap();
    assert!(told.contains("1 run of another version") && told.contains("small@2"), "{told}");
    // A profile is another study.
    place.json(&["run", "study.yaml", "--profile", "dev"]);
    assert_eq!(place.json(&["runs", "study.yaml", "--profile", "dev"])[0]["study"], "small.dev");
    assert!(STUDY.contains("name: small"));
}
