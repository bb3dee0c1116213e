//! What a run leaves: tables under Qlib's names, measures, the workflow itself; and what the terminal says.

mod portfolio;
mod table;
mod text;

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstaff_portfolio::measure::qlib::RiskAnalysis;
use backstaff_study::StudyError;

use self::table::{Columns, integers, numbers, table, texts, times};
use crate::{portfolio::Scores, run::Ran};

pub use text::text;

/// Write everything into a folder, which is made; the folder's own files of an earlier run are replaced.
///
/// # Errors
///
/// If the folder is a file, holds something else than an earlier run, or can't be written.
pub fn write(ran: &Ran, folder: &Path) -> Result<(), StudyError> {
    allow(folder)?;
    for part in ["", "sig_analysis", "portfolio_analysis"] {
        let path = folder.join(part);
        fs::create_dir_all(&path).map_err(|source| unwritable(&path, source))?;
    }
    table(&folder.join("pred.parquet"), scored("score", &ran.scores))?;
    if let Some((_, first)) = ran.labels.first() {
        let mut columns = scored("", first);
        columns.pop();
        for (name, labels) in &ran.labels {
            columns.push((name.clone(), numbers(labels.values.iter().copied())));
        }
        table(&folder.join("label.parquet"), columns)?;
    }
    if let Some((dates, found)) = &ran.analysis {
        let of = |name: &str, file: &str, values: &[f64]| {
            let columns = vec![
                ("datetime".to_owned(), times(dates)),
                (name.to_owned(), numbers(values.iter().copied())),
            ];
            table(&folder.join("sig_analysis").join(file), columns)
        };
        of("ic", "ic.parquet", &found.ic)?;
        of("ric", "ric.parquet", &found.rank_ic)?;
        if !found.long_short.is_empty() {
            of("long_short_r", "long_short_r.parquet", &found.long_short)?;
            of("long_avg_r", "long_avg_r.parquet", &found.average)?;
        }
    }
    if let Some(outcome) = &ran.portfolio {
        portfolio::write(&folder.join("portfolio_analysis"), outcome)?;
    }
    if let Some(passes) = &ran.passes {
        let columns = vec![
            ("measure".to_owned(), texts(passes.keys().cloned())),
            ("value".to_owned(), numbers(passes.values().copied())),
        ];
        table(&folder.join("portfolio_analysis").join("multi_pass_port_analysis_1day.parquet"), columns)?;
    }
    if let Some(model) = &ran.model {
        text_file(&folder.join("params.txt"), &model.model.to_text())?;
        if !model.rounds.is_empty() {
            let n = model.rounds.iter().map(|(_, values)| values.len()).max().unwrap_or(0);
            let mut columns = vec![("round".to_owned(), integers(1..=n as i64))];
            columns.extend(
                model.rounds.iter().map(|(name, values)| (name.clone(), numbers(values.iter().copied()))),
            );
            table(&folder.join("rounds.parquet"), columns)?;
        }
    }
    let json = |value: &serde_json::Value| serde_json::to_string_pretty(value).unwrap_or_default() + "\n";
    text_file(&folder.join("config.json"), &json(&ran.workflow.config))?;
    let metrics = ran.summary(folder).metrics;
    // Last, so that whoever finds it finds everything.
    text_file(&folder.join(METRICS), &json(&serde_json::json!(metrics)))
}

/// The file that a finished run has.
const METRICS: &str = "metrics.json";

/// That a folder is new, empty, or that of an earlier run.
///
/// # Errors
///
/// If it is neither.
pub fn allow(folder: &Path) -> Result<(), StudyError> {
    let refused = |message: &str| StudyError::Value {
        key: "--out".to_owned(),
        message: format!("{} {message}", folder.display()),
    };
    if folder.is_file() {
        return Err(refused("is a file; name a folder"));
    }
    let is_empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty && !folder.join("pred.parquet").is_file() {
        return Err(refused("holds other files; name a new folder"));
    }
    Ok(())
}

/// The measures of a risk analysis, in Qlib's order.
fn measures(risk: &RiskAnalysis) -> [(&'static str, f64); 5] {
    [
        ("mean", risk.mean),
        ("std", risk.std),
        ("annualized_return", risk.annualized_return),
        ("information_ratio", risk.information_ratio),
        ("max_drawdown", risk.max_drawdown),
    ]
}

fn scored(name: &str, scores: &Scores) -> Columns {
    vec![
        ("datetime".to_owned(), times(&scores.dates)),
        ("instrument".to_owned(), texts(scores.instruments.iter().map(ToString::to_string))),
        (name.to_owned(), numbers(scores.values.iter().copied())),
    ]
}

fn text_file(path: &Path, text: &str) -> Result<(), StudyError> {
    fs::write(path, text).map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: std::io::Error) -> StudyError {
    StudyError::Output(backstaff_study::output::OutputError::Write { path: path.to_owned(), source })
}

/// The folder of a run that names none: one of its own below `uri_folder`.
///
/// # Errors
///
/// If it can't be made.
pub fn folder_of(uri_folder: &Path, experiment: &str, started: u64) -> PathBuf {
    uri_folder.join(experiment).join(format!("{started}"))
}
