//! What goes from a store.

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use backstaff_stage::{
    Store,
    upkeep::{GcPlan, GcPolicy},
};
use serde::Serialize;

use super::{StageUse, kept_rows, megabytes, open_existing};
use crate::{Study, StudyError, command::output::OutputError, stored::high_water, words::count};

/// The age below which an artifact is never swept: a run may be about to use it.
const GRACE: Duration = Duration::from_mins(10);

/// The time without a reading after which the kept rows of a database are swept.
const ROWS_KEPT_FOR: Duration = Duration::from_hours(7 * 24);

/// The outcome of a sweep.
#[derive(Clone, Debug, Serialize)]
pub struct Swept {
    /// The number of artifacts that were removed, or would be.
    pub artifacts: usize,
    /// The bytes of these artifacts.
    pub bytes: u64,
    /// The number of the store's artifacts that stay.
    pub kept: u64,
    /// The number of those that stay only since they were written or used within the grace period.
    pub young: u64,
    /// The number of runs whose artifacts stay.
    pub runs: usize,
    /// The runs that were forgotten, or would be: the study and the number.
    pub forgotten: Vec<(String, u64)>,
    /// The number of newest runs of each study that are kept.
    pub keep_runs: usize,
    /// The minutes for which everything that was written or used stays.
    pub grace_minutes: u64,
    /// Whether the sweep only says what it would remove.
    pub dry_run: bool,
}

impl fmt::Display for Swept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.dry_run { "would remove" } else { "removed" };
        let artifacts = count(self.artifacts, "artifact");
        write!(f, "{verb} {artifacts} ({:.1} MB)", megabytes(self.bytes))?;
        match self.forgotten.len() {
            0 => writeln!(f)?,
            n => writeln!(f, " and {} beyond the {} newest of a study", count(n, "run"), self.keep_runs)?,
        }
        let used = self.kept.saturating_sub(self.young);
        writeln!(f, "kept {} artifacts:", self.kept)?;
        writeln!(
            f,
            "  {used} that the kept {} need (--keep-runs {})",
            count(self.runs, "run"),
            self.keep_runs
        )?;
        writeln!(
            f,
            "  {} more that were written or used within the last {} minutes, since a run in progress may need them",
            self.young, self.grace_minutes
        )?;
        if self.artifacts == 0 && self.kept > 0 {
            let clear = "`backstaff cache clear` removes everything that can be computed again";
            writeln!(f, "nothing else was there; {clear}")?;
        }
        Ok(())
    }
}

/// Forget the runs beyond the `keep_runs` newest of each study, and remove the artifacts that no run that is kept needs,
/// and rows of databases that no reading has used for a week. With `dry_run` nothing is removed.
pub fn gc(store: &Path, keep_runs: usize, dry_run: bool) -> Result<Swept, StudyError> {
    let rows = kept_rows(store)?.into_iter();
    let rows =
        rows.filter(|(folder, _)| high_water::is_unused_for(folder, ROWS_KEPT_FOR)).collect::<Vec<_>>();
    let store = open_existing(store)?;
    let plan = store.gc_plan(GcPolicy { runs_kept: keep_runs, grace: GRACE })?;
    let (artifacts, bytes) = remove(&store, &plan, rows, dry_run)?;
    Ok(Swept {
        artifacts,
        bytes,
        kept: plan.n_kept,
        young: plan.n_young,
        runs: plan.n_runs,
        forgotten: plan.forgotten,
        keep_runs,
        grace_minutes: GRACE.as_secs() / 60,
        dry_run,
    })
}

/// Remove what a plan names, and these folders of rows; with `dry_run` only count. The number of artifacts and their bytes.
fn remove(
    store: &Store,
    plan: &GcPlan,
    rows: Vec<(PathBuf, StageUse)>,
    dry_run: bool,
) -> Result<(usize, u64), StudyError> {
    let mut artifacts = if dry_run { plan.doomed.len() } else { store.gc_remove(plan)? };
    let mut bytes = plan.bytes();
    for (path, used) in rows {
        artifacts += used.artifacts as usize;
        bytes += used.bytes;
        if !dry_run {
            std::fs::remove_dir_all(&path).map_err(|source| OutputError::Write { path, source })?;
        }
    }
    Ok((artifacts, bytes))
}

/// The outcome of a clearing.
#[derive(Clone, Debug, Serialize)]
pub struct Cleared {
    /// The study whose artifacts it is about; `None` for those of all studies.
    pub study: Option<String>,
    /// The number of artifacts that were removed, or would be.
    pub artifacts: usize,
    /// The bytes of these artifacts.
    pub bytes: u64,
    /// The number of the store's artifacts that stay: those that other studies need.
    pub kept: u64,
    /// Whether the clearing only says what it would remove.
    pub dry_run: bool,
}

impl fmt::Display for Cleared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.dry_run { "would remove" } else { "removed" };
        let whose = self.study.as_ref().map_or_else(String::new, |study| format!(" that only {study} needs"));
        let artifacts = count(self.artifacts, "artifact");
        writeln!(f, "{verb} {artifacts}{whose} ({:.1} MB), kept {}", megabytes(self.bytes), self.kept)?;
        writeln!(f, "reports and the numbers of runs stay; the next run computes again what it needs")
    }
}

/// Remove all artifacts, or those that the runs of one study used and those of no other. Reports and what `runs` and
/// `compare` tell stay, and what a run in progress is computing.
///
/// # Errors
///
/// If there is no store, or the file system refuses.
pub fn clear(store: &Path, study: Option<&Study>, dry_run: bool) -> Result<Cleared, StudyError> {
    let rows = if study.is_none() { kept_rows(store)? } else { Vec::new() };
    let opened = open_existing(store)?;
    let names = study.map(|study| vec![study.run_name(), study.update_name()]);
    let plan = opened.clear_plan(names.as_deref())?;
    let (artifacts, bytes) = remove(&opened, &plan, rows, dry_run)?;
    Ok(Cleared { study: study.map(Study::run_name), artifacts, bytes, kept: plan.n_kept, dry_run })
}
