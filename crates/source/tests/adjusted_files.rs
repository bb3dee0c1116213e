//! Files of which only some have a column that adjusts prices, and moves that nothing adjusts for.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "tests may be plain")]

mod support;

use std::{path::PathBuf, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray};
use backstaff_source::{Adjustment, PanelSource};
use support::{Folder, message, same, values};

/// A folder of two files with adjusted closes beside quoted ones, and two as the same program writes them now.
fn mixed() -> Folder {
    let folder = Folder::new();
    for name in ["AAA", "BBB"] {
        let text = "Date,Open,High,Low,Close,Adj Close,Volume\n2023-01-02,10,11,9,10,9,100\n2023-01-03,10,11,9,11,11,100\n";
        folder.file(&format!("p/{name}.csv"), text);
    }
    for name in ["CCC", "DDD"] {
        let text = format!(
            "Price,Close,High,Low,Open,Volume\nTicker,{name},{name},{name},{name},{name}\nDate,,,,,\n\
             2023-01-02,20,21,19,20,100\n2023-01-03,22,23,21,22,100\n"
        );
        folder.file(&format!("p/{name}.csv"), &text);
    }
    folder
}

#[test]
fn closes_without_the_column_are_taken_as_adjusted_and_the_files_are_named() {
    let folder = mixed();
    let loaded = PanelSource::new(folder.path().join("p")).load().unwrap();
    let expected = [10.0, 11.0 / 0.9, 10.0, 11.0 / 0.9, 20.0, 22.0, 20.0, 22.0];
    for (found, expected) in values(&loaded, "close").iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{:?}", values(&loaded, "close"));
    }
    assert_eq!(loaded.found.coverage, 1.0);
    let warnings = loaded.found.warnings.join("; ");
    for told in [
        "2 of 4 files have no adj_close (",
        "CCC.csv",
        "DDD.csv",
        "2 of 4 instruments have closes and no adj_close (`CCC`, `DDD`)",
        "taken as adjusted already",
        "`adjustment: as_is`",
    ] {
        assert!(warnings.contains(told), "{told}: {warnings}");
    }
    assert!(!warnings.contains("trade") && !warnings.contains("no factor"), "{warnings}");
}

#[test]
fn a_stated_adjustment_wants_the_column_everywhere_and_as_is_wants_none() {
    let folder = mixed();
    let source =
        PanelSource { adjustment: Adjustment::AdjClose, ..PanelSource::new(folder.path().join("p")) };
    let error = message(&source);
    for told in ["`CCC`", "`DDD`", "`adjustment: auto`", "`as_is`"] {
        assert!(error.contains(told), "{told}: {error}");
    }
    let loaded = PanelSource { adjustment: Adjustment::AsIs, ..source }.load().unwrap();
    assert!(same(&values(&loaded, "close"), &[10.0, 11.0, 10.0, 11.0, 20.0, 22.0, 20.0, 22.0]));
}

#[test]
fn verbatim_says_that_closes_of_two_kinds_lie_together() {
    let folder = mixed();
    let loaded = PanelSource::verbatim(folder.path().join("p")).load().unwrap();
    let warnings = loaded.found.warnings.join("; ");
    assert!(warnings.contains("CCC.csv") && warnings.contains("may be adjusted already"), "{warnings}");
}

#[test]
fn of_parquet_it_is_the_same() {
    let folder = Folder::new();
    let dates: ArrayRef = Arc::new(StringArray::from(vec!["2023-01-02", "2023-01-03"]));
    let numbers = |values: [f64; 2]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    std::fs::create_dir(folder.path().join("p")).unwrap();
    let old =
        [("date", dates.clone()), ("close", numbers([10.0, 11.0])), ("adj_close", numbers([9.0, 11.0]))];
    folder.parquet("p/A.parquet", 9, &old);
    folder.parquet("p/B.parquet", 9, &[("date", dates), ("close", numbers([20.0, 22.0]))]);
    let loaded = PanelSource::new(folder.path().join("p")).load().unwrap();
    assert_eq!(values(&loaded, "close")[2..], [20.0, 22.0]);
    let warnings = loaded.found.warnings.join("; ");
    assert!(warnings.contains("B.parquet") && warnings.contains("taken as adjusted already"), "{warnings}");
}

#[test]
fn one_long_table_says_it_by_instrument() {
    let folder = Folder::new();
    let text = "date,symbol,close,adj_close,volume\n2023-01-02,A,10,9,1\n2023-01-03,A,11,11,1\n2023-01-02,B,20,,1\n\
                2023-01-03,B,22,,1\n2023-01-02,C,,,1\n";
    let loaded = PanelSource::new(folder.file("a.csv", text)).load().unwrap();
    assert_eq!(values(&loaded, "close")[2..4], [20.0, 22.0]);
    let warnings = loaded.found.warnings.join("; ");
    assert!(warnings.contains("1 of 3 instruments have closes and no adj_close (`B`)"), "{warnings}");
    assert!(
        warnings.contains("1 instrument without a single close, so that nothing of them trades: `C`"),
        "{warnings}"
    );
}

#[test]
fn a_file_that_lacks_another_column_is_named_too() {
    let folder = Folder::new();
    folder.file("p/A.csv", "date,open,close,volume\n2023-01-02,1,1,1\n");
    folder.file("p/B.csv", "date,close\n2023-01-02,1\n");
    let loaded = PanelSource::new(folder.path().join("p")).load().unwrap();
    let warnings = loaded.found.warnings.join("; ");
    assert!(
        warnings.contains("1 of 2 files have no open, volume (") && warnings.contains("B.csv"),
        "{warnings}"
    );
}

/// Ten stocks over 40 sessions; the first has its shares multiplied by `after / before` on the 21st, when the price moves
/// by `besides` as well.
fn market(folder: &Folder, after: f64, before: f64, besides: f64) -> PathBuf {
    let mut text = "date,symbol,open,high,low,close,volume\n".to_owned();
    for t in 0..40 {
        for i in 0..10 {
            let wiggle = |t: i32| 1.0 + f64::from((t * 7 + i * 3) % 11 - 5) * 0.002;
            let is_after = i == 0 && t >= 20;
            let factor = if is_after { before / after * (1.0 + besides) } else { 1.0 };
            let (open, close) = (50.0 * factor * wiggle(t + 1), 50.0 * factor * wiggle(t));
            let (high, low) = (open.max(close) * 1.01, open.min(close) * 0.99);
            text += &format!(
                "2023-{:02}-{:02},S{i},{open:.4},{high:.4},{low:.4},{close:.4},1000\n",
                t / 28 + 1,
                t % 28 + 1
            );
        }
    }
    folder.file("market.csv", &text)
}

#[test]
fn a_move_of_the_size_of_a_split_is_named() {
    let folder = Folder::new();
    for (after, before) in
        [(50.0, 1.0), (100.0, 1.0), (3.0, 2.0), (2.0, 1.0), (7.0, 1.0), (1.0, 100.0), (1.0, 5.0), (2.0, 3.0)]
    {
        for besides in [0.0, -0.025, 0.03] {
            let loaded = PanelSource::new(market(&folder, after, before, besides)).load().unwrap();
            let adjustment = &loaded.found.adjustment;
            let told = format!("S0 2023-01-21 {after}:{before} (");
            assert!(adjustment.guess.contains(&told), "{after}:{before} at {besides}: {}", adjustment.guess);
            assert_eq!((adjustment.split_like_moves, adjustment.splits.len()), (1, 1));
        }
    }
    let row = |day: u32| format!("2020-01-{day:02},A,{}\n", if day < 4 { "10,1" } else { "5,2" });
    let adjusted = (1..8).map(row).fold("date,symbol,close,factor\n".to_owned(), |text, row| text + &row);
    let loaded = PanelSource::new(folder.file("adjusted.csv", &adjusted)).load().unwrap();
    assert_eq!(
        loaded.found.adjustment.guess,
        "closes are as quoted: 1 move of the size of a split, which prices are adjusted for"
    );
    let loaded = PanelSource::new(market(&folder, 1.0, 1.0, -0.03)).load().unwrap();
    assert!(loaded.found.adjustment.splits.is_empty(), "{:?}", loaded.found.adjustment.splits);
}
