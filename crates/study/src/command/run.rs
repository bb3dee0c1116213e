//! The main job: a study from data to report.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstaff_panel::Session;
use backstaff_report::{Block, Column, Section, Table, cells};
use backstaff_stage::{Store, runner::with_repair};
use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    Study, StudyError,
    command::output::{Cells, write_bytes, write_table},
    flow::{
        Flow, Watch,
        progress::{Observer, Outcome, StageRecord, peak_anonymous_bytes},
        results::Results,
    },
    report::stage::{ReportOutput, WriteReport, read_report},
    steps::{
        backtest::holder_name,
        folds::{FoldFacts, LeftOutFacts},
    },
};

/// What a run gave.
#[derive(Clone, Debug, Serialize)]
pub struct RunOutcome {
    /// The study's name.
    pub study: String,
    /// The stage table.
    pub stages: Vec<StageRecord>,
    /// The measures of all portfolios and signals.
    pub measures: Value,
    /// The folds.
    pub folds: Vec<FoldFacts>,
    /// The folds that have too few rows.
    pub left_out: Vec<LeftOutFacts>,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Instruments that were left out of the data, and why.
    pub excluded: Vec<Excluded>,
    /// The files that were written, by what they hold.
    pub artifacts: Value,
    /// Wall time.
    pub seconds: f64,
    /// The largest anonymous memory, in bytes.
    pub peak_bytes: u64,
    /// The run's number in the store.
    pub run: u64,
    /// A Chrome trace.
    #[serde(skip)]
    pub trace: Value,
}

/// An instrument that was left out of the data.
#[derive(Clone, Debug, Serialize)]
pub struct Excluded {
    /// Which.
    pub instrument: String,
    /// Why.
    pub reason: String,
}

fn excluded(results: &Results) -> Vec<Excluded> {
    let pairs = results.panel.facts().excluded.iter();
    pairs.map(|(name, reason)| Excluded { instrument: name.clone(), reason: reason.clone() }).collect()
}

impl RunOutcome {
    /// The report's page.
    pub fn report(&self) -> PathBuf {
        PathBuf::from(self.artifacts["report"].as_str().unwrap_or_default())
    }
}

impl Study {
    /// Run the study: what is in the store is found, the rest is computed, and the report is written.
    pub fn run(&self, observer: &dyn Observer) -> Result<RunOutcome, StudyError> {
        let store = Store::open(&self.store)?;
        self.on_threads(|| with_repair(&store, || self.run_once(&store, observer)))
    }

    fn run_once(&self, store: &Store, observer: &dyn Observer) -> Result<RunOutcome, StudyError> {
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.run_name(), self.budget, &watch)?;
        let results = self.results(&flow)?;
        let report = flow.single(&WriteReport, &results, 0)?;
        let report = read_report(store, &report)?;
        let artifacts = self.write(&results, &report, &flow)?;
        let facts = json!({ "artifacts": artifacts, "threads": self.budget.threads });
        let record = flow.finish(facts)?;
        Ok(RunOutcome {
            study: self.run_name(),
            stages: flow.stages(),
            measures: report.measures,
            excluded: excluded(&results),
            folds: results.folds,
            left_out: results.left_out,
            warnings: results.warnings,
            artifacts,
            seconds: record.seconds,
            peak_bytes: peak_anonymous_bytes(),
            run: record.number,
            trace: flow.trace().to_chrome(),
        })
    }

    /// Write the files for people and other programs.
    fn write(&self, results: &Results, report: &ReportOutput, flow: &Flow<'_>) -> Result<Value, StudyError> {
        let folder = self.report_folder();
        fs::create_dir_all(&folder)
            .map_err(|source| crate::command::output::OutputError::Write { path: folder.clone(), source })?;
        let page = folder.join("report.html");
        write_bytes(
            &page,
            report
                .body
                .page(&run_section(&flow.stages(), self.budget.threads, self.config.profile.as_deref()))?
                .as_bytes(),
        )?;
        let numbers = folder.join("results.json");
        let document = json!({
            "format": 1, "study": self.run_name(), "measures": report.measures, "folds": results.folds,
            "left_out": results.left_out, "warnings": results.warnings, "suspects": results.suspects, "quality": results.quality,
            "excluded": excluded(results),
        });
        write_bytes(&numbers, &serde_json::to_vec_pretty(&document).unwrap_or_default())?;
        let portfolios = folder.join("portfolios.parquet");
        write_portfolios(&portfolios, results)?;
        let signals = folder.join("signals.parquet");
        write_signals(&signals, results)?;
        let text = |path: &Path| path.display().to_string();
        Ok(json!({
            "report": text(&page), "results": text(&numbers), "portfolios": text(&portfolios),
            "signals": text(&signals), "store": text(&self.store),
        }))
    }
}

/// Every session of every portfolio, one below the other.
fn write_portfolios(path: &Path, results: &Results) -> Result<(), StudyError> {
    let mut names = Vec::new();
    let mut costs = Vec::new();
    let mut delays = Vec::new();
    let mut sessions = Vec::<Session>::new();
    let mut columns = Vec::<(String, Vec<f64>)>::new();
    for backtest in &results.backtests {
        let n = backtest.sessions.len();
        names.extend(std::iter::repeat_n(holder_name(&backtest.variant.holder), n));
        costs.extend(std::iter::repeat_n(f64::from(backtest.variant.cost_tenths) / 10.0, n));
        delays.extend(std::iter::repeat_n(i64::from(backtest.variant.delay), n));
        sessions.extend_from_slice(&backtest.sessions);
        extend(&mut columns, &backtest.daily);
    }
    let mut table = vec![
        ("portfolio", Cells::Texts(names)),
        ("cost_multiple", Cells::Numbers(costs)),
        ("delay", Cells::Integers(delays)),
        ("date", Cells::Sessions(sessions)),
    ];
    table.extend(columns.iter().map(|(name, values)| (name.as_str(), Cells::Numbers(values.clone()))));
    Ok(write_table(path, &table)?)
}

/// Every session of every model's scores, one below the other.
fn write_signals(path: &Path, results: &Results) -> Result<(), StudyError> {
    let mut names = Vec::new();
    let mut sessions = Vec::<Session>::new();
    let mut columns = Vec::<(String, Vec<f64>)>::new();
    for (name, evaluation) in &results.evaluations {
        names.extend(std::iter::repeat_n(name.clone(), evaluation.sessions.len()));
        sessions.extend_from_slice(&evaluation.sessions);
        extend(&mut columns, &evaluation.series);
    }
    let mut table = vec![("model", Cells::Texts(names)), ("date", Cells::Sessions(sessions))];
    table.extend(columns.iter().map(|(name, values)| (name.as_str(), Cells::Numbers(values.clone()))));
    Ok(write_table(path, &table)?)
}

/// Put more rows below; a column that either side lacks is missing there.
fn extend(columns: &mut Vec<(String, Vec<f64>)>, more: &[(String, Vec<f64>)]) {
    let before = columns.first().map_or(0, |(_, values)| values.len());
    for (name, values) in more {
        let known = columns.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            columns.push((name.clone(), vec![f64::NAN; before]));
            columns.len() - 1
        });
        columns[known].1.extend_from_slice(values);
    }
    let longest = columns.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
    for (_, values) in columns {
        values.resize(longest, f64::NAN);
    }
}

/// What may differ from run to run: kept apart from the page's body.
pub(crate) fn run_section(stages: &[StageRecord], threads: usize, profile: Option<&str>) -> Section {
    let mut table = Table::new("Stages of this run")
        .column(Column::text("Stage"))
        .column(Column::text("Outcome"))
        .column(Column::seconds("Time"))
        .column(Column::integer("Computed"))
        .column(Column::integer("Found"))
        .column(Column::text("Why"))
        .column(Column::text("Keys"));
    for stage in stages {
        let outcome = if stage.outcome == Outcome::Found { "found" } else { "computed" };
        let key = stage.key.get(..12).unwrap_or(&stage.key);
        let (computed, found) = (stage.computed, stage.found);
        table =
            table.row(cells![stage.name, outcome, stage.seconds, computed, found, stage.why.as_str(), key]);
    }
    let text = format!(
        "backstaff {} on {} threads, {} {}; profile: {}.",
        env!("CARGO_PKG_VERSION"),
        threads,
        std::env::consts::OS,
        std::env::consts::ARCH,
        profile.unwrap_or("none"),
    );
    Section::new("run", "This run").block(Block::Text(vec![text])).block(table)
}
