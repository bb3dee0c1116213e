//! Whole workloads: many instruments over years, refitted by a schedule, with and without caches and threads.

use std::{fs, path::Path, sync::Arc, time::Instant};

use backstaff_regime::{
    CacheStatistics, ModelCache, Profile, Profiler, Schedule,
    profile::{BATCH, DATA_COLLECTION},
    walk_each,
};
use backstaff_stage::Store;
use serde::Serialize;

use super::{
    fits::{fastest, internal, timed},
    sample::histories,
};
use crate::{
    StudyError,
    flow::{progress::peak_anonymous_bytes, threads::on_threads},
    stored::fits::StoredFits,
};

/// The memory of a cache in the benches, in bytes.
const CACHE_BYTES: usize = 1 << 28;
/// The number of instruments in the guide's workload.
const ASSETS: usize = 6;
const SESSIONS: usize = 1_000;
/// The number of pairs of runs from which the cost of the profiler is measured.
const PAIRS: usize = 15;

/// The time and the counts of one workload.
#[derive(Clone, Debug, Serialize)]
pub struct Workload {
    /// The name of the workload.
    pub name: String,
    /// The seconds of the workload, without simulating its observations.
    pub seconds: f64,
    /// The number of models that were needed.
    pub requests: u64,
    /// The number of models that were fitted.
    pub fits: u64,
    /// The number of models that were found in memory.
    pub hits: u64,
    /// The number of models that were found in the store.
    pub kept_hits: u64,
    /// The peak memory of the workload in bytes; of the process so far where the system can't reset its peak.
    pub peak_bytes: u64,
    /// The seconds that the guide gives for it.
    pub guide: Option<f64>,
    /// The seconds that it may take on two cores.
    pub target: Option<f64>,
}

/// The settings of a workload.
struct Work<'a> {
    name: &'a str,
    instruments: usize,
    sessions: usize,
    schedule: Schedule,
    threads: usize,
    guide: Option<f64>,
    target: Option<f64>,
}

impl Work<'_> {
    fn run(&self, cache: &ModelCache, profiler: &Profiler) -> Result<Workload, StudyError> {
        let histories = {
            let _span = profiler.span(DATA_COLLECTION);
            histories(self.instruments, self.sessions, self.schedule)
        };
        let requested = histories.keys().cloned().collect::<Vec<_>>();
        // Linux lets a process reset its own peak; where that fails, the peak so far is shown.
        let _ = fs::write("/proc/self/clear_refs", "5");
        let before = cache.statistics();
        let (seconds, walks) = on_threads(self.threads, || {
            Ok(timed(|| {
                let _span = profiler.span(BATCH);
                walk_each(&requested, &histories, cache)
            }))
        })?;
        let peak_bytes = peak_anonymous_bytes();
        let mut made = 0;
        for (_, walk) in walks {
            made += walk.map_err(internal)?.fits.len() as u64;
        }
        let CacheStatistics { hits, kept_hits, misses, .. } = cache.statistics();
        Ok(Workload {
            name: self.name.to_owned(),
            seconds,
            requests: made,
            fits: misses - before.misses,
            hits: hits - before.hits,
            kept_hits: kept_hits - before.kept_hits,
            peak_bytes,
            guide: self.guide,
            target: self.target,
        })
    }
}

/// Run the guide's workload in its four configurations, and twice more to see what is found; also returns the profile.
pub(super) fn configurations(threads: usize, scratch: &Path) -> Result<(Vec<Workload>, Profile), StudyError> {
    let work = |name, schedule, threads, guide, target| Work {
        name,
        instruments: ASSETS,
        sessions: SESSIONS,
        schedule,
        threads,
        guide,
        target,
    };
    let (daily, monthly) = (Schedule::Daily, Schedule::Monthly);
    let folder = tempfile::tempdir_in(scratch)
        .map_err(|source| StudyError::Read { path: scratch.to_owned(), source })?;
    let store = Store::open(folder.path().join("store"))?;
    let began = Instant::now();
    let profiler = Arc::new(Profiler::with_clock(move || began.elapsed()));
    let cache = || ModelCache::new(CACHE_BYTES).timed_by(Arc::clone(&profiler));
    let kept = || cache().over(StoredFits::new(&store));
    let off = ModelCache::off().timed_by(Arc::clone(&profiler));
    let both = kept();
    let done = vec![
        work("no optimisation: daily refits, one thread", daily, 1, Some(180.0), None)
            .run(&off, &profiler)?,
        work("caching: monthly refits, one thread", monthly, 1, Some(95.0), None).run(&cache(), &profiler)?,
        work("batch: daily refits, all threads", daily, threads, Some(125.0), Some(5.0))
            .run(&off, &profiler)?,
        work("both: monthly refits, all threads", monthly, threads, Some(65.0), Some(0.3))
            .run(&both, &profiler)?,
        work("both, again", monthly, threads, None, Some(0.1)).run(&both, &profiler)?,
        work("both, again in another process", monthly, threads, None, None).run(&kept(), &profiler)?,
    ];
    Ok((done, profiler.profile()))
}

/// Run five hundred instruments over ten years.
pub(super) fn many(threads: usize) -> Result<Workload, StudyError> {
    let work = Work {
        name: "500 instruments, 2,520 sessions, monthly refits",
        instruments: 500,
        sessions: 2_520,
        schedule: Schedule::Monthly,
        threads,
        guide: None,
        target: Some(30.0),
    };
    work.run(&ModelCache::off(), &Profiler::off())
}

/// The share by which the profiler slows the guide's monthly workload down: the fastest run with it against the fastest
/// without, on one thread, in turns.
pub(super) fn overhead() -> Result<f64, StudyError> {
    let work = Work {
        name: "overhead",
        instruments: ASSETS,
        sessions: SESSIONS,
        schedule: Schedule::Monthly,
        threads: 1,
        guide: None,
        target: None,
    };
    let (mut slower, mut plain) = (Vec::new(), Vec::new());
    for pair in 0..PAIRS {
        let began = Instant::now();
        let on = Arc::new(Profiler::with_clock(move || began.elapsed()));
        let timed = ModelCache::off().timed_by(Arc::clone(&on));
        let with = || work.run(&timed, &on);
        let without = || work.run(&ModelCache::off(), &Profiler::off());
        let (with, without) = if pair % 2 == 0 {
            let first = with()?;
            (first, without()?)
        } else {
            let first = without()?;
            (with()?, first)
        };
        slower.push(with.seconds);
        plain.push(without.seconds);
    }
    Ok(fastest(&slower) / fastest(&plain) - 1.0)
}
