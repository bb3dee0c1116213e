//! Runners: they bring the shards of a stage into the store.
//!
//! A [`Run`] is one run of a study: it knows the store, the budget and the observer, and remembers what each
//! stage did, for the run's record and for the question *why* something was computed.

mod job;
mod joint;
pub mod local;
mod work;

use std::{
    collections::HashSet,
    fmt,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use serde_json::Value;

use crate::{
    Budget, Change, Field, Key, Manifest, Outcome, RunEntry, RunRecord, Store, StoreError, explain,
    store::Look,
};

/// Watches what a runner does. It may be called from several threads at once.
pub trait Observer: Sync {
    /// Called when something happens.
    fn event(&self, event: &Event<'_>);

    /// Whether to stop: asked before each shard. What was published until then stays.
    fn is_cancelled(&self) -> bool;
}

/// An observer that looks away.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event<'_>) {}

    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Something that a runner did.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The stage's keys are known, and so is what is missing.
    Started {
        /// The name of the stage.
        stage: &'a str,
        /// The number of the stage's shards.
        n_shards: usize,
        /// How many of them are not in the store.
        n_missing: usize,
    },
    /// Another run is computing this shard; ours waits for it.
    Waiting {
        /// The name of the stage.
        stage: &'a str,
        /// The label of the shard.
        shard: &'a str,
    },
    /// One of the missing shards is there now.
    Shard {
        /// The name of the stage.
        stage: &'a str,
        /// The label of the shard.
        shard: &'a str,
        /// Computed, or found after all because another run computed it meanwhile.
        outcome: Outcome,
        /// How many seconds the shard took.
        seconds: f64,
        /// The share of all missing shards' effort that is done now.
        share: f64,
    },
    /// A shard that is being computed has come further.
    Advanced {
        /// The name of the stage.
        stage: &'a str,
        /// The share of all missing shards' effort that is done now.
        share: f64,
    },
    /// All shards are there, or one failed.
    Finished {
        /// The name of the stage.
        stage: &'a str,
        /// How many seconds all shards took.
        seconds: f64,
    },
}

/// A shard that is in the store.
#[derive(Debug, Clone)]
pub struct Done<S> {
    /// The shard that is in the store.
    pub shard: S,
    /// The label of the shard.
    pub label: String,
    /// The key of the shard's artifact.
    pub key: Key,
    /// What is in the store; the parts are opened by [`Store::open_part`].
    pub manifest: Manifest,
    /// Whether it was there already.
    pub outcome: Outcome,
    /// How many seconds the shard took.
    pub seconds: f64,
    /// Why the shard was computed, or that it was found.
    pub why: Why,
}

/// Why a shard was computed, or that it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Why {
    /// The shard was not computed: its artifact was in the store.
    Found,
    /// The study has no earlier run.
    FirstRun,
    /// The study's last run had no such shard.
    NewShard,
    /// The shard's key differs from that of the last run in these fields.
    Changed(Vec<Change>),
    /// The shard's key differs from that of the last run, whose artifact is gone, so that nothing can be compared.
    ChangedUnknown,
    /// The shard's key is that of the last run, but the artifact was removed from the store.
    Removed,
    /// The shard's artifact was damaged.
    Damaged(String),
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found => f.write_str("found"),
            Self::FirstRun => f.write_str("first run of the study"),
            Self::NewShard => f.write_str("not in the last run"),
            Self::ChangedUnknown => f.write_str("its key changed; the former artifact is gone"),
            Self::Removed => f.write_str("its artifact was removed from the store"),
            Self::Damaged(reason) => write!(f, "its artifact was damaged: {reason}"),
            Self::Changed(changes) => match changes.as_slice() {
                [] => f.write_str("its key changed"),
                [only] => only.fmt(f),
                [first, rest @ ..] if rest.len() < 3 => {
                    first.fmt(f)?;
                    rest.iter().try_for_each(|change| write!(f, "; {change}"))
                }
                [first, second, rest @ ..] => write!(f, "{first}; {second}; and {} more", rest.len()),
            },
        }
    }
}

/// Why the shards of a stage are not all in the store. Callers name every case: a failure that is taken for a stop
/// would hide an error.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum RunError<E: std::error::Error + 'static> {
    /// The stage itself failed.
    #[error("stage {stage}, shard {shard}")]
    Shard { stage: &'static str, shard: String, source: E },

    #[error("stage {stage}, shard {shard}")]
    Store { stage: &'static str, shard: String, source: Box<StoreError> },

    /// The observer asked to stop.
    #[error("stage {stage} was interrupted: what was done so far is in the store, run again to go on")]
    Cancelled { stage: &'static str },
}

/// One run of a study over one store.
pub struct Run<'a> {
    store: &'a Store,
    study: String,
    budget: Budget,
    observer: &'a dyn Observer,
    former: Option<RunRecord>,
    entries: Mutex<Vec<RunEntry>>,
    started: Instant,
    started_unix: u64,
}

impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("study", &self.study)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}

impl<'a> Run<'a> {
    /// Begins a run of the study of this name.
    ///
    /// # Errors
    ///
    /// If the study's run records can't be listed.
    pub fn new(
        store: &'a Store,
        study: &str,
        budget: Budget,
        observer: &'a dyn Observer,
    ) -> Result<Self, StoreError> {
        let former = store.last_runs(study, 1)?.pop();
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Ok(Self {
            store,
            study: study.to_owned(),
            budget,
            observer,
            former,
            entries: Mutex::default(),
            started: Instant::now(),
            started_unix: since_epoch.as_secs(),
        })
    }

    /// The store that the run reads and fills.
    pub fn store(&self) -> &'a Store {
        self.store
    }

    /// How many threads the whole run may use.
    pub fn budget(&self) -> Budget {
        self.budget
    }

    /// The observer that watches the run.
    pub fn observer(&self) -> &'a dyn Observer {
        self.observer
    }

    /// What the stages did so far.
    pub fn entries(&self) -> Vec<RunEntry> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes the run's record, with whatever else should be remembered of it.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn finish(&self, facts: Value, beside: &[(&str, &[u8])]) -> Result<RunRecord, StoreError> {
        let mut record = RunRecord {
            study: self.study.clone(),
            number: 0,
            started_unix: self.started_unix,
            seconds: self.started.elapsed().as_secs_f64(),
            entries: self.entries(),
            facts,
        };
        record.number = self.store.record_run(record.clone(), beside)?;
        Ok(record)
    }

    /// Remembers shards that are in the store, for the run's record.
    fn keep<S>(&self, stage: &str, done: &[Done<S>]) {
        let entries = done.iter().map(|done| RunEntry {
            stage: stage.to_owned(),
            shard: done.label.clone(),
            key: done.key,
            outcome: done.outcome,
            seconds: done.seconds,
            why: done.why.to_string(),
        });
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).extend(entries);
    }

    /// Why a shard of this key is not in the store, seen from the study's last run.
    fn why_missing(&self, stage: &str, shard: &str, key: &Key, fields: &[Field]) -> Result<Why, StoreError> {
        let Some(former) = &self.former else { return Ok(Why::FirstRun) };
        let Some(entry) = former.entry(stage, shard) else { return Ok(Why::NewShard) };
        if entry.key == *key {
            return Ok(Why::Removed);
        }
        Ok(match self.store.inspect(stage, &entry.key)? {
            Look::Sound(manifest) => Why::Changed(explain(&manifest.key_fields, fields)),
            Look::Absent | Look::Damaged(_) => Why::ChangedUnknown,
        })
    }
}

/// A store that is deleted more often than this during one run is given up.
const MOST_REVIVALS: u32 = 5;

/// The pause before a deleted store is used again, for the first time: whoever deletes it may not be through.
const REVIVAL_PAUSE: Duration = Duration::from_millis(50);

/// Makes an attempt, and another one whenever it failed while an artifact turned out to be damaged.
///
/// A damaged artifact is removed when it is noticed, so that the next attempt computes it. Each repetition needs an
/// artifact that wasn't damaged before: a disk that spoils everything it is given ends the attempts. A store that was
/// deleted meanwhile is made again, and all is computed anew.
///
/// # Errors
///
/// The error of the last attempt.
pub fn with_repair<T, E>(store: &Store, mut attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let mut seen: HashSet<(String, Key)> = HashSet::new();
    let mut n_before = store.damages().len();
    let mut n_revived = 0;
    loop {
        let result = attempt();
        let damages = store.damages();
        // Every one is put into the set: no short cut.
        let new = damages[n_before..]
            .iter()
            .filter(|damage| seen.insert((damage.stage.clone(), damage.key)))
            .count();
        if result.is_ok() {
            return result;
        }
        let is_revived = n_revived < MOST_REVIVALS && store.revive().unwrap_or(false);
        if is_revived {
            n_revived += 1;
            thread::sleep(REVIVAL_PAUSE * n_revived);
        }
        if new == 0 && !is_revived {
            return result;
        }
        n_before = damages.len();
    }
}
