//! This machine against the targets that users of such workflows are given.

pub mod regimes;

use std::path::Path;

use backstaff_report::{Column, Table, cells, text};
use serde::Serialize;

use crate::{
    Options, Study, StudyError,
    config::{ScoreStrategy, StrategySpec},
    flow::progress::Observer,
};

/// How many instruments, what they hold, and how many seconds a run may take.
///
/// The targets are those of a guide to Qlib-based stock selection: under a minute for 5 to 10 stocks, 2 to 3 minutes for
/// 20 to 30, 3 to 5 for 50, 10 to 15 for more than 100. The lower figure counts.
const TARGETS: [(usize, u32, f64); 4] = [(10, 5, 60.0), (30, 10, 120.0), (50, 15, 180.0), (150, 30, 600.0)];

/// One size of a workflow, cold, against its target.
#[derive(Clone, Debug, Serialize)]
pub struct Target {
    /// How many instruments.
    pub instruments: usize,
    /// Seconds of loading and checking.
    pub load: f64,
    /// Seconds of computing features.
    pub indicators: f64,
    /// Seconds of training and predicting.
    pub training: f64,
    /// Seconds of all portfolios.
    pub backtest: f64,
    /// Seconds of everything.
    pub total: f64,
    /// Seconds that it may take.
    pub target: f64,
    /// Whether it does.
    pub passed: bool,
}

/// Run a study on some of its instruments, each size into an empty store.
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
    let options = Options { store: Some(store.path().join("store")), ..Options::default() };
    let mut study = Study::open(study, &options)?;
    study.config.universe.at_most = Some(instruments);
    let strategy = ScoreStrategy::TopkDropout { k, n_drop: k.div_ceil(5) };
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

/// The same as a table.
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
