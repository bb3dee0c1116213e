//! How large a store is.

use std::{fmt, path::Path};

use backstaff_report::{Column, Table, cells, text};
use serde::Serialize;

use super::{kept_rows, megabytes, open_existing};
use crate::StudyError;

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

/// What the runs of one study need.
#[derive(Clone, Debug, Serialize)]
pub struct StudyUse {
    /// The name of the study, its profile included.
    pub study: String,
    /// The number of its runs that are remembered.
    pub runs: u64,
    /// The number of artifacts that they used.
    pub artifacts: u64,
    /// The bytes of these artifacts.
    pub bytes: u64,
    /// The bytes of those of them that no other study needs.
    pub alone: u64,
}

/// The size of a store, by stage and by study.
#[derive(Clone, Debug, Serialize)]
pub struct Stats {
    /// The artifacts of each stage.
    pub stages: Vec<StageUse>,
    /// What each study's runs need; what several need counts for each of them.
    pub studies: Vec<StudyUse>,
    /// The bytes of all artifacts.
    pub bytes: u64,
}

/// The number and the bytes of artifacts, by stage and by study.
pub fn stats(store: &Path) -> Result<Stats, StudyError> {
    let opened = open_existing(store)?;
    let stage = |s: backstaff_stage::upkeep::StageStats| StageUse {
        stage: s.stage,
        artifacts: s.n_artifacts,
        bytes: s.bytes,
    };
    let mut stages = opened.stats()?.into_iter().map(stage).collect::<Vec<_>>();
    let kept = kept_rows(store)?;
    if !kept.is_empty() {
        let count = |of: fn(&StageUse) -> u64| kept.iter().map(|(_, used)| of(used)).sum();
        let (artifacts, bytes) = (count(|used| used.artifacts), count(|used| used.bytes));
        stages.push(StageUse { stage: "rows above marks".to_owned(), artifacts, bytes });
    }
    let study = |s: backstaff_stage::upkeep::StudyStats| StudyUse {
        study: s.study,
        runs: s.n_runs,
        artifacts: s.n_artifacts,
        bytes: s.bytes,
        alone: s.own_bytes,
    };
    let studies = opened.stats_by_study()?.into_iter().map(study).collect();
    let bytes = stages.iter().map(|stage| stage.bytes).sum();
    Ok(Stats { stages, studies, bytes })
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sizes = |name: &str| {
            let table = Table::new("").column(Column::text(name)).column(Column::integer("artifacts"));
            table.column(Column::number("megabytes", 1))
        };
        let mut stages = sizes("stage");
        for StageUse { stage, artifacts, bytes } in &self.stages {
            stages = stages.row(cells![stage.as_str(), *artifacts, megabytes(*bytes)]);
        }
        stages = stages.row(cells![
            "all",
            self.stages.iter().map(|stage| stage.artifacts).sum::<u64>(),
            megabytes(self.bytes)
        ]);
        writeln!(f, "{}", text::render(&stages))?;
        let mut studies = sizes("study").column(Column::number("alone", 1)).column(Column::integer("runs"));
        for StudyUse { study, runs, artifacts, bytes, alone } in &self.studies {
            studies =
                studies.row(cells![study.as_str(), *artifacts, megabytes(*bytes), megabytes(*alone), *runs]);
        }
        write!(f, "{}", text::render(&studies))?;
        writeln!(
            f,
            "what several studies need counts for each of them; `alone` is what `backstaff cache clear STUDY.yaml` frees"
        )
    }
}
