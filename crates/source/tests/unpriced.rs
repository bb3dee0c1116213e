//! Prices of 0 and sessions without trade: missing values in every reader, counted, and never a reason to leave out an
//! instrument.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "tests may be plain")]

mod support;

use std::{fs, io::Write as _, path::Path, sync::Arc};

use arrow_array::{ArrayRef, Float32Array, Float64Array, StringArray};
use backstaff_panel::Instrument;
use backstaff_source::{Halts, Loaded, OnBadRow, PanelSource, TableLayout};
use rusqlite::Connection;
use support::{Folder, message, same, values};

const NAN: f64 = f64::NAN;

/// Open, high, low, close and volume of four sessions. In the second one nothing but the close is known, in the third
/// nothing at all.
const BARS: [[f64; 5]; 4] = [
    [10.0, 11.0, 9.0, 10.5, 100.0],
    [0.0, 0.0, 0.0, 10.75, 200.0],
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [10.0, 12.0, 9.5, 11.5, 300.0],
];
const DATES: [&str; 4] = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07"];
const FIELDS: [&str; 5] = ["open", "high", "low", "close", "volume"];

fn column(at: usize) -> Vec<f64> {
    BARS.iter().map(|bar| bar[at]).collect()
}

fn csv() -> String {
    let mut text = "date,symbol,open,high,low,close,volume\n".to_owned();
    for (date, [open, high, low, close, volume]) in DATES.iter().zip(BARS) {
        text += &format!("{date},A,{open},{high},{low},{close},{volume}\n");
    }
    text
}

fn assert_missing(loaded: &Loaded, reader: &str) {
    assert_eq!(loaded.panel.axis().instruments(), [Instrument::new("A")], "{reader}");
    assert!(loaded.excluded.is_empty(), "{reader}: {:?}", loaded.excluded);
    for (name, expected) in [
        ("open", [10.0, NAN, NAN, 10.0]),
        ("high", [11.0, NAN, NAN, 12.0]),
        ("low", [9.0, NAN, NAN, 9.5]),
        ("close", [10.5, 10.75, NAN, 11.5]),
        ("traded", [1.0, 1.0, 0.0, 1.0]),
    ] {
        assert!(same(&values(loaded, name), &expected), "{reader}, {name}: {:?}", values(loaded, name));
    }
    let warnings = loaded.found.warnings.join("; ");
    assert!(warnings.contains("count as missing"), "{reader}: {warnings}");
}

#[test]
fn of_csv_and_parquet() {
    let folder = Folder::new();
    let csv = folder.file("a.csv", &csv());
    let loaded = PanelSource::new(&csv).load().unwrap();
    assert_missing(&loaded, "CSV");
    let told = "7 prices of 0 count as missing (close 1, high 2, low 2, open 2) in `A`, the first in";
    assert!(
        loaded.found.warnings.iter().any(|warning| warning.starts_with(told)),
        "{:?}",
        loaded.found.warnings
    );
    assert_missing(&PanelSource::verbatim(&csv).load().unwrap(), "CSV, verbatim");
    let excluding = PanelSource { on_bad_row: OnBadRow::ExcludeInstrument, ..PanelSource::new(&csv) };
    assert_missing(&excluding.load().unwrap(), "CSV, excluding");
    let dates = || Arc::new(StringArray::from(DATES.to_vec())) as ArrayRef;
    let symbols = || Arc::new(StringArray::from(vec!["A"; 4])) as ArrayRef;
    let doubles = |at| Arc::new(Float64Array::from(column(at))) as ArrayRef;
    let floats =
        |at| Arc::new(Float32Array::from_iter_values(column(at).into_iter().map(|x| x as f32))) as ArrayRef;
    for (name, cells) in [("doubles", &doubles as &dyn Fn(usize) -> ArrayRef), ("floats", &floats)] {
        let mut columns = vec![("date", dates()), ("symbol", symbols())];
        columns.extend(FIELDS.iter().enumerate().map(|(at, field)| (*field, cells(at))));
        let path = folder.parquet(&format!("{name}.parquet"), 3, &columns);
        assert_missing(&PanelSource::new(path).load().unwrap(), name);
    }
}

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn of_qlib() {
    let folder = Folder::new();
    write(&folder.path().join("calendars/day.txt"), DATES.join("\n"));
    write(&folder.path().join("instruments/all.txt"), "A\t2020-01-02\t2020-01-07\n");
    for (at, field) in FIELDS.iter().enumerate() {
        let numbers = std::iter::once(0.0).chain(column(at));
        let bytes = numbers.flat_map(|number| (number as f32).to_le_bytes()).collect::<Vec<_>>();
        write(&folder.path().join(format!("features/a/{field}.day.bin")), bytes);
    }
    assert_missing(&PanelSource::new(folder.path()).load().unwrap(), "Qlib");
    let halted = PanelSource { halts: Halts::ZeroVolume, ..PanelSource::new(folder.path()) };
    assert!(same(&values(&halted.load().unwrap(), "close"), &[10.5, 10.75, NAN, 11.5]));
}

fn archive(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut zip = zip::ZipWriter::new(fs::File::create(path).unwrap());
    zip.start_file("bars.csv", zip::write::SimpleFileOptions::default()).unwrap();
    zip.write_all(text.as_bytes()).unwrap();
    zip.finish().unwrap();
}

#[test]
fn of_lean() {
    let folder = Folder::new();
    let market = folder.path().join("equity/usa");
    let mut text = String::new();
    for (date, [open, high, low, close, volume]) in DATES.iter().zip(BARS) {
        let [open, high, low, close] = [open, high, low, close].map(|price| price * 10_000.0);
        text += &format!("{} 00:00,{open},{high},{low},{close},{volume}\n", date.replace('-', ""));
    }
    archive(&market.join("daily/a.zip"), &text);
    assert_missing(&PanelSource::new(folder.path()).load().unwrap(), "LEAN");
}

#[test]
fn a_minute_without_a_price_makes_no_session_cheap() {
    let folder = Folder::new();
    let market = folder.path().join("equity/usa");
    let minute =
        |time: u32, [open, high, low, close]: [u32; 4]| format!("{time},{open},{high},{low},{close},5\n");
    let ten = 10 * 3_600_000;
    let bars = minute(ten, [100_000, 110_000, 90_000, 105_000])
        + &minute(ten + 60_000, [0, 0, 0, 0])
        + &minute(ten + 120_000, [105_000, 108_000, 95_000, 0]);
    archive(&market.join("minute/a/20200102_trade.zip"), &bars);
    let loaded = PanelSource::new(market.join("minute")).load().unwrap();
    for (name, expected) in [("open", 10.0), ("high", 11.0), ("low", 9.0), ("close", 10.5)] {
        assert_eq!(values(&loaded, name), [expected], "{name}");
    }
    let warnings = loaded.found.warnings.join("; ");
    assert!(warnings.contains("4 prices of 0 in bars within a session"), "{warnings}");
}

#[test]
fn of_a_database() {
    let folder = Folder::new();
    let path = folder.path().join("market.db");
    let connection = Connection::open(&path).unwrap();
    connection
        .execute_batch("CREATE TABLE bars (code TEXT, day TEXT, o REAL, h REAL, l REAL, c REAL, v INTEGER)")
        .unwrap();
    for (date, [open, high, low, close, volume]) in DATES.iter().zip(BARS) {
        let row = ("A", date, open, high, low, close, volume);
        connection.execute("INSERT INTO bars VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", row).unwrap();
    }
    let layout = TableLayout::read(
        "tables: 1\nprices: {table: bars, instrument: code, date: day, columns: {o: open, h: high, l: low, c: close, \
         v: volume}}\n",
    );
    let source = PanelSource { tables: Some(layout.unwrap()), ..PanelSource::new(path) };
    assert_missing(&source.load().unwrap(), "SQLite");
}

#[test]
fn what_is_bad_besides_stays_an_error() {
    let folder = Folder::new();
    for (bad, told) in [("-1", "open -1"), ("inf", "open inf")] {
        let text = format!("date,symbol,open,close,volume\n2020-01-02,A,0,1,5\n2020-01-03,A,{bad},1,5\n");
        let error = message(&PanelSource::new(folder.file("a.csv", &text)));
        assert!(error.contains("1 impossible value (") && error.contains(told), "{error}");
    }
    let error =
        message(&PanelSource::new(folder.file("a.csv", "date,symbol,close,factor\n2020-01-02,A,1,0\n")));
    assert!(error.contains("A has factor 0"), "{error}");
}

#[test]
fn rows_that_carry_the_close_on_name_the_key_that_makes_them_halts() {
    let folder = Folder::new();
    let text = "date,symbol,open,high,low,close,volume\n2020-01-02,A,10,11,9,10,5\n2020-01-03,A,0,0,0,10,0\n\
                2020-01-06,A,11,12,10,11,5\n2020-01-02,B,7,7,7,7,\n2020-01-03,B,7,7,7,7,1\n2020-01-06,B,7,7,7,7,1\n";
    let path = folder.file("a.csv", text);
    let source = PanelSource::new(&path);
    let loaded = source.load().unwrap();
    assert!(same(&values(&loaded, "close"), &[10.0, 10.0, 11.0, 7.0, 7.0, 7.0]));
    let warnings = loaded.found.warnings.join("; ");
    for told in ["3 prices of 0 count as missing", "row 3; 1 row of them carried", "`halts: zero_volume`"] {
        assert!(warnings.contains(told), "{told}: {warnings}");
    }
    for source in [source, PanelSource::verbatim(&path)] {
        let loaded = PanelSource { halts: Halts::ZeroVolume, ..source }.load().unwrap();
        assert!(
            same(&values(&loaded, "close"), &[10.0, NAN, 11.0, NAN, 7.0, 7.0]),
            "{:?}",
            values(&loaded, "close")
        );
        assert!(same(&values(&loaded, "return"), &[NAN, NAN, 11.0 / 10.0 - 1.0, NAN, NAN, 0.0]));
        assert!(same(&values(&loaded, "traded"), &[1.0, 0.0, 1.0, 0.0, 1.0, 1.0]));
        let warnings = loaded.found.warnings.join("; ");
        assert!(warnings.contains("1 row without a volume counts as sessions without trade"), "{warnings}");
        assert!(!warnings.contains("halts"), "{warnings}");
    }
}

#[test]
fn halts_by_volume_need_a_column_of_volumes() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close,vol\n2020-01-02,A,1,5\n");
    let error = message(&PanelSource { halts: Halts::ZeroVolume, ..PanelSource::new(path) });
    assert!(error.contains("has no volume column") && error.contains("vol"), "{error}");
}

/// Twenty sessions of a stock that goes 1:5 on the eleventh, with the change against the base price, and those of one
/// that is halted.
fn korean(halts: bool) -> String {
    let mut text = "Code,Name,Close,Changes,Volume,Open,High,Low,Marcap,Stocks,Market,Date\n".to_owned();
    let mut last = [70_000.0, 40_000.0];
    for day in 1..=20 {
        for (i, (code, name)) in [("900002", "다라"), ("900003", "마바")].into_iter().enumerate() {
            let is_split = i == 0 && day == 11;
            let base = if is_split { last[i] / 5.0 } else { last[i] };
            let halted = halts && i == 1 && (6..=9).contains(&day);
            let close = if halted { base } else { base + f64::from((day * 7 + i as i32) % 5 - 2) * 10.0 };
            let shares = if i == 0 && day >= 11 { 5_000 } else { 1_000 };
            let (volume, open) = if halted { (0, 0.0) } else { (100, close - 10.0) };
            text += &format!(
                "{code},{name},{close},{},{volume},{open},{open},{open},{},{shares},KOSPI,2024-03-{day:02}\n",
                close - base,
                close * f64::from(shares)
            );
            last[i] = close;
        }
    }
    text
}

#[test]
fn base_prices_adjust_the_closes_of_files() {
    let folder = Folder::new();
    let path = folder.file("a.csv", &korean(true));
    let source = PanelSource {
        halts: Halts::ZeroVolume,
        change: Some("changes".to_owned()),
        categories: vec!["name".to_owned(), "market".to_owned()],
        ..PanelSource::new(&path)
    };
    let loaded = source.load().unwrap();
    assert_eq!(loaded.found.adjustment.why, "by base prices: the close less changes");
    let (close, raw) = (values(&loaded, "close"), values(&loaded, "raw_close"));
    for t in 0..20 {
        let factor = if t < 10 { 1.0 } else { 5.0 };
        assert!((close[t] - raw[t] * factor).abs() < 1e-6, "{t}: {} {}", close[t], raw[t]);
    }
    assert!((values(&loaded, "volume")[10] - 20.0).abs() < 1e-9);
    assert_eq!(close[25..29].iter().filter(|close| close.is_nan()).count(), 4);
    assert_eq!(values(&loaded, "shares")[..11].last(), Some(&5_000.0));
    assert_eq!(values(&loaded, "market_cap")[0], raw[0] * 1_000.0);
    assert_eq!(loaded.panel.categories("name").unwrap().names(), ["다라", "마바"]);
    // Fields that are asked for alone bring the change with them.
    let fields = Some(["close".to_owned()].into());
    let alone = PanelSource { fields, ..source.clone() }.load().unwrap();
    assert!(same(&values(&alone, "close"), &close));
    let error = message(&PanelSource { change: Some("change".to_owned()), ..source.clone() });
    assert!(error.contains("did you mean \"changes\""), "{error}");
}

#[test]
fn a_column_that_is_no_change_in_money_is_refused() {
    let folder = Folder::new();
    let mut text = "date,symbol,close,percent\n".to_owned();
    for t in 0..80 {
        let close = 100 + t * 3 % 7;
        text += &format!("2020-{:02}-{:02},A,{close},{}\n", t / 28 + 1, t % 28 + 1, (t * 3 % 7) - 3);
    }
    let source =
        PanelSource { change: Some("percent".to_owned()), ..PanelSource::new(folder.file("a.csv", &text)) };
    let error = message(&source);
    assert!(error.contains("percent") && error.contains("of 79 sessions"), "{error}");
}
