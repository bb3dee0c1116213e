//! However publications come, what a store makes of them has the bytes of a computation from nothing, and nothing that
//! is published later changes what was known before.

use std::{fmt::Write as _, fs, path::Path};

use backstaff_panel::{Session, testing::weekdays_from};
use backstaff_study::{
    compute::{Computed, FileForm, Request, compute},
    progress::Silent,
};
use proptest::prelude::*;

/// Values of facts alone, of their history, beside prices, in recursions and across the session.
const FEATURES: [(&str, &str); 7] = [
    ("newest", "P($$sales_q)"),
    ("growth", "P($$sales_q / Ref($$sales_q, 4) - 1)"),
    ("trailing", "P(TTM($$sales_q), stale=200) / $close"),
    ("latest", "PLatest($$equity_q, stale=120)"),
    ("smooth", "EMA(P($$sales_q / $$equity_q), 5)"),
    ("rank", "CsRank(Mean(P($$equity_q), 3))"),
    ("momentum", "$close / Ref($close, 5) - 1"),
];

/// Three instruments over 150 weekdays.
fn prices() -> String {
    let mut text = "date,symbol,open,high,low,close,volume\n".to_owned();
    for day in weekdays_from(Session::from_number(18_204)).map(Session::number).take(150) {
        for name in ["A", "B", "C"] {
            let close = 50 + (day * 7 + i32::from(name.as_bytes()[0]) * 13) % 20;
            let _ = writeln!(
                text,
                "{},{name},{close},{},{},{close},1000",
                Session::from_number(day),
                close + 1,
                close - 1
            );
        }
    }
    text
}

/// A filing: instrument, quarter since 2017, the day it is known after the first session, sales and equity.
type Filing = (u8, u32, i32, f64, f64);

fn facts(filings: &[Filing]) -> String {
    let mut text = "symbol,period,known_at,sales,equity\n".to_owned();
    for (n, &(instrument, quarter, day, sales, equity)) in filings.iter().enumerate() {
        let name = char::from(b'A' + instrument % 4);
        let (year, quarter) = (2017 + quarter / 4, quarter % 4 + 1);
        let known = Session::from_number(18_204 + day);
        // Some filings leave an item out; that of none is no column.
        let equity = if quarter == 2 && n > 0 { String::new() } else { equity.to_string() };
        let _ = writeln!(text, "{name},{year}Q{quarter},{known},{sales},{equity}");
    }
    text
}

fn filing() -> impl Strategy<Value = Filing> {
    (0..4_u8, 0..14_u32, -300..230_i32, 1.0..100.0_f64, 1.0..100.0_f64)
}

fn computed(folder: &Path, filings: &[Filing], store: Option<&str>) -> (Computed, Vec<u8>) {
    fs::write(folder.join("facts.csv"), facts(filings)).expect("the folder can be written");
    let request = Request {
        data: folder.join("prices.csv"),
        facts: Some(folder.join("facts.csv")),
        // One of three companies has filings.
        form: FileForm { allow_unmatched: true, ..FileForm::default() },
        features: FEATURES.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect(),
        out: folder.join("out.parquet"),
        store: store.map(|name| folder.join(name)),
        threads: 2,
        ..Request::default()
    };
    let computed = compute(&request, &Silent).expect("the data can be computed");
    (computed, fs::read(folder.join("out.parquet")).expect("it was written"))
}

/// How many segments of features were computed, and how many found.
fn shards(computed: &Computed) -> (usize, usize) {
    let stage =
        computed.stages.iter().find(|stage| stage.name == "features").expect("features were computed");
    (stage.computed, stage.found)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_gives_the_bytes_of_a_computation_from_nothing(
        mut filings in prop::collection::vec(filing(), 1..40),
        later in prop::collection::vec(filing(), 1..4),
    ) {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("prices.csv"), prices()).unwrap();
        computed(folder.path(), &filings, Some("store"));
        for filing in later {
            filings.push(filing);
            let (_, grown) = computed(folder.path(), &filings, Some("store"));
            prop_assert!(grown == computed(folder.path(), &filings, None).1, "after {filing:?}");
        }
    }
}

#[test]
fn a_filing_recomputes_what_names_it_from_its_day_on() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("prices.csv"), prices()).unwrap();
    let mut filings = (0..10)
        .map(|quarter| (0, quarter, 91 * i32::try_from(quarter).unwrap() - 700, 5.0, 9.0))
        .collect::<Vec<_>>();
    let (first, _) = computed(folder.path(), &filings, Some("store"));
    let (all, found) = shards(&first);
    assert_eq!(found, 0);
    // Known in the last month: of the six features that name facts, the last segment.
    filings.push((0, 10, 205, 6.0, 10.0));
    let (second, _) = computed(folder.path(), &filings, Some("store"));
    assert_eq!(shards(&second), (6, all - 6));
    // Known after the last session: nothing.
    filings.push((0, 11, 500, 7.0, 11.0));
    let (third, _) = computed(folder.path(), &filings, Some("store"));
    assert_eq!(shards(&third), (0, all));
}
