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
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rayon::prelude::*;

use super::{Done, Event, Run, RunError, Why};
use crate::{
    Budget, Draft, Field, Key, Manifest, Outcome, Stage, StoreError,
    claim::{Claim, Claiming},
    stage::{shard_fields, shard_label},
    store::Look,
};

/// Pauses between two looks at a shard that another run computes.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// More claims than this are not held at a time by one call: each is an open file.
const CLAIMS_MAX: usize = 200;

/// Brings the shards into the store, each computed by itself, and gives them in their order.
///
/// A shard that is computed alone may use all threads of the budget; of several, each gets one.
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
    let job = Job { stage, inputs, run };
    job.bring(shards, |missing, budget| {
        let failed_from = AtomicUsize::new(usize::MAX);
        missing
            .par_iter()
            .enumerate()
            .map(|(i, task)| {
                // After a failure only the shards in front of it can still matter.
                if failed_from.load(Ordering::Relaxed) < i {
                    return Ok(None);
                }
                job.claim_and_compute(task, budget).inspect_err(|_| {
                    failed_from.fetch_min(i, Ordering::Relaxed);
                })
            })
            .collect()
    })
}

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
    let job = Job { stage, inputs, run };
    job.bring(shards, |missing, _| job.compute_jointly(missing))
}

/// What became of a missing shard: there now, or put off because another run has claimed it.
type Settled<E> = Result<Option<(Manifest, Outcome, f64)>, RunError<E>>;

struct Job<'a, S: Stage> {
    stage: &'a S,
    inputs: &'a S::Inputs,
    run: &'a Run<'a>,
}

/// A shard that is not in the store.
struct Task<T> {
    position: usize,
    shard: T,
    label: String,
    key: Key,
    fields: Vec<Field>,
    why: Why,
}

/// A shard that was looked up.
enum Looked<T> {
    Found(Box<Done<T>>),
    Missing(Box<Task<T>>),
}

impl<S: Stage> Job<'_, S> {
    /// The three steps; `compute` is the second.
    fn bring(
        &self,
        shards: Vec<S::Shard>,
        compute: impl FnOnce(&[Task<S::Shard>], Budget) -> Vec<Settled<S::Error>>,
    ) -> Result<Vec<Done<S::Shard>>, RunError<S::Error>> {
        let started = Instant::now();
        let observer = self.run.observer();
        let mut done: Vec<Option<Done<S::Shard>>> = Vec::new();
        let mut missing = Vec::new();
        let looked: Vec<_> = shards
            .into_par_iter()
            .enumerate()
            .map(|(position, shard)| self.look_up(position, shard))
            .collect();
        for looked in looked {
            match looked? {
                Looked::Found(found) => done.push(Some(*found)),
                Looked::Missing(task) => {
                    missing.push(*task);
                    done.push(None);
                }
            }
        }
        observer.event(&Event::Started { stage: S::NAME, n_shards: done.len(), n_missing: missing.len() });
        if !missing.is_empty() {
            let alone = Budget { threads: self.run.budget().threads.max(1) };
            let budget = if missing.len() == 1 { alone } else { Budget { threads: 1 } };
            let settled = compute(&missing, budget);
            for (task, settled) in missing.into_iter().zip(settled) {
                let (manifest, outcome, seconds) = match settled? {
                    Some(settled) => settled,
                    None => self.wait_and_compute(&task, alone)?,
                };
                let Task { position, shard, label, key, why, .. } = task;
                done[position] = Some(Done { shard, label, key, manifest, outcome, seconds, why });
            }
        }
        observer.event(&Event::Finished { stage: S::NAME, seconds: started.elapsed().as_secs_f64() });
        let done: Vec<Done<S::Shard>> = done.into_iter().flatten().collect();
        self.run.keep(S::NAME, &done);
        Ok(done)
    }

    /// Makes a shard's key and looks it up.
    fn look_up(&self, position: usize, shard: S::Shard) -> Result<Looked<S::Shard>, RunError<S::Error>> {
        let started = Instant::now();
        let hasher = shard_fields(self.stage, self.inputs, &shard);
        let (label, key) = (shard_label(&shard), hasher.finish());
        let store = self.run.store();
        let looked = store.look(S::NAME, &key).map_err(|error| self.store_error(&label, error))?;
        let why = match looked {
            Look::Sound(manifest) => {
                let seconds = started.elapsed().as_secs_f64();
                let (manifest, outcome, why) = (*manifest, Outcome::Found, Why::Found);
                return Ok(Looked::Found(Box::new(Done {
                    shard,
                    label,
                    key,
                    manifest,
                    outcome,
                    seconds,
                    why,
                })));
            }
            Look::Damaged(reason) => {
                store.note_damage(S::NAME, &key, reason.clone());
                Why::Damaged(reason)
            }
            Look::Absent => self
                .run
                .why_missing(S::NAME, &label, &key, hasher.fields())
                .map_err(|error| self.store_error(&label, error))?,
        };
        let fields = hasher.fields().to_vec();
        Ok(Looked::Missing(Box::new(Task { position, shard, label, key, fields, why })))
    }

    /// Computes a shard unless another run is at it.
    fn claim_and_compute(&self, task: &Task<S::Shard>, budget: Budget) -> Settled<S::Error> {
        let started = Instant::now();
        self.check_cancelled()?;
        match self.claim(task)? {
            Claiming::Busy => Ok(None),
            Claiming::Claimed(claim) => self.find_or_compute(task, &claim, budget, started).map(Some),
        }
    }

    /// Waits until nobody else computes the shard, and computes it if nobody did.
    fn wait_and_compute(
        &self,
        task: &Task<S::Shard>,
        budget: Budget,
    ) -> Result<(Manifest, Outcome, f64), RunError<S::Error>> {
        let started = Instant::now();
        let store = self.run.store();
        self.run.observer().event(&Event::Waiting { stage: S::NAME, shard: &task.label });
        let mut pause = PAUSE_MIN;
        loop {
            self.check_cancelled()?;
            if let Claiming::Claimed(claim) = self.claim(task)? {
                return self.find_or_compute(task, &claim, budget, started);
            }
            let may_wait =
                rayon::current_thread_index().is_none() || store.claims().load(Ordering::SeqCst) == 0;
            if !may_wait {
                return self.compute(task, budget, started);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    fn find_or_compute(
        &self,
        task: &Task<S::Shard>,
        claim: &Claim<'_>,
        budget: Budget,
        started: Instant,
    ) -> Result<(Manifest, Outcome, f64), RunError<S::Error>> {
        match claim.find().map_err(|error| self.store_error(&task.label, error))? {
            Some(manifest) => Ok(self.settled(task, manifest, Outcome::Found, started)),
            None => self.compute(task, budget, started),
        }
    }

    fn compute(
        &self,
        task: &Task<S::Shard>,
        budget: Budget,
        started: Instant,
    ) -> Result<(Manifest, Outcome, f64), RunError<S::Error>> {
        let output = self.stage.run(&task.shard, self.inputs, budget).map_err(|source| RunError::Shard {
            stage: S::NAME,
            shard: task.label.clone(),
            source,
        })?;
        let manifest = self.publish(task, &output).map_err(|error| self.store_error(&task.label, error))?;
        Ok(self.settled(task, manifest, Outcome::Computed, started))
    }

    fn publish(&self, task: &Task<S::Shard>, output: &S::Output) -> Result<Manifest, StoreError> {
        let mut draft: Draft = self.run.store().draft(S::NAME, S::VERSION, task.key)?;
        draft.key_fields(&task.fields);
        self.stage.write(output, &mut draft)?;
        draft.publish()
    }

    fn settled(
        &self,
        task: &Task<S::Shard>,
        manifest: Manifest,
        outcome: Outcome,
        started: Instant,
    ) -> (Manifest, Outcome, f64) {
        let seconds = started.elapsed().as_secs_f64();
        let event = Event::Shard { stage: S::NAME, shard: &task.label, outcome, seconds };
        self.run.observer().event(&event);
        (manifest, outcome, seconds)
    }

    fn claim(&self, task: &Task<S::Shard>) -> Result<Claiming<'_>, RunError<S::Error>> {
        let claiming = self.run.store().try_claim(S::NAME, &task.key);
        claiming.map_err(|error| self.store_error(&task.label, error))
    }

    fn check_cancelled(&self) -> Result<(), RunError<S::Error>> {
        if self.run.observer().is_cancelled() { Err(RunError::Cancelled { stage: S::NAME }) } else { Ok(()) }
    }

    fn store_error(&self, label: &str, source: StoreError) -> RunError<S::Error> {
        RunError::Store { stage: S::NAME, shard: label.to_owned(), source }
    }
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
                        settled[i] = Ok(Some(self.settled(task, manifest, Outcome::Found, started)))
                    }
                    Ok(None) => {
                        ours.push(i);
                        claims.push(claim);
                    }
                    Err(error) => settled[i] = Err(self.store_error(&task.label, error)),
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
                (None, Some(source)) => {
                    Err(RunError::Shard { stage: S::NAME, shard: missing[i].label.clone(), source })
                }
                (None, None) if closed || settled.iter().any(Result::is_err) => {
                    Err(RunError::Cancelled { stage: S::NAME })
                }
                (None, None) => panic!("stage {} gave no output for shard {}", S::NAME, missing[i].label),
            };
        }
    }
}

/// What the sink made of an output.
type Published<E> = Option<Result<(Manifest, Outcome, f64), RunError<E>>>;

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
                Err(self.job.store_error(&task.label, error))
            }
        };
        self.outputs.lock().unwrap_or_else(PoisonError::into_inner)[position] = Some(published);
    }

    fn is_closed(&self) -> bool {
        self.failures.load(Ordering::SeqCst) > 0 || self.job.run.observer().is_cancelled()
    }
}
