//! `backstaff precompute`: features as files for other programs, which a later run may read back.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    collections::BTreeMap,
    fs,
    process::{Child, Stdio},
    time::{Duration, Instant},
};

use support::{STUDY, Workplace, prices};

/// The study of [`STUDY`] that reads precomputed features.
fn reading(path: &str) -> String {
    STUDY.replace("features:\n", &format!("features:\n  precomputed: {path}\n"))
}

fn said(place: &Workplace, store: &str) -> String {
    let output = place.output(&["run", "study.yaml", "--store", store]);
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

/// Whether two stores hold the same bytes; the report shows the study's file, in which one line differs.
fn same_artifacts(place: &Workplace, a: &str, b: &str) {
    let (a, b) = (place.artifacts(a), place.artifacts(b));
    for (name, bytes) in b.into_iter().filter(|(name, _)| !name.starts_with("report/")) {
        assert!(a.get(&name) == Some(&bytes), "{name} has other bytes");
    }
}

#[test]
fn files_are_read_back_and_give_the_bytes_of_a_run_without_them() {
    let place = Workplace::new();
    assert_ne!(reading("x"), STUDY);
    place.json(&["run", "study.yaml", "--store", "plain"]);
    let long = place.json(&["precompute", "study.yaml", "--out", "long.parquet"]);
    assert_eq!(long["files"], 1);
    let folder = place.json(&["precompute", "study.yaml", "--out", "folder"]);
    assert_eq!(folder["files"], 10);
    assert!(place.path("folder/S04.parquet").is_file());
    for (path, store) in [("long.parquet", "from_long"), ("folder", "from_folder")] {
        place.write("study.yaml", &reading(path));
        let told = said(&place, store);
        assert!(
            told.contains("3 features can be read from it")
                && told.contains("not used for ema: they carry on"),
            "{told}"
        );
        same_artifacts(&place, store, "plain");
    }
}

#[test]
fn files_of_other_data_or_other_definitions_are_not_used() {
    let place = Workplace::new();
    place.json(&["precompute", "study.yaml", "--out", "long.parquet"]);
    place.write("study.yaml", &reading("long.parquet").replace("Std($return, 20)", "Std($return, 25)"));
    let told = said(&place, "other_definition");
    assert!(told.contains("not used for volatility: other data or another definition"), "{told}");

    place.write("study.yaml", &reading("long.parquet"));
    place.write("prices.csv", &prices(10, 905, false));
    let told = said(&place, "other_data");
    assert!(told.contains("0 features can be read from it"), "{told}");
    place.write("study.yaml", STUDY);
    place.json(&["run", "study.yaml", "--store", "plain"]);
    same_artifacts(&place, "other_data", "plain");
}

#[test]
fn files_that_were_edited_are_not_used() {
    let place = Workplace::new();
    place.json(&["run", "study.yaml", "--store", "plain"]);
    place.json(&["precompute", "study.yaml", "--out", "long.parquet"]);
    place.json(&["precompute", "study.yaml", "--out", "folder"]);
    // The values of one instrument become those of another.
    fs::copy(place.path("folder/S04.parquet"), place.path("folder/S05.parquet")).unwrap();
    place.write("study.yaml", &reading("folder"));
    let told = said(&place, "edited");
    assert!(told.contains("are not those that were written; they were computed"), "{told}");
    same_artifacts(&place, "edited", "plain");

    fs::write(place.path("long.parquet.json"), "{}").unwrap();
    place.write("study.yaml", &reading("long.parquet"));
    let output = place.output(&["run", "study.yaml"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(4) && told.contains("run `precompute` again"), "{told}");
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let place = Workplace::new();
    fs::create_dir(place.path("mine")).unwrap();
    place.write("mine/notes.txt", "mine");
    let output = place.output(&["precompute", "study.yaml", "--out", "mine"]);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds other files"));
    assert_eq!(fs::read_dir(place.path("mine")).unwrap().count(), 1);
}

/// The bytes of the files of a folder.
fn files(place: &Workplace, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(place.path(folder)).unwrap().map(|entry| entry.unwrap());
    let name = |entry: &fs::DirEntry| entry.file_name().into_string().unwrap();
    entries.map(|entry| (name(&entry), fs::read(entry.path()).unwrap())).collect()
}

/// A study of many instruments without models, whose features are in the store.
fn many() -> Workplace {
    let place = Workplace::empty();
    place.write("prices.csv", &prices(150, 160, false));
    let study = "backstaff: 1\nname: many\ndata: {prices: {path: prices.csv}}\n\
                 features: {define: {mom: '$close / Ref($close, 5) - 1', mean: 'Mean($close, 9)'}}\n\
                 strategy: {weights: {instruments: {S00: 1}}}\n";
    place.write("study.yaml", study);
    place
}

/// Begin to write a folder, and kill that as soon as `is_time` says so of the folder's files; whether it was killed.
fn kill_when(place: &Workplace, folder: &str, is_time: impl Fn(&[String]) -> bool) -> bool {
    let mut child = place.command(&["precompute", "study.yaml", "--out", folder, "--threads", "1"]);
    let mut child: Child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let until = Instant::now() + Duration::from_mins(1);
    while child.try_wait().unwrap().is_none() && Instant::now() < until {
        let entries = fs::read_dir(place.path(folder)).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap()).collect::<Vec<_>>();
        if is_time(&names) {
            child.kill().unwrap();
            break;
        }
        std::thread::yield_now();
    }
    !child.wait().unwrap().success()
}

#[test]
fn a_killed_folder_is_completed_to_the_same_bytes() {
    let place = many();
    place.json(&["precompute", "study.yaml", "--out", "whole"]);
    let whole = files(&place, "whole");
    // The one that is listed late has no session yet.
    assert_eq!(whole.len(), 150);
    let n_files = |names: &[String]| names.iter().filter(|name| name.ends_with(".parquet")).count();
    let mut n_killed = 0;
    for at in [1, 40, 149] {
        // A folder that is new, and one that was begun before.
        n_killed += usize::from(kill_when(&place, "killed", |names| n_files(names) >= at));
    }
    assert!(n_killed > 0);
    place.write("killed/notes.txt", "mine");
    place.json(&["precompute", "study.yaml", "--out", "killed"]);
    let mut resumed = files(&place, "killed");
    assert_eq!(resumed.remove("notes.txt").as_deref(), Some(&b"mine"[..]));
    assert!(
        resumed == whole,
        "{:?}",
        resumed.keys().filter(|name| !whole.contains_key(*name)).collect::<Vec<_>>()
    );
    // One that was whole is written again and killed: the document is gone, the rest is ours.
    kill_when(&place, "killed", |names| !names.iter().any(|name| name == "precomputed.json"));
    place.json(&["precompute", "study.yaml", "--out", "killed"]);
    fs::remove_file(place.path("killed/notes.txt")).unwrap();
    assert!(files(&place, "killed") == whole);
}

#[test]
fn files_of_instruments_that_are_gone_go_and_others_stay() {
    let place = Workplace::new();
    place.json(&["precompute", "study.yaml", "--out", "folder"]);
    // Files of others: a copy of one of ours, a table of the same program, one that replaced a file of ours.
    fs::copy(place.path("folder/S08.parquet"), place.path("folder/backup.parquet")).unwrap();
    let compute =
        ["compute", "--data", "prices.csv", "--feature", "m=$close", "--out", "folder/mine.parquet"];
    assert!(place.output(&compute).status.success());
    fs::copy(place.path("folder/mine.parquet"), place.path("folder/S09.parquet")).unwrap();
    place.write("folder/notes.txt", "mine");
    let before = files(&place, "folder");
    place.write("prices.csv", &prices(8, 900, false));
    let written = place.json(&["precompute", "study.yaml", "--out", "folder"]);
    assert_eq!(written["files"], 8);
    let after = files(&place, "folder");
    assert!(!after.contains_key("S08.parquet"), "it was written for an instrument that is gone");
    for name in ["backup.parquet", "mine.parquet", "S09.parquet", "notes.txt"] {
        assert!(after.get(name) == before.get(name), "{name}");
    }
}

#[test]
fn a_file_of_others_with_the_name_of_one_of_ours_is_not_written_over() {
    let place = Workplace::new();
    place.write("prices.csv", &prices(8, 900, false));
    place.json(&["precompute", "study.yaml", "--out", "folder"]);
    place.write("folder/S09.parquet", "mine");
    place.write("prices.csv", &prices(10, 900, false));
    let (code, message) = place.failure(&["precompute", "study.yaml", "--out", "folder"]);
    assert!(code == 4 && message.contains("S09.parquet") && message.contains("move it"), "{message}");
    assert_eq!(fs::read(place.path("folder/S09.parquet")).unwrap(), b"mine");
}
