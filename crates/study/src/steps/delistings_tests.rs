//! A small database in which instruments end in every way there is, and the results of studies on it.

use std::path::Path;

use backstaff_panel::{
    Session,
    testing::{noise, weekdays_from},
};
use backstaff_stage::{Key, KeyHasher, Stage as _, Store};
use rusqlite::Connection;
use tempfile::TempDir;

use super::{backtest::RunBacktests, evaluate::Evaluate};
use crate::{
    Options, RunOutcome, Study, StudyError,
    flow::{Flow, Watch, progress::Silent},
    stored::panel::PanelHandle,
};

const N_SESSIONS: usize = 300;
const HORIZON: usize = 5;

const LAYOUT: &str = "
tables: 1
prices:
  table: bars
  instrument: code
  date: date
  columns: {open: open, close: close, volume: volume}
  halts: zero_volume
delistings: {table: gone, instrument: code, date: since, dates: mixed, reason: why, recovery: paid}
";

const STUDY: &str = "
backstaff: 1
name: gone
data: {prices: {path: market.db, tables: market.yaml, adjustment: as_is}}
features: {define: {mom: '$close / Ref($close, 5) - 1'}}
label: {horizon: 5}
folds: {test: {from: 2019-06-03}, every: year, train: {sessions: 60}, validation: {sessions: 20}, min_rows: {train: 100, test: 10}}
models: {momentum: {expression: mom}}
portfolio:
  strategy: {topk_dropout: {k: 4, n_drop: 1}}
  recovery: {usual: 0.8, instruments: {S07: 0.7}, reasons: {insolvent: 0.1, merger: 0.95}}
";

/// The instruments that end: the name, the first session without the instrument, the share that its holders get.
const ENDS: [(&str, usize, f64); 5] = [
    ("S02", 180, 0.1),  // insolvent; halted before
    ("S03", 200, 0.95), // merged; the table has it some days later
    ("S05", 220, 0.3),  // insolvent, with a recovery of its own; its rows go on
    ("S06", 230, 0.8),  // unknown to the table
    ("S07", 240, 0.7),  // insolvent, but the study knows better
];

fn dates() -> Vec<Session> {
    weekdays_from(Session::from_number(17_897)).take(N_SESSIONS).collect()
}

/// The open and the close of an instrument in a session; `None` without trade.
fn bar(i: usize, t: usize) -> Option<(f64, f64)> {
    let is_halted = i == 2 && (175..180).contains(&t) || i == 4 && (100..112).contains(&t);
    let step = |s: usize, k: u64| 1.0 + 0.04 * (noise(&[i as u64, s as u64, k]) - 0.5);
    let before = (0..t).map(|s| step(s, 1) * step(s, 2)).product::<f64>();
    let open = (50.0 + 5.0 * i as f64) * before * step(t, 1);
    (!is_halted).then(|| (open, open * step(t, 2)))
}

fn name(i: usize) -> String {
    format!("S{i:02}")
}

/// The market's files in a folder, after `sql` has changed its database.
fn market(sql: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = Connection::open(folder.path().join("market.db")).unwrap();
    let dates = dates();
    let transaction = connection.transaction().unwrap();
    let tables = "CREATE TABLE bars (code TEXT, date TEXT, open REAL, close REAL, volume REAL);
                  CREATE TABLE gone (code TEXT, since TEXT, why TEXT, paid REAL)";
    transaction.execute_batch(tables).unwrap();
    for i in 0..12 {
        let last = match name(i).as_str() {
            "S05" => N_SESSIONS,
            name => ENDS.iter().find(|end| end.0 == name).map_or(N_SESSIONS, |end| end.1),
        };
        for (t, date) in dates.iter().enumerate().take(last) {
            let (open, close, volume) =
                bar(i, t).map_or((0.0, 50.0, 0.0), |(open, close)| (open, close, 1e5));
            let date = date.to_string().replace('-', "");
            let values = (name(i), date, open, close, volume);
            transaction.execute("INSERT INTO bars VALUES (?1, ?2, ?3, ?4, ?5)", values).unwrap();
        }
    }
    let delist = |name: &str, since: Session, why: &str, paid: Option<f64>| {
        let values = (name, since.to_string(), why, paid);
        transaction.execute("INSERT INTO gone VALUES (?1, ?2, ?3, ?4)", values).unwrap();
    };
    delist("S02", dates[180], "insolvent", None);
    delist("S03", dates[210], "merger", None);
    delist("S05", dates[220], "insolvent", Some(0.3));
    delist("S07", dates[240], "insolvent", None);
    delist("S08", Session::from_number(dates[N_SESSIONS - 1].number() + 30), "insolvent", Some(0.0));
    transaction.execute_batch(sql).unwrap();
    transaction.commit().unwrap();
    std::fs::write(folder.path().join("market.yaml"), LAYOUT).unwrap();
    folder
}

fn study(folder: &Path, text: &str) -> Result<Study, StudyError> {
    let path = folder.join("study.yaml");
    std::fs::write(&path, text).unwrap();
    Study::open(&path, &Options { threads: Some(2), ..Options::default() })
}

fn run(folder: &Path, text: &str) -> Result<RunOutcome, StudyError> {
    study(folder, text)?.run(&Silent)
}

fn with_flow<T>(folder: &Path, text: &str, work: impl FnOnce(&Study, &Flow<'_>) -> T) -> T {
    let study = study(folder, text).unwrap();
    let (store, watch) = (Store::open(&study.store).unwrap(), Watch::new(&Silent));
    let flow = Flow::new(&store, &study.run_name(), study.budget, &watch).unwrap();
    work(&study, &flow)
}

/// Load a study's data, then do something with them.
fn with_panel<T>(folder: &Path, text: &str, work: impl FnOnce(&Study, &PanelHandle) -> T) -> T {
    with_flow(folder, text, |study, flow| work(study, &study.load(flow).unwrap()))
}

/// The label of each session of an instrument, computed the slow way.
fn slow_labels(i: usize) -> Vec<f64> {
    let ends = ENDS.iter().find(|end| end.0 == name(i));
    let (end, recovery) = ends.map_or((N_SESSIONS, f64::NAN), |&(_, end, recovery)| (end, recovery));
    let first_open = |from: usize| (from..end).find_map(|t| Some((t, bar(i, t)?.0)));
    let label = |t: usize| {
        let Some((entered, entry)) = first_open(t + 1) else { return f64::NAN };
        if entered + HORIZON >= N_SESSIONS {
            return f64::NAN;
        }
        match first_open(entered + HORIZON) {
            Some((_, exit)) => exit / entry - 1.0,
            None if end < N_SESSIONS => {
                let last_close = (0..end).rev().find_map(|t| Some(bar(i, t)?.1)).unwrap();
                last_close * recovery / entry - 1.0
            }
            None => f64::NAN,
        }
    };
    (0..end).map(label).collect()
}

#[test]
fn labels_end_with_what_is_recovered() {
    let folder = market("");
    with_panel(folder.path(), STUDY, |study, panel| {
        let labels = study.make_labels(panel).unwrap().unwrap().labels(panel).unwrap();
        let axis = panel.axis();
        assert_eq!((axis.n_instruments(), axis.n_sessions()), (12, N_SESSIONS));
        for i in 0..12 {
            let slow = slow_labels(i);
            assert_eq!(axis.rows(i).len(), slow.len(), "{}", name(i));
            for (t, (row, slow)) in axis.rows(i).zip(slow).enumerate() {
                let value = labels.values()[row];
                assert!(value == slow || value.is_nan() && slow.is_nan(), "{} {t}: {value}, {slow}", name(i));
            }
        }
        assert!(labels.counts().n_delisted >= 5 * HORIZON, "{:?}", labels.counts());
    });
}

/// The keys of the stages that read recoveries: labels, quantiles and portfolios.
fn keys(folder: &Path, text: &str) -> [Key; 3] {
    with_panel(folder, text, |study, panel| {
        let key = |hash: &dyn Fn(&mut KeyHasher)| {
            let mut key = KeyHasher::new();
            hash(&mut key);
            key.finish()
        };
        let labels = study.make_labels(panel).unwrap().unwrap();
        let evaluate = Evaluate { horizon: labels.horizon(), recovery: labels.recovery().clone() };
        let backtest = RunBacktests::new(&study.config, panel).unwrap().0;
        [
            key(&|key| labels.hash_parameters(key)),
            key(&|key| evaluate.hash_parameters(key)),
            key(&|key| backtest.hash_parameters(key)),
        ]
    })
}

#[test]
fn keys_change_if_and_only_if_a_recovery_in_force_does() {
    let plain = keys(market("").path(), STUDY);
    let recovery = "{usual: 0.8, instruments: {S07: 0.7}, reasons: {insolvent: 0.1, merger: 0.95}}";
    let same = [
        ("", "{usual: 0.8, instruments: {S07: 0.7, S01: 0.2}, reasons: {insolvent: 0.1, merger: 0.95}}"),
        ("", "{usual: 0.1, instruments: {S06: 0.8, S07: 0.7}, reasons: {merger: 0.95}}"),
        ("UPDATE gone SET why = 'merger' WHERE code IN ('S05', 'S07')", recovery),
        ("UPDATE gone SET paid = 0.5 WHERE code = 'S07'", recovery),
        ("DELETE FROM gone WHERE code = 'S08'", recovery),
        ("INSERT INTO gone VALUES ('X', '2019-05-02', 'insolvent', 0)", recovery),
    ];
    for (sql, recovery_now) in same {
        let now = keys(market(sql).path(), &STUDY.replace(recovery, recovery_now));
        assert_eq!(now, plain, "{sql} {recovery_now}");
    }
    let others = [
        ("", "{usual: 0.7, instruments: {S07: 0.7}, reasons: {insolvent: 0.1, merger: 0.95}}"),
        ("", "{usual: 0.8, instruments: {S07: 0.6}, reasons: {insolvent: 0.1, merger: 0.95}}"),
        ("", "{usual: 0.8, instruments: {S07: 0.7}, reasons: {insolvent: 0.2, merger: 0.95}}"),
        ("", "{usual: 0.8, instruments: {S07: 0.7}, reasons: {insolvent: 0.1}}"),
        ("UPDATE gone SET why = 'merger' WHERE code = 'S02'", recovery),
        ("UPDATE gone SET paid = 0.4 WHERE code = 'S05'", recovery),
        ("UPDATE gone SET paid = NULL WHERE code = 'S05'", recovery),
        (
            "DELETE FROM gone WHERE code = 'S03'; INSERT INTO gone VALUES ('X', '2019-05-02', 'merger', 0)",
            recovery,
        ),
    ];
    for (sql, recovery_now) in others {
        let now = keys(market(sql).path(), &STUDY.replace(recovery, recovery_now));
        for (now, plain) in now.iter().zip(&plain) {
            assert_ne!(now, plain, "{sql} {recovery_now}");
        }
    }
}

#[test]
fn stated_and_suspected_ends_and_stale_rows_are_counted() {
    let folder = market("");
    let outcome = run(folder.path(), STUDY).unwrap();
    let told = outcome.result.warnings.join("\n");
    let stale = format!(
        "80 rows of 1 instrument on or after their delisting left out, the first of S05 on {}",
        dates()[220]
    );
    assert!(told.contains(&stale), "{told}");
    let survivorship = outcome.result.measures.survivorship.as_ref().unwrap();
    assert_eq!((survivorship.n_ended, survivorship.n_stated), (5, Some(4)));
    let page = std::fs::read_to_string(&outcome.artifacts.report).unwrap();
    assert!(page.contains(
        "5 of 12 instruments end before the data do: 4 by the table of delistings, 1 only suspected"
    ));
    assert!(page.contains("names 4 of the 5 instruments whose rows end before the data do"));
    // The second run finds everything; a changed recovery computes only the stages that depend on it.
    assert!(run(folder.path(), STUDY).unwrap().stages.iter().all(|stage| stage.computed == 0));
    let again = run(folder.path(), &STUDY.replace("insolvent: 0.1", "insolvent: 1.2")).unwrap();
    let computed = again.stages.iter().filter(|stage| stage.computed > 0).map(|stage| stage.name);
    assert_eq!(
        computed.collect::<Vec<_>>(),
        ["labels", "folds", "suspects", "evaluate", "backtest", "report"]
    );
    let cagr = |outcome: &RunOutcome| outcome.result.measures.portfolios["equal weight"]["cagr"].unwrap();
    assert!(cagr(&again) > cagr(&outcome), "the portfolio gets the same share");
}

#[test]
fn nothing_looks_ahead() {
    let folder = market("");
    let proof = study(folder.path(), STUDY).unwrap().prove(3, &Silent).unwrap();
    assert!(proof.holds(), "{proof}");
}

/// The bits of every number of the portfolios' sessions, up to one session.
fn ledgers_until(sql: &str, last: Session) -> Vec<(String, Vec<u64>)> {
    with_flow(market(sql).path(), STUDY, |study, flow| {
        let results = study.results(flow).unwrap();
        let daily = results.backtests.iter().flat_map(|backtest| {
            let n = backtest.sessions().partition_point(|session| *session <= last);
            let bits = |values: &[f64]| values[..n].iter().map(|value| value.to_bits()).collect();
            let columns = backtest.daily.columns().into_iter();
            columns.map(|(name, values)| (name, bits(&values))).collect::<Vec<_>>()
        });
        daily.collect()
    })
}

#[test]
fn a_later_delisting_changes_nothing_of_a_ledger_before_it() {
    let last = dates()[215];
    let whole = ledgers_until("", last);
    assert!(whole.len() > 20 && whole.iter().all(|(_, values)| values.len() > 100));
    // The changed database says nothing of later delistings: one instrument goes on, and another ends without a reason.
    assert_eq!(whole, ledgers_until(&format!("DELETE FROM gone WHERE since > '{last}'"), last));
    let earlier = ledgers_until("UPDATE gone SET why = 'merger' WHERE code = 'S02'", last);
    assert_ne!(whole, earlier, "an earlier one does");
}

#[test]
fn without_the_table_a_study_is_as_if_no_layout_named_it() {
    let text = STUDY.replace(", reasons: {insolvent: 0.1, merger: 0.95}", "");
    let results = |layout: &str| {
        let folder = market("DROP TABLE gone; DELETE FROM bars WHERE code = 'S05'");
        std::fs::write(folder.path().join("market.yaml"), layout).unwrap();
        let outcome = run(folder.path(), &text).unwrap();
        (serde_json::to_string(&outcome.result.measures).unwrap(), outcome.result.warnings)
    };
    let (first, rest) = LAYOUT.split_once("delistings:").unwrap();
    assert!(!rest.is_empty());
    let with = results(LAYOUT);
    assert_eq!(with, results(first));
    assert!(with.0.contains("\"n_stated\":null"), "{}", with.0);
}

#[test]
fn mistakes_are_named() {
    let error = |sql: &str, text: &str| run(market(sql).path(), text).unwrap_err().to_string();
    let told = error("", &STUDY.replace("insolvent:", "insolvnt:"));
    assert!(
        told.contains("portfolio.recovery.reasons") && told.contains("did you mean \"insolvent\""),
        "{told}"
    );
    let told = error("DROP TABLE gone", STUDY);
    assert!(told.contains("the data tell no reasons of delistings"), "{told}");
    let told = error("ALTER TABLE gone RENAME COLUMN why TO whyy", STUDY);
    assert!(told.contains("table gone, has no column \"why\""), "{told}");
    let told = error("UPDATE gone SET paid = -1 WHERE code = 'S05'", STUDY);
    assert!(told.contains("table gone, row 3, column \"paid\": the recovery of S05 is -1"), "{told}");
    let told = error("", &STUDY.replace("merger: 0.95", "merger: -0.5"));
    assert!(told.contains("portfolio.recovery") && told.contains("-0.5 is not a share"), "{told}");
}
