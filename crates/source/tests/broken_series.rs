//! Series that look broken are named with the worst of it, and a first look at a file finds its vendor's habits.

#![expect(clippy::unwrap_used, clippy::format_push_string, reason = "tests may be plain")]

#[expect(dead_code, reason = "each test file uses a part")]
mod support;

use backstaff_source::{
    Inspection, PanelSource, inspect,
    quality::{self, Check, Quality, QualityRules, broken_series},
};
use support::{Folder, message};

/// Sessions of the market.
const N: usize = 120;

fn date(t: usize) -> String {
    format!("2023-{:02}-{:02}", t / 28 + 1, t % 28 + 1)
}

/// An ordinary close around 50.
fn usual(i: usize, t: usize) -> f64 {
    50.0 * (1.0 + ((t * 7 + i * 3) % 11) as f64 * 0.003)
}

/// Twelve instruments, of which `change` alters closes and volumes; opens lie a little below the close.
fn market(change: impl Fn(usize, usize, f64) -> (f64, f64)) -> String {
    let mut text = "date,symbol,open,high,low,close,volume\n".to_owned();
    for t in 0..N {
        for i in 0..12 {
            let (close, volume) = change(i, t, usual(i, t));
            let open = close * 0.998;
            text += &format!("{},S{i:02},{open},{close},{open},{close},{volume}\n", date(t));
        }
    }
    text
}

fn checked(text: &str) -> Quality {
    let folder = Folder::new();
    let loaded = PanelSource::new(folder.file("a.csv", text)).load().unwrap();
    quality::check(&loaded, &QualityRules::default())
}

fn volume(t: usize) -> f64 {
    1_000.0 + (t % 7) as f64
}

#[test]
fn an_ordinary_market_has_none() {
    let quality = checked(&market(|_, t, close| (close, volume(t))));
    assert!(quality.broken.is_empty(), "{:?}", quality.broken);
    assert_eq!(broken_series(&quality.broken), None);
}

#[test]
fn each_kind_is_named_with_its_worst_and_the_gravest_comes_first() {
    let quality = checked(&market(|i, t, close| match (i, t) {
        // Two levels, as if two instruments shared a name.
        (0, t) if t >= 10 && t / 3 % 2 == 1 => (close / 95.0, volume(t)),
        // A misplaced decimal point.
        (1, 30) => (close * 10.0, volume(t)),
        (1, 60) => (close / 100.0, volume(t)),
        // Another unit from a day on.
        (2, t) if t >= 50 => (close * 1_000.0, volume(t)),
        // A split that nothing adjusts for, and one whose volume follows.
        (3, t) if t >= 70 => (close / 2.0 * 0.98, volume(t)),
        (4, t) if t >= 70 => (close / 10.0, volume(t) * 10.0),
        // A source that has stopped.
        (5, t) if t >= 80 => (close / close * 50.0, volume(t)),
        // Sessions without trade carry the close on, which is no fault.
        (6, t) if t >= 80 => (50.0, 0.0),
        // A jump that is too small to speak of.
        (7, 40) => (close * 1.4, volume(t)),
        _ => (close, volume(t)),
    }));
    let found =
        quality.broken.iter().map(|broken| (broken.instrument.as_str(), broken.check, broken.n_found));
    let found = found.collect::<Vec<_>>();
    let (switching, n_jumps) = (Check::SwitchingLevels, found[0].2);
    assert!(n_jumps > 30, "{found:?}");
    assert_eq!(
        found,
        [
            ("S00", switching, n_jumps),
            ("S01", Check::RevertingJump, 2),
            ("S02", Check::ChangedUnit, 1),
            ("S04", Check::UnadjustedSplit, 1),
            ("S03", Check::UnadjustedSplit, 1),
            ("S05", Check::StaleStretch, 1),
        ]
    );
    let bars = |at: usize| quality.broken[at].bars.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(bars(1), [date(30), date(60)]);
    assert!(bars(0).is_empty(), "whole sides of a series are no single bars");
    let sentence = broken_series(&quality.broken).unwrap();
    for told in [
        "6 series look broken: S00 ",
        "switches between about 0.5",
        "S01 2023-03-05",
        "S02 2023-02-23",
        "988.281 times",
        "; and 3 more",
    ] {
        assert!(sentence.contains(told), "{told}: {sentence}");
    }
    assert!(quality.broken[3].detail.contains("a split 10:1"), "{}", quality.broken[3].detail);
    assert!(quality.broken[4].detail.contains("a split 2:1"), "{}", quality.broken[4].detail);
    let counts = quality.counts.iter().map(|(_, n)| n).sum::<usize>();
    assert_eq!(counts, quality.findings.len());
}

#[test]
fn a_short_stay_on_another_level_is_told_bar_by_bar() {
    let away = [20, 21, 50, 51, 52];
    let quality = checked(&market(|i, t, close| {
        if i == 0 && away.contains(&t) { (close / 100.0, volume(t)) } else { (close, volume(t)) }
    }));
    assert_eq!(quality.broken.len(), 1);
    let bars = quality.broken[0].bars.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(bars, away.map(date));
}

#[test]
fn instruments_of_the_frozen_list_are_left_out() {
    let folder = Folder::new();
    let path = folder.file("a.csv", "date,symbol,close\n2020-01-02,A,1\n2020-01-02,B,-2\n");
    let source = PanelSource { drop_instruments: ["B".to_owned()].into(), ..PanelSource::new(&path) };
    let loaded = source.load().unwrap();
    assert_eq!((loaded.panel.axis().n_instruments(), loaded.excluded.len()), (1, 0));
    let nothing = PanelSource { drop_instruments: ["A".to_owned(), "B".to_owned()].into(), ..source };
    assert!(message(&nothing).contains("nothing is left"));
}

/// A vendor's file: a change from the base price in money and in per cent, and halts with a close that is carried on.
fn vendor() -> String {
    let mut text = "Code,Name,Close,Changes,Ratio,Volume,Open,High,Low,Marcap,Stocks,Date\n".to_owned();
    let mut last = [500.0, 800.0];
    for t in 0..60 {
        for (i, code) in ["000010", "000020"].into_iter().enumerate() {
            let base = if (i, t) == (0, 30) { last[i] / 5.0 } else { last[i] };
            let halted = i == 1 && (20..24).contains(&t);
            let change = if halted { 0.0 } else { ((t * 5 + i * 2) % 7) as f64 - 3.0 };
            let close = base + change;
            let (volume, open) = if halted { (0, 0.0) } else { (100 + t, base) };
            text += &format!(
                "{code},회사,{close},{change},{},{volume},{open},{open},{open},1,2,{}\n",
                change / base * 100.0,
                date(t)
            );
            last[i] = close;
        }
    }
    text
}

#[test]
fn an_inspection_finds_halts_and_base_prices() {
    let folder = Folder::new();
    let Inspection { found, excluded, halts, change, quality, .. } =
        inspect(&PanelSource::new(folder.file("a.csv", &vendor())), None).unwrap();
    assert!(excluded.is_empty());
    let halts = halts.unwrap();
    assert_eq!((halts.rows, halts.instruments, halts.first.0.as_str()), (4, 1, "000020"));
    assert_eq!(halts.first.1.to_string(), date(20));
    let change = change.unwrap();
    assert_eq!((change.source.as_str(), change.name.as_str(), change.n_events), ("Changes", "changes", 1));
    assert!((found.coverage - 116.0 / 120.0).abs() < 1e-12, "halts have no close: {}", found.coverage);
    assert!(found.adjustment.splits.is_empty() && quality.broken.is_empty(), "{:?}", quality.broken);
    let names = found.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>();
    assert!(names.contains(&"market_cap") && names.contains(&"shares"), "{names:?}");
}

#[test]
fn a_volume_of_zero_that_means_nothing_is_no_halt() {
    let folder = Folder::new();
    let text = market(|i, t, close| (close, if i < 6 { 0.0 } else { volume(t) }));
    let path = folder.file("a.csv", &text);
    assert_eq!(inspect(&PanelSource::new(&path), None).unwrap().halts, None);
    // Volumes that are now and then unknown, while the close moves.
    let text = market(|i, t, close| (close, if i == 0 && t % 5 == 0 { 0.0 } else { volume(t) }));
    assert_eq!(inspect(&PanelSource::new(folder.file("b.csv", &text)), None).unwrap().halts, None);
}
