//! Stamps that are midnights of an exchange told in UTC, in every spelling.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use std::{fmt::Write as _, path::PathBuf, sync::Arc};

use arrow_array::{ArrayRef, Float64Array, StringArray, TimestampMillisecondArray};
use backstaff_panel::Session;
use backstaff_source::PanelSource;
use support::{Folder, message};

/// The seconds of a day.
const DAY: i64 = 86_400;

/// Four weeks of Mondays to Fridays from 2024-03-04 on.
fn weekdays() -> Vec<Session> {
    let monday = "2024-03-04".parse::<Session>().unwrap().number();
    (monday..monday + 28).map(Session::from_number).filter(|day| !day.is_weekend()).collect()
}

/// Seconds since 1970 in UTC of midnights, so many hours before that of UTC.
fn instants(days: &[Session], hours: i64) -> Vec<i64> {
    days.iter().map(|day| i64::from(day.number()) * DAY - hours * 3_600).collect()
}

fn csv(folder: &Folder, instants: &[i64], tell: impl Fn(i64) -> String) -> PathBuf {
    let mut text = "date,symbol,close\n".to_owned();
    for (n, &instant) in instants.iter().enumerate() {
        let _ = writeln!(text, "{},A,{}", tell(instant), 10 + n);
    }
    folder.file("prices.csv", &text)
}

/// An instant as `2024-03-03 15:00:00` with something behind.
fn written(instant: i64, behind: &str) -> String {
    let (day, second) = (instant.div_euclid(DAY) as i32, instant.rem_euclid(DAY));
    format!("{} {:02}:{:02}:00{behind}", Session::from_number(day), second / 3_600, second / 60 % 60)
}

fn parquet(folder: &Folder, instants: &[i64], zone: Option<&str>) -> PathBuf {
    let stamps = instants.iter().map(|instant| instant * 1_000).collect::<Vec<_>>();
    let stamps = TimestampMillisecondArray::from(stamps).with_timezone_opt(zone);
    let closes = Float64Array::from((0..instants.len()).map(|n| 10.0 + n as f64).collect::<Vec<_>>());
    let names = StringArray::from(vec!["A"; stamps.len()]);
    let columns: [(&str, ArrayRef); 3] =
        [("date", Arc::new(stamps)), ("symbol", Arc::new(names)), ("close", Arc::new(closes))];
    folder.parquet("prices.parquet", 1000, &columns)
}

fn dates(path: PathBuf, zone: Option<&str>) -> Vec<Session> {
    let source = PanelSource { zone: zone.map(|name| name.parse().unwrap()), ..PanelSource::new(path) };
    source.load().unwrap().panel.axis().calendar().sessions().to_vec()
}

#[test]
fn midnights_of_seoul_told_in_utc_are_asked_about_in_every_spelling() {
    let days = weekdays();
    let stamps = instants(&days, 9);
    let early = days.iter().map(|day| Session::from_number(day.number() - 1)).collect::<Vec<_>>();
    let files = ["", "Z", " UTC", "+00:00", "+0000"].map(|behind| {
        let folder = Folder::new();
        let path = csv(&folder, &stamps, |instant| written(instant, behind));
        (folder, path)
    });
    let seconds = Folder::new();
    let path = csv(&seconds, &stamps, |instant| instant.to_string());
    let paths = files.iter().map(|(_, path)| path.clone()).chain([path]);
    let stored = [None, Some("UTC"), Some("+00:00")].map(|zone| {
        let folder = Folder::new();
        let path = parquet(&folder, &stamps, zone);
        (folder, path)
    });
    for path in paths.chain(stored.iter().map(|(_, path)| path.clone())) {
        let asked = message(&PanelSource::new(path.clone()));
        assert!(asked.contains("`zone: Asia/Seoul`") && asked.contains("2024-03-03 15:00"), "{asked}");
        assert_eq!(dates(path.clone(), Some("Asia/Seoul")), days, "{}", path.display());
        assert_eq!(dates(path, Some("UTC")), early);
    }
}

#[test]
fn other_exchanges_are_recognised_by_their_hours() {
    for (hours, zone) in [(8, "Asia/Shanghai"), (11, "Australia/Sydney"), (1, "Europe/Paris")] {
        let folder = Folder::new();
        // Before the clocks change at the end of March.
        let days = weekdays().into_iter().take(15).collect::<Vec<_>>();
        let path = csv(&folder, &instants(&days, hours), |instant| written(instant, ""));
        assert!(message(&PanelSource::new(path.clone())).contains(&format!("`zone: {zone}`")), "{zone}");
        assert_eq!(dates(path, Some(zone)), days);
    }
}

#[test]
fn midnights_of_new_york_have_the_right_date_with_and_without_a_zone() {
    let (days, folder) = (weekdays(), Folder::new());
    // Summer time begins on Sunday, 2024-03-10.
    let stamps = days.iter().map(|day| {
        let hours = if *day < "2024-03-10".parse().unwrap() { 5 } else { 4 };
        i64::from(day.number()) * DAY + hours * 3_600
    });
    let path = csv(&folder, &stamps.collect::<Vec<_>>(), |instant| written(instant, "Z"));
    assert_eq!(dates(path.clone(), None), days);
    assert_eq!(dates(path, Some("America/New_York")), days);
}

#[test]
fn stamps_with_a_zone_of_their_own_have_its_date() {
    let (days, folder) = (weekdays(), Folder::new());
    let path = csv(&folder, &instants(&days, 0), |instant| written(instant, "+09:00"));
    assert_eq!(dates(path.clone(), None), days);
    let stated = PanelSource { zone: Some("America/New_York".parse().unwrap()), ..PanelSource::new(path) };
    assert!(message(&stated).contains("say their own zone"));
    let stored = Folder::new();
    assert_eq!(dates(parquet(&stored, &instants(&days, 9), Some("Asia/Seoul")), None), days);
    assert_eq!(dates(parquet(&stored, &instants(&days, 9), Some("+09:00")), None), days);
}

#[test]
fn times_of_the_close_are_no_midnights() {
    let (days, folder) = (weekdays(), Folder::new());
    for hours in [-15, -16] {
        let path = csv(&folder, &instants(&days, hours), |instant| written(instant, ""));
        assert_eq!(dates(path, None), days);
    }
}

#[test]
fn midnights_of_what_trades_every_day_are_remarked_on() {
    let folder = Folder::new();
    let days = (19_800..19_830).map(Session::from_number).collect::<Vec<_>>();
    let path = csv(&folder, &instants(&days, 9), |instant| written(instant, ""));
    let loaded = PanelSource::new(path.clone()).load().unwrap();
    let said = loaded.found.warnings.join("\n");
    assert!(said.contains("`zone: Asia/Seoul`"), "{said}");
    assert_eq!(dates(path, Some("Asia/Seoul")), days);
}
