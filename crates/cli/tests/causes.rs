//! What is said is the true cause, and what can be healed is: damage, kills, signals, closed pipes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    fs,
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use support::{STUDY, Workplace, prices};

const RANKED: &str = "\
backstaff: 1
name: ranked
data: {prices: {path: prices.csv}}
features: {define: {mom: '$close / Ref($close, 20) - 1'}}
models: {momentum: {expression: mom}}
strategy: {top_n: {n: 3}}
";

fn ranked() -> Workplace {
    let place = Workplace::empty();
    place.write("prices.csv", &prices(6, 500, false));
    place.write("study.yaml", RANKED);
    place
}

/// The files of all artifacts.
fn artifact_files(place: &Workplace) -> Vec<PathBuf> {
    let root = place.path(".backstaff/artifacts");
    place.artifacts(".backstaff").into_keys().map(|name| root.join(name)).collect()
}

#[test]
fn every_verb_repairs_what_is_damaged() {
    let place = ranked();
    let verbs: [&[&str]; 6] = [
        &["run", "study.yaml"],
        &["orders", "study.yaml"],
        &["report", "study.yaml"],
        &["update", "study.yaml"],
        &["precompute", "study.yaml", "--out", "features.parquet"],
        &["prove", "study.yaml", "--dates", "1"],
    ];
    place.json(&["run", "study.yaml"]);
    for verb in verbs {
        let right = place.json(verb);
        for stage in ["load", "features", "regimes", "evaluate", "backtest", "suspects"] {
            let of_stage = format!("artifacts/{stage}/");
            let mut files = artifact_files(&place);
            files.retain(|path| {
                path.to_string_lossy().contains(&of_stage) && !path.ends_with("manifest.json")
            });
            // Two of them, which two attempts find.
            for path in files.iter().step_by(files.len().div_ceil(2).max(1)) {
                let mut bytes = fs::read(path).unwrap();
                let middle = bytes.len() / 2;
                bytes[middle] ^= 4;
                fs::write(path, bytes).unwrap();
            }
            let repaired = place.json(verb);
            for key in ["orders", "target_weights", "measures", "last_session", "rows", "features"] {
                assert_eq!(repaired.get(key), right.get(key), "{verb:?} {stage}");
            }
        }
    }
}

#[test]
fn manifests_that_are_folders_are_damage() {
    let place = ranked();
    let before = place.json(&["run", "study.yaml"]);
    for path in artifact_files(&place).into_iter().filter(|path| path.ends_with("manifest.json")) {
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
    }
    assert_eq!(place.output(&["cache", "verify", "--store", ".backstaff"]).status.code(), Some(3));
    assert_eq!(place.json(&["orders", "study.yaml"])["target_weights"].as_object().unwrap().len(), 3);
    assert_eq!(place.json(&["run", "study.yaml"])["measures"], before["measures"]);
    assert!(place.output(&["cache", "verify", "--store", ".backstaff"]).status.success());
}

#[test]
fn a_store_that_is_deleted_beside_a_run_is_made_again() {
    let place = ranked();
    let right = place.json(&["run", "study.yaml", "--store", "undisturbed"]);
    for stage in ["load", "features", "backtest"] {
        let _ = fs::remove_dir_all(place.path(".backstaff"));
        let mut child = place.command(&["run", "study.yaml"]);
        let mut child = child.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap) {
            if line.starts_with(stage) && said.matches("\ndeleted").count() == 0 {
                // What is being written meanwhile may stay in the way of a removal.
                while place.path(".backstaff").exists() {
                    let _ = fs::remove_dir_all(place.path(".backstaff"));
                }
                said += "\ndeleted";
            }
            said = said + "\n" + &line;
        }
        assert!(child.wait().unwrap().success(), "{stage}: {said}");
        assert_eq!(place.json(&["run", "study.yaml"])["measures"], right["measures"], "{stage}");
    }
}

#[test]
fn a_result_without_any_feature_is_an_error() {
    let place = ranked();
    place.write("mine.yaml", "features:\n  - {name: mine, expression: $nosuch / $close, meaning: Mine.}\n");
    place.write(
        "study.yaml",
        &RANKED
            .replace("define: {mom: '$close / Ref($close, 20) - 1'}", "files: [mine.yaml]")
            .replace("mom}", "$close}"),
    );
    let verbs: [&[&str]; 5] = [
        &["compute", "--data", "prices.csv", "--features", "mine.yaml", "--out", "o.parquet"],
        &["prove", "--data", "prices.csv", "--features", "mine.yaml"],
        &["precompute", "study.yaml", "--out", "o.parquet"],
        &["update", "study.yaml"],
        &["run", "study.yaml"],
    ];
    for verb in verbs {
        let (code, message) = place.failure(verb);
        assert_eq!(code, 4, "{verb:?}: {message}");
        assert!(message.contains("mine") && message.contains("nosuch"), "{verb:?}: {message}");
        assert!(!place.path("o.parquet").exists(), "{verb:?}");
    }
}

#[test]
fn impossible_settings_are_refused_at_once() {
    let place = ranked();
    for (from, to, told) in [
        ("strategy:", "portfolio: {rebalance: 0}\nstrategy:", "portfolio.rebalance"),
        ("name: ranked", &*format!("name: {}", "n".repeat(300)), "name"),
    ] {
        place.write("study.yaml", &RANKED.replace(from, to));
        let (code, message) = place.failure(&["run", "study.yaml"]);
        assert!(code == 4 && message.contains(told) && message.len() < 3_000, "{message}");
        assert!(!place.path(".backstaff").exists(), "nothing was begun");
    }
}

#[test]
fn long_values_are_cut_in_messages() {
    let place = ranked();
    let long = "7x".repeat(500_000);
    let bars = prices(6, 500, false);
    let line = bars.lines().nth(9).unwrap();
    let cells = line.split(',').collect::<Vec<_>>();
    for column in [0, 1, 5] {
        let mut cells = cells.clone();
        cells[column] = &long;
        let text = bars.replace(line, &cells.join(","));
        // The instrument's name is no error by itself: the row is there twice.
        let text = if column == 1 { format!("{text}{}0\n", cells.join(",")) } else { text };
        place.write("prices.csv", &text);
        let (_, message) = place.failure(&["run", "study.yaml"]);
        assert!(message.len() < 4_000, "column {column}: {} bytes", message.len());
    }
    place.write("prices.csv", &bars.replace("close", &long));
    let (_, message) = place.failure(&["run", "study.yaml"]);
    assert!(message.len() < 4_000, "a name of a column: {} bytes", message.len());
    place.write("prices.csv", &bars);
    for study in [format!("{RANKED}{long}: 1\n"), RANKED.replace("mom}", &format!("mom + {long}}}"))] {
        place.write("study.yaml", &study);
        let (_, message) = place.failure(&["run", "study.yaml"]);
        assert!(message.len() < 8_000, "a study: {} bytes", message.len());
    }
}

/// A database as a program leaves it that is killed in the middle of a transaction.
fn half_written(place: &Workplace) {
    let database = rusqlite::Connection::open(place.path("live.db")).unwrap();
    database
        .execute_batch("PRAGMA journal_mode = DELETE; CREATE TABLE x (a); INSERT INTO x VALUES (1)")
        .unwrap();
    database.execute_batch("PRAGMA cache_size = 2; PRAGMA cache_spill = 1; BEGIN").unwrap();
    let rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
                INSERT INTO x SELECT randomblob(100) FROM n";
    database.execute_batch(rows).unwrap();
    for end in ["", "-journal"] {
        fs::copy(place.path(&format!("live.db{end}")), place.path(&format!("market.db{end}"))).unwrap();
    }
}

#[test]
fn a_database_whose_writer_was_killed_is_told_and_healed_where_writing_is_allowed() {
    let place = Workplace::empty();
    half_written(&place);
    let (code, message) = place.failure(&["db", "check", "market.db"]);
    assert!(code == 5 && message.contains("was killed") && message.contains("sqlite3"), "{message}");
    let index = ["db", "index", "market.db", "--preset", "krx", "--yes"];
    let output = place.output(&index);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!place.path("market.db-journal").exists(), "{said}");
    let checked = place.json(&["db", "check", "market.db"]);
    assert!(checked.to_string().contains("\"rows\":1"), "{checked}");
}

/// The output of a command whose reader has gone away.
fn unread(place: &Workplace, arguments: &[&str], of_errors: bool) -> Output {
    let mut child = place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    if of_errors {
        drop(child.stderr.take());
    } else {
        drop(child.stdout.take());
    }
    child.wait_with_output().unwrap()
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let place = ranked();
    place.json(&["run", "study.yaml"]);
    rusqlite::Connection::open(place.path("x.db")).unwrap().execute_batch("CREATE TABLE x (a)").unwrap();
    place.write(
        "returns.csv",
        &format!("r\n{}", (0..200).map(|t| format!("{}\n", t % 7)).collect::<Vec<_>>().concat()),
    );
    let verbs: [(&[&str], i32); 20] = [
        (&["--help"], 0),
        (&["run", "study.yaml"], 0),
        (&["run", "study.yaml", "--json"], 0),
        (&["report", "study.yaml"], 0),
        (&["update", "study.yaml"], 0),
        (&["orders", "study.yaml"], 0),
        (&["status", "study.yaml"], 0),
        (&["why", "study.yaml"], 0),
        (&["precompute", "study.yaml", "--out", "f.parquet"], 0),
        (&["compute", "--data", "prices.csv", "--feature", "m=$close", "--out", "o.parquet"], 0),
        (&["factor", "$close", "--data", "prices.csv"], 0),
        (&["regime", "fit", "--data", "returns.csv", "--column", "r", "--states", "2", "--starts", "2"], 0),
        (&["features", "list"], 0),
        (&["features", "list", "technical", "--json"], 0),
        (&["schema", "study"], 0),
        (&["completions", "bash"], 0),
        (&["cache", "stats", "--store", ".backstaff"], 0),
        (&["db", "check", "x.db"], 0),
        (&["run", "nosuch.yaml", "--json"], 4),
        (&["run", "nosuch.yaml"], 4),
    ];
    for (arguments, code) in verbs {
        for of_errors in [false, true] {
            let output = unread(&place, arguments, of_errors);
            assert_eq!(output.status.code(), Some(code), "{arguments:?} {of_errors}");
            assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "{arguments:?}");
        }
    }
}

fn terminate(child: &Child) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", child.id())).status().unwrap();
    assert!(sent.success());
}

/// Whether a process has no threads of its own yet, where the system tells.
fn is_starting(child: &mut Child) -> bool {
    let threads = fs::read_dir(format!("/proc/{}/task", child.id())).map(Iterator::count);
    child.try_wait().unwrap().is_none() && threads.is_ok_and(|n| n < 3)
}

/// Names of what lies in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names = entries.map(|name| name.into_string().unwrap()).collect::<Vec<_>>();
    names.sort();
    names
}

#[test]
fn sigterm_is_obeyed_and_leaves_nothing_half_written() {
    let place = ranked();
    let trees =
        STUDY.replace("rounds: 20", "rounds: 4000").replace("early_stopping: 5", "early_stopping: 4000");
    place.write(
        "trees.yaml",
        &trees
            .replace("2012-01-02", "2011-06-01")
            .replace("years: 1", "sessions: 180")
            .replace("{months: 2}", "{months: 2}\n  min_rows: {train: 100, test: 10}"),
    );
    let returns =
        (0..3000).map(|t| format!("{}\n", support::noise(&[t, 3]) - 0.5)).collect::<Vec<_>>().concat();
    place.write("returns.csv", &format!("r\n{returns}"));
    let before = names(place.folder.path());
    let long: [&[&str]; 5] = [
        &["run", "trees.yaml", "--store", "st"],
        &["prove", "trees.yaml", "--dates", "50", "--store", "st"],
        &["bench", "regimes"],
        &["bench", "market", "--stocks", "3000", "--out", "m"],
        &[
            "regime",
            "fit",
            "--data",
            "returns.csv",
            "--column",
            "r",
            "--states",
            "6",
            "--starts",
            "90000",
            "--max-iter",
            "100000",
            "--tol",
            "0",
            "--out",
            "o",
        ],
    ];
    for arguments in long {
        let mut child =
            place.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if arguments[0] == "run" {
            // The first stage is done: what follows is in the middle of the work.
            let mut line = String::new();
            BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        }
        while is_starting(&mut child) {
            std::thread::yield_now();
        }
        terminate(&child);
        let status = child.wait().unwrap();
        assert!(status.code() == Some(130) || status.signal() == Some(15), "{arguments:?}: {status}");
        let left = names(place.folder.path());
        let left = left.into_iter().filter(|name| !before.contains(name) && name != "st" && name != "m");
        assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new(), "{arguments:?}");
    }
    if place.path("m").exists() {
        assert_eq!(names(&place.path("m")), Vec::<String>::new());
    }
    let verified = place.json(&["cache", "verify", "--store", "st"]);
    assert_eq!(verified["damaged"].as_array().unwrap().len(), 0);
}
