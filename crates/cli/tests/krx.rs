//! The canonical features of the Korean pipeline, against a slow program in pandas (`krx/make.py`) on a small market with
//! halts, short lives, one-member sectors, exact ties, late and out-of-order filings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{collections::BTreeMap, fs::File, path::Path};

use arrow_array::{
    Array as _, RecordBatch,
    cast::AsArray as _,
    types::{Float64Type, Int32Type},
};
use arrow_cast::cast;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use support::{Workplace, date};

/// Where the market and what is expected of it lie.
const MARKET: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/krx");

/// The columns of a table, and by instrument and date their values.
type Table = (Vec<String>, BTreeMap<(String, String), Vec<Option<f64>>>);

fn read(path: &Path, key: impl Fn(&RecordBatch) -> Vec<(String, String)>, n_keys: usize) -> Table {
    let file = File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let (mut names, mut rows) = (Vec::new(), BTreeMap::new());
    for batch in reader.map(Result::unwrap) {
        names = batch.schema().fields().iter().skip(n_keys).map(|field| field.name().clone()).collect();
        let columns = batch.columns().iter().skip(n_keys);
        let columns = columns.map(|column| cast(column, &DataType::Float64).unwrap()).collect::<Vec<_>>();
        for (row, key) in key(&batch).into_iter().enumerate() {
            let value = |column: &arrow_array::ArrayRef| {
                let column = column.as_primitive::<Float64Type>();
                (!column.is_null(row) && !column.value(row).is_nan()).then(|| column.value(row))
            };
            rows.insert(key, columns.iter().map(value).collect());
        }
    }
    (names, rows)
}

fn ours(path: &Path) -> Table {
    let key = |batch: &RecordBatch| {
        let text = |name: &str, kind: &DataType| cast(batch.column_by_name(name).unwrap(), kind).unwrap();
        let (names, dates) = (text("instrument", &DataType::Utf8), text("date", &DataType::Int32));
        let names = names.as_string::<i32>().iter().map(|name| name.unwrap().to_owned()).collect::<Vec<_>>();
        let dates = dates.as_primitive::<Int32Type>().values().iter();
        names.into_iter().zip(dates.map(|&day| date(day).replace('-', ""))).collect()
    };
    read(path, key, 2)
}

fn expected() -> Table {
    let key = |batch: &RecordBatch| {
        let texts = |at: usize| {
            let column = cast(batch.column(at), &DataType::Utf8).unwrap();
            column.as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect::<Vec<_>>()
        };
        texts(0).into_iter().zip(texts(1)).collect()
    };
    read(&Path::new(MARKET).join("expected.parquet"), key, 2)
}

fn compute(place: &Workplace, more: &[&str]) {
    let database = format!("{MARKET}/krx.db");
    let arguments = ["compute", "--data", &database, "--preset", "krx", "--library", "krx_canonical"];
    let arguments = arguments.iter().chain(more).copied().chain(["--out", "out.parquet"]);
    place.json(&arguments.collect::<Vec<_>>());
}

#[test]
fn the_canonical_columns_are_those_of_a_slow_program() {
    let place = Workplace::new();
    compute(&place, &[]);
    let ((names, rows), (expected_names, expected)) = (ours(&place.path("out.parquet")), expected());
    assert_eq!(rows.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    assert_eq!(names.len(), 36);
    for name in &names {
        let at = names.iter().position(|other| other == name).unwrap();
        let there = expected_names.iter().position(|other| other == name);
        let there = there.unwrap_or_else(|| panic!("{name} is not expected"));
        for (key, values) in &rows {
            match (values[at], expected[key][there]) {
                (None, None) => {}
                (Some(a), Some(b)) if (a - b).abs() <= 1e-9 * b.abs().max(1.0) => {}
                (a, b) => panic!("{name} of {key:?}: {a:?}, expected {b:?}"),
            }
        }
    }
}

#[test]
fn threads_change_no_byte() {
    let (one, many) = (Workplace::new(), Workplace::new());
    compute(&one, &["--threads", "1"]);
    compute(&many, &["--threads", "5"]);
    let bytes = |place: &Workplace| std::fs::read(place.path("out.parquet")).unwrap();
    assert!(bytes(&one) == bytes(&many));
}

#[test]
fn a_store_changes_no_byte() {
    let (memory, stored) = (Workplace::new(), Workplace::new());
    compute(&memory, &[]);
    let bytes = |place: &Workplace| std::fs::read(place.path("out.parquet")).unwrap();
    for _ in ["computed", "found"] {
        compute(&stored, &["--store", "store"]);
        assert!(bytes(&memory) == bytes(&stored));
    }
}

#[test]
fn the_library_with_right_definitions_lacks_nothing() {
    let place = Workplace::new();
    let database = format!("{MARKET}/krx.db");
    let computed = place.json(&[
        "compute",
        "--data",
        &database,
        "--preset",
        "krx",
        "--library",
        "krx",
        "--out",
        "out.parquet",
    ]);
    assert_eq!(computed["left_out"].as_array().unwrap().len(), 0, "{}", computed["left_out"]);
}

/// A study of features alone on a copy of the market.
const STUDY: &str = "\
backstaff: 1
name: krx
data:
  prices: {path: krx.db, preset: krx}
features: {libraries: [krx]}
label: {horizon: 5}
folds: {test: {from: 2019-01-01}, every: year, train: {sessions: 100}, validation: {sessions: 20}, min_rows: {train: 50, test: 10}}
models: {momentum: {expression: '$close / Ref($close, 20) - 1'}}
portfolio: {strategy: {topk_dropout: {k: 3, n_drop: 1}}}
";

#[test]
fn sessions_and_filings_that_are_appended_to_a_database_give_what_a_whole_reading_gives() {
    let place = Workplace::new();
    place.write("study.yaml", STUDY);
    let database = place.path("krx.db");
    let whole = std::fs::read(format!("{MARKET}/krx.db")).unwrap();
    std::fs::write(&database, &whole).unwrap();
    let connection = rusqlite::Connection::open(&database).unwrap();
    // The last five sessions, what was filed in them, and a correction of an older price.
    let sql = "DELETE FROM daily_prices WHERE date > '20190401';
               DELETE FROM index_daily_prices WHERE date > '20190401';
               DELETE FROM financial_periods WHERE available_date > '20190401';
               UPDATE daily_prices SET closing_price = closing_price + 1 WHERE rowid = 900";
    connection.execute_batch(sql).unwrap();
    drop(connection);
    place.json(&["update", "study.yaml", "--store", "grown"]);
    std::fs::write(&database, &whole).unwrap();
    place.json(&["update", "study.yaml", "--store", "grown"]);
    for store in ["grown", "fresh"] {
        place.json(&["precompute", "study.yaml", "--store", store, "--out", &format!("{store}.parquet")]);
    }
    let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert!(bytes("grown.parquet") == bytes("fresh.parquet"));
}

#[test]
fn a_study_that_repeats_flawed_definitions_carries_a_banner() {
    let place = Workplace::new();
    place.write("study.yaml", &STUDY.replace("[krx]", "[krx_canonical]"));
    std::fs::copy(format!("{MARKET}/krx.db"), place.path("krx.db")).unwrap();
    let run = place.json(&["run", "study.yaml", "--store", "store"]);
    let page = std::fs::read_to_string(place.path(run["artifacts"]["report"].as_str().unwrap())).unwrap();
    assert!(page.contains("The library krx_canonical has known flaws"), "{run}");
}

#[test]
fn mistakes_about_databases_are_named() {
    let place = Workplace::new();
    let database = format!("{MARKET}/krx.db");
    let failure = |arguments: &[&str]| {
        let (code, message) = place.failure(arguments);
        assert_ne!(code, 0);
        message
    };
    let compute = ["compute", "--data", &database, "--feature", "x=$close", "--out", "out.parquet"];
    assert!(failure(&compute).contains("--preset krx"));
    let with = |more: &[&str]| failure(&[&compute[..], more].concat());
    assert!(with(&["--preset", "krz"]).contains("did you mean \"krx\""));
    place.write(
        "mine.yaml",
        "tables: 1\nprices: {table: daily_price, instrument: stock_code, date: date, columns: {}}\n",
    );
    assert!(with(&["--tables", "mine.yaml"]).contains("did you mean \"daily_prices\""));
    place.write("mine.yaml", "tables: 2\n");
    assert!(with(&["--tables", "mine.yaml"]).contains("tables"));
    assert!(!place.path("out.parquet").exists());
}

#[test]
fn a_database_is_looked_into_before_it_is_read() {
    let place = Workplace::new();
    let database = format!("{MARKET}/krx.db");
    let report = place.json(&["db", "check", &database]);
    let prices = report["tables"].as_array().unwrap().iter().find(|table| table["name"] == "daily_prices");
    assert!(prices.unwrap()["rows"].as_u64().unwrap() > 3000, "{report}");
    let oddities = report["oddities"].to_string();
    assert!(oddities.contains("daily_prices"), "halts are told: {oddities}");
    place.write("no.db", "this is no database, however long it may be; really not");
    let path = place.path("no.db");
    let (_, message) = place.failure(&["db", "check", path.to_str().unwrap()]);
    assert!(message.contains("no SQLite database"), "{message}");
}
