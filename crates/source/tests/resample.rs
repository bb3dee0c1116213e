//! Bars of minutes and hours become bars of sessions where that is asked for, and only there.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray};
use backstaff_source::{Inspection, Loaded, OnBadRow, PanelSource, Resample, inspect};
use support::{Folder, message, values};

/// Bars of two sessions and one instrument, not in their order: before the opening, in it, and after it.
const MINUTES: &str = "datetime,symbol,open,high,low,close,vwap,volume\n\
    2024-01-02 09:31,A,10.5,13,10,12,11,300\n\
    2024-01-02 09:30,A,10,11,9.5,10.5,10,100\n\
    2024-01-02 08:00,A,8,8,8,8,8,5\n\
    2024-01-02 15:59,A,12,12.5,0,12.25,,0\n\
    2024-01-03 09:30,A,12,14,11,13,12.5,50\n\
    2024-01-03 16:00,A,20,20,20,20,20,7\n";

fn joined(folder: &Folder, text: &str, hours: Option<&str>) -> PanelSource {
    PanelSource {
        resample: Some(Resample::Session),
        hours: hours.map(|hours| hours.parse().unwrap()),
        ..PanelSource::new(folder.file("bars.csv", text))
    }
}

fn told(loaded: &Loaded, text: &str) -> bool {
    loaded.found.warnings.iter().any(|warning| warning.contains(text))
}

#[test]
fn a_session_has_the_first_open_the_last_close_and_all_volume() {
    let folder = Folder::new();
    let loaded = joined(&folder, MINUTES, Some("09:30-16:00")).load().unwrap();
    for (name, expected) in [
        ("open", [10.0, 12.0]),
        ("high", [13.0, 14.0]),
        ("low", [9.5, 11.0]),
        ("close", [12.25, 13.0]),
        ("volume", [400.0, 50.0]),
        ("vwap", [10.75, 12.5]),
    ] {
        assert_eq!(values(&loaded, name), expected, "{name}");
    }
    let resampled = loaded.found.resampled.as_ref().unwrap();
    assert_eq!((resampled.bars, resampled.sessions, resampled.outside), (4, 2, 2));
    assert!(
        told(
            &loaded,
            "4 bars that begin from 09:30 to 15:59 are joined to 2, one for each instrument and session; 2 bars outside the hours left out"
        ),
        "{:?}",
        loaded.found.warnings
    );
    let all = joined(&folder, MINUTES, None).load().unwrap();
    assert_eq!((values(&all, "open")[0], values(&all, "close")[1]), (8.0, 20.0));
}

#[test]
fn without_the_key_bars_of_minutes_are_refused_and_an_inspection_finds_it() {
    let folder = Folder::new();
    let path = folder.file("bars.csv", MINUTES);
    let error = message(&PanelSource::new(&path));
    assert!(error.contains("`resample: session` in `data.prices`"), "{error}");
    let Inspection { found, .. } = inspect(&PanelSource::new(&path), None).unwrap();
    assert_eq!((found.resampled.unwrap().bars, found.calendar.sessions), (6, 2));
    let daily = folder.file("daily.csv", "date,symbol,close\n2024-01-02,A,1\n2024-01-03,A,2\n");
    assert_eq!(inspect(&PanelSource::new(&daily), None).unwrap().found.resampled, None);
}

#[test]
fn a_session_may_be_cut_by_files_and_row_groups() {
    let stamps = [0, 1, 1440, 1441, 2].map(|minute| 1_704_186_000_000 + minute * 60_000);
    let column = |values: [f64; 5]| Arc::new(Float64Array::from(values.to_vec())) as ArrayRef;
    let columns = [
        ("timestamp", Arc::new(Int64Array::from(stamps.to_vec())) as ArrayRef),
        ("symbol", Arc::new(StringArray::from(vec!["A"; 5])) as ArrayRef),
        ("open", column([1.0, 2.0, 3.0, 4.0, 5.0])),
        ("close", column([1.5, 2.5, 3.5, 4.5, 5.5])),
        ("volume", column([1.0; 5])),
    ];
    for group in [1, 2, 5] {
        let folder = Folder::new();
        let source = PanelSource {
            resample: Some(Resample::Session),
            ..PanelSource::new(folder.parquet("bars.parquet", group, &columns))
        };
        let loaded = source.load().unwrap();
        assert_eq!(values(&loaded, "open"), [1.0, 3.0], "{group}");
        assert_eq!(values(&loaded, "close"), [5.5, 4.5], "{group}");
        assert_eq!(values(&loaded, "volume"), [3.0, 2.0], "{group}");
    }
}

#[test]
fn the_zone_of_the_exchange_says_which_session_a_bar_is_of() {
    let folder = Folder::new();
    // Midnight of UTC falls into a session of New York's evening.
    let text = "timestamp,symbol,close\n2024-01-03T00:30:00Z,A,2\n2024-01-02T15:00:00Z,A,1\n2024-01-03T15:00:00Z,A,3\n";
    let source =
        PanelSource { zone: Some("America/New_York".parse().unwrap()), ..joined(&folder, text, None) };
    let loaded = source.load().unwrap();
    assert_eq!(values(&loaded, "close"), [2.0, 3.0]);
    assert_eq!(loaded.found.resampled.unwrap().first, "10:00");
}

#[test]
fn times_may_stand_in_a_column_of_their_own() {
    let folder = Folder::new();
    let text = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>\n\
                A.US,5,20240102,093500,2,2,2,2,10,0\nA.US,5,20240102,093000,1,1,1,1,10,0\nA.US,5,20240103,160000,3,3,3,3,5,0\n";
    let loaded = joined(&folder, text, None).load().unwrap();
    assert_eq!((values(&loaded, "close"), values(&loaded, "volume")), (vec![2.0, 3.0], vec![20.0, 5.0]));
    assert!(message(&PanelSource::new(folder.file("bars.csv", text))).contains("`resample: session`"));
    let error = message(&joined(&folder, &text.replace("093500", "soon"), None));
    assert!(error.contains("\"soon\" is not a time of day"), "{error}");
}

#[test]
fn bars_with_one_stamp_count_once_if_they_are_equal_and_not_at_all_if_they_differ() {
    let folder = Folder::new();
    let again = MINUTES.to_owned() + "2024-01-02 09:30,A,10,11,9.5,10.5,10,100\n";
    let loaded = joined(&folder, &again, None).load().unwrap();
    assert_eq!((values(&loaded, "volume")[0], loaded.found.resampled.unwrap().merged), (405.0, 1));
    let other = MINUTES.to_owned() + "2024-01-02 09:31,A,10,11,9.5,10.5,10,100\n";
    let source = joined(&folder, &other, None);
    let error = message(&source);
    assert!(
        error.contains("two different bars of 2024-01-02 09:31") && error.contains("row 2 and row 8"),
        "{error}"
    );
    let loaded = PanelSource { on_bad_row: OnBadRow::Drop, ..source }.load().unwrap();
    assert_eq!((values(&loaded, "volume")[0], values(&loaded, "high")[0]), (105.0, 12.5));
    assert!(told(&loaded, "2 bars that contradict another one with their stamp left out"));
}

#[test]
fn hours_without_any_bar_are_an_error() {
    let folder = Folder::new();
    let error = message(&joined(&folder, MINUTES, Some("01:00-02:00")));
    assert!(error.contains("no bar that begins in the hours 01:00-02:00"), "{error}");
}
