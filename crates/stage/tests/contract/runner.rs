//! Found or computed, why, and in which order.

use std::sync::{
    Barrier,
    atomic::{AtomicBool, Ordering},
};

use backstaff_stage::{
    Budget, Outcome, Stage, Store,
    runner::{
        Event, Observer, Run, RunError, Why,
        local::{run_jointly, run_shards},
    },
    shard_key,
};

use crate::toy::{Dones, Log, Scale, artifact_files, columns, run, run_joint, values};

fn outcomes(done: &Dones) -> Vec<Outcome> {
    done.iter().map(|done| done.outcome).collect()
}

fn reasons(done: &Dones) -> Vec<String> {
    done.iter().map(|done| done.why.to_string()).collect()
}

#[test]
fn a_second_run_computes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (stage, columns) = (Scale::by(2.0), columns(3));
    let (first, record) = run(&store, &stage, &columns).unwrap();
    assert_eq!((outcomes(&first), stage.n_runs()), (vec![Outcome::Computed; 3], 3));
    assert_eq!(first[0].why, Why::FirstRun);
    assert_eq!((record.number, record.entries.len()), (1, 3));
    let (second, record) = run(&Store::open(folder.path()).unwrap(), &stage, &columns).unwrap();
    assert_eq!((outcomes(&second), stage.n_runs()), (vec![Outcome::Found; 3], 3));
    assert_eq!((record.number, record.entries[0].why.as_str()), (2, "found"));
    for (name, done) in columns.keys().zip(&second) {
        assert_eq!((&done.label, done.key), (name, shard_key(&stage, &columns, name).unwrap()));
        assert_eq!(
            values(&store, &done.manifest).unwrap(),
            columns[name].iter().map(|x| x * 2.0).collect::<Vec<_>>()
        );
        assert_eq!(done.manifest.info["rows"], 50);
    }
}

#[test]
fn says_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut columns = columns(2);
    run(&store, &Scale::by(2.0), &columns).unwrap();
    let (done, _) = run(&store, &Scale::by(2.5), &columns).unwrap();
    assert_eq!(reasons(&done), ["parameter factor: 2 -> 2.5"; 2]);

    columns.get_mut("b").unwrap()[7] = -1.0;
    let (done, _) = run(&store, &Scale::by(2.5), &columns).unwrap();
    assert_eq!(outcomes(&done), [Outcome::Found, Outcome::Computed]);
    assert!(done[1].why.to_string().starts_with("input column: "), "{}", done[1].why);

    columns.insert("c".to_owned(), vec![1.0]);
    let (done, _) = run(&store, &Scale::by(2.5), &columns).unwrap();
    assert_eq!(reasons(&done), ["found", "found", "not in the last run"]);

    let former = done[0].key;
    std::fs::remove_dir_all(folder.path().join("artifacts/scale").join(&former.to_string()[..2])).unwrap();
    let (done, _) = run(&store, &Scale::by(2.5), &columns).unwrap();
    assert_eq!(done[0].why, Why::Removed);
    std::fs::remove_dir_all(folder.path().join("artifacts")).unwrap();
    let (done, _) = run(&store, &Scale::by(3.0), &columns).unwrap();
    assert_eq!(done[0].why, Why::ChangedUnknown);
}

#[test]
fn a_shard_alone_gets_all_threads() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let stage = Scale::by(1.0);
    run(&store, &stage, &columns(3)).unwrap();
    run(&store, &stage, &columns(4)).unwrap();
    assert_eq!(*stage.budgets.lock().unwrap(), [1, 1, 1, 2]);
}

#[test]
fn the_first_failure_in_order_is_the_error() {
    for joint in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let columns = columns(8);
        let stage = Scale { factor: 1.0, refused: vec!["c", "f"], ..Scale::default() };
        let run = if joint { run_joint } else { run };
        for _ in 0..5 {
            let error = run(&store, &stage, &columns).unwrap_err();
            match error {
                RunError::Shard { stage: "scale", shard, .. } => assert!(joint || shard == "c", "{shard}"),
                other => panic!("{other}"),
            }
        }
        // Nothing is recorded of a run that failed, and what was published stays.
        assert!(store.run_numbers("study").unwrap().is_empty());
        let (done, _) = run(&store, &Scale::by(1.0), &columns).unwrap();
        assert!(outcomes(&done).contains(&Outcome::Found));
    }
}

#[test]
fn an_input_that_cannot_be_read_is_the_error_of_its_shard() {
    for joint in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let columns = columns(4);
        let stage = Scale { factor: 1.0, unreadable: vec!["b", "d"], ..Scale::default() };
        let run = if joint { run_joint } else { run };
        match run(&store, &stage, &columns).unwrap_err() {
            RunError::Shard { stage: "scale", shard, source } => {
                assert_eq!((shard, source.0), ("b".into(), "b".into()));
            }
            other => panic!("{other}"),
        }
        // No key was made without the data, so nothing lies under one.
        assert_eq!(stage.n_runs(), 0);
        assert!(artifact_files(folder.path()).is_empty());
        assert!(shard_key(&stage, &columns, &"d".to_owned()).is_err());
    }
}

#[test]
fn what_cannot_be_published_is_the_error_and_not_that_the_rest_was_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    // Computed from the last to the first: `d` can't be written, so `c` to `a` are not begun.
    let stage = Scale { factor: 1.0, unwritable: Some(3.0), ..Scale::default() };
    match run_joint(&store, &stage, &columns(6)).unwrap_err() {
        RunError::Store { stage: "scale", shard, .. } => assert_eq!(shard, "d"),
        other => panic!("{other}"),
    }
}

/// Asks to stop as soon as the run waits for another one.
#[derive(Default)]
struct Impatient(AtomicBool);

impl Observer for Impatient {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::Waiting { .. }) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[test]
fn a_failed_shard_is_the_error_though_the_run_was_stopped_afterwards() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (columns, observer) = (columns(3), Impatient::default());
    let stage = Scale { factor: 1.0, refused: vec!["b"], ..Scale::default() };
    // Another run is computing `a`, so ours fails at `b` and then waits for `a`.
    let claim = store.try_claim("scale", &shard_key(&stage, &columns, &"a".to_owned()).unwrap()).unwrap();
    let run = Run::new(&store, "study", Budget::of_threads(2), &observer).unwrap();
    match run_shards(&stage, &columns, stage.shards(&columns), &run).unwrap_err() {
        RunError::Shard { stage: "scale", shard, .. } => assert_eq!(shard, "b"),
        other => panic!("{other}"),
    }
    drop(claim);
}

#[test]
fn together_gives_the_bytes_of_one_by_one() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let columns = columns(5);
    run(&Store::open(one.path()).unwrap(), &Scale::by(0.3), &columns).unwrap();
    let stage = Scale::by(0.3);
    let (done, _) = run_joint(&Store::open(two.path()).unwrap(), &stage, &columns).unwrap();
    assert_eq!((outcomes(&done), stage.n_runs()), (vec![Outcome::Computed; 5], 5));
    assert_eq!(artifact_files(one.path()), artifact_files(two.path()));
    let (done, _) = run_joint(&Store::open(two.path()).unwrap(), &stage, &columns).unwrap();
    assert_eq!((outcomes(&done), stage.n_runs()), (vec![Outcome::Found; 5], 5));
}

#[test]
fn one_thread_gives_the_bytes_of_four() {
    let files = [1, 2, 4].map(|threads| {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&store, &Scale::by(0.3), &columns(9)).unwrap());
        artifact_files(folder.path())
    });
    assert_eq!(files[0].len(), 18);
    assert!(files[0] == files[1] && files[0] == files[2]);
}

#[test]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (stage, columns) = (Scale::by(1.5), columns(6));
    let log = Log { stop_after: Some(2), ..Log::default() };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let interrupted = pool.install(|| {
        let run = Run::new(&store, "study", Budget::of_threads(1), &log).unwrap();
        run_shards(&stage, &columns, stage.shards(&columns), &run)
    });
    assert!(matches!(interrupted, Err(RunError::Cancelled { stage: "scale" })));
    assert_eq!(stage.n_runs(), 2);
    let (done, _) = run(&store, &stage, &columns).unwrap();
    assert_eq!((done.len(), stage.n_runs()), (6, 6));
}

#[test]
fn the_observer_sees_it_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (stage, log) = (Scale::by(1.5), Log::default());
    run(&store, &stage, &columns(1)).unwrap();
    let columns = columns(2);
    let run = Run::new(&store, "study", Budget::of_threads(1), &log).unwrap();
    run_shards(&stage, &columns, stage.shards(&columns), &run).unwrap();
    assert_eq!(*log.lines.lock().unwrap(), ["scale: 1 of 2", "b Computed", "scale finished"]);
}

#[test]
fn two_runs_on_one_store_share_the_work() {
    let folder = tempfile::tempdir().unwrap();
    let (stage, columns) = (Scale::by(0.7), columns(12));
    let barrier = Barrier::new(3);
    std::thread::scope(|scope| {
        for joint in [false, true, false] {
            let (stage, columns, barrier, path) = (&stage, &columns, &barrier, folder.path());
            scope.spawn(move || {
                let store = Store::open(path).unwrap();
                let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
                barrier.wait();
                let run = if joint { run_joint } else { run };
                let (done, _) = pool.install(|| run(&store, stage, columns).unwrap());
                assert_eq!(done.len(), 12);
                for done in done {
                    assert_eq!(values(&store, &done.manifest).unwrap().len(), 50);
                }
            });
        }
    });
    assert_eq!(stage.n_runs.load(Ordering::SeqCst), 12);
    assert!(std::fs::read_dir(folder.path().join("locks")).unwrap().next().is_none());
}

#[test]
fn equal_shards_are_computed_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (stage, columns, log) = (Scale::by(1.5), columns(1), Log::default());
    let run = Run::new(&store, "study", Budget::of_threads(2), &log).unwrap();
    let done = run_shards(&stage, &columns, vec!["a".to_owned(), "a".to_owned()], &run).unwrap();
    assert_eq!((done.len(), stage.n_runs()), (2, 1));
}

/// Every set of shards that fail in one way or another: the error is that of one of them, never that of a stop.
#[test]
fn a_failure_is_never_told_as_an_interruption() {
    let names = ["a", "b", "c", "d"];
    for ways in 1..3_usize.pow(4) {
        let way = |n: usize| ways / 3_usize.pow(n as u32) % 3;
        let refused = (0..4).filter(|&n| way(n) == 1).map(|n| names[n]).collect::<Vec<_>>();
        // One shard at most can't be written: its first value says which.
        let unwritable = (0..4).find(|&n| way(n) == 2).map(|n| 2.0 * columns(4)[names[n]][0]);
        for joint in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(folder.path()).unwrap();
            let stage = Scale { refused: refused.clone(), unwritable, ..Scale::by(2.0) };
            let log = Log { stop_after: Some(2), ..Log::default() };
            let observers: [&dyn Observer; 2] = [&backstaff_stage::runner::Silent, &log];
            for (asked, observer) in observers.into_iter().enumerate() {
                let run = Run::new(&store, "study", Budget::of_threads(2), observer).unwrap();
                let (shards, inputs) = (stage.shards(&columns(4)), columns(4));
                let result = if joint {
                    run_jointly(&stage, &inputs, shards, &run)
                } else {
                    run_shards(&stage, &inputs, shards, &run)
                };
                let is_stop = matches!(result, Err(RunError::Cancelled { .. }));
                assert!(result.is_err() && (!is_stop || asked == 1), "{ways} {joint}: {:?}", result.err());
            }
        }
    }
}
