//! Regimes of single files: exact recursions for given parameters, fits that find what is there, and bad input.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::unreadable_literal, reason = "numbers as the twin prints them")]

mod support;

use std::{fmt::Write as _, fs::File, sync::Arc};

use arrow_array::{
    ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray,
    cast::AsArray as _,
    types::{Float64Type, Int64Type},
};
use backstaff_panel::Session;
use parquet::arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder};
use serde_json::Value;
use support::{Workplace, noise};

const DATA_ARE_WRONG: i32 = 5;

/// Three states in a line, the last of which is never left.
const LINE: &str = r#"{"start": [0.6, 0.4, 0.0],
 "transition": [[0.9, 0.08, 0.02], [0.1, 0.85, 0.05], [0.0, 0.0, 1.0]],
 "means": [[0.05], [-0.1], [0.02]], "covariances": [[0.01], [0.04], [0.0025]]}"#;
/// With an outlier of fifty standard deviations, and a missing value.
const LINE_ROWS: &str = "x\n0.04\n-0.31\n\"\"\n0.12\n10\n-0.05\n0.03\n0.01\n0.02\n";

// The literals are made by regime/twin.py.
const LINE_LOG_LIKELIHOOD: f64 = -1_269.906_489_810_424_5;
const LINE_FILTERED: [[f64; 9]; 3] = [
    [
        0.792261640190597,
        0.0160191782187024,
        0.112815342549007,
        0.394915219883465,
        0.0,
        0.118902330957485,
        0.26527660029663,
        0.232335254190914,
        0.138014956448509,
    ],
    [
        0.207738359809403,
        0.983980821521751,
        0.837665232550984,
        0.536057566798589,
        1.0,
        0.807522881398939,
        0.406020427375084,
        0.141864969998375,
        0.0375796375813357,
    ],
    [
        0.0,
        2.59546595817724e-10,
        0.0495194249000082,
        0.0690272133179461,
        0.0,
        0.0735747876435274,
        0.328702972328217,
        0.625799775810686,
        0.82440540597019,
    ],
];
const LINE_SMOOTHED: [[f64; 9]; 3] = [
    [
        0.269435248198812,
        0.00749395219217667,
        0.0472343774875998,
        0.0648408961161521,
        0.0,
        0.0938094408100555,
        0.134928948540837,
        0.140273792164802,
        0.138014956448509,
    ],
    [
        0.730564751801183,
        0.992506047807745,
        0.952765622512305,
        0.935159103883835,
        1.0,
        0.431368500715232,
        0.11433065897886,
        0.0505017870711784,
        0.0375796375813357,
    ],
    [0.0, 0.0, 0.0, 0.0, 0.0, 0.474822058474761, 0.750740392480234, 0.809224420763953, 0.82440540597019],
];
const LINE_PATH: [f64; 9] = [1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0];

const PLANE: &str = r#"{"start": [0.5, 0.5], "transition": [[0.95, 0.05], [0.2, 0.8]],
 "means": [[0.1, -0.2], [-0.3, 0.4]],
 "covariances": [[[1.0, -0.4], [-0.4, 0.5]], [[4.0, -1.5], [-1.5, 2.0]]]}"#;
const PLANE_ROWS: &str = "a,b\n0.3,-0.1\n-2.0,1.4\nnan,0.2\n-3.1,2.2\n0.6,-0.7\n0.2,\n0.1,0.1\n";
const PLANE_LOG_LIKELIHOOD: f64 = -14.929_749_385_274_246;
const PLANE_FILTERED: [f64; 7] = [
    0.804971637487377,
    0.543964562502856,
    0.607973421877142,
    0.0234394066158438,
    0.544953877776608,
    0.608715408332456,
    0.876248651003272,
];
const PLANE_SMOOTHED: [f64; 7] = [
    0.340714410844638,
    0.1817360319533,
    0.143936757021184,
    0.0701587402504828,
    0.680864131633166,
    0.782768938684122,
    0.876248651003272,
];

fn place(files: &[(&str, &str)]) -> Workplace {
    let place = Workplace::empty();
    for (name, text) in files {
        place.write(name, text);
    }
    place
}

/// The columns of a CSV file of numbers.
fn columns(text: &str) -> Vec<Vec<f64>> {
    let rows = text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()));
    let rows = rows.map(Iterator::collect::<Vec<f64>>).collect::<Vec<_>>();
    (0..rows[0].len()).map(|at| rows.iter().map(|row| row[at]).collect()).collect()
}

fn assert_near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-12, "{found} instead of {expected}");
    }
}

fn decode(place: &Workplace, model: &str, data: &str, columns: &str, out: &str) -> Value {
    place.json(&["regime", "decode", "--model", model, "--data", data, "--column", columns, "--out", out])
}

#[test]
fn recursions_are_exact_with_zeros_outliers_and_missing_rows() {
    let place = place(&[("line.json", LINE), ("line.csv", LINE_ROWS)]);
    let told = decode(&place, "line.json", "line.csv", "x", "out.csv");
    assert!((told["log_likelihood"].as_f64().unwrap() - LINE_LOG_LIKELIHOOD).abs() < 1e-9);
    assert_eq!((&told["rows"], &told["missing"]), (&9.into(), &1.into()));
    let text = std::fs::read_to_string(place.path("out.csv")).unwrap();
    let names = "filtered_0,filtered_1,filtered_2,smoothed_0,smoothed_1,smoothed_2,viterbi";
    assert_eq!(text.lines().next(), Some(names));
    let found = columns(&text);
    for state in 0..3 {
        assert_near(&found[state], &LINE_FILTERED[state]);
        assert_near(&found[3 + state], &LINE_SMOOTHED[state]);
    }
    assert_eq!(found[6], LINE_PATH);
    assert_eq!(found[2][0], 0.0, "an exact zero stays one");
}

#[test]
fn several_series_with_correlations_are_exact_too() {
    let place = place(&[("plane.json", PLANE), ("plane.csv", PLANE_ROWS)]);
    let told = decode(&place, "plane.json", "plane.csv", "a,b", "out.csv");
    assert!((told["log_likelihood"].as_f64().unwrap() - PLANE_LOG_LIKELIHOOD).abs() < 1e-12);
    let found = columns(&std::fs::read_to_string(place.path("out.csv")).unwrap());
    assert_near(&found[0], &PLANE_FILTERED);
    assert_near(&found[2], &PLANE_SMOOTHED);
    assert_eq!(found[4], [1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn a_table_in_parquet_holds_what_one_in_csv_holds() {
    let place = place(&[("plane.json", PLANE), ("plane.csv", PLANE_ROWS)]);
    decode(&place, "plane.json", "plane.csv", "a,b", "out.csv");
    decode(&place, "plane.json", "plane.csv", "a,b", "out.parquet");
    let expected = columns(&std::fs::read_to_string(place.path("out.csv")).unwrap());
    let file = File::open(place.path("out.parquet")).unwrap();
    let batch = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap().next().unwrap();
    let batch = batch.unwrap();
    for (at, name) in ["filtered_0", "filtered_1", "smoothed_0", "smoothed_1"].into_iter().enumerate() {
        let found = batch.column_by_name(name).unwrap().as_primitive::<Float64Type>();
        assert_eq!(found.values().to_vec(), expected[at]);
    }
    let path = batch.column_by_name("viterbi").unwrap().as_primitive::<Int64Type>();
    assert!(path.values().iter().zip(&expected[4]).all(|(state, expected)| *state as f64 == *expected));
}

/// Calm and wild stretches of 150 bars, scaled; every value has a text of its own digits.
fn stretches(scale: f64, bars: usize) -> String {
    let mut text = "date,ret\n".to_owned();
    for t in 0..bars {
        let normal = (0..12).map(|k| noise(&[t as u64, k])).sum::<f64>() - 6.0;
        let wild = t / 150 % 2 == 1;
        let value = if wild { -0.001 + 0.02 * normal } else { 0.0008 + 0.006 * normal };
        let _ = writeln!(text, "{t},{:?}", scale * value);
    }
    text
}

#[test]
fn a_fit_says_all_it_should_and_decode_reads_it() {
    let place = place(&[("r.csv", &stretches(1.0, 900))]);
    let fit = ["regime", "fit", "--data", "r.csv", "--column", "ret", "--states", "2"];
    let told = place.json(&[&fit[..], &["--out", "model.json", "--covariance", "diag"]].concat());
    let written: Value =
        serde_json::from_str(&std::fs::read_to_string(place.path("model.json")).unwrap()).unwrap();
    assert_eq!(told, written, "what is printed is what is written");
    let names = told.as_object().unwrap().keys().map(String::as_str).take(10).collect::<Vec<_>>();
    let contract = [
        "log_likelihood",
        "iterations",
        "converged",
        "start",
        "transition",
        "means",
        "covariances",
        "aic",
        "bic",
        "expected_durations",
    ];
    assert_eq!(names, contract);
    assert_eq!(told["converged"], true);
    let number = |at: &Value| at.as_f64().unwrap();
    assert!((number(&told["means"][0][0]) + 0.001).abs() < 0.003);
    assert!((number(&told["covariances"][1][0]).sqrt() - 0.006).abs() < 0.001);
    assert!(number(&told["expected_durations"][0]) > 50.0);
    let log_likelihood = number(&told["log_likelihood"]);
    assert!((number(&told["aic"]) - (2.0 * 7.0 - 2.0 * log_likelihood)).abs() < 1e-9);
    assert!((number(&told["bic"]) - (7.0 * 900.0_f64.ln() - 2.0 * log_likelihood)).abs() < 1e-9);

    let decoded = decode(&place, "model.json", "r.csv", "ret", "out.csv");
    assert!((number(&decoded["log_likelihood"]) - log_likelihood).abs() < 1e-8);
    let full = place.json(&[&fit[..], &["--covariance", "full"]].concat());
    assert!(
        (number(&full["log_likelihood"]) - log_likelihood).abs() < 1e-9,
        "of one series they are the same"
    );
    assert_eq!(full["covariances"][0][0].as_array().map(Vec::len), Some(1), "K×1×1");
    let text = String::from_utf8(place.output(&fit).stdout).unwrap();
    assert!(text.contains("converged after") && text.contains("Bull"), "{text}");
}

#[test]
fn the_unit_changes_nothing_but_the_scale() {
    let sizes = [1.0, 1e-4, 1e4];
    let told = sizes.map(|scale| {
        let place = place(&[("r.csv", &stretches(scale, 900))]);
        let told = place.json(&[
            "regime", "fit", "--data", "r.csv", "--column", "ret", "--states", "3", "--starts", "6", "--out",
            "m.json",
        ]);
        decode(&place, "m.json", "r.csv", "ret", "out.csv");
        let table = columns(&std::fs::read_to_string(place.path("out.csv")).unwrap());
        (told, table[7].clone())
    });
    for ((found, path), scale) in told.iter().zip(sizes) {
        assert_eq!(*path, told[0].1, "the same path");
        let shift = 900.0 * f64::ln(scale);
        let number = |told: &Value, key: &str| told[key].as_f64().unwrap();
        let difference = number(found, "log_likelihood") + shift - number(&told[0].0, "log_likelihood");
        assert!(difference.abs() < 1e-6, "{difference}");
    }
}

#[test]
fn rows_in_parquet_and_threads_change_nothing() {
    let place = place(&[("r.csv", &stretches(1.0, 400))]);
    let fit = ["regime", "fit", "--data", "r.csv", "--column", "ret", "--states", "3", "--json"];
    let one = place.output(&[&fit[..], &["--threads", "1"]].concat());
    assert_eq!(one.stdout, place.output(&[&fit[..], &["--threads", "3"]].concat()).stdout);
}

/// The columns of `stretches` with dates as texts, the rows in some order.
fn dated(order: impl Iterator<Item = usize>, write: fn(i32) -> String) -> String {
    let rows = stretches(1.0, 300);
    let values = rows.lines().skip(1).map(|row| row.split_once(',').unwrap().1).collect::<Vec<_>>();
    let row = |t: usize| format!("{},{}\n", write(17_000 + t as i32), values[t]);
    format!("Date,ret\n{}", order.map(row).collect::<Vec<_>>().concat())
}

/// A file in Parquet with the dates of a file in CSV as 32-bit dates, or as texts.
fn write_parquet(place: &Workplace, name: &str, csv: &str, as_texts: bool) {
    let rows = csv.lines().skip(1).map(|row| row.split_once(',').unwrap());
    let (dates, values): (Vec<_>, Vec<_>) = rows.unzip();
    let day = |date: &&str| date.parse::<Session>().unwrap().number();
    let dates: ArrayRef = if as_texts {
        Arc::new(StringArray::from_iter_values(&dates))
    } else {
        Arc::new(Date32Array::from_iter_values(dates.iter().map(day)))
    };
    let values = Float64Array::from_iter_values(values.iter().map(|value| value.parse::<f64>().unwrap()));
    let batch = RecordBatch::try_from_iter([("when", dates), ("ret", Arc::new(values) as ArrayRef)]).unwrap();
    let mut writer =
        ArrowWriter::try_new(File::create(place.path(name)).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn a_file_whose_newest_row_stands_first_gives_the_bytes_of_one_whose_oldest_does() {
    let iso = |day: i32| Session::from_number(day).to_string();
    let day_first = |day: i32| {
        let date = Session::from_number(day).to_string();
        date.rsplit('-').collect::<Vec<_>>().join("/")
    };
    for write in [iso, day_first] {
        let place = place(&[
            ("old.csv", &dated(0..300, write)),
            ("new.csv", &dated((0..300).rev(), write)),
            ("mixed.csv", &dated((0..300).map(|t| t * 7 % 300), write)),
        ]);
        let mut files = vec!["old.csv", "new.csv", "mixed.csv"];
        if write(17_000) == iso(17_000) {
            for (name, csv, as_texts) in [
                ("old.parquet", "old.csv", false),
                ("new.parquet", "new.csv", false),
                ("texts.pq", "new.csv", true),
            ] {
                write_parquet(&place, name, &std::fs::read_to_string(place.path(csv)).unwrap(), as_texts);
                files.push(name);
            }
        }
        let told = files.iter().map(|file| {
            let fit =
                ["regime", "fit", "--data", file, "--column", "ret", "--states", "2", "--out", "m.json"];
            let mut fitted = place.json(&fit);
            assert_eq!(fitted["order"]["first"], "2016-07-18", "{file}");
            fitted["order"].take();
            decode(&place, "m.json", file, "ret", "out.csv");
            (fitted.to_string(), std::fs::read_to_string(place.path("out.csv")).unwrap())
        });
        let told = told.collect::<Vec<_>>();
        assert!(told[0].1.starts_with("date,filtered_0,") && told[0].1.contains("\n2016-07-18,"));
        for (found, file) in told.iter().zip(files) {
            assert!(*found == told[0], "{file} gives other bytes");
        }
    }
}

#[test]
fn the_order_of_rows_without_dates_is_told_and_repeated_dates_are_refused() {
    let place = place(&[("line.json", LINE), ("line.csv", LINE_ROWS)]);
    let told = decode(&place, "line.json", "line.csv", "x", "out.csv");
    assert!(told["order"]["dates"].is_null());
    let order = "rows as they stand in the file, the first the oldest";
    assert!(told["order"]["told"].as_str().unwrap().contains(order), "{told}");
    for verb in [
        &["regime", "fit", "--data", "line.csv", "--column", "x", "--states", "1"][..],
        &[
            "regime",
            "decode",
            "--model",
            "line.json",
            "--data",
            "line.csv",
            "--column",
            "x",
            "--out",
            "o.csv",
        ],
    ] {
        let text = String::from_utf8(place.output(verb).stdout).unwrap();
        assert!(text.contains(order), "{text}");
    }
    let twice = "date,ret\n2020-01-02,0.1\n2020-01-03,0.2\n2020-01-02,0.3\n";
    assert!(fit_failure(twice, &[]).contains("2020-01-02 in row 2 and in row 4"));
    let unclear = "date,ret\n3/4/2020,0.1\n5/4/2020,0.2\n";
    assert!(fit_failure(unclear, &[]).contains("--date-order"));
}

/// The message of a fit that must fail.
fn fit_failure(rows: &str, more: &[&str]) -> String {
    let place = place(&[("r.csv", rows)]);
    let fit = ["regime", "fit", "--data", "r.csv", "--column", "ret", "--states", "2"];
    let (code, message) = place.failure(&[&fit[..], more].concat());
    assert_eq!(code, DATA_ARE_WRONG, "{message}");
    message
}

#[test]
fn bad_observations_are_told_with_their_place() {
    let rows = stretches(1.0, 200);
    let fourth = rows.lines().nth(4).unwrap();
    let with = |cell: &str| rows.replace(fourth, &format!("3,{cell}"));
    let message = fit_failure(&with("inf"), &[]);
    assert!(message.contains("r.csv row 5, column \"ret\"") && message.contains("infinite"), "{message}");
    let message = fit_failure(&with(""), &["--missing", "refuse"]);
    assert!(message.contains("row 5") && message.contains("--missing skip"), "{message}");
    let message = fit_failure(&with("1,2x"), &[]);
    assert!(message.contains("r.csv"), "{message}");
    let message = fit_failure(&with("1.2x"), &[]);
    assert!(message.contains("row 5") && message.contains("1.2x"), "{message}");
    let message = fit_failure(&stretches(0.0, 200), &[]);
    assert!(message.contains("constant"), "{message}");
    let message = fit_failure(&stretches(1.0, 3), &[]);
    assert!(message.contains("too few") && message.contains("at least 4"), "{message}");
    let message = fit_failure(&rows.replace("ret", "retn"), &[]);
    assert!(message.contains("did you mean \"retn\"?"), "{message}");

    let place = place(&[("r.csv", &with(""))]);
    let told = place.json(&["regime", "fit", "--data", "r.csv", "--column", "ret", "--states", "2"]);
    assert_eq!(told["missing"], 1);
    assert!(told["warnings"][0].as_str().unwrap().contains("1 rows have a missing value"));
}

#[test]
fn bad_models_are_told_with_their_file() {
    let failure = |from: &str, to: &str, columns: &str| {
        let place = place(&[("model.json", &LINE.replace(from, to)), ("x.csv", "x,y\n0.1,0.2\n0.2,0.1\n")]);
        let (code, message) = place.failure(&[
            "regime",
            "decode",
            "--model",
            "model.json",
            "--data",
            "x.csv",
            "--column",
            columns,
            "--out",
            "o.csv",
        ]);
        assert_eq!(code, DATA_ARE_WRONG, "{message}");
        assert!(message.contains("model.json") && !place.path("o.csv").exists(), "{message}");
        message
    };
    assert!(failure("0.85", "0.86", "x").contains("row 1 of transition sums to 1.01"));
    assert!(
        failure("[[0.9, 0.08, 0.02], ", "[", "x").contains("transition has 2 entries where 3 are needed")
    );
    assert!(failure("[0.01]", "[-0.01]", "x").contains("covariance of state 0"));
    assert!(failure("", "", "x,y").contains("the model is of 1 series, but 2 are observed"));
    assert!(failure("\"means\"", "\"mean\"", "x").contains("means"));
}

#[test]
fn regimes_are_features_too() {
    let place = Workplace::new();
    let regime =
        "RegimeState($close / Ref($close, 1) - 1, states=2, look_back=120, starts=1, schedule='never')";
    let feature = format!("regime={regime}");
    place.json(&["compute", "--data", "prices.csv", "--feature", &feature, "--out", "out.parquet"]);
    let file = File::open(place.path("out.parquet")).unwrap();
    let (mut decided, mut missing) = (0, 0);
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap() {
        let batch = batch.unwrap();
        let values = batch.column_by_name("regime").unwrap().as_primitive::<Float64Type>();
        missing += values.iter().filter(Option::is_none).count();
        decided += values.iter().flatten().filter(|&state| state == 0.0 || state == 1.0).count();
    }
    assert!(decided > 7_000 && missing >= 10 * 120, "{decided} {missing}");

    let shown = String::from_utf8(place.output(&["features", "show", "RegimeProb"]).stdout).unwrap();
    assert!(shown.contains("How likely a regime is"), "{shown}");
    let feature = feature.replace("'never'", "'nevr'");
    let (code, message) =
        place.failure(&["compute", "--data", "prices.csv", "--feature", &feature, "--out", "out.parquet"]);
    assert!(code == 4 && message.contains("did you mean `never`?"), "{message}");
}
