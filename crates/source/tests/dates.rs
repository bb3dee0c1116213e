//! A column of dates is read in one order, which is found out over all its cells, in every table.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use std::{path::Path, sync::Arc};

use arrow_array::{ArrayRef, Date32Array, Float64Array, Int64Array, StringArray, TimestampSecondArray};
use backstaff_panel::{Axis, Calendar, Session};
use backstaff_source::{DateOrder, FactSource, PanelSource, SeriesSource, SourceError, read_attributes};
use support::Folder;

/// Three days whose cells together tell the order, though two of them alone would not.
const DAYS: [(i16, i8, i8); 3] = [(2020, 2, 3), (2020, 4, 5), (2020, 5, 25)];

/// A way to write a date.
type Spelling = fn(i16, i8, i8) -> String;

const SPELLINGS: [(&str, Spelling); 5] = [
    ("year first", |year, month, day| format!("{year}-{month:02}-{day:02}")),
    ("day first", |year, month, day| format!("{day}/{month}/{year}")),
    ("month first", |year, month, day| format!("{month}/{day}/{year}")),
    ("day first, dashes", |year, month, day| format!("{day:02}-{month:02}-{year}")),
    ("dots", |year, month, day| format!("{day}.{month}.{year}")),
];

/// A table that has these texts in a column of dates, read with a stated order: the days that it found.
type Reader = fn(&Folder, &[String], DateOrder) -> Result<Vec<String>, SourceError>;

const READERS: [(&str, Reader); 7] = [
    ("prices", |folder, texts, order| {
        prices(&folder.file("prices.csv", &rows("date,close", texts, "1.5")), order)
    }),
    ("prices in Parquet", |folder, texts, order| {
        let date = Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let close = Arc::new(Float64Array::from(vec![1.5; texts.len()])) as ArrayRef;
        prices(&folder.parquet("prices.parquet", 2, &[("date", date), ("close", close)]), order)
    }),
    ("publications of facts", |folder, texts, order| {
        let lines = texts.iter().enumerate().map(|(n, text)| format!("A,201{n},{text},{n}\n"));
        let table = format!("symbol,period,known_at,eps\n{}", lines.collect::<String>());
        facts(&folder.file("facts.csv", &table), order)
    }),
    ("ends of periods", |folder, texts, order| {
        let lines = texts.iter().map(|text| format!("A,{text},1\n"));
        let table = format!("symbol,period_end,eps\n{}", lines.collect::<String>());
        let source = FactSource {
            lag_days: Some(0),
            frequency: Some(backstaff_panel::Frequency::Quarterly),
            fiscal_year_end: Some(12),
            ..facts_of(&folder.file("facts.csv", &table), order)
        };
        Ok(known(&source.read()?.facts["eps_q"]))
    }),
    ("dates of series", |folder, texts, order| {
        let path = folder.file("series.csv", &rows("date,series,value", texts, "rate,2"));
        let source = SeriesSource {
            lags: backstaff_source::Lags::All("same_day".parse().unwrap()),
            ..series_of(&path, order)
        };
        Ok(known(&source.read()?.facts["rate_d"]))
    }),
    ("publications of series", |folder, texts, order| {
        let lines = texts.iter().enumerate().map(|(n, text)| format!("2019-01-0{},{text},rate,2\n", n + 1));
        let table = format!("date,known_at,series,value\n{}", lines.collect::<String>());
        let source = series_of(&folder.file("series.csv", &table), order);
        Ok(known(&source.read()?.facts["rate_d"]))
    }),
    ("attributes", |folder, texts, order| {
        let lines = texts.iter().enumerate().map(|(n, text)| format!("S{n},{text}\n"));
        let path = folder.file("members.csv", &format!("symbol,added\n{}", lines.collect::<String>()));
        let sessions = DAYS.map(|(year, month, day)| Session::from_ymd(year, month, day).unwrap()).to_vec();
        let lives = (0..texts.len()).map(|n| (format!("S{n}").as_str().into(), 0..3)).collect();
        let axis = Axis::new(Calendar::new(sessions), lives);
        let since = read_attributes(&path, None, &["added"], order.into())?.since("added", order, &axis)?;
        let first = |i: usize| axis.rows(i).find(|&row| since.members.members()[row]);
        Ok((0..axis.n_instruments())
            .map(|i| {
                first(i).map_or("never".to_owned(), |row| {
                    axis.calendar().session(axis.position_of(row)).to_string()
                })
            })
            .collect())
    }),
];

fn rows(header: &str, texts: &[String], rest: &str) -> String {
    let lines = texts.iter().map(|text| format!("{text},{rest}\n"));
    format!("{header}\n{}", lines.collect::<String>())
}

fn prices(path: &Path, order: DateOrder) -> Result<Vec<String>, SourceError> {
    let source = PanelSource { written: order.into(), ..PanelSource::verbatim(path) };
    let loaded = source.load()?;
    Ok(loaded.panel.axis().calendar().sessions().iter().map(ToString::to_string).collect())
}

fn facts_of(path: &Path, order: DateOrder) -> FactSource {
    FactSource { written: order.into(), ..FactSource::new(path) }
}

fn series_of(path: &Path, order: DateOrder) -> SeriesSource {
    SeriesSource { written: order.into(), ..SeriesSource::new(path) }
}

fn facts(path: &Path, order: DateOrder) -> Result<Vec<String>, SourceError> {
    Ok(known(&facts_of(path, order).read()?.facts["eps_a"]))
}

/// The days on which values became known, in their order.
fn known(facts: &backstaff_panel::Facts) -> Vec<String> {
    facts.all().flat_map(|(_, facts)| facts).map(|fact| fact.known.to_string()).collect()
}

fn spelled(spelling: Spelling, days: &[(i16, i8, i8)]) -> Vec<String> {
    days.iter().map(|&(year, month, day)| spelling(year, month, day)).collect()
}

#[test]
fn every_reader_finds_the_order_over_the_whole_column() {
    for (reader_name, reader) in READERS {
        for (name, spelling) in SPELLINGS {
            let found = reader(&Folder::new(), &spelled(spelling, &DAYS), DateOrder::Detect);
            let days = ["2020-02-03", "2020-04-05", "2020-05-25"];
            assert_eq!(found.unwrap(), days, "{reader_name}, {name}");
        }
    }
}

#[test]
fn every_reader_refuses_a_column_that_does_not_tell_unless_the_order_is_stated() {
    for (name, reader) in READERS {
        let texts = spelled(SPELLINGS[1].1, &DAYS[..2]);
        let error = reader(&Folder::new(), &texts, DateOrder::Detect).unwrap_err().to_string();
        assert!(error.contains("3/2/2020") && error.contains("date_order: day_first"), "{name}: {error}");
        let days = reader(&Folder::new(), &texts, DateOrder::DayFirst).unwrap();
        assert_eq!(days, ["2020-02-03", "2020-04-05"], "{name}");
    }
}

#[test]
fn every_reader_refuses_cells_of_two_orders() {
    for (name, reader) in READERS {
        let texts = ["25/5/2020".to_owned(), "5/26/2020".to_owned(), "2020-06-01".to_owned()];
        let error = reader(&Folder::new(), &texts, DateOrder::Detect).unwrap_err();
        assert!(matches!(error, SourceError::BadDate { .. }), "{name}: {error}");
    }
}

#[test]
fn every_reader_refuses_dates_before_1800_and_after_2200() {
    for (name, reader) in READERS {
        for text in ["1799-12-31", "2201-01-01", "0020-02-03", "9999-12-31"] {
            let texts = ["2020-02-03".to_owned(), text.to_owned()];
            let error = reader(&Folder::new(), &texts, DateOrder::Detect).unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("row"), "{name}: {error}");
        }
    }
}

#[test]
fn numbers_and_instants_of_parquet_have_the_same_bounds() {
    let beyond: [(&str, ArrayRef); 5] = [
        ("days", Arc::new(Date32Array::from(vec![18_000, 90_000]))),
        ("all days", Arc::new(Date32Array::from(vec![18_000, i32::MAX]))),
        ("seconds", Arc::new(TimestampSecondArray::from(vec![1_500_000_000, 9_000_000_000_000]))),
        ("all seconds", Arc::new(TimestampSecondArray::from(vec![1_500_000_000, i64::MAX]))),
        ("whole numbers", Arc::new(Int64Array::from(vec![20_200_203, 22_010_101]))),
    ];
    for (name, dates) in beyond {
        let folder = Folder::new();
        let close = Arc::new(Float64Array::from(vec![1.5, 2.0])) as ArrayRef;
        let path = folder.parquet("prices.parquet", 2, &[("date", dates), ("close", close)]);
        let error = prices(&path, DateOrder::Detect).unwrap_err();
        assert!(
            matches!(error, SourceError::BadDate { .. }) && error.to_string().contains("row 2"),
            "{name}: {error}"
        );
    }
}
