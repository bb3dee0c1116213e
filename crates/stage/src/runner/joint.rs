//! Stages whose shards are cheaper together.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::{
    Done, Run, RunError,
    job::{Job, Ready, Settled, Task},
};
use crate::{Budget, Outcome, Stage, claim::Claiming};

/// More claims than this are not held at a time by one call: each is an open file.
const CLAIMS_MAX: usize = 200;

/// A stage that computes several shards in one go cheaper than one by one, for instance since they share steps.
pub trait JointStage: Stage {
    /// Computes some shards together. Each output is handed to `sink` as soon as it is known, with the position of
    /// its shard in `shards`, from any thread and in any order. It has to be what [`Stage::run`] gives, bit for bit.
    ///
    /// # Errors
    ///
    /// If the world is wrong; what `sink` took before stays in the store.
    fn run_jointly(
        &self,
        shards: &[Self::Shard],
        inputs: &Self::Inputs,
        budget: Budget,
        sink: &dyn Sink<Self::Output>,
    ) -> Result<(), Self::Error>;
}

/// Takes outputs and publishes them.
pub trait Sink<O>: Sync {
    /// Publishes the output of the shard at this position. Should that fail, the runner returns the error.
    fn put(&self, position: usize, output: &O);

    /// Whether publishing failed or the observer asked to stop, so that going on is of no use.
    fn is_closed(&self) -> bool;
}

/// Brings the shards into the store, the missing ones computed together, and gives them in their order.
///
/// # Errors
///
/// The stage's error, attributed to the first missing shard that has no output; or that of the first shard, in their
/// order, that could not be published.
///
/// # Panics
///
/// If the stage says that all went well without having given an output for every shard.
pub fn run_jointly<S: JointStage>(
    stage: &S,
    inputs: &S::Inputs,
    shards: Vec<S::Shard>,
    run: &Run<'_>,
) -> Result<Vec<Done<S::Shard>>, RunError<S::Error>> {
    let job = Job::new(stage, inputs, run);
    job.bring(shards, |missing, _| job.compute_jointly(missing))
}

impl<S: JointStage> Job<'_, S> {
    /// Claims what can be claimed, computes that together, and puts the rest off.
    fn compute_jointly(&self, missing: &[Task<S::Shard>]) -> Vec<Settled<S::Error>> {
        let started = Instant::now();
        let mut settled: Vec<Settled<S::Error>> = missing.iter().map(|_| Ok(None)).collect();
        let (mut ours, mut claims) = (Vec::new(), Vec::new());
        for (i, task) in missing.iter().enumerate() {
            if let Err(error) = self.check_cancelled() {
                settled[i] = Err(error);
                return settled;
            }
            if claims.len() == CLAIMS_MAX {
                ours.push(i);
                continue;
            }
            match self.claim(task) {
                Ok(Claiming::Busy) => {}
                Ok(Claiming::Claimed(claim)) => match claim.find() {
                    Ok(Some(manifest)) => {
                        settled[i] = Ok(Some(self.settled(task, manifest, Outcome::Found, started)));
                    }
                    Ok(None) => {
                        ours.push(i);
                        claims.push(claim);
                    }
                    Err(error) => settled[i] = Err(Self::store_error(&task.label, error)),
                },
                Err(error) => settled[i] = Err(error),
            }
        }
        if !ours.is_empty() {
            self.compute_ours(missing, &ours, started, &mut settled);
        }
        settled
    }

    /// Computes the missing shards at the positions `ours`.
    fn compute_ours(
        &self,
        missing: &[Task<S::Shard>],
        ours: &[usize],
        started: Instant,
        settled: &mut [Settled<S::Error>],
    ) {
        let shards: Vec<S::Shard> = ours.iter().map(|&i| missing[i].shard.clone()).collect();
        let sink = Publisher {
            job: self,
            tasks: ours.iter().map(|&i| &missing[i]).collect(),
            started,
            outputs: Mutex::new(ours.iter().map(|_| None).collect()),
            failures: AtomicUsize::new(0),
        };
        let result = self.stage.run_jointly(&shards, self.inputs, self.run.budget(), &sink);
        let outputs = sink.outputs.into_inner().unwrap_or_else(PoisonError::into_inner);
        let closed = sink.failures.into_inner() > 0 || self.run.observer().is_cancelled();
        let mut failure = result.err();
        for (&i, output) in ours.iter().zip(outputs) {
            settled[i] = match (output, failure.take()) {
                (Some(output), kept) => {
                    failure = kept;
                    output.map(Some)
                }
                (None, Some(source)) => Err(Self::shard_error(&missing[i].label, source)),
                (None, None) if closed || settled.iter().any(Result::is_err) => {
                    Err(RunError::Cancelled { stage: S::NAME })
                }
                (None, None) => panic!("stage {} gave no output for shard {}", S::NAME, missing[i].label),
            };
        }
    }
}

/// What the sink made of an output.
type Published<E> = Option<Result<Ready, RunError<E>>>;

struct Publisher<'a, S: Stage> {
    job: &'a Job<'a, S>,
    tasks: Vec<&'a Task<S::Shard>>,
    started: Instant,
    outputs: Mutex<Vec<Published<S::Error>>>,
    failures: AtomicUsize,
}

impl<S: Stage> Sink<S::Output> for Publisher<'_, S> {
    fn put(&self, position: usize, output: &S::Output) {
        let task = self.tasks[position];
        let published = match self.job.publish(task, output) {
            Ok(manifest) => Ok(self.job.settled(task, manifest, Outcome::Computed, self.started)),
            Err(error) => {
                self.failures.fetch_add(1, Ordering::SeqCst);
                Err(Job::<S>::store_error(&task.label, error))
            }
        };
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner)[position] = Some(published);
    }

    fn is_closed(&self) -> bool {
        self.failures.load(Ordering::SeqCst) > 0 || self.job.run.observer().is_cancelled()
    }
}
