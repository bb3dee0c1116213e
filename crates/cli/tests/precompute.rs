//! `backstaff precompute`: features as files for other programs, which a later run may read back.

mod support;

use std::fs;

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
