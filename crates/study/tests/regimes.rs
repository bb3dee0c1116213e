//! Studies whose strategy reads regimes: nothing of them looks ahead, and the same study gives the same bytes.

#![expect(clippy::unwrap_used, reason = "a test that can't set up its market should end there")]

use std::{fmt::Write as _, fs, path::Path};

use backstaff_panel::{Session, testing::weekdays_from};
use backstaff_regime::{Covariances, GaussianHmm, simulate};
use backstaff_study::{Files, Options, RunOutcome, Study, StudyError, progress::Silent};

/// A calm rising state and a wild falling one.
fn truth() -> GaussianHmm {
    let transition = vec![0.95, 0.05, 0.02, 0.98];
    GaussianHmm::new(vec![0.5, 0.5], transition, vec![-0.002, 0.001], Covariances::Diagonal(vec![4e-4, 6e-5]))
        .unwrap()
}

/// Bars of two funds over so many weekdays.
fn write_bars(path: &Path, n: usize) {
    let mut text = String::from("symbol,date,open,high,low,close,volume\n");
    for (number, name) in ["AAA", "BBB"].into_iter().enumerate() {
        let (_, moves) = simulate(&truth(), 700, number as u64 + 1);
        let mut close = 100.0;
        let days = weekdays_from(Session::from_number(17_000));
        for (date, t) in days.zip(0..n) {
            let open = close;
            close *= 1.0 + moves.row(t).unwrap()[0];
            let (high, low) = (close.max(open) * 1.001, close.min(open) * 0.999);
            writeln!(text, "{name},{date},{open},{high},{low},{close},1000000").unwrap();
        }
    }
    fs::write(path, text).unwrap();
}

const STUDY: &str = "
backstaff: 1
name: small
data: {prices: {path: bars.csv, adjustment: as_is}}
regimes: {states: 2, look_back: 120, starts: 3, keep: 1}
strategy: {rotation: {instruments: [AAA, BBB], max_weight: 0.5, fallback: {}}}
trading: {costs: {commission_bps: 5}, cash: 0.02}
spread: {states: [2], look_backs: [100, 120], offsets: [0, 7]}
";

fn study(folder: &Path, text: &str, store: &str, threads: usize) -> Result<Study, StudyError> {
    let path = folder.join("study.yaml");
    fs::write(&path, text).unwrap();
    let options = Options { store: Some(folder.join(store)), threads: Some(threads), ..Options::default() };
    Study::open(&path, &options)
}

fn error(folder: &Path, text: &str) -> String {
    match study(folder, text, "errors", 1).and_then(|study| study.run(&Silent)) {
        Ok(_) => panic!("{text} is accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_study_has_the_same_bytes_on_any_number_of_threads_and_proves_itself() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_bars(&folder.join("bars.csv"), 500);
    let bytes = |outcome: &RunOutcome| {
        let Files { results, tables, .. } = &outcome.artifacts;
        [results, &tables["regimes"], &tables["equity"]].map(|path| fs::read(path).unwrap())
    };
    let one = study(folder, STUDY, "one", 1).unwrap().run(&Silent).unwrap();
    let by_one = bytes(&one);
    let two = study(folder, STUDY, "two", 2).unwrap().run(&Silent).unwrap();
    assert!(by_one == bytes(&two), "two threads give other bytes");
    let page = fs::read_to_string(&one.artifacts.report).unwrap();
    for id in ["summary", "performance", "by-regime", "regimes", "settings", "stability", "lineage"] {
        assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    let work = one.work.as_ref().unwrap();
    let fits = work.kept.misses + work.others.misses;
    // Two instruments over 500 - 120 bars by the month, and three further settings.
    assert!((8 * 17..8 * 21).contains(&(fits as usize)), "{fits} fits");
    let again = study(folder, STUDY, "one", 2).unwrap().run(&Silent).unwrap();
    assert!(again.stages.iter().all(|stage| stage.computed == 0), "all is found the second time");
    let proof = study(folder, STUDY, "one", 2).unwrap().prove(2, &Silent).unwrap();
    assert!(proof.holds() && proof.passes.iter().all(|pass| pass.values > 0), "{proof}");
}

#[test]
fn more_bars_change_no_decision_that_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (mut latest, mut found) = (Vec::new(), Vec::new());
    for n in [300, 301, 420] {
        write_bars(&folder.join("bars.csv"), n);
        let outcome = study(folder, STUDY, "store", 2).unwrap().run(&Silent).unwrap();
        latest.push(rows(&outcome.artifacts.tables["regimes"]));
        let kept = outcome.work.as_ref().unwrap().kept;
        found.push((kept.kept_hits, kept.misses));
    }
    assert_eq!((found[0].0, found[1].1), (0, 0), "one more bar needs no further fit");
    assert!(
        found[1].0 == found[0].1 && found[2].0 == found[0].1,
        "the models of before are in the store: {found:?}"
    );
    for pair in latest.windows(2) {
        let kept = pair[1].iter().filter(|row| pair[0].contains(row)).count();
        assert_eq!(kept, pair[0].len(), "every row of the shorter history is one of the longer");
    }
}

/// The rows of a Parquet file as texts.
fn rows(path: &Path) -> Vec<String> {
    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    reader.get_row_iter(None).unwrap().map(|row| row.unwrap().to_string()).collect()
}

#[test]
fn says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write_bars(&folder.join("bars.csv"), 200);
    let with = |from: &str, to: &str| error(folder, &STUDY.replace(from, to));
    assert!(with("[AAA, BBB]", "[AAA, BBC]").contains("did you mean \"BBB\"?"));
    assert!(with("states: 2,", "states: 2, schedule: montly,").contains("did you mean monthly?"));
    assert!(with("look_back: 120", "look_back: 500").contains("don't fill the look-back of 500"));
    assert!(with("look_back: 120", "lookback: 120").contains("did you mean `look_back`?"));
    assert!(with("cash: 0.02", "cash: {series: tbill}").contains("data.series has no"));
    assert!(with("cash: 0.02", "from: 2016-13-01").contains("not a date"));
    assert!(with("keep: 1", "keep: 0").contains("1 or more"));
    assert!(with("states: 2,", "states: 2, observe: [\"Ref($close, -1)\"],").contains("ahead"));
}
