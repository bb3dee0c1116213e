//! However the data change, what a store makes of them has the bytes of a computation from nothing.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use backstaff_panel::{
    Session, Weekday,
    testing::{noise, weekdays_from},
};
use backstaff_study::{
    compute::{FileForm, Request, compute},
    progress::Silent,
};
use proptest::prelude::*;

/// Windows, recursions, cross-sections and views of rows, in chains of both directions.
const FEATURES: [(&str, &str); 12] = [
    ("mean", "Mean($close, 5) / $close"),
    ("ema", "EMA($close, 7)"),
    ("rank_of_ema", "CsRank(EMAFirst($close, 4))"),
    ("mean_of_rank", "Mean(CsRank($close), 3)"),
    ("ema_of_rank", "Ref(EMA(CsZScore($volume), 0.2), 3)"),
    ("beta", "Beta($close / Ref($close, 1) - 1, CsMean($close / Ref($close, 1) - 1), 20)"),
    ("rows", "Rows(Std($close, 5), $volume > 1e5)"),
    ("rows_of_rows", "Mean(Rows(Delta($close, 2), $close > Ref($close, 1)), 4)"),
    ("rsi", "ta.RSI($close, 5)"),
    ("macd", "Max(ta.MACD($close, 3, 6, 4).macdsignal, 3)"),
    ("expanding", "CsRank(Sum($volume, 0))"),
    ("first", "Delta($close, 0)"),
];

/// Instruments' bars by name and day.
type Bars = BTreeMap<(String, i32), [f64; 5]>;

/// The weekdays from 2019-11-04 on, but the first Wednesday of each month, on which nobody trades.
fn days() -> impl Iterator<Item = i32> {
    let monday = Session::from_number(18_204);
    weekdays_from(monday).map(Session::number).filter(|&day| !is_holiday(day))
}

fn is_holiday(day: i32) -> bool {
    let day = Session::from_number(day);
    day.weekday() == Weekday::Wednesday && day.date().day() <= 7
}

fn bar(instrument: u64, day: i32) -> [f64; 5] {
    let seed = instrument * 100_003 + u64::from(day.unsigned_abs());
    let (open, close) = (50.0 + 10.0 * noise(&[seed]), 50.0 + 10.0 * noise(&[seed, 1]));
    [open, open.max(close) + 1.0, open.min(close) - 1.0, close, (2e5 * noise(&[seed, 2])).round()]
}

fn name(instrument: u64) -> String {
    format!("S{instrument:02}")
}

/// Five instruments over 100 sessions, one of which is listed late and one of which leaves.
fn market() -> Bars {
    let days = days().take(100).collect::<Vec<_>>();
    let lives = |i: u64, n: usize| !(i == 1 && n < 40 || i == 2 && n > 70 || i == 3 && (50..60).contains(&n));
    let bars = (0..5).flat_map(|i| days.iter().enumerate().map(move |(n, &day)| (i, n, day)));
    bars.filter(|&(i, n, _)| lives(i, n)).map(|(i, _, day)| ((name(i), day), bar(i, day))).collect()
}

/// What may happen to data.
#[derive(Clone, Debug)]
enum Edit {
    Append(usize),
    Correct(usize),
    List(u64, usize),
    Forget(u64),
    Trade(u64, i32),
    Cut(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (1_usize..40).prop_map(Edit::Append),
        3 => any::<usize>().prop_map(Edit::Correct),
        1 => (5_u64..9, 0_usize..100).prop_map(|(i, n)| Edit::List(i, n)),
        1 => (0_u64..5).prop_map(Edit::Forget),
        1 => (0_u64..5, 18_204..18_340).prop_map(|(i, day)| Edit::Trade(i, day)),
        1 => (1_usize..30).prop_map(Edit::Cut),
    ]
}

impl Edit {
    fn apply(&self, bars: &mut Bars) {
        let last = bars.keys().map(|(_, day)| *day).max().unwrap_or(0);
        match *self {
            Self::Append(n) => {
                for day in days().skip_while(|&day| day <= last).take(n) {
                    bars.extend([0, 1, 3, 4].map(|i| ((name(i), day), bar(i, day))));
                }
            }
            Self::Correct(n) => {
                let n = n % bars.len();
                bars.values_mut().skip(n).take(1).for_each(|bar| bar[3] = 0.5 * (bar[1] + bar[2]));
            }
            Self::List(i, n) => {
                bars.extend(
                    days().skip(n).take_while(|&day| day <= last).map(|day| ((name(i), day), bar(i, day))),
                );
            }
            Self::Forget(i) => bars.retain(|(known, _), _| *known != name(i)),
            // A row on a holiday, for all: a session that was not there.
            Self::Trade(i, day) if is_holiday(day) => {
                bars.extend((0..5).map(|j| ((name(j), day), bar(i + j, day))));
            }
            Self::Trade(i, day) => _ = bars.insert((name(i), day), bar(i + 7, day)),
            Self::Cut(n) => {
                let mut days = bars.keys().map(|(_, day)| *day).collect::<Vec<_>>();
                days.sort_unstable();
                days.dedup();
                let from = days[days.len() - n.min(days.len() / 2)];
                bars.retain(|&(_, day), _| day < from);
            }
        }
    }
}

fn write(bars: &Bars, path: &Path) {
    let mut text = "date,symbol,open,high,low,close,volume\n".to_owned();
    for ((name, day), [open, high, low, close, volume]) in bars {
        let _ = writeln!(text, "{},{name},{open},{high},{low},{close},{volume}", Session::from_number(*day));
    }
    fs::write(path, text).expect("the folder can be written");
}

/// The bytes that the features of these data are written as.
fn computed(folder: &Path, store: Option<&str>, memory: Option<usize>, calendar: Option<&str>) -> Vec<u8> {
    let request = Request {
        data: folder.join("prices.csv"),
        features: FEATURES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        out: folder.join("out.parquet"),
        store: store.map(|name| folder.join(name)),
        threads: 2,
        memory,
        form: FileForm {
            calendar: calendar.map(|text| text.parse().expect("a calendar")),
            ..FileForm::default()
        },
        ..Request::default()
    };
    compute(&request, &Silent).expect("the data can be computed");
    fs::read(folder.join("out.parquet")).expect("it was written")
}

/// One instrument becomes a coin, with a bar on every day of its life.
fn trade_every_day(bars: &mut Bars) {
    let coin = bars.keys().filter(|(known, _)| *known == name(0)).map(|(_, day)| *day);
    let (first, last) = (coin.clone().min(), coin.max());
    if let (Some(first), Some(last)) = (first, last) {
        for day in first..=last {
            bars.entry((name(0), day)).or_insert_with(|| bar(0, day));
        }
    }
}

/// Compute after each edit from what the store has, from nothing, and in the smallest pieces.
fn check(edits: &[Edit], calendar: Option<&str>) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut bars = market();
    let prepared = |bars: &Bars| {
        let mut bars = bars.clone();
        if calendar.is_some() {
            trade_every_day(&mut bars);
        }
        write(&bars, &folder.path().join("prices.csv"));
    };
    prepared(&bars);
    let computed = |store, memory| computed(folder.path(), store, memory, calendar);
    computed(Some("store"), None);
    for (n, edit) in edits.iter().enumerate() {
        edit.apply(&mut bars);
        prepared(&bars);
        let grown = computed(Some("store"), None);
        prop_assert!(grown == computed(None, None), "after {:?}", &edits[..=n]);
        // No room: every walk computes one segment and leaves its states to the next one.
        let cramped = computed(Some("cramped"), Some(1));
        prop_assert!(grown == cramped, "with little memory, after {:?}", &edits[..=n]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_gives_the_bytes_of_a_computation_from_nothing(
        edits in proptest::collection::vec(edit(), 1..6),
    ) {
        check(&edits, None)?;
    }

    #[test]
    fn a_store_gives_the_same_bytes_where_instruments_have_their_own_calendars(
        edits in proptest::collection::vec(edit(), 1..6),
    ) {
        check(&edits, Some("union,S00=24/7"))?;
    }
}
