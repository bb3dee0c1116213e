//! Rows that can't be true cost themselves, not their instrument; and nothing is left out in silence.

#![expect(clippy::unwrap_used, reason = "this crate is a test")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use backstaff_source::{
    Loaded, OnBadRow, PanelSource,
    quality::{self, Check, QualityRules},
};
use support::{Folder, message, same, values};

const HEADER: &str = "date,symbol,open,high,low,close,volume\n";

/// Ten sessions of two instruments with nothing wrong in them.
fn good() -> Vec<String> {
    let row = |day: usize, name: &str| format!("2024-01-{day:02},{name},10,12,9,1{},100", day % 3);
    (1..=10).flat_map(|day| [row(day, "A"), row(day, "B")]).collect()
}

fn text(rows: &[String]) -> String {
    HEADER.to_owned() + &rows.join("\n")
}

fn dropping(folder: &Folder, rows: &[String]) -> PanelSource {
    PanelSource { on_bad_row: OnBadRow::Drop, ..PanelSource::new(folder.file("prices.csv", &text(rows))) }
}

/// The closes of the first instrument.
fn closes(loaded: &Loaded) -> Vec<f64> {
    let n = loaded.panel.axis().rows(0).len();
    values(loaded, "close")[..n].to_vec()
}

#[test]
fn an_equal_row_counts_once_and_nobody_is_left_out() {
    let folder = Folder::new();
    let mut rows = good();
    rows.push(rows[4].clone());
    for source in [dropping(&folder, &rows), PanelSource::new(folder.file("prices.csv", &text(&rows)))] {
        let loaded = source.load().unwrap();
        assert!(loaded.excluded.is_empty() && loaded.found.dropped.rows == 0);
        assert_eq!((loaded.panel.axis().n_instruments(), closes(&loaded).len()), (2, 10));
        assert!(loaded.found.warnings.iter().any(|text| text.contains("1 row repeats another one")));
    }
}

#[test]
fn a_bad_bar_is_missing_and_the_others_stay() {
    for (cells, why) in [
        ("10,12,9,-11,100", "A has close -11 in session 2024-01-03"),
        ("10,12,9,11,-1", "A has volume -1 in session 2024-01-03"),
        ("10,9,12,11,100", "A has high 9 below the low 12 in session 2024-01-03"),
        ("10,inf,9,11,100", "A has high inf"),
    ] {
        let folder = Folder::new();
        let mut rows = good();
        rows[4] = format!("2024-01-03,A,{cells}");
        let source = dropping(&folder, &rows);
        let loaded = source.load().unwrap();
        assert!(loaded.excluded.is_empty());
        let expected = (1..=10).map(|day| if day == 3 { f64::NAN } else { 10.0 + f64::from(day % 3) });
        assert!(same(&closes(&loaded), &expected.collect::<Vec<_>>()), "{why}");
        let dropped = &loaded.found.dropped;
        assert_eq!((dropped.rows, dropped.instruments, dropped.listed.len()), (1, 1, 1));
        assert!(dropped.listed[0].reason.contains(why) && dropped.listed[0].place.row == 6, "{dropped:?}");
        assert!(
            loaded.found.warnings[0]
                .starts_with("1 row of 1 instrument can't be true and is left out (5.00 % of all): A has")
        );
        let stopping = PanelSource { on_bad_row: OnBadRow::Stop, ..source };
        if why.contains("below the low") {
            assert!(stopping.load().is_ok(), "the rest of the bar may be true");
        } else {
            assert!(message(&stopping).contains("`on_bad_row: drop`"), "{}", message(&stopping));
        }
    }
}

#[test]
fn of_two_rows_that_contradict_each_other_neither_is_trusted() {
    let folder = Folder::new();
    let mut rows = good();
    rows.push("2024-01-03,A,10,12,9,11.5,100".to_owned());
    let loaded = dropping(&folder, &rows).load().unwrap();
    assert!(closes(&loaded)[2].is_nan() && !closes(&loaded)[3].is_nan() && loaded.excluded.is_empty());
    assert_eq!((loaded.found.dropped.rows, loaded.found.dropped.listed[0].place.row), (2, 6));
    assert!(
        loaded.found.warnings[0].contains("A has two bars for session 2024-01-03"),
        "{:?}",
        loaded.found.warnings
    );
}

#[test]
fn an_instrument_goes_when_most_of_it_is_bad() {
    let folder = Folder::new();
    for (n_bad, n_excluded) in [(5, 0), (6, 1)] {
        let mut rows = good();
        for day in 1..=n_bad {
            rows[2 * (day - 1)] = format!("2024-01-{day:02},A,10,12,9,-1,100");
        }
        let loaded = dropping(&folder, &rows).load().unwrap();
        assert_eq!(loaded.excluded.len(), n_excluded, "{n_bad}");
        assert_eq!(loaded.found.dropped.rows, if n_excluded == 0 { 5 } else { 0 });
        if let Some(excluded) = loaded.excluded.first() {
            assert!(
                excluded.reason.starts_with("6 of its 10 rows can't be true, e.g. A has close -1"),
                "{excluded:?}"
            );
        }
    }
}

#[test]
fn one_close_a_hundred_times_too_high_is_a_broken_series() {
    let folder = Folder::new();
    let row = |t: usize| {
        let close = 50.0 + (t % 5) as f64 * 0.3;
        let close = if t == 20 { close * 100.0 } else { close };
        format!("2024-{:02}-{:02},A,{close},{close},{close},{close},100", 1 + t / 28, 1 + t % 28)
    };
    let rows = (0..60).map(row).collect::<Vec<_>>();
    let loaded = dropping(&folder, &rows).load().unwrap();
    assert_eq!(loaded.found.dropped.rows, 0, "a price may be any above 0");
    let broken = quality::check(&loaded, &QualityRules::default()).broken;
    assert_eq!((broken.len(), broken[0].check), (1, Check::RevertingJump));
    assert_eq!(broken[0].bars.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2024-01-21"]);
}
