//! Single computations: whatever a source can read, a row for every row of the input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{collections::BTreeMap, fmt::Write as _, fs::File, path::Path};

use arrow_array::{
    Array as _,
    cast::AsArray as _,
    types::{Float64Type, Int32Type},
};
use arrow_cast::cast;
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use support::{Workplace, date};

/// Rows by instrument and date, with the values of a column.
fn read(path: &Path, column: &str) -> BTreeMap<(String, String), Option<f64>> {
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let mut rows = BTreeMap::new();
    for batch in reader.map(Result::unwrap) {
        let text = |name: &str, kind: &DataType| cast(batch.column_by_name(name).unwrap(), kind).unwrap();
        let (names, dates) = (text("instrument", &DataType::Utf8), text("date", &DataType::Int32));
        let values = text(column, &DataType::Float64);
        let (names, dates) = (names.as_string::<i32>(), dates.as_primitive::<Int32Type>());
        let values = values.as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let value = (!values.is_null(row)).then(|| values.value(row));
            rows.insert((names.value(row).to_owned(), date(dates.value(row))), value);
        }
    }
    rows
}

#[test]
fn a_row_for_every_row_and_the_right_numbers() {
    let place = Workplace::new();
    place.json(&[
        "compute",
        "--data",
        "prices.csv",
        "--feature",
        "mean3=Mean($close, 3)",
        "--feature",
        "ratio=$close/Ref($close,1)-1",
        "--out",
        "out.parquet",
    ]);
    let means = read(&place.path("out.parquet"), "mean3");
    let ratios = read(&place.path("out.parquet"), "ratio");
    let text = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let mut before = Vec::<(String, f64)>::new();
    for line in text.lines().skip(1) {
        let cells = line.split(',').collect::<Vec<_>>();
        let key = (cells[1].to_owned(), cells[0].to_owned());
        let close: f64 = cells[5].parse().unwrap();
        before.retain(|(name, _)| *name == key.0);
        before.push((key.0.clone(), close));
        assert!(means.contains_key(&key), "{key:?} is missing");
        // S03 halts: the rows of the halt stand between its neighbours there.
        if key.0 == "S00" {
            let last = before.iter().rev().take(3).map(|(_, close)| close).collect::<Vec<_>>();
            let mean = last.iter().copied().sum::<f64>() / last.len() as f64;
            assert!((means[&key].unwrap() - mean).abs() < 1e-12 * mean);
            match before.len() {
                1 => assert_eq!(ratios[&key], None),
                n => assert_eq!(ratios[&key], Some(close / before[n - 2].1 - 1.0)),
            }
        }
    }
}

#[test]
fn a_store_threads_and_a_folder_of_files_give_the_same_bytes() {
    let place = Workplace::new();
    std::fs::create_dir(place.path("csv")).unwrap();
    let text = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let mut files = BTreeMap::<String, String>::new();
    for line in text.lines().skip(1) {
        let name = line.split(',').nth(1).unwrap().to_owned();
        let own = files.entry(name).or_insert_with(|| "Date,Open,High,Low,Close,Volume\n".to_owned());
        let cells = line.split(',').collect::<Vec<_>>();
        let _ = writeln!(own, "{},{}", cells[0], cells[2..].join(","));
    }
    for (name, text) in files {
        place.write(&format!("csv/{name}.csv"), &text);
    }
    let compute = |data: &str, out: &str, more: &[&str]| {
        let plain = ["compute", "--data", data, "--library", "technical", "--out", out];
        place.json(&[&plain, more].concat());
        std::fs::read(place.path(out)).unwrap()
    };
    let one = compute("prices.csv", "1.parquet", &["--threads", "1"]);
    assert!(one == compute("prices.csv", "2.parquet", &["--threads", "4"]), "threads");
    assert!(one == compute("csv", "3.parquet", &[]), "a folder");
    assert!(one == compute("prices.csv", "4.parquet", &["--store", "kept"]), "cold store");
    assert!(one == compute("prices.csv", "5.parquet", &["--store", "kept"]), "warm store");
}

#[test]
fn published_facts_count_from_the_day_on_which_they_were_known() {
    let place = Workplace::new();
    let text = std::fs::read_to_string(place.path("prices.csv")).unwrap();
    let dates = text.lines().skip(1).filter_map(|line| line.split_once(",S00,")).map(|(date, _)| date);
    let (first, second) = (dates.clone().nth(3).unwrap(), dates.clone().nth(6).unwrap());
    let table = format!("symbol,period,known_at,eps\nS00,2015Q1,{first},2\nS00,2015Q1,{second},2.5\n");
    place.write("facts.csv", &table);
    let compute = |feature: &str| {
        let arguments =
            ["--data", "prices.csv", "--facts", "facts.csv", "--allow-unmatched", "--out", "out.parquet"];
        place.json(&[&["compute", "--feature", feature], &arguments[..]].concat());
        read(&place.path("out.parquet"), "eps")
    };
    let eps = compute("eps=P($$eps_q)");
    let found = dates.take(8).map(|date| eps[&("S00".to_owned(), date.to_owned())]).collect::<Vec<_>>();
    let (two, later) = (Some(2.0), Some(2.5));
    assert_eq!(found, [None, None, None, two, two, two, later, later]);
    assert!(eps.iter().all(|((name, _), value)| name == "S00" || value.is_none()));
}

#[test]
fn library_entries_that_the_data_do_not_allow_are_left_out_and_told() {
    let place = Workplace::new();
    let done =
        place.json(&["compute", "--data", "prices.csv", "--library", "technical", "--out", "out.parquet"]);
    let left_out = done["left_out"].as_array().unwrap();
    assert!(
        !left_out.is_empty() && left_out.iter().all(|pair| pair[1].as_str().unwrap().contains("sector")),
        "{left_out:?}"
    );
    assert!(done["features"].as_array().unwrap().len() > 30);
    let warnings = done["warnings"].as_array().unwrap();
    assert!(warnings.iter().any(|warning| warning.as_str().unwrap().contains("left out")));
}

#[test]
fn a_plan_is_explained_without_computing() {
    let place = Workplace::new();
    let text = place.output(&["compute", "--data", "prices.csv", "--library", "technical", "--explain"]);
    let text = String::from_utf8_lossy(&text.stdout).into_owned();
    for part in [
        "nodes",
        "without sharing",
        "look-back: all history",
        "walks",
        "states of each instrument",
        "bytes a row",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let output = place.output(&["compute", "--data", "prices.csv", "--feature", "x=$close"]);
    assert_eq!(output.status.code(), Some(2), "a file to write is needed otherwise");
}

#[test]
fn the_order_of_day_and_month_can_be_stated() {
    let place = Workplace::empty();
    place.write("prices.csv", "date,symbol,close\n03/02/2023,A,1\n06/02/2023,A,2\n07/02/2023,A,3\n");
    place.write("facts.csv", "symbol,period,known_at,eps\nA,201901,06/02/2023,9\n");
    let run = "compute --data prices.csv --facts facts.csv --feature e=P($$eps_q) --out o.parquet";
    let run = run.split(' ').collect::<Vec<_>>();
    let (code, message) = place.failure(&run);
    assert!(code == 5 && message.contains("begin with the day or the month"), "{message}");
    let computed = place.json(&[&run[..], &["--date-order", "day_first"]].concat());
    assert_eq!(computed["rows"], 3);
    // The three dates are neighbours in one order, and months apart in the other.
    let (code, message) = place.failure(&["prove", "study.yaml", "--date-order", "day_first"]);
    assert!(code == 4 && message.contains("--date-order"), "{message}");
}

/// Closes of two instruments on three days, as yfinance and pandas write several instruments side by side.
const SIDE_BY_SIDE: [(&str, &str, &[&str]); 5] = [
    (
        "by_field.csv",
        "Price,Close,Close,Volume,Volume\nTicker,AAA,BBB,AAA,BBB\nDate,,,,\n\
         2023-01-02,1,2,5,6\n2023-01-03,1.5,,7,\n2023-01-04,1.25,2.5,8,9\n",
        &[],
    ),
    (
        "by_ticker.csv",
        "Ticker,AAA,AAA,BBB,BBB\nPrice,Close,Volume,Close,Volume\nDate,,,,\n\
         2023-01-02,1,5,2,6\n2023-01-03,1.5,7,,\n2023-01-04,1.25,8,2.5,9\n",
        &[],
    ),
    ("reset.csv", "Date,Close,Close\n,AAA,BBB\n2023-01-02,1,2\n2023-01-03,1.5,\n2023-01-04,1.25,2.5\n", &[]),
    (
        "wide.csv",
        "Date,AAA,BBB\n2023-01-02,1,2\n2023-01-03,1.5,\n2023-01-04,1.25,2.5\n",
        &["--wide", "close"],
    ),
    (
        "semicolons.csv",
        "Date;AAA;BBB\n02.01.2023;1,0;2,0\n03.01.2023;1,5;\n04.01.2023;1,25;2,5\n",
        &["--wide", "close"],
    ),
];

#[test]
fn instruments_side_by_side_are_instruments() {
    let place = Workplace::new();
    for (name, text, options) in SIDE_BY_SIDE {
        place.write(name, text);
        let mut arguments = vec!["compute", "--data", name, "--feature", "c=$close", "--out", "o.parquet"];
        arguments.extend(options);
        place.json(&arguments);
        let closes = read(&place.path("o.parquet"), "c");
        let closes = closes.into_iter().filter_map(|((name, date), close)| Some((name, date, close?)));
        let closes = closes.map(|(name, date, close)| format!("{name} {date} {close}")).collect::<Vec<_>>();
        let expected = [
            "AAA 2023-01-02 1",
            "AAA 2023-01-03 1.5",
            "AAA 2023-01-04 1.25",
            "BBB 2023-01-02 2",
            "BBB 2023-01-04 2.5",
        ];
        assert_eq!(closes, expected, "{name}");
    }
}

#[test]
fn a_wide_table_that_nobody_calls_so_is_pointed_out() {
    let place = Workplace::new();
    place.write("wide.csv", SIDE_BY_SIDE[3].1);
    let output =
        place.output(&["compute", "--data", "wide.csv", "--feature", "c=$close", "--out", "o.parquet"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success() && said.contains("--wide close") && said.contains("AAA, BBB"), "{said}");
}

#[test]
fn a_file_of_one_ticker_names_it() {
    let place = Workplace::new();
    place.write("one.csv", "Price,Close,Volume\nTicker,AAA,AAA\nDate,,\n2023-01-02,1,5\n");
    place.json(&["compute", "--data", "one.csv", "--feature", "c=$close", "--out", "o.parquet"]);
    let rows = read(&place.path("o.parquet"), "c").into_keys().collect::<Vec<_>>();
    assert_eq!(rows, [("AAA".to_owned(), "2023-01-02".to_owned())]);
}

#[test]
fn facts_may_have_thousands_and_words_for_missing_values() {
    let place = Workplace::new();
    place.write("bars.csv", "date,symbol,close\n2024-02-19,A,1\n2024-02-20,A,1\n2024-05-03,A,1\n");
    let rows =
        "A,2023Q4,2024-02-20,\"1,000\",1.5\nA,2024Q1,2024-05-03,n/a,NULL\nA,2024Q1,2024-05-02,-,None\n";
    place.write("facts.csv", &format!("symbol,period,known_at,sales,eps\n{rows}"));
    place.json(&[
        "compute",
        "--data",
        "bars.csv",
        "--facts",
        "facts.csv",
        "--feature",
        "s=P($$sales_q)",
        "--out",
        "o.parquet",
    ]);
    let sales = read(&place.path("o.parquet"), "s").into_values().collect::<Vec<_>>();
    assert_eq!(sales, [None, Some(1000.0), Some(1000.0)]);
}

#[test]
fn csv_has_the_values_of_parquet_and_another_ending_is_refused() {
    let place = Workplace::empty();
    place.write("prices.csv", &support::prices(4, 300, false));
    let feature = ["compute", "--data", "prices.csv", "--feature", "m=$close/Ref($close,20)-1", "--out"];
    for out in ["o.parquet", "o.csv"] {
        place.json(&[&feature[..], &[out]].concat());
    }
    let text = std::fs::read_to_string(place.path("o.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    assert_eq!(lines.next().unwrap(), ["instrument", "date", "m"]);
    let rows = lines.map(|line| {
        let key = (line[0].to_owned(), line[1].to_owned());
        (key, (!line[2].is_empty()).then(|| line[2].parse::<f64>().unwrap()))
    });
    let rows = rows.collect::<BTreeMap<_, _>>();
    assert!(rows.len() > 100 && rows == read(&place.path("o.parquet"), "m"));
    let (code, message) = place.failure(&[&feature[..], &["o.xlsx"]].concat());
    assert!(code == 4 && message.contains("neither in .parquet nor in .csv"), "{message}");
    assert!(!place.path("o.xlsx").exists());
}
