//! The runner of one machine: shards in parallel on rayon's current pool.
//!
//! 1. The keys of all shards are made, and looked up.
//! 2. Each missing shard is claimed and computed. A shard that another run has claimed is put off.
//! 3. The shards that were put off are waited for, one after the other: found if the other run published them,
//!    computed if it failed or died.
//!
//! Nothing waits in step 2, since a thread that waits within a parallel loop may hold up the very work that another
//! process waits for. For the same reason step 3 waits only while this process has no claim, or outside of the pool.

use std::{
    cmp::Reverse,
    sync::atomic::{AtomicUsize, Ordering},
};

use rayon::prelude::*;

pub use super::joint::{JointStage, Sink, run_jointly};
use super::{Done, Run, RunError, job::Job};
use crate::Stage;

/// Brings the shards into the store, each computed by itself, and gives them in their order.
///
/// A shard that is computed alone may use all threads of the budget; of several, each gets one, and those of the most
/// effort are begun first.
///
/// # Errors
///
/// The error of the first shard, in their order, that failed; others may have been published nevertheless.
pub fn run_shards<S: Stage>(
    stage: &S,
    inputs: &S::Inputs,
    shards: Vec<S::Shard>,
    run: &Run<'_>,
) -> Result<Vec<Done<S::Shard>>, RunError<S::Error>> {
    let job = Job::new(stage, inputs, run);
    job.bring(shards, |missing, budget| {
        let failed_from = AtomicUsize::new(usize::MAX);
        let mut order = (0..missing.len()).collect::<Vec<_>>();
        order.sort_by_key(|&i| Reverse(stage.effort(&missing[i].shard, inputs)));
        // Threads draw numbers: rayon alone would hand each of them a part of the order, whatever the effort in it.
        let next = AtomicUsize::new(0);
        let draw = || order[next.fetch_add(1, Ordering::Relaxed)];
        let settled = (0..order.len()).into_par_iter().with_max_len(1).map(|_| {
            let i = draw();
            // After a failure only the shards in front of it can still matter.
            if failed_from.load(Ordering::Relaxed) < i {
                return (i, Ok(None));
            }
            let settled = job.claim_and_compute(&missing[i], budget).inspect_err(|_| {
                failed_from.fetch_min(i, Ordering::Relaxed);
            });
            (i, settled)
        });
        let mut settled = settled.collect::<Vec<_>>();
        settled.sort_by_key(|(i, _)| *i);
        settled.into_iter().map(|(_, settled)| settled).collect()
    })
}
