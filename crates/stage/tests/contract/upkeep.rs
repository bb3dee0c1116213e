//! Statistics, verification and what `gc` takes and spares.

use std::time::Duration;

use backstaff_stage::{
    Claiming, Damage, Key, KeyHasher, Store,
    upkeep::{GcPolicy, GcReason},
};

use crate::toy::{Scale, columns, run};

const NO_GRACE: GcPolicy = GcPolicy { runs_kept: 1, grace: Duration::ZERO };

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn publish(store: &Store, n: u64, from: Option<Key>) -> Key {
    let key = KeyHasher::new().u64("n", n).finish();
    let mut draft = store.draft("numbers", 1, key).unwrap();
    draft.write_part("values", |file| file.write_all(b"values")).unwrap();
    if let Some(from) = from {
        draft.lineage("from", from);
    }
    draft.publish().unwrap().key
}

#[test]
fn counts_artifacts_and_bytes_by_stage() {
    let (folder, store) = store();
    assert!(store.stats().unwrap().is_empty());
    run(&store, &Scale::by(1.0), &columns(3)).unwrap();
    publish(&store, 1, None);
    let stats = store.stats().unwrap();
    let counts: Vec<_> = stats.iter().map(|stage| (stage.stage.as_str(), stage.n_artifacts)).collect();
    assert_eq!(counts, [("numbers", 1), ("scale", 3)]);
    let bytes: usize = crate::toy::artifact_files(folder.path()).values().map(Vec::len).sum();
    assert_eq!(stats.iter().map(|stage| stage.bytes).sum::<u64>(), bytes as u64);
}

#[test]
fn verify_names_what_is_damaged_and_removes_it_on_request() {
    let (_folder, store) = store();
    let (done, _) = run(&store, &Scale::by(1.0), &columns(4)).unwrap();
    assert_eq!((store.verify().unwrap().n_artifacts, store.verify().unwrap().damaged), (4, vec![]));
    let spoiled = &done[2].manifest;
    let path = store.part_path(spoiled, &spoiled.parts[0]);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[500] ^= 4;
    std::fs::write(path, bytes).unwrap();
    let reason = "its part \"values.arrow\" has other bytes than when written".to_owned();
    let damaged = vec![Damage { stage: "scale".to_owned(), key: spoiled.key, reason }];
    assert_eq!(store.verify().unwrap().damaged, damaged);
    assert_eq!(store.remove_damaged(&damaged).unwrap(), 1);
    assert_eq!((store.verify().unwrap().n_artifacts, store.verify().unwrap().damaged), (3, vec![]));
    // What is sound is not removed, whoever says so.
    let slander = Damage { stage: "scale".to_owned(), key: done[0].key, reason: String::new() };
    assert_eq!(store.remove_damaged(&[slander]).unwrap(), 0);
}

#[test]
fn gc_keeps_what_the_last_runs_used() {
    let (_folder, store) = store();
    let old = run(&store, &Scale::by(1.0), &columns(2)).unwrap().0;
    let new = run(&store, &Scale::by(2.0), &columns(2)).unwrap().0;
    let plan = store.gc_plan(GcPolicy { runs_kept: 2, ..NO_GRACE }).unwrap();
    assert_eq!((plan.n_kept, plan.doomed.len()), (4, 0));
    let plan = store.gc_plan(NO_GRACE).unwrap();
    let mut doomed: Vec<Key> = plan.doomed.iter().map(|doomed| doomed.key).collect();
    doomed.sort();
    let mut expected: Vec<Key> = old.iter().map(|done| done.key).collect();
    expected.sort();
    assert_eq!((plan.n_kept, doomed), (2, expected));
    assert_eq!(plan.bytes(), old.iter().map(|done| done.manifest.bytes()).sum::<u64>());
    // A plan removes nothing by itself.
    assert!(store.find("scale", &old[0].key).unwrap().is_some());
    assert_eq!(store.gc_remove(&plan).unwrap(), 2);
    assert!(old.iter().all(|done| store.find("scale", &done.key).unwrap().is_none()));
    assert!(new.iter().all(|done| store.find("scale", &done.key).unwrap().is_some()));
}

#[test]
fn gc_keeps_what_others_were_made_from() {
    let (_folder, store) = store();
    let (done, mut record) = run(&store, &Scale::by(1.0), &columns(1)).unwrap();
    let first = publish(&store, 1, Some(done[0].key));
    let second = publish(&store, 2, Some(first));
    let third = publish(&store, 3, Some(second));
    record.entries[0].key = second;
    store.record_run(record, &[]).unwrap();
    let plan = store.gc_plan(NO_GRACE).unwrap();
    assert_eq!(plan.doomed.iter().map(|doomed| doomed.key).collect::<Vec<_>>(), [third]);
}

#[test]
fn gc_spares_the_young_and_the_claimed() {
    let (_folder, store) = store();
    let (old, claimed) = (publish(&store, 1, None), publish(&store, 2, None));
    assert!(store.gc_plan(GcPolicy::default()).unwrap().doomed.is_empty());
    let other = store.clone();
    let claim = other.try_claim("numbers", &claimed).unwrap();
    assert!(matches!(claim, Claiming::Claimed(_)));
    let plan = store.gc_plan(NO_GRACE).unwrap();
    assert_eq!(plan.doomed.iter().map(|doomed| doomed.key).collect::<Vec<_>>(), [old]);
    drop(claim);
    assert_eq!(store.gc_plan(NO_GRACE).unwrap().doomed.len(), 2);
}

#[test]
fn gc_spares_what_came_into_use_since_it_was_planned() {
    let (folder, store) = store();
    let key = publish(&store, 1, None);
    let hex = key.to_string();
    let artifact = folder.path().join("artifacts/numbers").join(&hex[..2]).join(&hex);
    let long_ago = std::time::SystemTime::now() - Duration::from_hours(48);
    std::fs::File::open(&artifact).unwrap().set_modified(long_ago).unwrap();
    let plan = store.gc_plan(GcPolicy::default()).unwrap();
    assert_eq!(plan.doomed.len(), 1);
    store.find("numbers", &key).unwrap().unwrap();
    assert_eq!(store.gc_remove(&plan).unwrap(), 0);
    assert!(store.find("numbers", &key).unwrap().is_some());
}

#[test]
fn gc_takes_the_damaged_and_sweeps_dead_locks() {
    let (folder, store) = store();
    let key = publish(&store, 1, None);
    let hex = key.to_string();
    let artifact = folder.path().join("artifacts/numbers").join(&hex[..2]).join(&hex);
    std::fs::write(artifact.join("manifest.json"), b"{}").unwrap();
    let plan = store.gc_plan(NO_GRACE).unwrap();
    assert_eq!(plan.doomed[0].reason, GcReason::Damaged);
    std::fs::write(folder.path().join("locks").join("left-by-a-killed-process"), b"").unwrap();
    assert_eq!(store.gc_remove(&plan).unwrap(), 1);
    assert!(std::fs::read_dir(folder.path().join("locks")).unwrap().next().is_none());
}
