//! From files to panels: what is recognised, aligned, adjusted.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "tests may be plain")]

mod support;

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BinaryViewArray, Date32Array, Float32Array, Float64Array, Int64Array, LargeStringArray,
    StringArray, StringViewArray, TimestampMillisecondArray, types::Int32Type,
};
use arrow_schema::DataType;
use backstaff_panel::{Encoding, Session};
use backstaff_source::{
    Adjustment, CalendarRule, DateOrder, Exchange, Inspection, Loaded, Mapping, OnBadRow, PanelSource,
    Unused, inspect, quality,
};
use proptest::prelude::*;
use support::{Folder, same, values};

const NAN: f64 = f64::NAN;

fn sessions(loaded: &Loaded) -> Vec<String> {
    loaded.panel.axis().calendar().sessions().iter().map(ToString::to_string).collect()
}

#[test]
fn aligns_rows_in_any_order_and_fills_holes_with_nothing() {
    let folder = Folder::new();
    let path = folder.file(
        "long.csv",
        "Symbol,Date,Close,Volume\nB,2020-01-03,20,5\nA,2020-01-06,12,5\nB,2020-01-02,10,5\nA,2020-01-02,10,5\n\
         B,2020-01-06,30,0\n",
    );
    let loaded = PanelSource::new(path).load().unwrap();
    assert_eq!(sessions(&loaded), ["2020-01-02", "2020-01-03", "2020-01-06"]);
    assert!(same(&values(&loaded, "close"), &[10.0, NAN, 12.0, 10.0, 20.0, 30.0]));
    assert!(same(&values(&loaded, "traded"), &[1.0, 0.0, 1.0, 1.0, 1.0, 0.0]));
    assert!(same(&values(&loaded, "return"), &[NAN, NAN, 12.0 / 10.0 - 1.0, NAN, 1.0, NAN]));
    assert!(same(&values(&loaded, "return_sessions"), &[NAN, NAN, 2.0, NAN, 1.0, NAN]));
    assert_eq!((loaded.found.rows, loaded.found.coverage), (5, 5.0 / 6.0));
}

#[test]
fn reads_a_folder_of_yahoo_files() {
    let folder = Folder::new();
    let head = "Date,Open,High,Low,Close,Adj Close,Volume\n";
    folder.file("KO.csv", &format!("{head}2008-12-31,4,8,2,4,2,100\n2009-01-02,8,8,8,8,8,200\n"));
    folder.file("IBM.csv", &format!("{head}2009-01-02,1,1,1,1,1,1\n2008-12-31,2,2,2,2,1,1\n"));
    let loaded = PanelSource::new(folder.path()).load().unwrap();
    assert_eq!(loaded.found.adjustment.used, Adjustment::AdjClose);
    let names = loaded.panel.axis().instruments().iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names, ["IBM", "KO"]);
    assert_eq!(values(&loaded, "factor"), [1.0, 2.0, 1.0, 2.0]);
    assert_eq!(values(&loaded, "close"), [2.0, 2.0, 4.0, 16.0]);
    assert_eq!(values(&loaded, "raw_close"), [2.0, 1.0, 4.0, 8.0]);
    assert_eq!(values(&loaded, "open"), [2.0, 2.0, 4.0, 16.0]);
    assert_eq!(values(&loaded, "volume"), values(&loaded, "raw_volume"));
    assert!(loaded.panel.field("adj_close").is_none());
}

#[test]
fn an_append_rewrites_no_adjusted_price() {
    let folder = Folder::new();
    let head = "date,symbol,close,factor\n2020-01-02,A,10,0.5\n2020-01-03,A,11,0.5\n";
    let before = PanelSource::new(folder.file("a.csv", head)).load().unwrap();
    let after = PanelSource::new(folder.file("b.csv", &format!("{head}2020-01-06,A,6,1\n"))).load().unwrap();
    assert_eq!(values(&before, "close"), [10.0, 11.0]);
    assert_eq!(values(&after, "close"), [10.0, 11.0, 12.0]);
}

#[test]
fn volume_is_adjusted_by_splits_if_they_are_stated() {
    let folder = Folder::new();
    let text =
        "date,symbol,close,volume,factor,split_factor\n2020-01-02,A,10,100,1,1\n2020-01-03,A,5,200,2.1,2\n";
    let loaded = PanelSource::new(folder.file("a.csv", text)).load().unwrap();
    assert_eq!(values(&loaded, "close"), [10.0, 10.5]);
    assert_eq!(values(&loaded, "volume"), [100.0, 100.0]);
    assert_eq!(values(&loaded, "raw_volume"), [100.0, 200.0]);
}

#[test]
fn verbatim_keeps_each_row_and_column_as_it_is() {
    let folder = Folder::new();
    let mut text = "date,ticker,close,adj_close,someRatio,note\n".to_owned();
    for i in 0..10 {
        text += &format!("2020-01-02,T{i},10,5,-1,x\n");
    }
    text += "2020-01-04,T0,11,6,-2,x\n2020-01-06,T0,12,,inf,x\n";
    let path = folder.file("a.csv", &text);
    let loaded = PanelSource::verbatim(&path).load().unwrap();
    assert_eq!(sessions(&loaded), ["2020-01-02", "2020-01-04", "2020-01-06"]);
    assert_eq!(loaded.panel.axis().n_rows(), 12);
    assert!(same(&values(&loaded, "adj_close")[..3], &[5.0, 6.0, NAN]));
    assert!(same(&values(&loaded, "some_ratio")[..3], &[-1.0, -2.0, NAN]));
    let fields = loaded.panel.fields().map(|(name, _)| name.to_owned()).collect::<Vec<_>>();
    assert_eq!(fields, ["adj_close", "close", "return", "return_sessions", "some_ratio", "traded"]);
    assert!(loaded.found.warnings.iter().any(|warning| warning.contains("infinite")));
    // With the defaults a Saturday that one of ten has is no session.
    let strict = PanelSource::new(&path).load().unwrap();
    assert_eq!((sessions(&strict).len(), strict.found.calendar.dropped_rows), (1, 2));
}

#[test]
fn verbatim_needs_no_price() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,x\n2020-01-02,A,1\n2020-01-03,A,-1\n");
    let loaded = PanelSource::verbatim(&path).load().unwrap();
    assert_eq!(values(&loaded, "x"), [1.0, -1.0]);
    assert_eq!(values(&loaded, "traded"), [1.0, 1.0]);
}

fn bars(symbols: ArrayRef, dates: ArrayRef) -> Vec<(&'static str, ArrayRef)> {
    vec![
        ("DATE", dates),
        ("Stock_Code", symbols),
        ("CLOSE", Arc::new(Float32Array::from(vec![1.5, 2.5, 3.5, 4.5]))),
        ("amount", Arc::new(Int64Array::from(vec![Some(1), None, Some(3), Some(4)]))),
        ("score", Arc::new(Float64Array::from(vec![0.1, 0.2, 0.3, 0.4]))),
    ]
}

#[test]
fn reads_parquet_whatever_the_types_of_keys_are() {
    let names = ["A", "B", "A", "B"];
    let symbols: [ArrayRef; 6] = [
        Arc::new(StringArray::from(names.to_vec())),
        Arc::new(LargeStringArray::from(names.to_vec())),
        Arc::new(StringViewArray::from(names.to_vec())),
        Arc::new(BinaryViewArray::from(vec![&b"A"[..], b"B", b"A", b"B"])),
        Arc::new(arrow_array::DictionaryArray::<Int32Type>::from_iter(names)),
        Arc::new(Int64Array::from(vec![1, 2, 1, 2])),
    ];
    let days = vec![16_801, 16_801, 16_804, 16_804];
    let local = [0, 0, 3, 3].map(|day| (16_801 + day) * 86_400_000 + 5 * 3_600_000);
    let dates: [ArrayRef; 6] = [
        Arc::new(Date32Array::from(days.clone())),
        arrow_cast::cast(&Date32Array::from(days), &DataType::Date64).unwrap(),
        Arc::new(StringArray::from(vec!["2016-01-01", "2016-01-01", "20160104", "2016/01/04"])),
        Arc::new(Int64Array::from(vec![20_160_101, 20_160_101, 20_160_104, 20_160_104])),
        Arc::new(TimestampMillisecondArray::from(local.to_vec())),
        // Midnight in New York.
        Arc::new(TimestampMillisecondArray::from(local.to_vec()).with_timezone("America/New_York")),
    ];
    for case in 0..12 {
        let folder = Folder::new();
        let (symbol, date) =
            if case < 6 { (&symbols[case], &dates[0]) } else { (&symbols[0], &dates[case - 6]) };
        let path = folder.parquet("x.parquet", 3, &bars(symbol.clone(), date.clone()));
        let loaded = PanelSource::new(path).load().unwrap();
        assert_eq!(sessions(&loaded), ["2016-01-01", "2016-01-04"], "case {case}");
        assert_eq!(values(&loaded, "close"), [1.5, 3.5, 2.5, 4.5]);
        assert!(same(&values(&loaded, "amount"), &[1.0, 3.0, NAN, 4.0]));
        let encoding = |name| loaded.panel.field(name).unwrap().encoding();
        assert_eq!((encoding("close"), encoding("amount")), (Encoding::F32, Encoding::F64));
    }
}

#[test]
fn the_session_of_an_instant_is_the_local_date() {
    let folder = Folder::new();
    // 2016-01-01 20:00 UTC is the second of January in Seoul.
    let instants = TimestampMillisecondArray::from(vec![16_801 * 86_400_000 + 20 * 3_600_000; 2]);
    let columns = |zone: &str| -> Vec<(&str, ArrayRef)> {
        vec![
            ("ts", Arc::new(instants.clone().with_timezone(zone))),
            ("symbol", Arc::new(StringArray::from(vec!["A", "B"]))),
            ("close", Arc::new(Float64Array::from(vec![1.0, 1.0]))),
        ]
    };
    for (zone, date) in [("UTC", "2016-01-01"), ("+09:00", "2016-01-02"), ("Asia/Seoul", "2016-01-02")] {
        let path = folder.parquet("x.parquet", 10, &columns(zone));
        assert_eq!(sessions(&PanelSource::new(path).load().unwrap()), [date], "{zone}");
    }
}

#[test]
fn reads_csv_dialects() {
    let folder = Folder::new();
    for (name, text) in [
        ("semicolon.csv", "\u{feff}Date;Ticker;Close\n2020-01-02;A;1.5\n2020-01-13;A;2.5\n"),
        ("tab.tsv", "date\tsymbol\tclose\n20200102\tA\t1.5\n20200113\tA\t2.5\n"),
        ("us.csv", "\"date\",\"symbol\",\"close\"\r\n1/2/2020,A,1.5\r\n1/13/2020,A,2.5\r\n"),
        ("uk.csv", "date,symbol,close\n02/01/2020,A,1.5\n13/01/2020,A,2.5\n"),
        (
            "zone.csv",
            "datetime,symbol,close\n2020-01-02 00:00:00-05:00,A,1.5\n2020-01-13 00:00:00-05:00,A,2.5\n",
        ),
        ("index.csv", ",symbol,close\n2020-01-02,A,1.5\n2020-01-13,A,2.5\n"),
    ] {
        let loaded = PanelSource::new(folder.file(name, text)).load().unwrap();
        assert_eq!(sessions(&loaded), ["2020-01-02", "2020-01-13"], "{name}");
        assert_eq!(values(&loaded, "close"), [1.5, 2.5], "{name}");
    }
}

#[test]
fn a_stated_order_settles_ambiguous_dates() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close\n3/4/2020,A,1\n");
    assert!(support::message(&PanelSource::new(&path)).contains("begin with the day or the month"));
    let source = PanelSource { written: DateOrder::DayFirst.into(), ..PanelSource::new(&path) };
    assert_eq!(sessions(&source.load().unwrap()), ["2020-04-03"]);
}

#[test]
fn reads_partitions_and_long_files_in_folders() {
    let folder = Folder::new();
    folder.file("year=2019/a.csv", "date,symbol,close\n2019-12-31,A,1\n2019-12-31,B,1\n");
    folder.file("year=2020/b.csv", "date,symbol,close,extra\n2020-01-02,A,2,7\n2020-01-02,B,2,8\n");
    let loaded = PanelSource::new(folder.path()).load().unwrap();
    assert_eq!(values(&loaded, "close"), [1.0, 2.0, 1.0, 2.0]);
    assert!(same(&values(&loaded, "extra"), &[NAN, 7.0, NAN, 8.0]));
    assert_eq!(loaded.found.files.len(), 2);
}

#[test]
fn text_columns_become_categories_when_asked() {
    let folder = Folder::new();
    let text = "date,symbol,close,venue\n2020-01-03,A,1,NYSE\n2020-01-06,A,1,\n2020-01-02,B,1,NASDAQ\n\
                2020-01-03,B,1,NYSE\n";
    let path = folder.file("a.csv", text);
    let source = PanelSource { categories: vec!["venue".to_owned()], ..PanelSource::new(&path) };
    let loaded = source.load().unwrap();
    let venue = loaded.panel.categories("venue").unwrap();
    // By first appearance through time, and an empty cell keeps what was known.
    assert_eq!(venue.names(), ["NASDAQ", "NYSE"]);
    assert_eq!(venue.codes(), [1, 1, 0, 1]);
    let ignored = PanelSource::new(&path).load().unwrap().found.ignored;
    assert!(ignored[0].source == "venue" && ignored[0].why == Unused::Text);
}

#[test]
fn a_named_calendar_drops_other_dates_and_makes_rows_for_missing_sessions() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close\n2020-01-02,A,1\n2020-01-04,A,9\n2020-01-06,A,2\n");
    let source = PanelSource { calendar: CalendarRule::Exchange(Exchange::Xnys), ..PanelSource::new(path) };
    let loaded = source.load().unwrap();
    assert_eq!(sessions(&loaded), ["2020-01-02", "2020-01-03", "2020-01-06"]);
    assert!(same(&values(&loaded, "close"), &[1.0, NAN, 2.0]));
    assert_eq!(loaded.found.calendar.dropped_rows, 1);
    assert_eq!(loaded.found.calendar.dropped_dates[0].date, "2020-01-04".parse().unwrap());
}

#[test]
fn rows_of_the_frozen_list_are_left_out() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close\n2020-01-02,A,1\n2020-01-03,A,100\n2020-01-06,A,1\n");
    let row = |date: &str| ("A".into(), date.parse::<Session>().unwrap());
    let source =
        PanelSource { drop_rows: vec![row("2020-01-03"), row("2020-01-07")], ..PanelSource::new(path) };
    let loaded = source.load().unwrap();
    assert_eq!(values(&loaded, "close"), [1.0, 1.0]);
    assert!(loaded.found.warnings.iter().any(|warning| warning.contains("A 2020-01-07")));
}

#[test]
fn reads_only_the_instruments_and_fields_that_are_wanted() {
    let folder = Folder::new();
    let text =
        "date,symbol,open,close,noise\n2020-01-02,A,1,1,bad\n2020-01-02,B,2,2,3\n2020-01-02,C,-1,2,3\n";
    let source = PanelSource {
        instruments: Some(["B".to_owned()].into()),
        fields: Some(["open".to_owned()].into()),
        ..PanelSource::new(folder.file("a.csv", text))
    };
    let loaded = source.load().unwrap();
    assert_eq!(values(&loaded, "open"), [2.0]);
    assert!(loaded.panel.field("noise").is_none());
}

#[test]
fn a_series_lies_on_any_calendar() {
    let folder = Folder::new();
    let path = folder.file(
        "etfs.csv",
        "date,symbol,open,close\n2020-01-02,SPY,1,2\n2020-01-06,SPY,3,4\n2020-01-03,QQQ,5,6\n",
    );
    let series = PanelSource::new(&path).series("SPY").unwrap();
    assert_eq!(series.close, [2.0, 4.0]);
    let zero = folder.file("zero.csv", "date,symbol,open,close\n2020-01-02,SPY,0,2\n2020-01-06,SPY,3,4\n");
    let series_with_zero = PanelSource::new(zero).series("SPY").unwrap();
    assert!(same(&series_with_zero.open, &[NAN, 3.0]) && series_with_zero.warnings.len() == 1);
    let panel = PanelSource::verbatim(&path).load().unwrap().panel;
    let on = series.on(panel.axis().calendar());
    assert!(same(&on.open, &[1.0, NAN, 3.0]) && same(&on.close, &[2.0, NAN, 4.0]));
    let error = PanelSource::new(&path).series("SPX").unwrap_err().to_string();
    assert!(error.contains("did you mean \"SPY\""), "{error}");
}

#[test]
fn an_inspection_lists_what_it_leaves_out() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "Tag,symbol,close\n2020-01-02,A,1\n2020-01-02,B,-1\n");
    let mapping = Mapping([("Tag".into(), "date".into())].into());
    let source = PanelSource { mapping, ..PanelSource::new(&path) };
    let Inspection { found, excluded, .. } = inspect(&source, None).unwrap();
    assert_eq!((found.instruments, excluded.len()), (1, 1));
    assert_eq!(excluded[0].place.as_ref().unwrap().row, 3);
}

/// A market in which two rows have a misplaced decimal point and one instrument is a copy of a day.
fn flawed() -> String {
    let mut text = "date,symbol,open,high,low,close,volume\n".to_owned();
    for day in 1..=28 {
        for (i, name) in ["SLG", "AVB", "KO"].iter().enumerate() {
            let close = 90.0 + f64::from((day * 7 + i as i32 * 3) % 5) * 0.3;
            let (open, mut high, low) = (close - 0.1, close + 0.5, close - 0.5);
            let mut shown = close;
            match (*name, day) {
                ("SLG", 14) => shown = close / 100.0,
                ("AVB", 9) => high = close / 10.0,
                _ => {}
            }
            let volume = if (*name, day) == ("KO", 20) { 0 } else { 1_000 + day };
            if (*name, day) != ("KO", 5) {
                text += &format!("2020-02-{day:02},{name},{open},{high},{low},{shown},{volume}\n");
            }
        }
        if day > 8 && !(12..18).contains(&day) {
            text += &format!(
                "2020-02-{day:02},DD,83.54,85.16,83.31,{},34861021\n",
                if day < 12 { 84.64 } else { 83.93 }
            );
        }
    }
    text
}

#[test]
fn the_quality_checks_point_at_the_rows() {
    let folder = Folder::new();
    let loaded = PanelSource::new(folder.file("a.csv", &flawed())).load().unwrap();
    let quality = quality::check(&loaded, &quality::QualityRules::default());
    let found = |check: &str| {
        let findings = quality.findings.iter().filter(|finding| finding.check.name() == check);
        let shown = findings.map(|finding| {
            let session = finding.session.map_or_else(String::new, |session| session.to_string());
            format!("{} {}", finding.instrument.as_deref().unwrap_or("-"), &session[8..])
        });
        shown.collect::<Vec<_>>()
    };
    assert_eq!(found("reverting_jump"), ["SLG 14"]);
    assert_eq!(found("inconsistent_bar"), ["AVB 09", "SLG 14"]);
    assert_eq!(found("repeated_bar").len(), 14);
    assert_eq!(found("stale_run"), ["DD 18"]);
    assert_eq!(found("zero_volume"), ["KO 20"]);
    assert_eq!(found("missing_sessions"), ["KO 05"]);
    assert_eq!(found("gap"), ["DD 12"]);
    assert_eq!(found("late_start"), ["DD 09"]);
    assert_eq!(found("thin_session"), ["- 05", "- 12", "- 13", "- 14", "- 15", "- 16", "- 17"]);
    assert!(found("extreme_move").is_empty());
    let counted = quality.counts.iter().map(|(_, count)| count).sum::<usize>();
    assert_eq!(counted, quality.findings.len());
}

#[test]
fn findings_follow_the_close_that_stays() {
    let folder = Folder::new();
    let mut text = "date,symbol,close\n".to_owned();
    for day in 1..=20 {
        let close = if day < 10 { 100 + day % 2 } else { 40 + day % 2 };
        text += &format!("2020-02-{day:02},A,{close}\n");
    }
    let loaded = PanelSource::new(folder.file("a.csv", &text)).load().unwrap();
    let quality = quality::check(&loaded, &quality::QualityRules::default());
    let moves = quality.findings.iter().filter(|finding| finding.check == quality::Check::ExtremeMove);
    assert_eq!(moves.map(|finding| finding.session.unwrap().to_string()).collect::<Vec<_>>(), ["2020-02-10"]);
}

#[test]
fn an_excluded_instrument_leaves_no_trace() {
    let folder = Folder::new();
    let text = "date,symbol,close\n2020-01-02,A,1\n2020-01-03,B,-1\n2020-01-04,B,2\n2020-01-06,C,1\n2020-01-06,C,2\n";
    let path = folder.file("a.csv", text);
    let source = PanelSource { on_bad_row: OnBadRow::ExcludeInstrument, ..PanelSource::new(path) };
    let loaded = source.load().unwrap();
    assert_eq!(sessions(&loaded), ["2020-01-02"]);
    let reasons = loaded.excluded.iter().map(|excluded| excluded.reason.as_str()).collect::<Vec<_>>();
    assert!(reasons[0].contains("B has close -1") && reasons[1].contains("row 5 and row 6"), "{reasons:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Neither the order of rows, nor how they are cut into row groups and files, nor the format matters.
    #[test]
    fn the_same_rows_make_the_same_panel(
        rows in prop::collection::btree_map((0..4_usize, 0..12_i32), (1..1000_i32, 0..5_i32), 1..40),
        seed in any::<u64>(),
        group in 1..50_usize,
    ) {
        let folder = Folder::new();
        let mut rows = rows.into_iter().collect::<Vec<_>>();
        let sorted = csv_of(&rows);
        rows.sort_by_key(|((i, day), _)| (*i as u64 * 31 + *day as u64 + 1).wrapping_mul(seed | 1));
        let (first, second) = rows.split_at(rows.len() / 2);
        folder.file("parts/a.csv", &csv_of(first));
        folder.file("parts/b.csv", &csv_of(second));
        let parquet = folder.parquet("x.parquet", group, &[
            ("symbol", Arc::new(StringArray::from_iter_values(rows.iter().map(|((i, _), _)| format!("S{i}"))))),
            ("date", Arc::new(Date32Array::from_iter_values(rows.iter().map(|((_, day), _)| *day)))),
            ("close", Arc::new(Float64Array::from_iter_values(rows.iter().map(|(_, (close, _))| f64::from(*close) / 8.0)))),
            ("volume", Arc::new(Int64Array::from_iter_values(rows.iter().map(|(_, (_, volume))| i64::from(*volume))))),
        ]);
        let load = |path: std::path::PathBuf| PanelSource::new(path).load().unwrap().panel;
        let expected = load(folder.file("sorted.csv", &sorted));
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        for panel in [load(folder.path().join("parts")), load(parquet.clone()), one_thread.install(|| load(parquet))] {
            prop_assert_eq!(panel.axis(), expected.axis());
            for ((name, column), (other, expected)) in panel.fields().zip(expected.fields()) {
                prop_assert_eq!(name, other);
                prop_assert!(column.same_bits(expected), "{}", name);
            }
        }
    }

    /// Cutting off the future changes no field of what remains.
    #[test]
    fn nothing_looks_ahead(
        rows in prop::collection::btree_map((0..5_usize, 0..20_i32), (1..1000_i32, 0..5_i32), 2..60),
        last in 0..20_i32,
    ) {
        let folder = Folder::new();
        let rows = rows.into_iter().collect::<Vec<_>>();
        let past = rows.iter().copied().filter(|((_, day), _)| *day <= last).collect::<Vec<_>>();
        prop_assume!(!past.is_empty());
        let load = |name: &str, rows: &[Row]| PanelSource::new(folder.file(name, &csv_of(rows))).load();
        let (all, past) = (load("all.csv", &rows).unwrap().panel, load("past.csv", &past));
        let Ok(past) = past else { return Ok(()) };
        let past = past.panel;
        for i in 0..past.axis().n_instruments() {
            let j = all.axis().find(past.axis().instruments()[i].name()).unwrap();
            for (row, &session) in past.axis().rows(i).zip(past.axis().sessions(i)) {
                let position = all.axis().calendar().position(session);
                prop_assert!(position.is_some(), "{} is a session only without its future", session);
                let other = all.axis().row(j, position.unwrap()).unwrap();
                for ((name, column), (_, full)) in past.fields().zip(all.fields()) {
                    prop_assert_eq!(column.get(row).to_bits(), full.get(other).to_bits(), "{}", name);
                }
            }
        }
    }
}

type Row = ((usize, i32), (i32, i32));

fn csv_of(rows: &[Row]) -> String {
    let mut text = "date,symbol,close,volume\n".to_owned();
    for ((i, day), (close, volume)) in rows {
        text += &format!("{},S{i},{},{volume}\n", Session::from_number(*day), f64::from(*close) / 8.0);
    }
    text
}

#[test]
fn joins_the_three_header_lines_of_yfinance() {
    let folder = Folder::new();
    let text = "Price,Close,High,Volume\nTicker,KO,KO,KO\nDate,,,\n2020-01-02,1,2,3\n2020-01-03,x,2,3\n";
    let path = folder.file("KO.csv", text);
    assert!(support::message(&PanelSource::new(&path)).contains("row 5"));
    folder.file("KO.csv", &text.replace('x', "4"));
    assert_eq!(values(&PanelSource::new(path).load().unwrap(), "close"), [1.0, 4.0]);
}

#[test]
fn a_column_that_begins_late_or_never_is_one_of_numbers() {
    let folder = Folder::new();
    let mut text = "date,symbol,close,late,never\n".to_owned();
    for day in 0..300 {
        let late = if day < 250 { "" } else { "7" };
        text += &format!("{},A,1,{late},\n", Session::from_number(day));
    }
    let loaded = PanelSource::new(folder.file("a.csv", &text)).load().unwrap();
    assert_eq!(values(&loaded, "late")[299], 7.0);
    assert!(values(&loaded, "never").iter().all(|value| value.is_nan()));
}

#[test]
fn any_column_may_be_called_factor_where_nothing_is_adjusted() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close,factor\n2020-01-02,A,1,-1\n");
    assert_eq!(values(&PanelSource::verbatim(&path).load().unwrap(), "factor"), [-1.0]);
    assert!(PanelSource::new(&path).load().is_err());
}
