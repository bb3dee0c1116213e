//! The time of a study's workflow on this machine, against the targets that a guide gives its users.

pub mod regimes;

use std::path::Path;

use backstaff_report::{Column, Table, cells, text};
use serde::Serialize;

use crate::{
    Options, Study, StudyError,
    config::{ScoreStrategy, StrategySpec, TopkDropoutSpec},
    flow::progress::Observer,
};

/// The sizes of a workflow: the number of instruments, the number held, and the seconds that a run may take.
///
/// The targets are those of a guide to Qlib-based stock selection: under a minute for 5 to 10 stocks, 2 to 3 minutes for
/// 20 to 30, 3 to 5 for 50, 10 to 15 for more than 100. The lower figure counts.
const TARGETS: [(usize, u32, f64); 4] = [(10, 5, 60.0), (30, 10, 120.0), (50, 15, 180.0), (150, 30, 600.0)];

/// The times of a workflow of one size from an empty store, and its target.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// The number of instruments.
    pub instruments: usize,
    /// The seconds of loading and checking the data.
    pub load: f64,
    /// The seconds of computing features.
    pub indicators: f64,
    /// The seconds of labels, folds, training and prediction.
    pub training: f64,
    /// The seconds of all portfolios.
    pub backtest: f64,
    /// The seconds of the whole run.
    pub total: f64,
    /// The seconds that the run may take.
    pub target: f64,
    /// Whether the run took less than its target.
    pub passed: bool,
}

/// Run a study on the first of its instruments, each size into an empty store below `scratch`.
pub fn targets(study: &Path, scratch: &Path, observer: &dyn Observer) -> Result<Vec<Target>, StudyError> {
    TARGETS
        .iter()
        .map(|&(instruments, k, target)| measure(study, scratch, instruments, k, target, observer))
        .collect()
}

fn measure(
    study: &Path,
    scratch: &Path,
    instruments: usize,
    k: u32,
    target: f64,
    observer: &dyn Observer,
) -> Result<Target, StudyError> {
    let store = tempfile::tempdir_in(scratch)
        .map_err(|source| StudyError::Read { path: scratch.to_owned(), source })?;
    let (store, reports) = (store.path().join("store"), store.path().join("reports"));
    let options = Options { store: Some(store), reports: Some(reports), ..Options::default() };
    let mut study = Study::open(study, &options)?;
    study.config.universe.at_most = Some(instruments);
    let strategy = ScoreStrategy::TopkDropout(TopkDropoutSpec::new(k, k.div_ceil(5)));
    study.config.portfolio.strategy = StrategySpec::Scores(strategy);
    let outcome = study.run(observer)?;
    let seconds = |names: &[&str]| {
        outcome
            .stages
            .iter()
            .filter(|stage| names.contains(&stage.name))
            .map(|stage| stage.seconds)
            .sum::<f64>()
    };
    Ok(Target {
        instruments,
        load: seconds(&["load", "quality"]),
        indicators: seconds(&["features"]),
        training: seconds(&["labels", "folds", "train", "predict"]),
        backtest: seconds(&["backtest"]),
        total: outcome.seconds,
        target,
        passed: outcome.seconds < target,
    })
}

/// The times as a table for a terminal.
pub fn table(targets: &[Target]) -> String {
    let mut table = Table::new("seconds, each from an empty store").column(Column::integer("instruments"));
    for name in ["load", "indicators", "training", "backtest", "total", "target"] {
        table = table.column(Column::number(name, 2));
    }
    table = table.column(Column::text("result"));
    for target in targets {
        let Target { instruments, load, indicators, training, backtest, total, target, passed } = target;
        let result = if *passed { "pass" } else { "FAIL" };
        table = table.row(cells![
            *instruments,
            *load,
            *indicators,
            *training,
            *backtest,
            *total,
            *target,
            result
        ]);
    }
    text::render(&table)
}
