//! A small market in a folder of its own, and the program run on it.

#![allow(dead_code, reason = "each test file uses its part, and one of them all")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use backstaff_panel::{Session, testing::weekdays_from};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) use backstaff_panel::testing::noise;

/// A folder with `prices.csv` and `study.yaml`, removed when dropped.
pub(crate) struct Workplace {
    pub folder: TempDir,
}

/// Days since 1970-01-01 as YYYY-MM-DD.
pub(crate) fn date(days: i32) -> String {
    Session::from_number(days).to_string()
}

/// Weekdays from Monday 2010-01-04 on.
pub(crate) fn weekdays() -> impl Iterator<Item = Session> {
    weekdays_from(Session::from_number(14_613))
}

/// Prices of `n` instruments over so many sessions: one is listed late, one leaves, one halts for a while.
pub(crate) fn prices(n: usize, n_sessions: usize, extra: bool) -> String {
    let mut text = String::from("date,symbol,open,high,low,close,volume");
    text += if extra { ",unused\n" } else { "\n" };
    for i in 0..n {
        let mut close = 20.0 + 10.0 * i as f64;
        for (t, day) in weekdays().take(n_sessions).enumerate() {
            let seed = |k: u64| noise(&[i as u64, t as u64, k]) - 0.5;
            let market = noise(&[t as u64, 99]) - 0.5;
            let open = close * (1.0 + 0.01 * seed(1));
            close *= 1.0 + 0.02 * market + 0.03 * seed(2);
            let late = i == 1 && t < 200;
            let gone = i == 2 && t > n_sessions - 150;
            let halted = i == 3 && (400..430).contains(&t);
            if late || gone || halted {
                continue;
            }
            let (high, low) = (open.max(close) * 1.004, open.min(close) * 0.996);
            let volume = (1e5 * (1.2 + seed(3))).round();
            let _ = write!(text, "{day},S{i:02},{open:.4},{high:.4},{low:.4},{close:.4},{volume}");
            let _ = if extra { writeln!(text, ",{:.3}", seed(4)) } else { writeln!(text) };
        }
    }
    text
}

/// A study of three folds over these prices.
pub(crate) const STUDY: &str = "\
backstaff: 1
name: small
about: A small study.
data:
  prices: {path: prices.csv, adjustment: as_is}
universe: {expression: $traded > 0}
features:
  define:
    mom_20: $close / Ref($close, 20) - 1
    reversal: -CsRank(Mean($return, 5))
    volatility: Std($return, 20)
    ema: EMAFirst($close, 12) / $close - 1
label: {horizon: 5, target: rank}
folds:
  test: {from: 2012-01-02}
  every: {sessions: 120}
  train: {years: 1}
  validation: {months: 2}
models:
  trees: {lightgbm: {rounds: 20, early_stopping: 5, parameters: {num_leaves: 7, min_data_in_leaf: 20}}}
  ridge: {ridge: {}}
  momentum: {expression: mom_20}
portfolio:
  strategy: {topk_dropout: {k: 4, n_drop: 1}}
  costs: {commission_bps: 5, slippage_bps: 5}
";

/// A rule over these prices, which runs in a moment.
pub(crate) const RULE: &str = "\
backstaff: 1
name: rule
data: {prices: {path: prices.csv, adjustment: as_is}}
models: {momentum: {expression: '$close / Ref($close, 20) - 1'}}
portfolio:
  strategy: {topk_dropout: {k: 4, n_drop: 1}}
  costs: {commission_bps: 5, slippage_bps: 5}
";

impl Workplace {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// Ten instruments over 900 sessions, and the study.
    pub(crate) fn new() -> Self {
        let place = Self::empty();
        place.write("prices.csv", &prices(10, 900, false));
        place.write("study.yaml", STUDY);
        place
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file of the test");
    }

    /// The program in this folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backstaff"));
        command.current_dir(self.folder.path()).args(arguments);
        command
    }

    pub(crate) fn output(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the program starts")
    }

    /// What the program says as JSON; it must succeed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.output(&[arguments, &["--json"]].concat());
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("one JSON document")
    }

    /// The exit code and the message of a command that must fail.
    pub(crate) fn failure(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.output(arguments);
        assert!(!output.status.success(), "{arguments:?} should fail");
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// The bytes of all artifacts of a store, by path.
    pub(crate) fn artifacts(&self, store: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(store).join("artifacts");
        let mut found = BTreeMap::new();
        collect(&root, &root, &mut found);
        found
    }
}

fn collect(root: &Path, folder: &Path, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            collect(root, &entry, found);
        } else {
            let name = entry.strip_prefix(root).expect("below the root").display().to_string();
            found.insert(name, fs::read(&entry).expect("a readable file"));
        }
    }
}

/// For each stage of a run's JSON: its outcome and how many shards were computed.
pub(crate) fn outcomes(run: &Value) -> BTreeMap<String, (String, u64)> {
    let stages = run["stages"].as_array().expect("stages");
    let outcome = |stage: &Value| {
        let text = |name: &str| stage[name].as_str().expect("a text").to_owned();
        (text("name"), (text("outcome"), stage["computed"].as_u64().expect("a count")))
    };
    stages.iter().map(outcome).collect()
}
