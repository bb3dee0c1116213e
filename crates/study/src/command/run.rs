//! The run of a study, from data to report.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstaff_panel::Session;
use backstaff_report::Section;
use backstaff_stage::{Store, runner::with_repair};
use serde::Serialize;
use serde_json::{Value, json};

use super::output::{Cells, OutputError, write_bytes, write_json, write_table};
use crate::{
    Study, StudyError,
    flow::{
        Flow, Watch,
        progress::{Observer, StageRecord, peak_anonymous_bytes},
        results::{FollowedRegimes, Results},
    },
    report::{
        run::run_section,
        stage::{ReportOutput, WriteReport, read_report},
        study::{numbers::StudyResult, regimes::work},
    },
    steps::{backtest::holder_name, regimes::Work},
    stored::ledger::weights,
};

/// The outcome of a run.
#[derive(Clone, Debug, Serialize)]
pub struct RunOutcome {
    /// The results of the study.
    #[serde(flatten)]
    pub result: StudyResult,
    /// The lines of the stages that were run.
    pub stages: Vec<StageRecord>,
    /// The work of following regimes; absent for a study without regimes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
    /// The files that were written for people and other programs.
    pub artifacts: Files,
    /// The wall time of the run in seconds.
    pub seconds: f64,
    /// The largest anonymous memory of the process, in bytes; 0 where the system does not say.
    pub peak_bytes: u64,
    /// The number of the run in the store.
    pub run: u64,
    /// The times in the format of Chrome's tracing.
    #[serde(skip)]
    pub trace: Value,
}

/// The files that a run writes for people and other programs.
#[derive(Clone, Debug, Serialize)]
pub struct Files {
    /// The report: one HTML page.
    pub report: PathBuf,
    /// The results as JSON.
    pub results: PathBuf,
    /// The sessions of all portfolios, a Parquet file.
    pub portfolios: PathBuf,
    /// The sessions of all models' scores, a Parquet file; absent if no scores were judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signals: Option<PathBuf>,
    /// The sessions of all instruments' regimes, a Parquet file; absent for a study without regimes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regimes: Option<PathBuf>,
    /// The folder of the store.
    pub store: PathBuf,
}

impl Study {
    /// Run the study: results are taken from the store or computed, and the report is written.
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
        let record = flow.finish(json!({ "artifacts": artifacts, "threads": self.budget.threads }))?;
        Ok(RunOutcome {
            result: report.result,
            stages: flow.stages(),
            work: results.regimes.and_then(|regimes| regimes.work),
            artifacts,
            seconds: record.seconds,
            peak_bytes: peak_anonymous_bytes(),
            run: record.number,
            trace: flow.trace().to_chrome(),
        })
    }

    /// Write the files for people and other programs into the study's folder of reports.
    fn write(&self, results: &Results, report: &ReportOutput, flow: &Flow<'_>) -> Result<Files, StudyError> {
        let folder = self.report_folder();
        fs::create_dir_all(&folder).map_err(|source| OutputError::Write { path: folder.clone(), source })?;
        let at = |name: &str| folder.join(name);
        let files = Files {
            report: at("report.html"),
            results: at("results.json"),
            portfolios: at("portfolios.parquet"),
            signals: (!results.evaluations.is_empty()).then(|| at("signals.parquet")),
            regimes: results.regimes.is_some().then(|| at("regimes.parquet")),
            store: self.store.clone(),
        };
        self.spare_inputs(&files)?;
        let mut run = run_section(&flow.stages(), self.budget.threads, self.config.profile.as_deref());
        if let Some(done) = results.regimes.as_ref().and_then(|regimes| regimes.work.as_ref()) {
            run = work(done).into_iter().fold(run, Section::block);
        }
        write_bytes(&files.report, report.body.page(&run)?.as_bytes())?;
        write_json(&files.results, &report.result)?;
        write_portfolios(&files.portfolios, results)?;
        if let Some(path) = &files.signals {
            write_signals(path, results)?;
        }
        if let (Some(path), Some(regimes)) = (&files.regimes, &results.regimes) {
            write_regimes(path, regimes)?;
        }
        Ok(files)
    }

    /// A file of the folder of reports may be a link to anything, but must not be one of those that are read.
    fn spare_inputs(&self, files: &Files) -> Result<(), StudyError> {
        let Files { report, results, portfolios, signals, regimes, store: _ } = files;
        let reads = self.reads();
        let all = [report, results, portfolios].into_iter().chain(signals).chain(regimes);
        Ok(all.into_iter().try_for_each(|file| reads.spare(file))?)
    }
}

/// Write the sessions of all portfolios, one portfolio below the other. A strategy that names its instruments adds the
/// weight of each.
fn write_portfolios(path: &Path, results: &Results) -> Result<(), StudyError> {
    let names_instruments = results.config.portfolio.strategy.named().is_some();
    let mut names = Vec::new();
    let mut costs = Vec::new();
    let mut delays = Vec::new();
    let mut sessions = Vec::<Session>::new();
    let mut columns = Vec::<(String, Vec<f64>)>::new();
    for backtest in &results.backtests {
        let own = backtest.sessions();
        names.extend(std::iter::repeat_n(holder_name(&backtest.variant.holder), own.len()));
        costs.extend(std::iter::repeat_n(f64::from(backtest.variant.cost_tenths) / 10.0, own.len()));
        delays.extend(std::iter::repeat_n(i64::from(backtest.variant.delay), own.len()));
        let mut daily = backtest.daily.columns();
        if names_instruments {
            let weights = weights(&backtest.positions, &own).into_iter();
            daily.extend(weights.map(|(name, weights)| (format!("weight_{name}"), weights)));
        }
        sessions.extend(own);
        extend(&mut columns, &daily);
    }
    let mut table = vec![
        ("portfolio", Cells::Texts(names)),
        ("cost_multiple", Cells::Numbers(costs)),
        ("delay", Cells::Integers(delays)),
        ("date", Cells::Sessions(sessions)),
    ];
    let (titles, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    table.extend(numbers(&titles, values));
    Ok(write_table(path, &table)?)
}

/// Write the sessions of all models' scores, one model below the other.
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
    let (titles, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
    table.extend(numbers(&titles, values));
    Ok(write_table(path, &table)?)
}

/// Add rows below a table; a column that only one of the two has is NaN in the other's rows.
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

/// Columns of numbers with their titles, as a table takes them.
fn numbers(titles: &[String], values: Vec<Vec<f64>>) -> impl Iterator<Item = (&str, Cells)> {
    titles.iter().map(String::as_str).zip(values.into_iter().map(Cells::Numbers))
}

/// Write the sessions of all instruments' regimes, one instrument below the other.
fn write_regimes(path: &Path, regimes: &FollowedRegimes) -> Result<(), StudyError> {
    let (mut names, mut sessions) = (Vec::new(), Vec::new());
    let (mut labels, mut kinds, mut states, mut ages) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut values = vec![Vec::new(); 4 + regimes.setting.states];
    for instrument in &regimes.instruments {
        let history = &instrument.history;
        for row in history.first().unwrap_or(instrument.sessions.len())..instrument.sessions.len() {
            names.push(instrument.name.clone());
            sessions.push(instrument.sessions[row]);
            labels.push(history.label(row).unwrap_or_default().to_owned());
            kinds.push(history.kind_of(row).map(|kind| kind.to_string()).unwrap_or_default());
            states.push(i64::from(history.state[row]));
            ages.push(i64::from(history.age[row]));
            let own = [
                &history.confidence,
                &history.leaving,
                &history.expected_return,
                &history.expected_volatility,
            ];
            for (column, own) in values.iter_mut().zip(own.into_iter().chain(&history.probabilities)) {
                column.push(own[row]);
            }
        }
    }
    let fixed = ["confidence", "leaving", "expected_return", "expected_volatility"].map(str::to_owned);
    let filtered = (0..regimes.setting.states).map(|state| format!("filtered_{state}"));
    let titles = fixed.into_iter().chain(filtered).collect::<Vec<_>>();
    let mut table = vec![
        ("instrument", Cells::Texts(names)),
        ("date", Cells::Sessions(sessions)),
        ("label", Cells::Texts(labels)),
        ("regime", Cells::Texts(kinds)),
        ("state", Cells::Integers(states)),
        ("age", Cells::Integers(ages)),
    ];
    table.extend(numbers(&titles, values));
    Ok(write_table(path, &table)?)
}
