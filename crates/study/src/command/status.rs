//! Status and why: the artifacts of a study's last run, and the reasons why they were computed.

use std::{collections::BTreeMap, fmt};

use backstaff_stage::{Outcome, RunEntry, Stage, Store};
use serde::Serialize;

use crate::{
    Study, StudyError,
    steps::{
        backtest::{RunBacktests, Variant, variant_name},
        regimes::{Follow, FollowShard, Setting},
    },
};

/// One stage of a study's last run.
#[derive(Clone, Debug, Serialize)]
pub struct StageStatus {
    /// The name of the stage.
    pub stage: String,
    /// The number of shards that the run computed.
    pub computed: usize,
    /// The number of shards that the run found in the store.
    pub found: usize,
    /// The number of artifacts that have left the store since.
    pub missing: usize,
    /// The seconds that the run spent on the stage.
    pub seconds: f64,
}

/// The state of a study after its last run.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The name of the study, its profile included.
    pub study: String,
    /// The number of its last run; `None` if it has not been run.
    pub run: Option<u64>,
    /// The wall time of that run in seconds.
    pub seconds: f64,
    /// The stages of that run, in order.
    pub stages: Vec<StageStatus>,
    /// The path of the report; `None` if it is not there.
    pub report: Option<String>,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(run) = self.run else {
            return writeln!(f, "{} has not been run yet", self.study);
        };
        writeln!(f, "{}: run {run}, {:.2} s", self.study, self.seconds)?;
        for stage in &self.stages {
            let missing = match stage.missing {
                0 => String::new(),
                n => format!("; {n} artifacts have left the store and will be computed again"),
            };
            writeln!(f, "  {:<10} {} computed, {} found{missing}", stage.stage, stage.computed, stage.found)?;
        }
        match &self.report {
            Some(path) => writeln!(f, "report: {path}"),
            None => writeln!(f, "report: not there; `backstaff report` writes it again"),
        }
    }
}

/// The state of a study after its last run. Nothing is computed; the store is asked for each artifact.
pub fn status(study: &Study) -> Result<Status, StudyError> {
    let store = Store::open(study.store_path())?;
    let last = store.last_runs(&study.run_name(), 1)?.pop();
    let mut stages = Vec::<StageStatus>::new();
    for entry in last.iter().flat_map(|run| &run.entries) {
        if stages.last().is_none_or(|stage| stage.stage != entry.stage) {
            let (computed, found, missing, seconds) = (0, 0, 0, 0.0);
            stages.push(StageStatus { stage: entry.stage.clone(), computed, found, missing, seconds });
        }
        let Some(stage) = stages.last_mut() else { continue };
        match entry.outcome {
            Outcome::Computed => stage.computed += 1,
            Outcome::Found => stage.found += 1,
        }
        stage.seconds += entry.seconds;
        stage.missing += usize::from(store.find(&entry.stage, &entry.key)?.is_none());
    }
    let page = study.report_folder().join("report.html");
    Ok(Status {
        study: study.run_name(),
        run: last.as_ref().map(|run| run.number),
        seconds: last.as_ref().map_or(0.0, |run| run.seconds),
        stages,
        report: page.is_file().then(|| page.display().to_string()),
    })
}

/// The reasons why the shards of a study's last run were computed, or that they were found.
#[derive(Clone, Debug, Serialize)]
pub struct Reasons {
    /// The name of the study, its profile included.
    pub study: String,
    /// The number of its last run; `None` if it has not been run.
    pub run: Option<u64>,
    /// The stages, each with its reasons and the shards that each reason holds for.
    pub stages: Vec<(String, BTreeMap<String, Vec<String>>)>,
}

impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(run) = self.run else {
            return writeln!(f, "{} has not been run yet", self.study);
        };
        writeln!(f, "{}: run {run}", self.study)?;
        for (stage, reasons) in &self.stages {
            writeln!(f, "{stage}")?;
            for (reason, shards) in reasons {
                let few = shards.iter().take(4).map(String::as_str).collect::<Vec<_>>().join(", ");
                let more =
                    if shards.len() > 4 { format!(" and {} more", shards.len() - 4) } else { String::new() };
                writeln!(f, "  {reason}: {few}{more}")?;
            }
        }
        Ok(())
    }
}

/// The reasons why the shards of the last run were computed, for one stage or all.
///
/// # Errors
///
/// If the run had no such stage.
pub fn why(study: &Study, stage: Option<&str>) -> Result<Reasons, StudyError> {
    let store = Store::open(study.store_path())?;
    let last = store.last_runs(&study.run_name(), 1)?.pop();
    let entries = last.as_ref().map_or(&[][..], |run| &run.entries);
    let mut known = entries.iter().map(|entry| entry.stage.as_str()).collect::<Vec<_>>();
    known.dedup();
    if let (Some(stage), Some(_)) = (stage, &last)
        && !known.contains(&stage)
    {
        let message = format!("there is no stage {stage:?}; the stages are {}", known.join(", "));
        return Err(StudyError::Value { key: "stage".to_owned(), message });
    }
    let wanted = known.into_iter().filter(|name| stage.is_none_or(|stage| stage == *name));
    let stages = wanted.map(|name| (name.to_owned(), reasons(entries.iter().filter(|e| e.stage == name))));
    Ok(Reasons {
        study: study.run_name(),
        run: last.as_ref().map(|run| run.number),
        stages: stages.collect(),
    })
}

fn reasons<'a>(entries: impl Iterator<Item = &'a RunEntry>) -> BTreeMap<String, Vec<String>> {
    let mut reasons = BTreeMap::<String, Vec<String>>::new();
    for entry in entries {
        let outcome = if entry.outcome == Outcome::Found { "found" } else { "computed" };
        let reason = if entry.outcome == Outcome::Found {
            outcome.to_owned()
        } else {
            format!("{outcome}: {}", entry.why)
        };
        reasons.entry(reason).or_default().push(shard_name(entry));
    }
    reasons
}

/// The name of a shard for people.
fn shard_name(entry: &RunEntry) -> String {
    if entry.shard == "null" {
        return "all".to_owned();
    }
    let named = match entry.stage.as_str() {
        RunBacktests::NAME => {
            serde_json::from_str::<Variant>(&entry.shard).map(|variant| variant_name(&variant))
        }
        Follow::NAME => serde_json::from_str::<FollowShard>(&entry.shard).map(|shard| {
            let Setting { states, look_back, offset } = shard.setting;
            let offset = offset.map_or_else(String::new, |bars| format!(", {bars} bars later"));
            format!("{} with {states} states over {look_back} bars{offset}", shard.instrument)
        }),
        _ => serde_json::from_str::<String>(&entry.shard),
    };
    // A run of another version may have had other shards.
    named.unwrap_or_else(|_| entry.shard.clone())
}
