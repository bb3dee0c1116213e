//! One run of a study: its stages in order, and whether their results were found or computed.

use std::sync::{Mutex, PoisonError, atomic::Ordering};

use backstaff_stage::{
    Budget, Key, KeyHasher, Manifest, Outcome as ShardOutcome, RunRecord, Stage, Store,
    runner::{
        Done, Run, RunError, Why,
        local::{JointStage, run_jointly, run_shards},
    },
};

use super::{
    progress::{Event, Outcome, StageRecord, Trace, peak_anonymous_bytes},
    watch::Watch,
};
use crate::StudyError;

/// One run of a study: brings the results of stages into the store, and records it.
pub(crate) struct Flow<'a> {
    run: Run<'a>,
    watch: &'a Watch<'a>,
    stages: Mutex<Vec<StageRecord>>,
    warnings: Mutex<Vec<String>>,
    until: Option<Until>,
}

/// The stage, or the one shard of it, after which a run ends.
#[derive(Clone, Debug)]
pub(crate) struct Until {
    /// The name of the stage.
    pub stage: String,
    /// The number of the shard, from 0; `None` for all shards.
    pub shard: Option<usize>,
}

impl<'a> Flow<'a> {
    /// Begin a run of the study of this name.
    pub(crate) fn new(
        store: &'a Store,
        study: &str,
        budget: Budget,
        watch: &'a Watch<'a>,
    ) -> Result<Self, StudyError> {
        let run = Run::new(store, study, budget, watch)?;
        Ok(Self { run, watch, stages: Mutex::default(), warnings: Mutex::default(), until: None })
    }

    /// End this run after one stage, or one shard of it, with [`StudyError::Stopped`].
    pub(crate) fn until(self, until: Until) -> Self {
        Self { until: Some(until), ..self }
    }

    /// The shards of a stage that this run wants, and whether it ends with them.
    fn wanted<S: Stage>(&self, stage: &S, inputs: &S::Inputs) -> Result<(Vec<S::Shard>, bool), StudyError> {
        let mut shards = stage.shards(inputs);
        let Some(until) = self.until.as_ref().filter(|until| until.stage == S::NAME) else {
            return Ok((shards, false));
        };
        if let Some(number) = until.shard {
            let message = format!("stage {} has {} shards, counted from 0", S::NAME, shards.len());
            if number >= shards.len() {
                return Err(StudyError::Value { key: format!("shard {number}"), message });
            }
            shards = vec![shards.swap_remove(number)];
        }
        Ok((shards, true))
    }

    /// The store of the run.
    pub(crate) fn store(&self) -> &'a Store {
        self.run.store()
    }

    /// Stop here if the user asked for it.
    pub(crate) fn check_cancelled(&self) -> Result<(), StudyError> {
        if self.watch.observer.is_cancelled() { Err(StudyError::Interrupted) } else { Ok(()) }
    }

    /// The clock of the run.
    pub(crate) fn trace(&self) -> &Trace {
        &self.watch.trace
    }

    /// Show the user a message that is not part of the results.
    pub(crate) fn tell(&self, text: &str) {
        self.watch.observer.observe(&Event::Warning(text));
    }

    /// Warn the user, once for each text; the results keep the warning.
    pub(crate) fn warn(&self, text: impl Into<String>) {
        let text = text.into();
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if !warnings.contains(&text) {
            self.watch.observer.observe(&Event::Warning(&text));
            warnings.push(text);
        }
    }

    /// The warnings so far, in order.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The line of each stage so far, in order.
    pub(crate) fn stages(&self) -> Vec<StageRecord> {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Bring all shards of a stage into the store: the missing ones are computed each by itself. `rows` is for the
    /// progress.
    pub(crate) fn stage<S: Stage<Error = StudyError>>(
        &self,
        stage: &S,
        inputs: &S::Inputs,
        rows: usize,
    ) -> Result<Vec<Done<S::Shard>>, StudyError> {
        let work = |shards| run_shards(stage, inputs, shards, &self.run).map_err(StudyError::from);
        self.bring(stage, inputs, rows, work)
    }

    /// Bring the only shard of a stage into the store.
    pub(crate) fn single<S: Stage<Error = StudyError>>(
        &self,
        stage: &S,
        inputs: &S::Inputs,
        rows: usize,
    ) -> Result<Manifest, StudyError> {
        let missing = || StudyError::Internal { what: format!("stage {} gave nothing", S::NAME) };
        self.stage(stage, inputs, rows)?.pop().map(|done| done.manifest).ok_or_else(missing)
    }

    /// Bring all shards of a stage into the store; those that are missing are computed together.
    pub(crate) fn joint_stage<S: JointStage<Error = StudyError>>(
        &self,
        stage: &S,
        inputs: &S::Inputs,
        rows: usize,
    ) -> Result<Vec<Done<S::Shard>>, StudyError> {
        let work = |shards| run_jointly(stage, inputs, shards, &self.run).map_err(StudyError::from);
        self.bring(stage, inputs, rows, work)
    }

    fn bring<S: Stage<Error = StudyError>>(
        &self,
        stage: &S,
        inputs: &S::Inputs,
        rows: usize,
        work: impl FnOnce(Vec<S::Shard>) -> Result<Vec<Done<S::Shard>>, StudyError>,
    ) -> Result<Vec<Done<S::Shard>>, StudyError> {
        let (shards, stops) = self.wanted(stage, inputs)?;
        let done = self.record::<S>(rows, || work(shards))?;
        if stops { Err(StudyError::Stopped) } else { Ok(done) }
    }

    fn record<S: Stage<Error = StudyError>>(
        &self,
        rows: usize,
        work: impl FnOnce() -> Result<Vec<Done<S::Shard>>, StudyError>,
    ) -> Result<Vec<Done<S::Shard>>, StudyError> {
        self.watch.rows.store(rows, Ordering::Relaxed);
        let before = self.trace().seconds();
        let done = self.trace().span(S::NAME, work)?;
        let seconds = self.trace().seconds() - before;
        let computed = done.iter().filter(|done| done.outcome == ShardOutcome::Computed).count();
        let mut keys = KeyHasher::new();
        keys.list("keys", &done, |hasher, done| {
            hasher.key("", &done.key);
        });
        let record = StageRecord {
            name: S::NAME,
            outcome: if computed > 0 { Outcome::Computed } else { Outcome::Found },
            seconds,
            rows,
            computed,
            found: done.len() - computed,
            key: keys.finish().to_string(),
            why: reason(&done),
            peak_bytes: peak_anonymous_bytes(),
        };
        self.watch.observer.observe(&Event::Finished(&record));
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).push(record);
        Ok(done)
    }

    /// The artifacts of the stages so far: the stage, the shard and the key.
    pub(crate) fn lineage(&self) -> Vec<(String, String, Key)> {
        self.run.entries().into_iter().map(|entry| (entry.stage, entry.shard, entry.key)).collect()
    }

    /// Write the record of the run, with these facts and these files beside it.
    pub(crate) fn finish(
        &self,
        facts: serde_json::Value,
        beside: &[(&str, &[u8])],
    ) -> Result<RunRecord, StudyError> {
        Ok(self.run.finish(facts, beside)?)
    }
}

/// The commonest reason why shards were computed, and the labels of these shards if not all of them were.
fn reason<S>(done: &[Done<S>]) -> String {
    let computed = done.iter().filter(|done| done.outcome == ShardOutcome::Computed).collect::<Vec<_>>();
    let Some(first) = computed.first() else { return String::new() };
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for done in &computed {
        *counts.entry(done.why.to_string()).or_default() += 1;
    }
    let commonest =
        counts.iter().max_by_key(|(_, count)| **count).map_or_else(String::new, |(why, _)| why.clone());
    if first.why == Why::FirstRun || computed.len() == done.len() {
        return commonest;
    }
    let labels = computed.iter().take(3).map(|done| done.label.as_str()).collect::<Vec<_>>().join(", ");
    let more = if computed.len() > 3 { format!(" and {} more", computed.len() - 3) } else { String::new() };
    format!("{labels}{more}: {commonest}")
}

impl From<RunError<StudyError>> for StudyError {
    fn from(error: RunError<StudyError>) -> Self {
        match error {
            RunError::Shard { source, .. } => source,
            RunError::Store { source, .. } => Self::Store(*source),
            RunError::Cancelled { .. } => Self::Interrupted,
        }
    }
}
