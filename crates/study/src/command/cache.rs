//! The store for people: its size, the artifacts that may go, and the damaged ones.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use backstaff_report::{Column, Table, cells, text};
use backstaff_stage::{Store, upkeep::GcPolicy};
use serde::Serialize;

use crate::{StudyError, command::output::OutputError, stored::high_water};

/// The age below which an artifact is never swept: a run may be about to use it.
const GRACE: Duration = Duration::from_mins(10);

/// The time without a reading after which the kept rows of a database are swept.
const ROWS_KEPT_FOR: Duration = Duration::from_hours(7 * 24);

/// The size of one stage's artifacts.
#[derive(Clone, Debug, Serialize)]
pub struct StageUse {
    /// The name of the stage.
    pub stage: String,
    /// The number of its artifacts.
    pub artifacts: u64,
    /// The bytes of its artifacts.
    pub bytes: u64,
}

/// The number and the bytes of artifacts, by stage.
pub fn stats(store: &Path) -> Result<Vec<StageUse>, StudyError> {
    let stats = open_existing(store)?.stats()?;
    let stage = |s: backstaff_stage::upkeep::StageStats| StageUse {
        stage: s.stage,
        artifacts: s.n_artifacts,
        bytes: s.bytes,
    };
    let mut all = stats.into_iter().map(stage).collect::<Vec<_>>();
    let kept = kept_rows(store)?;
    if !kept.is_empty() {
        let count = |of: fn(&StageUse) -> u64| kept.iter().map(|(_, used)| of(used)).sum();
        let (artifacts, bytes) = (count(|used| used.artifacts), count(|used| used.bytes));
        all.push(StageUse { stage: "rows above marks".to_owned(), artifacts, bytes });
    }
    Ok(all)
}

/// The folders of rows kept of databases, and the size of the store in each.
fn kept_rows(store: &Path) -> Result<Vec<(PathBuf, StageUse)>, StudyError> {
    let of_folder = |folder: PathBuf| {
        // One that can't be read is replaced by the next reading of its database.
        let stats = Store::open(&folder).and_then(|store| store.stats()).unwrap_or_default();
        let artifacts = stats.iter().map(|stage| stage.n_artifacts).sum();
        let bytes = stats.iter().map(|stage| stage.bytes).sum();
        Ok((folder, StageUse { stage: String::new(), artifacts, bytes }))
    };
    high_water::folders(store).into_iter().map(of_folder).collect()
}

/// The sizes as a table for a terminal.
pub fn stats_table(stats: &[StageUse]) -> String {
    let mut table = Table::new("")
        .column(Column::text("stage"))
        .column(Column::integer("artifacts"))
        .column(Column::number("megabytes", 1));
    for stage in stats {
        table = table.row(cells![stage.stage.as_str(), stage.artifacts, stage.bytes as f64 / 1e6]);
    }
    text::render(&table)
}

/// Open a store that is there: looking at a store must not create one.
fn open_existing(store: &Path) -> Result<Store, StudyError> {
    if store.is_dir() {
        return Ok(Store::open(store)?);
    }
    let message = format!("there is no store at {}; name it with --store DIR", store.display());
    Err(StudyError::Value { key: "--store".to_owned(), message })
}

/// The outcome of a sweep.
#[derive(Clone, Debug, Serialize)]
pub struct Swept {
    /// The number of artifacts that were removed, or would be.
    pub artifacts: usize,
    /// The bytes of these artifacts.
    pub bytes: u64,
    /// The number of the store's artifacts that stay.
    pub kept: u64,
    /// Whether the sweep only says what it would remove.
    pub dry_run: bool,
}

impl fmt::Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.dry_run { "would remove" } else { "removed" };
        let megabytes = self.bytes as f64 / 1e6;
        writeln!(f, "{verb} {} artifacts ({megabytes:.1} MB), kept {}", self.artifacts, self.kept)
    }
}

/// Remove the artifacts that no study's last `keep_runs` runs use, and rows of databases that no reading has used for a
/// week. With `dry_run` nothing is removed.
pub fn gc(store: &Path, keep_runs: usize, dry_run: bool) -> Result<Swept, StudyError> {
    let rows = kept_rows(store)?.into_iter();
    let rows =
        rows.filter(|(folder, _)| high_water::is_unused_for(folder, ROWS_KEPT_FOR)).collect::<Vec<_>>();
    let store = open_existing(store)?;
    let plan = store.gc_plan(GcPolicy { runs_kept: keep_runs, grace: GRACE })?;
    let mut artifacts = if dry_run { plan.doomed.len() } else { store.gc_remove(&plan)? };
    let mut bytes = plan.bytes();
    for (folder, used) in rows {
        artifacts += used.artifacts as usize;
        bytes += used.bytes;
        if !dry_run {
            std::fs::remove_dir_all(&folder).map_err(|source| OutputError::Write { path: folder, source })?;
        }
    }
    Ok(Swept { artifacts, bytes, kept: plan.n_kept, dry_run })
}

/// The outcome of a check of all digests.
#[derive(Clone, Debug, Serialize)]
pub struct Verified {
    /// The number of artifacts that were checked.
    pub artifacts: u64,
    /// The bytes of these artifacts.
    pub bytes: u64,
    /// The damaged artifacts: the stage, the key and the reason.
    pub damaged: Vec<(String, String, String)>,
    /// The number of damaged artifacts that were removed.
    pub removed: usize,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{} artifacts, {:.1} MB: {} damaged",
            self.artifacts,
            self.bytes as f64 / 1e6,
            self.damaged.len()
        )?;
        for (stage, key, reason) in &self.damaged {
            writeln!(f, "  {stage} {key}: {reason}")?;
        }
        if !self.damaged.is_empty() && self.removed == 0 {
            writeln!(f, "`backstaff cache verify --remove` removes them; the next run computes them again")?;
        }
        Ok(())
    }
}

/// Check the digest of every artifact, and remove the damaged ones if asked to.
pub fn verify(store: &Path, remove: bool) -> Result<Verified, StudyError> {
    let store = open_existing(store)?;
    let found = store.verify()?;
    let removed = if remove { store.remove_damaged(&found.damaged)? } else { 0 };
    let damaged = found.damaged.into_iter().map(|d| (d.stage, d.key.to_string(), d.reason)).collect();
    Ok(Verified { artifacts: found.n_artifacts, bytes: found.bytes, damaged, removed })
}
