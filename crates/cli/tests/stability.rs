//! Thirty names, and the same with prices in four digits or with a row that is there twice: a study that `init` wrote gives
//! the same verdict, and numbers that differ by less than their own standard error.

mod support;

use std::{fmt::Write as _, fs::File, path::Path};

use arrow_array::{
    Array as _,
    cast::AsArray as _,
    types::{Date32Type, Float64Type},
};
use arrow_cast::cast;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use support::{Workplace, date};

const NAMES: [&str; 30] = [
    "ADM", "ADP", "AEP", "AIV", "BBT", "BMY", "CSX", "DIS", "FAST", "HAL", "HAS", "HD", "IP", "LMT", "MON",
    "ORCL", "PDCO", "PFG", "PG", "PKI", "PX", "TMO", "TWX", "TXN", "UAL", "VZ", "WAT", "WBA", "WFC", "XLNX",
];

/// The rows of these names in the companies that ship: the instrument, the date, and open, high, low, close, volume.
fn rows() -> Vec<(String, String, [f64; 5])> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/us_equities.parquet");
    let file = File::open(path).expect("the data that ship");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("Parquet");
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.expect("rows");
        let column = |name: &str, kind: &DataType| {
            cast(batch.column_by_name(name).expect("a column"), kind).expect("its type")
        };
        let (names, dates) = (column("symbol", &DataType::Utf8), column("date", &DataType::Date32));
        let (names, dates) = (names.as_string::<i32>(), dates.as_primitive::<Date32Type>());
        let prices = ["open", "high", "low", "close", "volume"].map(|name| column(name, &DataType::Float64));
        for row in (0..names.len()).filter(|&row| NAMES.contains(&names.value(row))) {
            let values = prices.each_ref().map(|column| column.as_primitive::<Float64Type>().value(row));
            rows.push((names.value(row).to_owned(), date(dates.value(row)), values));
        }
    }
    rows
}

/// A file of these rows, each price written by `price`.
fn csv(rows: &[(String, String, [f64; 5])], price: impl Fn(f64) -> String) -> String {
    let mut text = String::from("symbol,date,open,high,low,close,volume\n");
    for (name, date, values) in rows {
        let prices = values[..4].iter().map(|&value| price(value)).collect::<Vec<_>>().join(",");
        let _ = writeln!(text, "{name},{date},{prices},{}", values[4]);
    }
    text
}

/// The portfolio of a model in what a run of the new study found.
fn results(text: &str) -> Value {
    let place = Workplace::empty();
    place.write("thirty.csv", text);
    place.json(&["init", "--data", "thirty.csv"]);
    let run = place.json(&["run", "study.yaml"]);
    let path = place.path(run["artifacts"]["results"].as_str().expect("a path"));
    let results = serde_json::from_slice::<Value>(&std::fs::read(path).expect("results")).expect("JSON");
    results["measures"].clone()
}

fn number(measures: &Value, path: &[&str]) -> f64 {
    let found = path.iter().fold(measures, |value, key| &value[*key]);
    found.as_f64().unwrap_or_else(|| panic!("{path:?} is no number: {found}"))
}

#[test]
fn small_changes_of_the_data_change_nothing() {
    let rows = rows();
    assert_eq!(
        rows.iter().filter(|(name, ..)| name == "ADM").count() * 30,
        rows.len(),
        "thirty whole histories"
    );
    let exact = results(&csv(&rows, |price| price.to_string()));
    assert!(number(&exact, &["portfolios", "ridge", "cost_annual"]) < 0.012, "about 1 % a year");
    let mut repeated = rows.clone();
    repeated.insert(1000, rows[999].clone());
    for (what, text) in [
        ("four digits", csv(&rows, |price| format!("{price:.4}"))),
        ("a row twice", csv(&repeated, |price| price.to_string())),
    ] {
        let changed = results(&text);
        assert_eq!(changed["verdict"]["level"], exact["verdict"]["level"], "{what}");
        for model in ["ridge", "lightgbm", "momentum"] {
            for (mean, t) in [("active_return_annual", "active_return_t"), ("alpha_annual", "alpha_t")] {
                let of = |measures: &Value, name: &str| number(measures, &["portfolios", model, name]);
                let error = (of(&exact, mean) / of(&exact, t)).abs();
                let moved = (of(&exact, mean) - of(&changed, mean)).abs();
                assert!(moved < error, "{what}: {mean} of {model} moved by {moved}, its error is {error}");
            }
            let of = |measures: &Value, name: &str| number(measures, &["scores", model, "rank_ic", name]);
            let error = (of(&exact, "mean") / of(&exact, "newey_west_t")).abs();
            assert!((of(&exact, "mean") - of(&changed, "mean")).abs() < error, "{what}: rank IC of {model}");
        }
        // What the report is about hardly moves at all.
        let excess = |measures: &Value| number(measures, &["verdict", "excess_annual"]);
        assert!((excess(&exact) - excess(&changed)).abs() < 0.01, "{what}: {exact} {changed}");
    }
}

#[test]
fn five_hundred_names_are_learned_from() {
    let place = Workplace::empty();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/us_equities.parquet");
    std::fs::copy(path, place.path("prices.parquet")).expect("the data that ship");
    place.json(&["init", "--data", "prices.parquet"]);
    let study = std::fs::read_to_string(place.path("study.yaml")).expect("a study");
    assert!(study.contains("top_n: {n: 48, keep: 144}") && study.contains("primary: lightgbm"), "{study}");
    let run = place.json(&["run", "study.yaml"]);
    assert!(!run["warnings"].to_string().contains("left out"), "{}", run["warnings"]);
    place.json(&["run", "study.yaml", "--profile", "quick"]);
}
