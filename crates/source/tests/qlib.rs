//! Folders in Qlib's layout: calendars, instruments, bars, published values.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

use std::{fs, path::Path};

use backstaff_panel::{Frequency, Instrument, Panel};
use backstaff_source::{Adjustment, FactSource, PanelSource, SourceError, source_files};

fn write(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn bars(folder: &Path, name: &str, field: &str, first: u32, values: &[f32]) {
    let numbers = std::iter::once(first as f32).chain(values.iter().copied());
    let bytes = numbers.flat_map(f32::to_le_bytes).collect::<Vec<_>>();
    write(&folder.join(format!("features/{name}/{field}.day.bin")), bytes);
}

fn provider() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(&path.join("calendars/day.txt"), "2020-01-02\n2020-01-03\n2020-01-06\n2020-01-07\n");
    write(
        &path.join("instruments/all.txt"),
        "SH600000\t2020-01-02\t2020-01-07\nCON\t2020-01-03\t2020-01-06\nSZ000001\t2020-01-02\t2020-01-07\n",
    );
    bars(path, "sh600000", "close", 0, &[10.0, f32::NAN, 12.0, 13.0]);
    bars(path, "sh600000", "factor", 0, &[2.0, 2.0, 2.0, 4.0]);
    bars(path, "_qlib_con", "close", 1, &[5.0, 6.0]);
    bars(path, "_qlib_con", "volume", 0, &[100.0, 200.0]);
    // Not in the list of instruments.
    bars(path, "sz000002", "close", 0, &[1.0]);
    folder
}

fn present(values: Vec<f64>) -> Vec<Option<f64>> {
    values.into_iter().map(|value| (!value.is_nan()).then_some(value)).collect()
}

#[test]
fn folders_are_found_whatever_their_capitals_and_what_has_no_pair_is_named() {
    let folder = provider();
    let path = folder.path();
    write(&path.join("instruments/all.txt"), "SH600000\nABB-U\nSH600009\nCON\n");
    bars(path, "ABB-U", "close", 0, &[7.0, 8.0]);
    let loaded = PanelSource::verbatim(path).load().unwrap();
    let names = loaded.panel.axis().instruments().iter().map(Instrument::name).collect::<Vec<_>>();
    assert_eq!(names, ["ABB-U", "CON", "SH600000"]);
    let warnings = loaded.found.warnings.join("; ");
    for told in
        ["1 instrument of instruments/all.txt without a folder", "`SH600009`", "1 folder", "`sz000002`"]
    {
        assert!(warnings.contains(told), "{told}: {warnings}");
    }
    bars(path, "abb-u", "close", 0, &[9.0]);
    let error = PanelSource::verbatim(path).load().unwrap_err().to_string();
    assert!(error.contains("differ in capitals only"), "{error}");
}

#[test]
fn prices_as_they_are_keep_their_adjustment_and_its_factor() {
    let folder = provider();
    let load =
        |adjustment| PanelSource { adjustment, ..PanelSource::new(folder.path()) }.load().unwrap().panel;
    let as_is = load(Adjustment::AsIs);
    let of = |panel: &Panel, name: &str| present(panel.field(name).unwrap().to_f64()).split_off(3);
    assert_eq!(of(&as_is, "close"), [Some(10.0), None, Some(12.0), Some(13.0)]);
    assert_eq!(of(&as_is, "factor"), [2.0, 2.0, 2.0, 4.0].map(Some));
    assert!(as_is.field("raw_close").is_none());
    let anchored = load(Adjustment::Auto);
    assert_eq!(of(&anchored, "raw_close"), [Some(5.0), None, Some(6.0), Some(3.25)]);
    assert_eq!(of(&anchored, "factor"), [1.0, 1.0, 1.0, 2.0].map(Some));
}

#[test]
fn reads_bars_where_the_calendar_has_them() {
    let folder = provider();
    let loaded = PanelSource::verbatim(folder.path()).load().unwrap();
    let (panel, axis) = (&loaded.panel, loaded.panel.axis());
    assert_eq!(axis.instruments(), [Instrument::new("CON"), Instrument::new("SH600000")]);
    assert_eq!((axis.life(0), axis.life(1)), (0..3, 0..4));
    let close = present(panel.field("close").unwrap().to_f64());
    assert_eq!(close, [None, Some(5.0), Some(6.0), Some(10.0), None, Some(12.0), Some(13.0)]);
    assert_eq!(panel.field("volume").unwrap().get(1), 200.0);
    assert_eq!(source_files(folder.path()).unwrap().len(), 7);
}

#[test]
fn adjusts_prices_anew_outside_of_single_computations() {
    let folder = provider();
    let loaded = PanelSource::new(folder.path()).load().unwrap();
    let quoted = present(loaded.panel.field("raw_close").unwrap().to_f64());
    assert_eq!(quoted[3..], [Some(5.0), None, Some(6.0), Some(3.25)]);
    let close = present(loaded.panel.field("close").unwrap().to_f64());
    assert_eq!(close[3..], [Some(5.0), None, Some(6.0), Some(6.5)]);
}

#[test]
fn a_field_without_values_is_missing_on_every_date() {
    let folder = provider();
    bars(folder.path(), "sz000001", "close", 2, &[1.0]);
    write(&folder.path().join("features/sz000001/open.day.bin"), []);
    bars(folder.path(), "sz000001", "low", 0, &[]);
    let panel = PanelSource::verbatim(folder.path()).load().unwrap().panel;
    let axis = panel.axis();
    let rows = axis.rows(axis.find("SZ000001").unwrap());
    assert_eq!((rows.len(), panel.field("close").unwrap().get(rows.start)), (1, 1.0));
    assert!(["open", "low"].iter().all(|name| panel.field(name).unwrap().get(rows.start).is_nan()));
}

#[test]
fn refuses_what_is_cut_short_or_does_not_fit_the_calendar() {
    let folder = provider();
    bars(folder.path(), "sh600000", "open", 3, &[1.0, 2.0]);
    let error = PanelSource::verbatim(folder.path()).load().unwrap_err();
    assert!(matches!(error, SourceError::Layout { .. }), "{error}");
    assert!(error.to_string().contains("more values than the calendar"), "{error}");
    write(&folder.path().join("features/sh600000/open.day.bin"), [0; 7]);
    let error = PanelSource::verbatim(folder.path()).load().unwrap_err().to_string();
    assert!(error.contains("multiple of four"), "{error}");
}

#[test]
fn reads_published_values_with_their_revisions() {
    let folder = provider();
    let records =
        [(20_200_102_u32, 201_901_u32, 1.0_f64), (20_200_103, 201_901, 1.5), (20_200_107, 201_903, 2.0)];
    let bytes = records.iter().flat_map(|&(date, period, value)| {
        let next = u32::MAX.to_le_bytes();
        [&date.to_le_bytes()[..], &period.to_le_bytes(), &value.to_le_bytes(), &next].concat()
    });
    let bytes = bytes.collect::<Vec<_>>();
    write(&folder.path().join("financial/sh600000/roe_q.data"), &bytes);
    let source = FactSource::new(folder.path());
    let facts = source.read().unwrap().facts;
    assert_eq!(source.files().unwrap().len(), 2);
    let found = facts["roe_q"].of(&Instrument::new("SH600000"));
    let found =
        found.iter().map(|fact| (fact.known.to_string(), Frequency::Quarterly.code(fact.period), fact.value));
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            ("2020-01-02".to_owned(), 201_901, 1.0),
            ("2020-01-03".to_owned(), 201_901, 1.5),
            ("2020-01-07".to_owned(), 201_903, 2.0)
        ]
    );
    write(&folder.path().join("financial/sh600000/roe_a.data"), &bytes);
    let error = source.read().unwrap_err().to_string();
    assert!(error.contains("roe_a.data row 1") && error.contains("\"201901\" is not a period"), "{error}");
}
