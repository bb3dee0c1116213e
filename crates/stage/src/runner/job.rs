//! The steps that every local runner takes with the shards of a stage.

use std::{
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use rayon::prelude::*;

use super::{
    Done, Event, Run, RunError, Why,
    work::{Effort, Work},
};
use crate::{
    Budget, Field, Key, Manifest, Outcome, Stage, StoreError,
    claim::{Claim, Claiming},
    stage::{shard_fields, shard_label},
    store::Look,
};

/// Pauses between two looks at a shard that another run computes.
const PAUSE_MIN: Duration = Duration::from_millis(1);
const PAUSE_MAX: Duration = Duration::from_millis(50);

/// A shard that was missing and is in the store now.
pub(super) struct Ready {
    pub(super) manifest: Manifest,
    pub(super) outcome: Outcome,
    pub(super) seconds: f64,
}

/// What became of a missing shard: there now, or put off because another run has claimed it.
pub(super) type Settled<E> = Result<Option<Ready>, RunError<E>>;

pub(super) struct Job<'a, S: Stage> {
    pub(super) stage: &'a S,
    pub(super) inputs: &'a S::Inputs,
    pub(super) run: &'a Run<'a>,
    work: Work,
}

/// A shard that is not in the store.
pub(super) struct Task<T> {
    position: usize,
    pub(super) shard: T,
    pub(super) label: String,
    key: Key,
    fields: Vec<Field>,
    why: Why,
    effort: Effort,
}

/// A shard that was looked up.
enum Looked<T> {
    Found(Box<Done<T>>),
    Missing(Box<Task<T>>),
}

impl<'a, S: Stage> Job<'a, S> {
    pub(super) fn new(stage: &'a S, inputs: &'a S::Inputs, run: &'a Run<'a>) -> Self {
        Self { stage, inputs, run, work: Work::default() }
    }

    /// The three steps; `compute` is the second.
    pub(super) fn bring(
        &self,
        shards: Vec<S::Shard>,
        compute: impl FnOnce(&[Task<S::Shard>], Budget) -> Vec<Settled<S::Error>>,
    ) -> Result<Vec<Done<S::Shard>>, RunError<S::Error>> {
        let started = Instant::now();
        let done = self.bring_all(shards, compute);
        let seconds = started.elapsed().as_secs_f64();
        self.run.observer().event(&Event::Finished { stage: S::NAME, seconds });
        done.inspect(|done| self.run.keep(S::NAME, done))
    }

    fn bring_all(
        &self,
        shards: Vec<S::Shard>,
        compute: impl FnOnce(&[Task<S::Shard>], Budget) -> Vec<Settled<S::Error>>,
    ) -> Result<Vec<Done<S::Shard>>, RunError<S::Error>> {
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
                    self.work.add(&task.effort);
                    missing.push(*task);
                    done.push(None);
                }
            }
        }
        self.run.observer().event(&Event::Started {
            stage: S::NAME,
            n_shards: done.len(),
            n_missing: missing.len(),
        });
        if !missing.is_empty() {
            let whole = self.run.budget();
            let alone = Budget { threads: whole.threads.max(1), ..whole };
            let budget = if missing.len() == 1 { alone } else { Budget { threads: 1, ..whole } };
            let mut settled = compute(&missing, budget).into_iter();
            for task in missing {
                let ready = match settled.next() {
                    Some(Ok(Some(ready))) => Ok(ready),
                    Some(Err(error)) => Err(error),
                    Some(Ok(None)) | None => self.wait_and_compute(&task, alone),
                };
                let ready = ready.map_err(|error| failure_rather_than_stop(error, &mut settled));
                let Ready { manifest, outcome, seconds } = ready?;
                let Task { position, shard, label, key, why, .. } = task;
                done[position] = Some(Done { shard, label, key, manifest, outcome, seconds, why });
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// Makes a shard's key and looks it up.
    fn look_up(&self, position: usize, shard: S::Shard) -> Result<Looked<S::Shard>, RunError<S::Error>> {
        let started = Instant::now();
        let label = shard_label(&shard);
        let hasher = shard_fields(self.stage, self.inputs, &shard)
            .map_err(|source| Self::shard_error(&label, source))?;
        let key = hasher.finish();
        let store = self.run.store();
        let looked = store.look(S::NAME, &key).map_err(|error| Self::store_error(&label, error))?;
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
                .map_err(|error| Self::store_error(&label, error))?,
        };
        let fields = hasher.fields().to_vec();
        let effort = Effort::new(self.stage.effort(&shard, self.inputs));
        Ok(Looked::Missing(Box::new(Task { position, shard, label, key, fields, why, effort })))
    }

    /// Computes a shard unless another run is at it.
    pub(super) fn claim_and_compute(&self, task: &Task<S::Shard>, budget: Budget) -> Settled<S::Error> {
        let started = Instant::now();
        self.check_cancelled()?;
        match self.claim(task)? {
            Claiming::Busy => Ok(None),
            Claiming::Claimed(claim) => self.find_or_compute(task, &claim, budget, started).map(Some),
        }
    }

    /// Waits until nobody else computes the shard, and computes it if nobody did.
    fn wait_and_compute(&self, task: &Task<S::Shard>, budget: Budget) -> Result<Ready, RunError<S::Error>> {
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
    ) -> Result<Ready, RunError<S::Error>> {
        match claim.find().map_err(|error| Self::store_error(&task.label, error))? {
            Some(manifest) => Ok(self.settled(task, manifest, Outcome::Found, started)),
            None => self.compute(task, budget, started),
        }
    }

    fn compute(
        &self,
        task: &Task<S::Shard>,
        budget: Budget,
        started: Instant,
    ) -> Result<Ready, RunError<S::Error>> {
        let advanced = |share: f64| {
            let share = self.work.count(&task.effort, share);
            self.run.observer().event(&Event::Advanced { stage: S::NAME, share });
        };
        let output = self.stage.run_watched(&task.shard, self.inputs, budget, &advanced);
        let output = output.map_err(|source| Self::shard_error(&task.label, source))?;
        let manifest = self.publish(task, &output).map_err(|error| Self::store_error(&task.label, error))?;
        Ok(self.settled(task, manifest, Outcome::Computed, started))
    }

    pub(super) fn publish(&self, task: &Task<S::Shard>, output: &S::Output) -> Result<Manifest, StoreError> {
        let mut draft = self.run.store().draft(S::NAME, S::VERSION, task.key)?;
        draft.key_fields(&task.fields);
        self.stage.write(output, &mut draft)?;
        draft.publish()
    }

    pub(super) fn settled(
        &self,
        task: &Task<S::Shard>,
        manifest: Manifest,
        outcome: Outcome,
        started: Instant,
    ) -> Ready {
        let seconds = started.elapsed().as_secs_f64();
        let share = self.work.count(&task.effort, 1.0);
        let event = Event::Shard { stage: S::NAME, shard: &task.label, outcome, seconds, share };
        self.run.observer().event(&event);
        Ready { manifest, outcome, seconds }
    }

    pub(super) fn claim(&self, task: &Task<S::Shard>) -> Result<Claiming<'_>, RunError<S::Error>> {
        let claiming = self.run.store().try_claim(S::NAME, &task.key);
        claiming.map_err(|error| Self::store_error(&task.label, error))
    }

    pub(super) fn check_cancelled(&self) -> Result<(), RunError<S::Error>> {
        if self.run.observer().is_cancelled() { Err(RunError::Cancelled { stage: S::NAME }) } else { Ok(()) }
    }

    pub(super) fn shard_error(label: &str, source: S::Error) -> RunError<S::Error> {
        RunError::Shard { stage: S::NAME, shard: label.to_owned(), source }
    }

    pub(super) fn store_error(label: &str, source: StoreError) -> RunError<S::Error> {
        RunError::Store { stage: S::NAME, shard: label.to_owned(), source: Box::new(source) }
    }
}

/// The error to report where a shard ended with this one: if it was only stopped, what failed among the later ones.
///
/// Shards are stopped when the observer asks for it, but also when the output of another can't be published. That
/// failure is what the user has to know of.
fn failure_rather_than_stop<E: std::error::Error>(
    error: RunError<E>,
    later: &mut impl Iterator<Item = Settled<E>>,
) -> RunError<E> {
    let is_stop = |error: &RunError<E>| matches!(error, RunError::Cancelled { .. });
    if !is_stop(&error) {
        return error;
    }
    later.filter_map(Result::err).find(|error| !is_stop(error)).unwrap_or(error)
}
