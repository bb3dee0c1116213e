//! Shards in processes of their own.

use std::process::{Child, Command, Stdio};

use backstaff_stage::{
    Budget, Store,
    runner::{Run, Silent, local::run_shards},
};

use crate::toy::{Scale, artifact_files, columns, run};

const STORE: &str = "BACKSTAFF_TEST_STORE";
const SHARDS: &str = "BACKSTAFF_TEST_SHARDS";

/// Starts this very test program again, for one of its tests, with other environment variables.
pub(crate) fn start(test: &str, variables: &[(&str, &str)]) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .envs(variables.iter().copied())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child process does: the shards named in its environment.
#[test]
fn child() {
    let (Ok(store), Ok(shards)) = (std::env::var(STORE), std::env::var(SHARDS)) else { return };
    let store = Store::open(store).unwrap();
    let shards: Vec<String> = serde_json::from_str(&shards).unwrap();
    let run = Run::new(&store, "study", Budget::of_threads(1), &Silent).unwrap();
    run_shards(&Scale::by(0.3), &columns(6), shards, &run).unwrap();
}

#[test]
fn shards_in_separate_processes_give_the_same_bytes() {
    let (one, many) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    run(&Store::open(one.path()).unwrap(), &Scale::by(0.3), &columns(6)).unwrap();
    let path = many.path().to_str().unwrap();
    let children: Vec<Child> = columns(6)
        .keys()
        .map(|shard| start("processes::child", &[(STORE, path), (SHARDS, &format!("[{shard:?}]"))]))
        // Two for the same work: one of them waits and finds.
        .chain([start("processes::child", &[(STORE, path), (SHARDS, "[\"a\",\"f\"]")])])
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(artifact_files(one.path()).len(), 12);
    assert_eq!(artifact_files(one.path()), artifact_files(many.path()));
    let stage = Scale::by(0.3);
    run(&Store::open(path).unwrap(), &stage, &columns(6)).unwrap();
    assert_eq!(stage.n_runs(), 0);
}
