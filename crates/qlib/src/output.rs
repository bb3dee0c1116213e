//! What a run leaves: tables under Qlib's names, measures, the workflow itself; and what the terminal says.

mod text;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use backstaff_panel::Session;
use backstaff_portfolio::measure::qlib::RiskAnalysis;
use backstaff_study::StudyError;
use parquet::arrow::ArrowWriter;

use crate::{
    portfolio::{Outcome, Scores},
    run::Ran,
};

pub use text::text;

/// Nanoseconds of a day.
const DAY: i64 = 86_400_000_000_000;

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
        portfolio(&folder.join("portfolio_analysis"), outcome)?;
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

fn portfolio(folder: &Path, outcome: &Outcome) -> Result<(), StudyError> {
    let report = &outcome.report;
    let dates = report.iter().map(|row| row.session).collect::<Vec<_>>();
    let column =
        |name: &str, of: &dyn Fn(usize) -> f64| (name.to_owned(), numbers((0..report.len()).map(of)));
    table(
        &folder.join("report_normal_1day.parquet"),
        vec![
            ("datetime".to_owned(), times(&dates)),
            column("account", &|n| report[n].account),
            column("return", &|n| report[n].return_),
            column("total_turnover", &|n| report[n].total_turnover),
            column("turnover", &|n| report[n].turnover),
            column("total_cost", &|n| report[n].total_cost),
            column("cost", &|n| report[n].cost),
            column("value", &|n| report[n].value),
            column("cash", &|n| report[n].cash),
            column("bench", &|n| outcome.bench[n]),
        ],
    )?;
    let indicators = &outcome.indicators;
    let column =
        |name: &str, of: &dyn Fn(usize) -> f64| (name.to_owned(), numbers((0..indicators.len()).map(of)));
    table(
        &folder.join("indicators_normal_1day.parquet"),
        vec![
            ("datetime".to_owned(), times(&indicators.iter().map(|row| row.session).collect::<Vec<_>>())),
            column("ffr", &|n| indicators[n].ffr),
            column("pa", &|n| indicators[n].pa),
            column("pos", &|n| indicators[n].pos),
            column("deal_amount", &|n| indicators[n].deal_amount),
            column("value", &|n| indicators[n].value),
            column("count", &|n| indicators[n].count as f64),
        ],
    )?;
    let result = &outcome.backtest;
    let orders = &result.orders;
    let name = |i: usize| result.instruments[i].name().to_owned();
    let column =
        |name: &str, of: &dyn Fn(usize) -> f64| (name.to_owned(), numbers((0..orders.len()).map(of)));
    table(
        &folder.join("orders_1day.parquet"),
        vec![
            ("datetime".to_owned(), times(&orders.iter().map(|order| order.session).collect::<Vec<_>>())),
            ("instrument".to_owned(), texts(orders.iter().map(|order| name(order.instrument)))),
            ("direction".to_owned(), texts(orders.iter().map(|order| side(order.side).to_owned()))),
            column("amount", &|n| orders[n].amount),
            column("deal_amount", &|n| orders[n].deal_amount),
            column("price", &|n| orders[n].price),
            column("value", &|n| orders[n].value),
            column("cost", &|n| orders[n].cost),
        ],
    )?;
    let first = dates.first().copied();
    let positions = result
        .positions
        .iter()
        .filter(|position| first.is_none_or(|first| result.days[position.day as usize].session >= first));
    let positions = positions.collect::<Vec<_>>();
    let day = |n: usize| &result.days[positions[n].day as usize];
    let column =
        |name: &str, of: &dyn Fn(usize) -> f64| (name.to_owned(), numbers((0..positions.len()).map(of)));
    table(
        &folder.join("positions_normal_1day.parquet"),
        vec![
            ("datetime".to_owned(), times(&(0..positions.len()).map(|n| day(n).session).collect::<Vec<_>>())),
            (
                "instrument".to_owned(),
                texts(positions.iter().map(|position| name(position.instrument as usize))),
            ),
            column("amount", &|n| positions[n].shares),
            column("price", &|n| positions[n].value / positions[n].shares),
            column("weight", &|n| positions[n].value / day(n).equity),
        ],
    )?;
    risks(&folder.join("port_analysis_1day.parquet"), outcome)?;
    let means = [("ffr", outcome.means.ffr), ("pa", outcome.means.pa), ("pos", outcome.means.pos)];
    table(
        &folder.join("indicator_analysis_1day.parquet"),
        vec![
            ("index".to_owned(), texts(means.iter().map(|(name, _)| (*name).to_owned()))),
            ("value".to_owned(), numbers(means.iter().map(|(_, value)| *value))),
        ],
    )
}

fn side(side: backstaff_portfolio::Side) -> &'static str {
    match side {
        backstaff_portfolio::Side::Buy => "buy",
        backstaff_portfolio::Side::Sell => "sell",
    }
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

fn risks(path: &Path, outcome: &Outcome) -> Result<(), StudyError> {
    let (mut of, mut names, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for (name, risk) in
        ["excess_return_without_cost", "excess_return_with_cost"].iter().zip(&outcome.risks[1..])
    {
        for (measure, value) in measures(risk) {
            of.push((*name).to_owned());
            names.push(measure.to_owned());
            values.push(value);
        }
    }
    table(
        path,
        vec![
            ("analysis".to_owned(), texts(of)),
            ("measure".to_owned(), texts(names)),
            ("risk".to_owned(), numbers(values)),
        ],
    )
}

fn scored(name: &str, scores: &Scores) -> Vec<(String, ArrayRef)> {
    vec![
        ("datetime".to_owned(), times(&scores.dates)),
        ("instrument".to_owned(), texts(scores.instruments.iter().map(|name| name.to_string()))),
        (name.to_owned(), numbers(scores.values.iter().copied())),
    ]
}

fn times(sessions: &[Session]) -> ArrayRef {
    let times = sessions.iter().map(|session| i64::from(session.number()) * DAY);
    Arc::new(TimestampNanosecondArray::from_iter_values(times))
}

fn numbers(values: impl IntoIterator<Item = f64>) -> ArrayRef {
    Arc::new(values.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect::<Float64Array>())
}

fn integers(values: impl IntoIterator<Item = i64>) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(values))
}

fn texts(values: impl IntoIterator<Item = String>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(values))
}

/// Write one table.
fn table(path: &Path, columns: Vec<(String, ArrayRef)>) -> Result<(), StudyError> {
    let field = |(name, array): &(String, ArrayRef)| {
        let kind = match array.data_type() {
            DataType::Timestamp(..) => DataType::Timestamp(TimeUnit::Nanosecond, None),
            other => other.clone(),
        };
        Field::new(name, kind, true)
    };
    let schema = Arc::new(Schema::new(columns.iter().map(field).collect::<Vec<_>>()));
    let fault = |error: &dyn std::fmt::Display| StudyError::Value {
        key: path.display().to_string(),
        message: error.to_string(),
    };
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, array)| array).collect());
    let batch = batch.map_err(|error| fault(&error))?;
    let file = File::create(path).map_err(|source| unwritable(path, source))?;
    let mut writer = ArrowWriter::try_new(file, schema, None).map_err(|error| fault(&error))?;
    writer.write(&batch).map_err(|error| fault(&error))?;
    writer.close().map_err(|error| fault(&error))?;
    Ok(())
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
