//! A run that meets damage gives the right numbers.

use std::{fs, path::Path};

use backstaff_stage::{
    Outcome, Store, StoreError,
    runner::{Why, with_repair},
};

use crate::toy::{Scale, columns, run, values};

/// What a study does: a stage, then something that reads what it gave.
fn study(store: &Store, stage: &Scale) -> Result<Vec<Vec<f64>>, StoreError> {
    let (done, _) = run(store, stage, &columns(3)).unwrap();
    done.iter().map(|done| values(store, &done.manifest)).collect()
}

#[test]
fn whatever_byte_is_flipped_the_numbers_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let right = study(&Store::open(folder.path()).unwrap(), &Scale::by(3.0)).unwrap();
    let files = crate::toy::artifact_files(folder.path());
    for (name, bytes) in &files {
        for at in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            std::fs::write(folder.path().join(name), flipped).unwrap();
            let (store, stage) = (Store::open(folder.path()).unwrap(), Scale::by(3.0));
            let numbers = with_repair(&store, || study(&store, &stage)).unwrap();
            assert!(numbers == right, "{name}, byte {at}");
            assert_eq!(stage.n_runs(), 1, "{name}, byte {at}");
            assert!(crate::toy::artifact_files(folder.path()) == files, "{name}, byte {at}");
        }
    }
}

#[test]
fn whatever_file_is_cut_the_numbers_are_right() {
    let folder = tempfile::tempdir().unwrap();
    let right = study(&Store::open(folder.path()).unwrap(), &Scale::by(3.0)).unwrap();
    for (name, bytes) in crate::toy::artifact_files(folder.path()) {
        for length in (0..bytes.len()).step_by(131) {
            std::fs::write(folder.path().join(&name), &bytes[..length]).unwrap();
            let (store, stage) = (Store::open(folder.path()).unwrap(), Scale::by(3.0));
            // A wrong length is noticed before anyone reads: no repetition is needed.
            assert!(study(&store, &stage).unwrap() == right, "{name}, {length} bytes");
            assert_eq!(stage.n_runs(), 1, "{name}, {length} bytes");
        }
    }
}

#[test]
fn says_that_it_was_damaged() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let stage = Scale::by(3.0);
    let (done, _) = run(&store, &stage, &columns(1)).unwrap();
    std::fs::remove_file(store.part_path(&done[0].manifest, &done[0].manifest.parts[0])).unwrap();
    let (done, _) = run(&store, &stage, &columns(1)).unwrap();
    assert_eq!(done[0].outcome, Outcome::Computed);
    assert_eq!(done[0].why, Why::Damaged("its part \"values.arrow\" is missing".to_owned()));
}

#[test]
fn a_disk_that_spoils_everything_ends_in_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let stage = Scale::by(3.0);
    let result = with_repair(&store, || {
        let (done, _) = run(&store, &stage, &columns(1)).unwrap();
        let path = store.part_path(&done[0].manifest, &done[0].manifest.parts[0]);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        values(&store, &done[0].manifest)
    });
    assert!(matches!(result, Err(StoreError::Corrupt { .. })));
    assert_eq!(stage.n_runs(), 2);
}

#[test]
fn an_error_without_damage_is_not_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut n_attempts = 0;
    let result: Result<(), &str> = with_repair(&store, || {
        n_attempts += 1;
        Err("wrong")
    });
    assert_eq!((result, n_attempts), (Err("wrong"), 1));
}

/// Replaces a file by a folder that holds something.
fn make_a_folder(path: &Path) {
    fs::remove_file(path).unwrap();
    fs::create_dir(path).unwrap();
    fs::write(path.join("something"), "x").unwrap();
}

#[test]
fn a_folder_in_place_of_a_file_is_damage_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let right = study(&Store::open(folder.path()).unwrap(), &Scale::by(3.0)).unwrap();
    let files = crate::toy::artifact_files(folder.path());
    for name in files.keys() {
        make_a_folder(&folder.path().join(name));
        let (store, stage) = (Store::open(folder.path()).unwrap(), Scale::by(3.0));
        assert_eq!(store.verify().unwrap().damaged.len(), 1, "{name}");
        assert!(study(&store, &stage).unwrap() == right, "{name}");
        assert_eq!(stage.n_runs(), 1, "{name}");
        assert!(crate::toy::artifact_files(folder.path()) == files, "{name}");
    }
}

#[test]
fn a_store_that_is_deleted_meanwhile_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let store = Store::open(&path).unwrap();
    let right = study(&store, &Scale::by(3.0)).unwrap();
    for what in ["", "artifacts", "tmp", "VERSION"] {
        let stage = Scale::by(3.0);
        let mut deleted = false;
        let numbers = with_repair(&store, || {
            let (done, _) = run(&store, &stage, &columns(3)).map_err(|error| error.to_string())?;
            if !deleted {
                deleted = true;
                let place = path.join(what);
                if place.is_dir() { fs::remove_dir_all(&place) } else { fs::remove_file(&place) }.unwrap();
            }
            let other = Scale::by(4.0);
            run(&store, &other, &columns(3)).map_err(|error| error.to_string())?;
            let read = |manifest| values(&store, manifest).map_err(|error| error.to_string());
            done.iter().map(|done| read(&done.manifest)).collect::<Result<Vec<_>, String>>()
        });
        assert_eq!(numbers.as_ref(), Ok(&right), "{what:?}");
        // Whoever opens it next finds a store.
        Store::open(&path).unwrap();
    }
}
