//! The folder of reports beside a study: what lies in it, what the tables say, and what is never written over.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{collections::BTreeMap, fs, path::Path};

use arrow_array::{
    Array, RecordBatch,
    cast::AsArray,
    types::{Date32Type, Float64Type, Int64Type},
};
use arrow_schema::DataType;
use backstaff_panel::Session;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use support::{STUDY, Workplace};

/// The rows of a table as texts by column; a missing value is an empty text.
fn texts(batch: &RecordBatch) -> Vec<Vec<String>> {
    let text = |column: &dyn Array, row: usize| match column.data_type() {
        _ if column.is_null(row) => String::new(),
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Float64 => format!("{:?}", column.as_primitive::<Float64Type>().value(row)),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Date32 => Session::from_number(column.as_primitive::<Date32Type>().value(row)).to_string(),
        other => panic!("a column of {other}"),
    };
    let row = |row| batch.columns().iter().map(|column| text(column, row)).collect();
    (0..batch.num_rows()).map(row).collect()
}

/// The names of a table's columns, and its rows.
fn parquet(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let reader = ParquetRecordBatchReaderBuilder::try_new(fs::File::open(path).unwrap()).unwrap();
    let names = reader.schema().fields().iter().map(|field| field.name().clone()).collect();
    (names, reader.build().unwrap().flat_map(|batch| texts(&batch.unwrap())).collect())
}

fn csv(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    (lines.next().unwrap(), lines.collect())
}

/// The rows of a table as maps from column to text.
fn rows(place: &Workplace, run: &Value, table: &str) -> Vec<BTreeMap<String, String>> {
    let (names, rows) = parquet(&place.path(run["artifacts"][table].as_str().unwrap()));
    rows.into_iter().map(|row| names.iter().cloned().zip(row).collect()).collect()
}

fn number(row: &BTreeMap<String, String>, column: &str) -> f64 {
    row[column].parse().unwrap()
}

/// The columns that the page gives each table.
fn described() -> BTreeMap<String, Vec<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/outputs.md");
    let mut tables = BTreeMap::<String, Vec<String>>::new();
    let mut table = String::new();
    for line in fs::read_to_string(page).unwrap().lines() {
        if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut table);
        } else if let Some((name, _)) = line.strip_prefix("| `").and_then(|line| line.split_once('`')) {
            tables.entry(table.clone()).or_default().push(name.to_owned());
        }
    }
    tables
}

#[test]
fn the_page_names_exactly_the_columns_that_are_written() {
    let place = Workplace::new();
    place.write(
        "study.yaml",
        &STUDY.replace("  strategy:", "  cohorts: 2\n  rebalance_every: 4\n  strategy:"),
    );
    let run = place.json(&["run", "study.yaml"]);
    let described = described();
    for (table, columns) in &described {
        if table == "regimes" {
            continue;
        }
        let (names, rows) = parquet(&place.path(run["artifacts"][table].as_str().unwrap()));
        let mut names = names.into_iter().map(|name| match name.split_at_checked(7) {
            Some(("cohort_", _)) => "cohort_N".to_owned(),
            _ => name,
        });
        let mut names = names.by_ref().collect::<Vec<_>>();
        names.dedup();
        assert_eq!(&names, columns, "{table}");
        assert!(!rows.is_empty(), "{table}");
    }
    let written = run["artifacts"].as_object().unwrap().keys().filter(|name| described.contains_key(*name));
    assert_eq!(written.count(), described.len() - 1);
}

#[test]
fn csv_has_the_values_of_parquet_and_takes_its_place() {
    let place = Workplace::new();
    let first = place.json(&["run", "study.yaml"]);
    place.write("reports/small/notes.txt", "mine");
    let tables = described().into_keys().filter(|table| table != "regimes");
    let before = tables.map(|table| {
        let path = place.path(first["artifacts"][&table].as_str().unwrap());
        (table, parquet(&path))
    });
    let before = before.collect::<Vec<_>>();
    place.write("study.yaml", &format!("{STUDY}outputs: csv\n"));
    let second = place.json(&["run", "study.yaml"]);
    for (table, parquet) in before {
        let path = second["artifacts"][&table].as_str().unwrap();
        assert!(path.ends_with(&format!("reports/small/{table}.csv")), "{path}");
        assert!(csv(&place.path(path)) == parquet, "{table}");
        assert!(!place.path(&format!("reports/small/{table}.parquet")).exists(), "{table}");
    }
    assert_eq!(fs::read_to_string(place.path("reports/small/notes.txt")).unwrap(), "mine");
}

#[test]
fn trades_add_up_to_the_equity() {
    let place = Workplace::new();
    place.write("study.yaml", &STUDY.replace("  costs:", "  cash_rate: 0.02\n  costs:"));
    let run = place.json(&["run", "study.yaml"]);
    let equity = rows(&place, &run, "equity");
    for model in ["trees", "ridge", "momentum"] {
        let own = equity.iter().filter(|row| {
            row["portfolio"] == model && row["delay"] == "0" && number(row, "cost_multiple") == 1.0
        });
        let own = own.collect::<Vec<_>>();
        let grown = number(own.last().unwrap(), "equity") - number(own[0], "equity");
        let account = own.iter().map(|row| number(row, "interest") - number(row, "borrow")).sum::<f64>();
        let trades = rows(&place, &run, "trades");
        let trades = trades.iter().filter(|row| row["portfolio"] == model).collect::<Vec<_>>();
        let results = trades.iter().map(|row| number(row, "result")).sum::<f64>();
        assert!(
            (results - (grown - account)).abs() < 1e-6 * number(own[0], "equity"),
            "{model}: {results} {grown} {account}"
        );
        let open = trades.iter().filter(|row| row["exit"].is_empty()).count();
        let facts = &run["measures"]["holdings"][model]["trades"];
        assert_eq!(facts["n_closed"], trades.len() - open, "{model}");
        assert_eq!(facts["n_open"], open, "{model}");
        assert!(trades.iter().all(|row| (row["reason"] == "open") == row["exit"].is_empty()));
        let costs = trades.iter().map(|row| number(row, "costs")).sum::<f64>();
        let paid = ["commission", "tax", "slippage"]
            .map(|name| own.iter().map(|row| number(row, name)).sum::<f64>());
        assert!((costs - paid.iter().sum::<f64>()).abs() < 1e-6 * costs, "{model}");
    }
}

#[test]
fn positions_weights_and_orders_are_those_of_the_account() {
    let place = Workplace::new();
    let run = place.json(&["run", "study.yaml"]);
    let equity = rows(&place, &run, "equity");
    let own = equity.iter().filter(|row| {
        row["portfolio"] == "trees" && row["delay"] == "0" && number(row, "cost_multiple") == 1.0
    });
    let own = own.collect::<Vec<_>>();
    let positions = rows(&place, &run, "positions");
    let weights = rows(&place, &run, "weights");
    let orders = rows(&place, &run, "orders");
    assert!(positions.iter().all(|row| row["portfolio"] == "trees"), "of the primary portfolio alone");
    for day in &own {
        let held = positions.iter().filter(|row| row["date"] == day["date"]).collect::<Vec<_>>();
        let value = held.iter().map(|row| number(row, "shares") * number(row, "price")).sum::<f64>();
        assert!((number(day, "cash") + value - number(day, "equity")).abs() < 1e-6 * number(day, "equity"));
        let held_weights =
            weights.iter().filter(|row| row["date"] == day["date"] && number(row, "held") != 0.0);
        assert_eq!(held_weights.count(), held.len(), "{}", day["date"]);
        let filled = orders.iter().filter(|row| {
            row["portfolio"] == "trees" && row["date"] == day["date"] && number(row, "filled") > 0.0
        });
        assert_eq!(filled.count() as f64, number(day, "n_fills"), "{}", day["date"]);
        let missed = orders.iter().filter(|row| {
            row["portfolio"] == "trees" && row["date"] == day["date"] && !row["unfilled"].is_empty()
        });
        assert_eq!(missed.count() as f64, number(day, "n_unfilled"), "{}", day["date"]);
    }
    let wanted = weights.iter().filter(|row| !row["wanted"].is_empty()).collect::<Vec<_>>();
    assert!(!wanted.is_empty());
    let filled = wanted.iter().filter(|row| {
        let missed = |order: &&BTreeMap<String, String>| {
            order["portfolio"] == "trees" && order["date"] == row["date"] && !order["unfilled"].is_empty()
        };
        !orders.iter().any(|order| missed(&order))
    });
    for row in filled {
        let (wanted, held) = (number(row, "wanted"), number(row, "held"));
        assert!((wanted - held).abs() < 0.03, "{row:?}");
    }
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_x, mean_y) = (mean(x), mean(y));
    let product = |a: &[f64], ma: f64, b: &[f64], mb: f64| {
        a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum::<f64>()
    };
    product(x, mean_x, y, mean_y) / (product(x, mean_x, x, mean_x) * product(y, mean_y, y, mean_y)).sqrt()
}

#[test]
fn scores_are_those_that_were_judged() {
    let place = Workplace::new();
    let run = place.json(&["run", "study.yaml"]);
    let scores = rows(&place, &run, "scores");
    let ic = rows(&place, &run, "ic");
    // Prices at the open of the next session, five sessions later: the label of the study.
    let mut opens = BTreeMap::<String, Vec<(String, f64)>>::new();
    for line in fs::read_to_string(place.path("prices.csv")).unwrap().lines().skip(1) {
        let cells = line.split(',').collect::<Vec<_>>();
        opens.entry(cells[1].to_owned()).or_default().push((cells[0].to_owned(), cells[2].parse().unwrap()));
    }
    let dates = ["2012-03-01", "2012-09-13", "2013-02-05"];
    for model in ["trees", "ridge", "momentum"] {
        for date in dates {
            let of = scores.iter().filter(|row| row["model"] == model && row["date"] == date);
            let pairs = of.filter_map(|row| {
                let own = &opens[&row["instrument"]];
                let at = own.iter().position(|(day, _)| day == date)?;
                Some((number(row, "score"), own.get(at + 6)?.1 / own[at + 1].1 - 1.0))
            });
            let (scores, labels): (Vec<_>, Vec<_>) = pairs.unzip();
            let told = ic.iter().find(|row| row["model"] == model && row["date"] == date).unwrap();
            assert_eq!(number(told, "count"), scores.len() as f64, "{model} {date}");
            let correlation = correlation(&scores, &labels);
            assert!(
                (number(told, "ic") - correlation).abs() < 1e-9,
                "{model} {date}: {correlation} {told:?}"
            );
        }
    }
}

#[test]
fn a_table_is_written_again_only_if_it_is_another_or_was_touched() {
    use std::os::unix::fs::MetadataExt as _;
    let place = Workplace::new();
    place.json(&["run", "study.yaml"]);
    let path = |table: &str| place.path(&format!("reports/small/{table}.parquet"));
    let identity = |table: &str| fs::metadata(path(table)).unwrap().ino();
    let (before, trades) = (["trades", "scores", "equity"].map(identity), fs::read(path("trades")).unwrap());
    fs::write(path("trades"), "touched").unwrap();
    fs::remove_file(path("equity")).unwrap();
    let run = place.json(&["run", "study.yaml"]);
    assert_eq!(identity("scores"), before[1], "it is what it was");
    assert!(fs::read(path("trades")).unwrap() == trades && path("equity").is_file());
    assert_eq!(run["artifacts"]["scores"], "reports/small/scores.parquet");
    place.write("study.yaml", &STUDY.replace("k: 4", "k: 3"));
    place.json(&["run", "study.yaml"]);
    assert!(fs::read(path("trades")).unwrap() != trades);
}

#[test]
fn files_that_no_run_wrote_are_never_written_over() {
    let place = Workplace::new();
    fs::create_dir_all(place.path("reports/small")).unwrap();
    place.write("reports/small/trades.parquet", "mine");
    let (code, message) = place.failure(&["run", "study.yaml"]);
    assert!(
        code == 4 && message.contains("reports/small/trades.parquet") && message.contains("move it"),
        "{message}"
    );
    assert!(!place.path(".backstaff").exists(), "nothing was begun");
    assert_eq!(fs::read_to_string(place.path("reports/small/trades.parquet")).unwrap(), "mine");
    assert_eq!(fs::read_dir(place.path("reports/small")).unwrap().count(), 1);
}

#[test]
fn two_studies_of_one_name_are_told_apart_and_a_study_may_move() {
    let place = Workplace::new();
    place.json(&["run", "study.yaml"]);
    fs::copy(place.path("study.yaml"), place.path("copy.yaml")).unwrap();
    let (code, message) = place.failure(&["run", "copy.yaml"]);
    for told in ["copy.yaml", "study.yaml", "`name:`", "reports/small"] {
        assert!(code == 4 && message.contains(told), "{told}: {message}");
    }
    place.json(&["run", "study.yaml"]);
    // Under another name they live side by side.
    place.write("copy.yaml", &STUDY.replace("name: small", "name: copy"));
    place.json(&["run", "copy.yaml"]);
    assert!(place.path("reports/copy/report.html").is_file());
    // The first may take another name for its file.
    fs::rename(place.path("study.yaml"), place.path("renamed.yaml")).unwrap();
    place.json(&["run", "renamed.yaml"]);
    // A profile of it has a folder of its own.
    place.json(&["run", "renamed.yaml", "--profile", "dev"]);
    assert!(place.path("reports/small.dev/report.html").is_file());
}

#[test]
fn a_report_opens_in_the_browser_or_says_why_not() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Workplace::new();
    let run =
        |path: &Path| place.command(&["run", "study.yaml", "--open"]).env("PATH", path).output().unwrap();
    let empty = place.path("empty");
    fs::create_dir(&empty).unwrap();
    let without = run(&empty);
    let told = String::from_utf8_lossy(&without.stderr).into_owned();
    assert!(
        !without.status.success() && told.contains("--open") && told.contains("report.html yourself"),
        "{told}"
    );
    assert!(place.path("reports/small/report.html").is_file(), "the report is there all the same");
    let opener = place.path("xdg-open");
    let script = format!("#!/bin/sh\necho \"$1\" > {}\n", place.path("opened").display());
    fs::write(&opener, script).unwrap();
    fs::set_permissions(&opener, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(run(place.folder.path()).status.success());
    assert_eq!(fs::read_to_string(place.path("opened")).unwrap().trim(), "reports/small/report.html");
}
