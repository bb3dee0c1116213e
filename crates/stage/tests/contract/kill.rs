//! Killed at any moment, a process leaves the old or the new state.

#![expect(clippy::print_stdout, reason = "the parent process reads how far its child came")]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
};

use backstaff_stage::{Key, KeyHasher, Manifest, Store, StoreError, digest_bytes};
use rustix::process::{Resource, Rlimit, setrlimit};

use crate::processes::start;

const STORE: &str = "BACKSTAFF_TEST_KILL_STORE";
const LIMIT: &str = "BACKSTAFF_TEST_KILL_LIMIT";
const N_ARTIFACTS: u64 = 200;

fn key(n: u64) -> Key {
    KeyHasher::new().u64("n", n).finish()
}

fn content(n: u64) -> Vec<u8> {
    (0..100).flat_map(|i| (n * 1000 + i).to_le_bytes()).collect()
}

fn publish(store: &Store, n: u64) -> Result<Manifest, StoreError> {
    let mut draft = store.draft("numbers", 1, key(n))?;
    draft.write_part("values", |file| content(n).chunks(30).try_for_each(|piece| file.write_all(piece)))?;
    draft.info(serde_json::json!({ "text": "x".repeat(2000) }));
    draft.publish()
}

/// Whatever is there is whole; gives how much is there.
fn check(path: &Path) -> u64 {
    let store = Store::open(path).unwrap();
    let found = (0..N_ARTIFACTS).filter_map(|n| Some((n, store.find("numbers", &key(n)).unwrap()?)));
    let n_found = found
        .map(|(n, manifest)| assert_eq!(&*store.open_part(&manifest, "values").unwrap(), content(n)))
        .count();
    assert_eq!(store.damages(), []);
    n_found as u64
}

/// What remains in `tmp` once another process has worked in the store.
fn leftovers_after(store: &Store, path: &Path) -> usize {
    publish(store, 0).unwrap();
    fs::read_dir(path.join("tmp")).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
}

/// What a child process does: publish until it is killed.
#[test]
fn child() {
    let Ok(path) = std::env::var(STORE) else { return };
    let store = Store::open(path).unwrap();
    if let Ok(limit) = std::env::var(LIMIT) {
        // The first byte beyond the limit, of whatever file, kills the process.
        let limit = limit.parse().ok();
        setrlimit(Resource::Fsize, Rlimit { current: limit, maximum: limit }).unwrap();
        publish(&store, 1).unwrap();
        return;
    }
    for n in 0..N_ARTIFACTS {
        publish(&store, n).unwrap();
        println!("published {n}");
    }
}

#[test]
fn killed_at_any_byte_of_any_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    Store::open(path).unwrap();
    // The part has 800 bytes, the manifest some 2500.
    for limit in (0..2400).step_by(61) {
        let variables = [(STORE, path.to_str().unwrap()), (LIMIT, &limit.to_string())];
        let status = start("kill::child", &variables).wait().unwrap();
        assert!(!status.success(), "{limit}");
        assert_eq!(check(path), 0, "{limit}");
    }
    // The living one's folder is all there is: those of the dead were swept.
    let store = Store::open(path).unwrap();
    assert_eq!(leftovers_after(&store, path), 1);
}

#[test]
fn killed_at_any_moment_and_resumed() {
    let (killed, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = killed.path();
    for n_lines in [1, 2, 3, 5, 8, 13, 40, 120] {
        let mut child = start("kill::child", &[(STORE, path.to_str().unwrap())]);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let n_published =
            lines.map_while(Result::ok).filter(|line| line.starts_with("published")).take(n_lines).count();
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(n_published as u64 <= check(path));
    }
    let (store, other) = (Store::open(path).unwrap(), Store::open(whole.path()).unwrap());
    for n in 0..N_ARTIFACTS {
        publish(&store, n).unwrap();
        publish(&other, n).unwrap();
    }
    assert_eq!(leftovers_after(&store, path), 1);
    let files = crate::toy::artifact_files(path);
    assert_eq!(files.len() as u64, 2 * N_ARTIFACTS);
    assert!(files == crate::toy::artifact_files(whole.path()));
    assert!(files.values().any(|bytes| digest_bytes(bytes) == digest_bytes(&content(7))));
}
