//! The run of a study, from data to report.

mod folder;
mod page;
pub(super) mod table;

use std::path::PathBuf;

use backstaff_report::Section;
use backstaff_stage::{Key, Store, digest_bytes, runner::with_repair};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::{Value, json};

use self::folder::Folder;
pub use self::page::page;
use self::table::TABLES;
use super::output::{OutputError, Staging};
use crate::{
    Study, StudyError,
    flow::{
        Flow, Watch,
        progress::{Observer, StageRecord, peak_anonymous_bytes},
        results::Results,
    },
    report::{
        run::run_section,
        stage::{ReportOutput, WriteReport, read_report},
        study::{numbers::StudyResult, regimes::work},
    },
    steps::regimes::Work,
};

/// The version of the tables: raised when the same results could give other rows.
const FORMAT: u32 = 1;

/// The name of the report's page.
const REPORT: &str = "report.html";
/// The name of the file of results.
pub(super) const RESULTS: &str = "results.json";

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
    /// The folder of all of them.
    pub folder: PathBuf,
    /// The report: one HTML page.
    pub report: PathBuf,
    /// The results as JSON.
    pub results: PathBuf,
    /// The tables, by their names: `equity`, `trades`, `orders` and the others of `docs/outputs.md` that the study has.
    #[serde(flatten)]
    pub tables: IndexMap<&'static str, PathBuf>,
    /// The folder of the store.
    pub store: PathBuf,
}

impl Study {
    /// Run the study: results are taken from the store or computed, and the report is written.
    pub fn run(&self, observer: &dyn Observer) -> Result<RunOutcome, StudyError> {
        // A report that could not be written is not worth hours of training.
        Folder::of(self, &self.all_names())?;
        let store = Store::open(&self.store)?;
        self.on_threads(|| with_repair(&store, || self.run_once(&store, observer)))
    }

    /// The names of all files that a run of the study may write.
    fn all_names(&self) -> Vec<String> {
        let tables = TABLES.iter().map(|table| self.file_name(table.name));
        [REPORT, RESULTS].map(str::to_owned).into_iter().chain(tables).collect()
    }

    fn file_name(&self, table: &str) -> String {
        format!("{table}.{}", self.config.outputs.ending())
    }

    fn run_once(&self, store: &Store, observer: &dyn Observer) -> Result<RunOutcome, StudyError> {
        let watch = Watch::new(observer);
        let flow = Flow::new(store, &self.run_name(), self.budget, &watch)?;
        let results = self.results(&flow)?;
        let manifest = flow.single(&WriteReport, &results, 0)?;
        let report = read_report(store, &manifest)?;
        let broken = |error| StudyError::Internal { what: format!("results have no JSON: {error}") };
        let json = serde_json::to_vec_pretty(&report.result).map_err(broken)?;
        let artifacts = self.write(&results, (&report, &json), &made_of(&manifest.key), &flow)?;
        let facts = json!({ "artifacts": artifacts, "threads": self.budget.threads, "file": self.file });
        let record = flow.finish(facts, &[(RESULTS, &json)])?;
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

    /// Write the files for people and other programs into the study's folder of reports: all of them, or none.
    fn write(
        &self,
        results: &Results,
        (report, json): (&ReportOutput, &[u8]),
        made_of: &str,
        flow: &Flow<'_>,
    ) -> Result<Files, StudyError> {
        let folder = Folder::of(self, &self.all_names())?;
        folder.make()?;
        let mut names = vec![REPORT.to_owned(), RESULTS.to_owned()];
        let mut staging = Staging::default();
        let mut run = run_section(&flow.stages(), self.budget.threads, self.config.profile.as_deref());
        if let Some(done) = results.regimes.as_ref().and_then(|regimes| regimes.work.as_ref()) {
            run = work(done).into_iter().fold(run, Section::block);
        }
        let page = report.body.page(&run)?;
        for (name, bytes) in [(REPORT, page.as_bytes()), (RESULTS, json)] {
            let path = folder.at(name);
            staging.add(&path, |file| {
                file.write_all(bytes).map_err(|source| OutputError::Write { path: path.clone(), source })
            })?;
        }
        let mut tables = IndexMap::new();
        for table in &TABLES {
            let name = self.file_name(table.name);
            let path = folder.at(&name);
            if !folder.holds(&name, made_of) {
                let Some(batches) = table.batches(results) else { continue };
                flow.check_cancelled()?;
                staging.add(&path, |file| batches.write(self.config.outputs, &path, file))?;
            }
            tables.insert(table.name, path);
            names.push(name);
        }
        let (report, results) = (folder.at(REPORT), folder.at(RESULTS));
        folder.publish(names, staging, made_of.to_owned())?;
        Ok(Files { folder: self.report_folder(), report, results, tables, store: self.store.clone() })
    }
}

/// What the tables of a run are made of: what its report is made of, and what the tables say.
fn made_of(report: &Key) -> String {
    let tables = digest_bytes(page().as_bytes());
    format!("{report} {tables} {FORMAT}")
}
