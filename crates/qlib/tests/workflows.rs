//! Workflows give Qlib's columns, scores, measures and accounts; see `workflows/README.md`.

#![allow(clippy::unwrap_used, reason = "what a test can't have is its failure")]

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use arrow_array::{
    cast::AsArray as _,
    types::{Date32Type, Float64Type, Int64Type},
};
use backstaff_panel::Session;
use backstaff_qlib::{
    dataset::{Dataset, Rows},
    folder::Folder,
    output,
    run::{Options, Ran, run},
    study, translate,
    workflow::Workflow,
};
use backstaff_study::progress::Silent;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;

/// What Qlib found in a workflow.
#[derive(Deserialize)]
struct Expected {
    metrics: BTreeMap<String, f64>,
    columns: Vec<String>,
    raw_sums: Vec<f64>,
    infer_sums: Vec<f64>,
    scores: Scores,
    report: Option<BTreeMap<String, Vec<f64>>>,
    days: Option<Vec<String>>,
    ties: usize,
}

#[derive(Deserialize)]
struct Scores {
    dates: Vec<String>,
    instruments: Vec<String>,
    values: Vec<Option<f64>>,
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflows")
}

fn expected() -> BTreeMap<String, Expected> {
    let mut archive = zip::ZipArchive::new(File::open(here().join("expected.zip")).unwrap()).unwrap();
    let mut text = String::new();
    archive.by_name("expected.json").unwrap().read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The market in a folder of its own.
fn market(folder: &Path) -> PathBuf {
    let provider = folder.join("provider");
    zip::ZipArchive::new(File::open(here().join("market.zip")).unwrap()).unwrap().extract(&provider).unwrap();
    provider
}

/// A workflow's file with its holes filled.
fn file(folder: &Path, name: &str) -> PathBuf {
    let text = fs::read_to_string(here().join(format!("{name}.yaml"))).unwrap();
    let text = text.replace("PROVIDER", &folder.join("provider").display().to_string());
    let path = folder.join(format!("{name}.yaml"));
    fs::write(&path, text.replace("MINED", &here().join("mined.parquet").display().to_string())).unwrap();
    path
}

fn ran(folder: &Path, name: &str, threads: usize) -> Ran {
    let workflow = Workflow::read(&file(folder, name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let options = Options { threads, strict: true, ..Options::default() };
    run(workflow, &options, &Silent).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// How far linear scores may be off, as a share of the largest: scikit-learn solves in 32 bits what is solved in 64 here, and
/// the columns of Alpha158 depend on each other.
fn tolerance(name: &str) -> f64 {
    if name.contains("linear") || name.contains("ridge") || name.contains("own_expressions") {
        2e-4
    } else {
        1e-10
    }
}

#[test]
fn scores_measures_and_accounts_are_qlibs() {
    let folder = tempfile::tempdir().unwrap();
    market(folder.path());
    for (name, expected) in expected() {
        let found = ran(folder.path(), &name, 2);
        let scores = &found.scores;
        let dates = scores.dates.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(dates, expected.scores.dates, "{name}");
        assert!(
            scores.instruments.iter().map(AsRef::as_ref).eq(expected.scores.instruments.iter()),
            "{name}"
        );
        let scale = expected.scores.values.iter().flatten().map(|value| value.abs()).fold(0.0, f64::max);
        for (row, (&value, known)) in scores.values.iter().zip(&expected.scores.values).enumerate() {
            let known = known.unwrap_or(f64::NAN);
            let is_near =
                (value - known).abs() <= tolerance(&name) * scale || (value.is_nan() && known.is_nan());
            assert!(is_near, "{name}: {} {}: {value}, Qlib {known}", dates[row], scores.instruments[row]);
        }
        for (measure, known) in &expected.metrics {
            let value = found.metrics.get(measure).unwrap_or_else(|| panic!("{name} lacks {measure}"));
            let is_of_account = measure.starts_with("1day.") && expected.ties > 0;
            let is_near = (value - known).abs() <= 1e-6_f64.max(tolerance(&name)) * known.abs().max(1.0);
            assert!(is_near || is_of_account, "{name}: {measure}: {value}, Qlib {known}");
        }
        if expected.ties == 0 {
            account(&name, &found, &expected);
        }
    }
}

/// Daily accounts, where Qlib's order of equal scores decides nothing.
fn account(name: &str, found: &Ran, expected: &Expected) {
    let Some(report) = &expected.report else { return };
    let outcome = found.portfolio.as_ref().unwrap();
    let days = outcome.report.iter().map(|row| row.session.to_string()).collect::<Vec<_>>();
    assert_eq!(Some(&days), expected.days.as_ref(), "{name}");
    for (n, row) in outcome.report.iter().enumerate() {
        let values = [
            ("account", row.account),
            ("return", row.return_),
            ("turnover", row.turnover),
            ("cost", row.cost),
            ("cash", row.cash),
            ("bench", outcome.bench[n]),
        ];
        for (column, value) in values {
            let known = report[column][n];
            assert!(
                (value - known).abs() <= 1e-9 * known.abs().max(1.0),
                "{name} {}: {column} {value}, Qlib {known}",
                days[n]
            );
        }
    }
}

#[test]
fn columns_are_qlibs_before_and_after_processing() {
    let folder = tempfile::tempdir().unwrap();
    let provider = Folder::open(&market(folder.path())).unwrap();
    for (name, expected) in expected() {
        let workflow = Workflow::read(&file(folder.path(), &name)).unwrap();
        let made =
            Dataset::new(&provider, &workflow.handler, &workflow.segments, (false, None), &mut Vec::new())
                .unwrap();
        for (rows, sums) in [(Rows::Raw, &expected.raw_sums), (Rows::Infer, &expected.infer_sums)] {
            let (table, range) = (made.rows(rows), made.segment("test", rows).unwrap());
            let columns = table.group("feature").collect::<Vec<_>>();
            assert!(columns.iter().map(|column| &*column.name).eq(expected.columns.iter()), "{name}");
            for (column, &known) in columns.iter().zip(sums) {
                let values = range.clone().map(|row| column.values.get(row)).filter(|value| !value.is_nan());
                let (sum, size) =
                    values.fold((0.0, 0.0), |(sum, size), value| (sum + value, size + value.abs()));
                assert!(
                    (sum - known).abs() <= 3e-7 * size.max(1e-9),
                    "{name} {}: {sum}, Qlib {known}",
                    column.name
                );
            }
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    market(folder.path());
    for name in ["alpha158_linear", "double_ensemble", "own_expressions"] {
        let (one, three) = (ran(folder.path(), name, 1), ran(folder.path(), name, 3));
        let bits = |ran: &Ran| ran.scores.values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&one), bits(&three), "{name}");
        let report = |ran: &Ran| ran.portfolio.as_ref().map(|outcome| outcome.report.clone());
        assert_eq!(report(&one), report(&three), "{name}");
    }
}

/// The equity of the portfolio in a report, by date.
fn equity(report: &Path) -> BTreeMap<String, f64> {
    let file = File::open(report.join("equity.parquet")).unwrap();
    let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut equity = BTreeMap::new();
    for batch in batches {
        let batch = batch.unwrap();
        let names = batch.column_by_name("portfolio").unwrap().as_string::<i32>();
        let dates = batch.column_by_name("date").unwrap().as_primitive::<Date32Type>();
        let values = batch.column_by_name("equity").unwrap().as_primitive::<Float64Type>();
        let first = names.value(0).to_owned();
        let multiples = batch.column_by_name("cost_multiple").unwrap().as_primitive::<Float64Type>();
        let delays = batch.column_by_name("delay").unwrap();
        let delays = arrow_array::cast::as_primitive_array::<Int64Type>(delays);
        let is_plain = |row: usize| multiples.value(row) == 1.0 && delays.value(row) == 0;
        for row in (0..batch.num_rows()).filter(|&row| names.value(row) == first && is_plain(row)) {
            equity.insert(Session::from_number(dates.value(row)).to_string(), values.value(row));
        }
    }
    equity
}

#[test]
fn the_report_has_the_account_of_the_records() {
    let folder = tempfile::tempdir().unwrap();
    market(folder.path());
    for name in ["alpha158_linear", "mined_factors"] {
        let found = ran(folder.path(), name, 2);
        let out = folder.path().join(name);
        output::write(&found, &out).unwrap();
        let options = backstaff_study::Options { threads: Some(2), ..Default::default() };
        let report =
            study::report(&found.workflow, &found.scores, (&out, true), &options, &Silent).unwrap().unwrap();
        let known = equity(report.artifacts.report.parent().unwrap());
        let rows = &found.portfolio.as_ref().unwrap().report;
        for row in rows {
            let value = known[&row.session.to_string()];
            assert!(
                (value - row.account).abs() <= 1e-9 * row.account,
                "{name} {}: {value}, {}",
                row.session,
                row.account
            );
        }
    }
}

#[test]
fn each_workflow_translates_into_a_study_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    market(folder.path());
    for name in expected().into_keys() {
        let workflow = Workflow::read(&file(folder.path(), &name)).unwrap();
        let study = translate::translate(&workflow).unwrap_or_else(|error| panic!("{name}: {error}"));
        let has_account = study.missing.iter().any(|what| what.starts_with("benchmark"));
        assert_eq!(has_account, name != "double_ensemble", "{name}");
        if name == "alpha158_lightgbm" {
            let path = folder.path().join("study.yaml");
            fs::write(&path, &study.text).unwrap();
            let options = backstaff_study::Options { threads: Some(2), ..Default::default() };
            let outcome = backstaff_study::Study::open(&path, &options).unwrap().run(&Silent).unwrap();
            assert!(outcome.artifacts.report.exists());
        }
    }
}
