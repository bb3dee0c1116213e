//! Folders in LEAN's layout: archives of days, hours and minutes, names through time, factors.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use backstaff_panel::{Instrument, Session};
use backstaff_source::{CalendarRule, Format, Loaded, PanelSource, SourceError, source_files};

/// Real bars, see the README beside them.
fn real() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lean_data/equity/usa")
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn archive(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    zip.start_file("bars.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap();
}

/// An archive that says of its text that it has 2⁶² bytes.
fn boasting_archive(path: &Path, text: &str) {
    archive(path, text);
    let mut bytes = fs::read(path).unwrap();
    let find = |bytes: &[u8], mark: &[u8]| bytes.windows(4).rposition(|part| part == mark).unwrap();
    let entry = find(&bytes, b"PK\x01\x02");
    // The size is of 64 bits, in a field behind the name, if the one of 32 bits is all ones.
    bytes[entry + 24..entry + 28].fill(0xff);
    bytes[entry + 30] += 12;
    let behind_the_name = entry + 46 + "bars.csv".len();
    let field = [&[1, 0, 8, 0][..], &(1_u64 << 62).to_le_bytes()].concat();
    bytes.splice(behind_the_name..behind_the_name, field);
    let end = find(&bytes, b"PK\x05\x06");
    bytes[end + 12] += 12;
    write(path, bytes);
}

fn load(path: &Path) -> Loaded {
    let every_date = CalendarRule::Union { thin_share: 0.0, listed: std::collections::BTreeSet::new() };
    PanelSource { calendar: every_date, ..PanelSource::new(path) }.load().unwrap()
}

fn session(text: &str) -> Session {
    text.parse().unwrap()
}

fn value(loaded: &Loaded, field: &str, instrument: &str, date: &str) -> f64 {
    let axis = loaded.panel.axis();
    let i = axis.find(instrument).unwrap();
    let row = axis.row(i, axis.calendar().position(session(date)).unwrap()).unwrap();
    loaded.panel.field(field).unwrap().get(row)
}

#[test]
fn daily_prices_are_quoted_in_money() {
    let loaded = load(&real());
    assert_eq!(value(&loaded, "raw_close", "SPY", "2020-03-23"), 222.95);
    assert_eq!(value(&loaded, "raw_close", "AAPL", "2020-08-28"), 499.23);
    assert_eq!(value(&loaded, "raw_close", "AAPL", "2020-08-31"), 129.04);
}

#[test]
fn factors_make_prices_comparable_and_volumes_follow_splits_alone() {
    let loaded = load(&real());
    let level = |date| value(&loaded, "close", "AAPL", date);
    let split = level("2020-08-31") / level("2020-08-28");
    assert!((split - 129.04 * 4.0 / 499.23).abs() < 1e-9, "{split}");
    let scale = |date| value(&loaded, "volume", "AAPL", date) / value(&loaded, "raw_volume", "AAPL", date);
    assert!((scale("2020-08-28") / scale("2020-08-31") - 4.0).abs() < 1e-9);
}

#[test]
fn an_instrument_keeps_its_name_through_tickers_and_a_ticker_without_bars_is_a_hole() {
    let loaded = load(&real());
    assert_eq!(loaded.panel.axis().instruments(), ["AAPL", "QQQ", "SPY"].map(Instrument::new));
    assert!(value(&loaded, "raw_close", "QQQ", "2004-11-30") > 0.0);
    assert!(value(&loaded, "raw_close", "QQQ", "2004-12-01").is_nan());
    assert!(value(&loaded, "raw_close", "QQQ", "2011-03-23") > 0.0);
    let hole = "QQQ was QQQQ from 2004-12-01 to 2011-03-22, of which there are no bars: a hole";
    assert!(loaded.found.warnings.contains(&hole.to_owned()), "{:?}", loaded.found.warnings);
}

#[test]
fn a_renamed_instrument_is_one_and_a_reused_ticker_is_two() {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("equity/usa");
    archive(
        &market.join("daily/old.zip"),
        "20200102 00:00,10000,10000,10000,10000,5\n20200107 00:00,90000,90000,90000,90000,5",
    );
    archive(&market.join("daily/new.zip"), "20200103 00:00,20000,20000,20000,20000,5");
    archive(&market.join("daily/lone.zip"), "20200103 00:00,70000,70000,70000,70000,5");
    write(&market.join("map_files/new.csv"), "20200102,old,N\n20200102,old,N\n20501231,new,N\n");
    write(&market.join("map_files/old.csv"), "20200107,old,N\n20501231,old,N\n");
    let loaded = load(folder.path());
    assert_eq!(loaded.panel.axis().instruments(), ["LONE", "NEW", "OLD"].map(Instrument::new));
    let close = |name, date| value(&loaded, "close", name, date);
    assert_eq!(
        (close("NEW", "2020-01-02"), close("NEW", "2020-01-03"), close("OLD", "2020-01-07")),
        (1.0, 2.0, 9.0)
    );
    assert!(!loaded.found.warnings.iter().any(|warning| warning.contains("belong to no")));
}

#[test]
fn bars_that_no_map_file_claims_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("equity/usa");
    archive(&market.join("daily/a.zip"), "20200102 00:00,1,1,1,1,5\n20200103 00:00,1,1,1,1,5");
    write(&market.join("map_files/a.csv"), "20200103,a,N\n20501231,a,N\n");
    let loaded = load(&market);
    assert_eq!(loaded.found.rows, 1);
    assert!(
        loaded
            .found
            .warnings
            .iter()
            .any(|warning| warning.starts_with("1 sessions of archives belong to no"))
    );
}

#[test]
fn minutes_become_sessions_of_the_regular_hours() {
    let loaded = load(&real().join("minute"));
    let of = |field| value(&loaded, field, "AAPL", "2014-06-09");
    let (open, high, low, close) = (of("raw_open"), of("raw_high"), of("raw_low"), of("raw_close"));
    assert!(low < open && open < high && low < close && close < high, "{open} {high} {low} {close}");
    // The close of the day's official bar is 93.70.
    assert!((close - 93.70).abs() < 0.05, "{close}");
    assert!(loaded.found.warnings.iter().any(|warning| warning.contains("outside the regular hours")));
}

#[test]
fn hours_become_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("equity/usa");
    let text = "20200102 09:00,10000,30000,10000,20000,5\n20200102 15:00,20000,20000,5000,15000,7\n\
                20200102 16:00,99000,99000,99000,99000,1\n20200103 09:00,10000,10000,10000,10000,1";
    archive(&market.join("hour/a.zip"), text);
    let loaded = load(&market.join("hour"));
    let bar =
        ["open", "high", "low", "close", "volume"].map(|field| value(&loaded, field, "A", "2020-01-02"));
    assert_eq!(bar, [1.0, 3.0, 0.5, 1.5, 12.0]);
}

#[test]
fn quotes_of_currencies_are_taken_at_the_middle() {
    let folder = tempfile::tempdir().unwrap();
    let text = "20200102 00:00,1.1,1.3,1.0,1.2,0,1.3,1.5,1.2,1.4,0\n";
    archive(&folder.path().join("forex/oanda/daily/eurusd.zip"), text);
    let loaded = load(&folder.path().join("forex/oanda"));
    assert!((value(&loaded, "close", "EURUSD", "2020-01-02") - 1.3).abs() < 1e-12);
    assert!(loaded.panel.field("volume").is_none());
}

#[test]
fn says_where_a_file_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("equity/usa");
    let path = market.join("daily/a.zip");
    let message = |text: &str| {
        archive(&path, text);
        PanelSource::new(&market).load().unwrap_err().to_string()
    };
    let number = message("20200102 00:00,1,1,1,1,5\n20200103 00:00,1,1,x,1,5");
    assert!(number.contains("a.zip row 2, column \"low\": \"x\" is not a number"), "{number}");
    assert!(message("2020-13-02,1,1,1,1,5").contains("is not a date"));
    assert!(message("20200102 00:00,1,1").contains("row 1: the low is empty"));
    assert!(message("20200102 00:00,1,1,1,1,5\n20200102 00:00,1,1,1,1,6").contains("two bars for session"));
    write(&path, "no archive");
    let error = PanelSource::new(&market).load().unwrap_err();
    assert!(matches!(error, SourceError::Zip { .. }), "{error}");
    let stated = PanelSource { format: Format::Lean, ..PanelSource::new(folder.path().join("equity")) };
    let error = stated.load().unwrap_err().to_string();
    assert!(
        error.contains("is not in LEAN's layout: name a folder such as data/equity/usa/daily"),
        "{error}"
    );
    let wanted = Some(["SPX".to_owned()].into());
    let error =
        PanelSource { instruments: wanted, ..PanelSource::new(real()) }.load().unwrap_err().to_string();
    assert!(error.contains("no instrument \"SPX\"; did you mean \"SPY\"?"), "{error}");
}

#[test]
fn the_files_are_archives_maps_and_factors() {
    let names = source_files(&real()).unwrap();
    let names = names.iter().map(|file| file.file_name().unwrap().to_string_lossy().into_owned());
    let names = names.collect::<Vec<_>>();
    assert_eq!(
        names,
        [
            "aapl.zip", "qqq.zip", "spy.zip", "aapl.csv", "qqq.csv", "spy.csv", "aapl.csv", "qqq.csv",
            "spy.csv"
        ]
    );
}

#[test]
fn a_size_that_an_archive_invents_is_not_taken_for_memory() {
    let folder = tempfile::tempdir().unwrap();
    let market = folder.path().join("equity/usa");
    boasting_archive(&market.join("daily/a.zip"), "20200102 00:00,1,1,1,1,5");
    assert_eq!(value(&load(&market), "volume", "A", "2020-01-02"), 5.0);
}
