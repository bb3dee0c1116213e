//! A study: its configuration, the steps from data to report, and the face of the library.
//!
//! | wing | holds | may import |
//! |---|---|---|
//! | `stored/` | the contents of the store: panels, columns, ledgers, fits | nothing of the others |
//! | `config/` | the settings of a study, parsed and checked once | `stored` |
//! | `steps/` | one stage in each file: the only place where a formula meets the cache | `config`, `stored` |
//! | `flow/` | the steps in order, their results, the observer of a run | all above |
//! | `report/` | pages: functions of the results | all above |
//! | `command/` | the commands: one file or folder for each verb | all above |
//!
//! A study is a value: [`config::Config`], made from YAML, from a map of the same keys, or in code. One constructor
//! checks it, and reports everything that is wrong at once. A result is a value, too: [`results::StudyResult`], of which
//! `results.json` is the serialised form.
//!
//! ```
//! use backstaff_study::{Options, Study, config::Config, progress::Silent};
//! # let folder = tempfile::tempdir()?;
//! # let folder = folder.path();
//! # let mut bars = String::from("date,symbol,open,high,low,close,volume\n");
//! # for day in 1..=28 {
//! #     for (symbol, level) in [("A", 10 + day % 3), ("B", 20 + day % 5), ("C", 30 - day % 4)] {
//! #         bars += &format!("2024-02-{day:02},{symbol},{level},{level},{level},{level},1000\n");
//! #     }
//! # }
//! # std::fs::write(folder.join("prices.csv"), bars)?;
//! let study = serde_json::json!({
//!     "backstaff": 1,
//!     "name": "reversal",
//!     "data": { "prices": { "path": "prices.csv" } },
//!     "models": { "reversal": { "expression": "Ref($close, 3) / $close - 1" } },
//!     "strategy": { "topk_dropout": { "k": 1, "n_drop": 1 } },
//! });
//! let config = Config::from_map(&study, folder, None)?;
//! let outcome = Study::new(config, &Options::default())?.run(&Silent)?;
//! println!("{}", outcome.result.measures.verdict.sentence);
//! assert!(outcome.artifacts.report.exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod command;
pub mod config;
mod error;
mod flow;
mod report;
pub mod steps;
mod stored;
mod words;

pub use backstaff_source::MemoryTable;
pub use command::{
    backtest, bench, cache, compare, compute, database, factor, features, init, market, orders, output,
    precompute, prove, regime,
    run::{Files, RunOutcome, page as outputs_page},
    runs, status, update,
};
pub use error::{ErrorKind, StudyError};
pub use flow::{
    progress,
    study::{Options, Study},
    threads::on_threads,
};
pub use report::study::numbers as results;
pub use steps::own;
