//! The runs of studies that a store remembers.

mod difference;
mod headline;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use backstaff_panel::Session;
use backstaff_report::{Column, Table, cells, text};
use backstaff_stage::{RunRecord, Store};
use serde::Serialize;

pub(crate) use self::difference::{brief, differences, first_stage};
pub use self::{difference::Difference, headline::Headline};
use super::{cache::open_existing, run::RESULTS};
use crate::{Options, Study, StudyError, results::StudyResult, words::count};

/// A run that a store remembers.
#[derive(Clone, Debug, Serialize)]
pub struct KeptRun {
    /// The name of the study, its profile included.
    pub study: String,
    /// The number of the run, counted for each study.
    pub run: u64,
    /// When the run began: YYYY-MM-DD HH:MM:SS, UTC.
    pub started: String,
    /// The wall time of the run in seconds.
    pub seconds: f64,
    /// The study's file as it was called then; `None` for a study without a file.
    pub file: Option<PathBuf>,
    /// What differed in the study from the run before; empty for its first run.
    pub differences: Vec<Difference>,
    /// The first stage whose results differ from those of the run before; `None` for its first run and if none does.
    pub first_stage: Option<String>,
    /// Whether it is the first run that is remembered of its study.
    pub is_first: bool,
    /// The numbers of the run.
    pub headline: Headline,
}

/// The runs that a store remembers, by study, oldest first.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct Runs {
    /// The runs.
    pub runs: Vec<KeptRun>,
    /// The number of runs whose results another version of the program has kept in a form that this one doesn't read.
    #[serde(skip)]
    pub unread: usize,
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unread > 0 {
            let runs = count(self.unread, "run");
            writeln!(
                f,
                "not shown: {runs} of another version of the program, whose results have another form"
            )?;
        }
        if self.runs.is_empty() {
            return writeln!(f, "no runs are remembered here; `backstaff run STUDY.yaml` makes one");
        }
        let mut table = Table::new("")
            .column(Column::text("run"))
            .column(Column::text("when (UTC)"))
            .column(Column::text("verdict"))
            .column(Column::percent("CAGR", 1))
            .column(Column::percent("excess", 1))
            .column(Column::number("t", 2))
            .column(Column::number("Sharpe", 2))
            .column(Column::percent("drawdown", 0))
            .column(Column::number("turnover", 1))
            .column(Column::text("differs from the run before"));
        for run in &self.runs {
            let Headline { verdict, cagr, excess_annual, excess_t, sharpe, max_drawdown, turnover_annual } =
                &run.headline;
            table = table.row(cells![
                format!("{}@{}", run.study, run.run),
                run.started.get(..16).unwrap_or(&run.started),
                verdict.as_str(),
                *cagr,
                *excess_annual,
                *excess_t,
                *sharpe,
                *max_drawdown,
                *turnover_annual,
                run.changed()
            ]);
        }
        f.write_str(&text::render(&table))
    }
}

impl KeptRun {
    /// What differed from the run before, in a line.
    fn changed(&self) -> String {
        let keys = self.differences.iter().take(3).map(ToString::to_string).collect::<Vec<_>>().join("; ");
        match (self.differences.len(), &self.first_stage) {
            _ if self.is_first => "the first one".to_owned(),
            (0, None) => "nothing".to_owned(),
            (0, Some(stage)) => format!("not the study, but what {stage} reads"),
            (n, _) if n > 3 => format!("{keys}; and {} more keys", n - 3),
            _ => keys,
        }
    }
}

/// The runs of a study, or of all studies of a folder; `place` is the study's file or the folder.
///
/// # Errors
///
/// If there is no store there, or the study can't be read.
pub fn runs(place: &Path, options: &Options) -> Result<Runs, StudyError> {
    let (store, names) = if place.is_dir() {
        let store = open_existing(&options.store_of(place))?;
        let names = store.studies()?;
        (store, names)
    } else {
        let study = Study::open(place, options)?;
        (open_existing(study.store_path())?, vec![study.run_name()])
    };
    let mut all = Runs::default();
    for name in names {
        let Runs { runs, unread } = of_study(&store, &name)?;
        all.runs.extend(runs);
        all.unread += unread;
    }
    Ok(all)
}

/// The runs of one study, oldest first. Updates, and runs of versions of the program that kept no results, are none.
fn of_study(store: &Store, name: &str) -> Result<Runs, StudyError> {
    let mut all = Runs::default();
    let mut former: Option<StudyResult> = None;
    for number in store.run_numbers(name)? {
        let Ok(record) = store.run_record(name, number) else { continue };
        let Some(result) = results_of(store, &record)? else {
            all.unread += usize::from(store.beside_run(name, number, RESULTS)?.is_some());
            continue;
        };
        let before = former.as_ref();
        all.runs.push(KeptRun {
            study: record.study,
            run: record.number,
            started: moment(record.started_unix),
            seconds: record.seconds,
            file: record.facts["file"].as_str().map(PathBuf::from),
            differences: before
                .map(|before| differences(&before.settings, &result.settings))
                .unwrap_or_default(),
            first_stage: before.and_then(|before| first_stage(before, &result)),
            is_first: before.is_none(),
            headline: Headline::of(&result),
        });
        former = Some(result);
    }
    Ok(all)
}

/// The results that a run has kept; `None` if it kept none that this program can read.
pub(super) fn results_of(store: &Store, record: &RunRecord) -> Result<Option<StudyResult>, StudyError> {
    let bytes = store.beside_run(&record.study, record.number, RESULTS)?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// A moment as YYYY-MM-DD HH:MM:SS in UTC.
pub(super) fn moment(unix: u64) -> String {
    let (days, seconds) = (unix / 86_400, unix % 86_400);
    let day = Session::from_number(i32::try_from(days).unwrap_or(i32::MAX));
    format!("{day} {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_dates_and_times() {
        assert_eq!(moment(1_700_000_000), "2023-11-14 22:13:20");
    }
}
