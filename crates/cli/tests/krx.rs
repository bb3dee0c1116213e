//! The canonical features of the Korean pipeline, against a slow program in pandas (`krx/make.py`) on a small market with
//! halts, short lives, one-member sectors, exact ties, late and out-of-order filings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{collections::BTreeMap, fs::File, path::Path};

use arrow::{
    array::{Array as _, AsArray as _},
    compute::cast,
    datatypes::{DataType, Float64Type, Int32Type},
    record_batch::RecordBatch,
};
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
            let value = |column: &arrow::array::ArrayRef| {
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
        names.into_iter().zip(dates.map(|&day| date(day.into()).replace('-', ""))).collect()
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
fn a_store_computes_the_same_features() {
    let (memory, stored) = (Workplace::new(), Workplace::new());
    compute(&memory, &[]);
    compute(&stored, &["--store", "store"]);
    let ((names, rows), (stored_names, stored)) =
        (ours(&memory.path("out.parquet")), ours(&stored.path("out.parquet")));
    assert_eq!(stored_names, names[..30], "targets count rows ahead, which a store can't be cut by");
    for (key, values) in &rows {
        assert_eq!(values[..30], stored[key], "{key:?}");
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
