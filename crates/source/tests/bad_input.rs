//! Bad input: one clear message with the place and what to do, never a panic.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "tests may be plain")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use std::{fs, sync::Arc};

use arrow_array::{Float64Array, StringArray};
use backstaff_source::{Adjustment, Mapping, PanelSource, SourceError};
use proptest::prelude::*;
use support::{Folder, message};

/// What a CSV file's error says.
fn says(text: &str) -> String {
    let folder = Folder::new();
    message(&PanelSource::new(folder.file("a.csv", text)))
}

fn assert_says(text: &str, parts: &[&str]) {
    let message = says(text);
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in: {message}");
    }
}

#[test]
fn a_missing_file() {
    let folder = Folder::new();
    folder.file("prices.csv", "");
    let error = message(&PanelSource::new(folder.path().join("prizes.csv")));
    assert!(error.contains("there is no file or folder") && error.contains("prices.csv?"), "{error}");
}

#[test]
fn a_damaged_parquet_file() {
    let folder = Folder::new();
    let columns = || -> Vec<(&str, arrow_array::ArrayRef)> {
        vec![
            ("date", Arc::new(StringArray::from(vec!["2020-01-02"; 500]))),
            ("close", Arc::new(Float64Array::from_iter_values((0..500).map(f64::from)))),
        ]
    };
    let path = folder.parquet("x.parquet", 100, &columns());
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let error = message(&PanelSource::new(&path));
    assert!(error.contains("not a readable Parquet file") && error.contains("x.parquet"), "{error}");
    let mut scribbled = bytes;
    scribbled[4..200].fill(0xa5);
    fs::write(&path, &scribbled).unwrap();
    assert!(PanelSource::new(&path).load().is_err());
    fs::write(&path, "").unwrap();
    assert!(PanelSource::new(&path).load().is_err());
}

#[test]
fn a_bad_number() {
    assert_says(
        "date,symbol,close\n2020-01-02,A,1\n2020-01-03,A,1O.5\n",
        &["a.csv row 3", "column \"close\"", "\"1O.5\" is not a number", "correct it"],
    );
}

#[test]
fn a_bad_or_empty_date_or_instrument() {
    assert_says("date,symbol,close\nsoon,A,1\n", &["row 2", "column \"date\"", "\"soon\" is not a date"]);
    assert_says("date,symbol,close\n,A,1\n", &["row 2", "the date is empty"]);
    assert_says("date,symbol,close\n2020-01-02,,1\n", &["row 2", "the instrument is empty"]);
}

#[test]
fn duplicate_rows() {
    let text = "date,symbol,close\n2020-01-02,A,1\n2020-01-02,B,1\n2020-01-02,A,2\n";
    assert_says(
        text,
        &[
            "1 duplicate bar;",
            "A has two bars for session 2020-01-02",
            "row 2 and row 4",
            "`on_bad_row: drop`",
        ],
    );
}

#[test]
fn duplicate_rows_in_two_files() {
    let folder = Folder::new();
    folder.file("1/A.csv", "date,close\n2020-01-02,1\n");
    folder.file("2/A.csv", "date,close\n2020-01-02,2\n");
    let error = message(&PanelSource::new(folder.path()));
    assert!(error.contains("1/A.csv row 2 and") && error.contains("2/A.csv row 2"), "{error}");
}

#[test]
fn many_duplicates_are_counted_and_some_shown() {
    let mut text = "date,symbol,close\n".to_owned();
    for day in 1..=28 {
        text += &format!("2020-01-{day:02},A,1\n2020-01-{day:02},A,2\n");
    }
    let message = says(&text);
    assert!(message.contains("28 duplicate bars") && message.lines().count() == 11, "{message}");
}

#[test]
fn several_instruments_under_a_name_we_do_not_know() {
    let mut text = "date,name,close\n".to_owned();
    for day in 1..=9 {
        text += &format!("2020-01-0{day},A,1\n2020-01-0{day},B,2\n");
    }
    assert_says(&text, &["no instrument column", "name it in the mapping"]);
    let folder = Folder::new();
    let mapping = Mapping([("name".into(), "instrument".into())].into());
    let source = PanelSource { mapping, ..PanelSource::new(folder.file("a.csv", &text)) };
    assert_eq!(source.load().unwrap().found.instruments, 2);
}

#[test]
fn a_study_is_no_data() {
    let folder = Folder::new();
    let path = folder.file("study.yaml", "name: study\n");
    let message = PanelSource::new(&path).load().unwrap_err().to_string();
    assert!(message.contains("it is a study by its name, not data: `backstaff run"), "{message}");
}

#[test]
fn intraday_bars() {
    let text = "datetime,symbol,close\n2020-01-02 09:30,A,1\n2020-01-02 09:31,A,1\n";
    assert_says(
        text,
        &["several bars in session 2020-01-02", "09:30:00", "`resample: session`", "`--resample session`"],
    );
}

#[test]
fn prices_that_are_not_positive() {
    assert_says("date,symbol,close\n2020-01-02,A,-1\n", &["1 impossible value (", "A has close -1", "row 2"]);
    assert_says("date,symbol,close\n2020-01-02,A,inf\n", &["A has close inf"]);
    let two = "date,symbol,open,close\n2020-01-02,A,-1,1\n2020-01-03,A,-2,1\n";
    assert_says(two, &["2 impossible values (", "open -1", "open -2"]);
}

#[test]
fn columns_that_are_not_there() {
    assert_says("day,symbol,close\n2020-01-02,A,1\n", &["no date column among day, symbol, close"]);
    assert_says("date,symbol,closing\n2020-01-02,A,1\n", &["no close column", "did you mean \"closing\""]);
    assert_says("date,symbol,close\n", &["holds no row"]);
    assert_says("", &["a.csv is empty"]);
    assert_says(" \n\n", &["a.csv is empty"]);
    assert_says(
        "Date,AAPL,MSFT\n2020-01-02,1,2\n",
        &["the columns AAPL, MSFT", "`wide: close`", "`--wide close`"],
    );
}

#[test]
fn a_mapping_that_does_not_fit() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close\n2020-01-02,A,1\n");
    let with = |from: &str, to: &str| PanelSource {
        mapping: Mapping([(from.to_owned(), to.to_owned())].into()),
        ..PanelSource::new(&path)
    };
    let error = message(&with("Closing", "open"));
    assert!(error.contains("did you mean \"close\""), "{error}");
    assert!(matches!(with("close", "Adj Close").load(), Err(SourceError::BadName { .. })));
    assert!(matches!(with("symbol", "close").load(), Err(SourceError::Ambiguous { .. })));
}

#[test]
fn an_adjustment_without_its_column() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close\n2020-01-02,A,1\n");
    let source = PanelSource { adjustment: Adjustment::Factor, ..PanelSource::new(path) };
    assert!(message(&source).contains("adjustment factor needs the column factor"));
}

#[test]
fn a_row_with_too_few_cells() {
    assert_says("date,symbol,close\n2020-01-02,A\n", &["a.csv", "line: 2"]);
}

#[test]
fn text_where_parquet_should_hold_a_price() {
    let folder = Folder::new();
    let path = folder.parquet(
        "x.parquet",
        10,
        &[
            ("date", Arc::new(StringArray::from(vec!["2020-01-02"]))),
            ("close", Arc::new(StringArray::from(vec!["1"]))),
        ],
    );
    assert!(message(&PanelSource::new(path)).contains("\"close\" should hold numbers, but it holds text"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_text_makes_it_panic(text in "(date|close|symbol|[a-zé\"0-9/.:,;\n -]){0,60}") {
        let folder = Folder::new();
        let _ = PanelSource::new(folder.file("a.csv", &text)).load();
        let _ = PanelSource::verbatim(folder.file("b.csv", &format!("date,symbol,close\n{text}"))).load();
    }
}
