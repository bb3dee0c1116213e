//! From what a user types to the runs that are meant.

use std::path::{Path, PathBuf};

use backstaff_stage::{RunRecord, Store};
use serde::Serialize;

use crate::{
    Options, Study, StudyError,
    command::{
        cache::open_existing,
        runs::{Headline, moment, results_of},
    },
    results::StudyResult,
};

/// A run, or a file of results, that is compared.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    /// What it is called here: `study@3`, or the path of a file.
    pub label: String,
    /// The name of the study, its profile included.
    pub study: String,
    /// The number of the run; `None` for a file of results.
    pub run: Option<u64>,
    /// When the run began: YYYY-MM-DD HH:MM:SS, UTC; `None` for a file of results.
    pub started: Option<String>,
    /// The file of results, if it is one.
    pub file: Option<PathBuf>,
    /// Whether the study's file says something else by now than it said then.
    pub has_changed: bool,
    /// The numbers of the run.
    pub headline: Headline,
    /// The folder of reports of the study.
    #[serde(skip)]
    pub(super) reports: Option<PathBuf>,
}

/// A text of the user, as far as the file system alone tells what it is.
enum Asked<'a> {
    /// A file of results.
    Results(&'a str),
    /// A study's file, and the number of a run.
    Study(Box<Study>, Option<u64>),
    /// A study that a store remembers, and the number of a run.
    Name(&'a str, Option<u64>),
    /// The number of a run.
    Number(u64),
}

/// The runs that these texts mean, with their results.
pub(super) fn find(wanted: &[String], options: &Options) -> Result<Vec<(Subject, StudyResult)>, StudyError> {
    let asked = wanted.iter().map(|text| Asked::of(text, options)).collect::<Result<Vec<_>, _>>()?;
    let mut studies = asked.iter().filter_map(|asked| match asked {
        Asked::Study(study, _) => Some(study),
        _ => None,
    });
    let place = Place {
        store: studies
            .next()
            .map_or_else(|| options.store_of(Path::new("")), |study| study.store_path().to_owned()),
        named: asked.iter().find_map(|asked| match asked {
            Asked::Study(study, _) => Some(study.run_name()),
            Asked::Name(name, _) => Some((*name).to_owned()),
            _ => None,
        }),
    };
    asked.iter().map(|asked| place.resolve(asked)).collect()
}

impl<'a> Asked<'a> {
    fn of(text: &'a str, options: &Options) -> Result<Self, StudyError> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Number(number));
        }
        let path = Path::new(text);
        if path.extension().is_some_and(|ending| ending == "json") {
            return Ok(Self::Results(text));
        }
        let (name, number) = match text.rsplit_once('@') {
            Some((name, number)) if !path.exists() => match number.parse() {
                Ok(number) => (name, Some(number)),
                Err(_) => return Err(unknown(text)),
            },
            _ => (text, None),
        };
        if Path::new(name).is_file() {
            return Ok(Self::Study(Box::new(Study::open(Path::new(name), options)?), number));
        }
        let is_path = Path::new(name).extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
        if is_path || name.contains('/') {
            Study::open(Path::new(name), options)?;
        }
        Ok(Self::Name(name, number))
    }
}

/// Where numbers and names of runs are looked up.
struct Place {
    store: PathBuf,
    /// The study that another text names.
    named: Option<String>,
}

impl Place {
    fn resolve(&self, asked: &Asked<'_>) -> Result<(Subject, StudyResult), StudyError> {
        match asked {
            Asked::Results(path) => from_file(Path::new(path)),
            Asked::Study(study, number) => {
                let store = open_existing(study.store_path())
                    .map_err(|_| not_run(&study.run_name(), study.file.as_deref()))?;
                let record = record(&store, &study.run_name(), *number, study.file.as_deref())?;
                let (mut subject, result) = from_record(&store, &record)?;
                let now = serde_json::to_value(study.config()).unwrap_or_default();
                subject.has_changed = number.is_none() && now != result.settings;
                subject.reports = study.report_folder().parent().map(Path::to_owned);
                Ok((subject, result))
            }
            Asked::Name(name, number) => {
                let store = open_existing(&self.store)?;
                if store.run_numbers(name)?.is_empty() {
                    return Err(unknown(name));
                }
                from_record(&store, &record(&store, name, *number, None)?)
            }
            Asked::Number(number) => self.numbered(*number),
        }
    }

    /// The run of this number: of the study that is named beside it, or of the only one that has it.
    fn numbered(&self, number: u64) -> Result<(Subject, StudyResult), StudyError> {
        let store = open_existing(&self.store)?;
        if let Some(name) = &self.named {
            return from_record(&store, &record(&store, name, Some(number), None)?);
        }
        let mut having = Vec::new();
        for name in store.studies()? {
            if store.run_numbers(&name)?.contains(&number)
                && let Ok(record) = store.run_record(&name, number)
                && let Some(result) = results_of(&store, &record)?
            {
                having.push((subject(&record, &result), result));
            }
        }
        match having.len() {
            1 => Ok(having.remove(0)),
            0 => Err(unknown(&number.to_string())),
            _ => {
                let all =
                    having.iter().map(|(subject, _)| subject.label.as_str()).collect::<Vec<_>>().join(" or ");
                Err(wrong(format!("several studies have a run {number}; write {all}")))
            }
        }
    }
}

/// A run of a study; the newest one that has results without a number.
fn record(
    store: &Store,
    name: &str,
    number: Option<u64>,
    file: Option<&Path>,
) -> Result<RunRecord, StudyError> {
    if let Some(number) = number {
        return Ok(store.run_record(name, number)?);
    }
    let newest = store.last_runs(name, usize::MAX)?.into_iter();
    for record in newest {
        if results_of(store, &record)?.is_some() {
            return Ok(record);
        }
    }
    Err(not_run(name, file))
}

fn from_record(store: &Store, record: &RunRecord) -> Result<(Subject, StudyResult), StudyError> {
    let result = results_of(store, record)?;
    let result = result.ok_or_else(|| {
        wrong(format!(
            "run {} of {} has kept no results that this program reads; run it again",
            record.number, record.study
        ))
    })?;
    Ok((subject(record, &result), result))
}

fn subject(record: &RunRecord, result: &StudyResult) -> Subject {
    Subject {
        label: format!("{}@{}", record.study, record.number),
        study: record.study.clone(),
        run: Some(record.number),
        started: Some(moment(record.started_unix)),
        file: None,
        has_changed: false,
        headline: Headline::of(result),
        reports: None,
    }
}

fn from_file(path: &Path) -> Result<(Subject, StudyResult), StudyError> {
    let bytes = std::fs::read(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })?;
    let result: StudyResult = serde_json::from_slice(&bytes).map_err(|error| {
        wrong(format!("{} is no results.json that this program reads: {error}", path.display()))
    })?;
    let subject = Subject {
        label: path.display().to_string(),
        study: result.study.clone(),
        run: None,
        started: None,
        file: Some(path.to_owned()),
        has_changed: false,
        headline: Headline::of(&result),
        reports: None,
    };
    Ok((subject, result))
}

fn not_run(name: &str, file: Option<&Path>) -> StudyError {
    let file = file.map_or_else(|| "STUDY.yaml".to_owned(), |file| file.display().to_string());
    wrong(format!("{name} has no run to compare yet; `backstaff run {file}` makes one"))
}

fn unknown(text: &str) -> StudyError {
    wrong(format!(
        "{text:?} is no study's file, no file of results and no run that the store remembers; `backstaff runs` lists \
         those, as `study@3`"
    ))
}

fn wrong(message: String) -> StudyError {
    StudyError::Value { key: "compare".to_owned(), message }
}
