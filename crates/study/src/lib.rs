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

pub mod command;
pub mod config;
mod error;
mod flow;
mod report;
pub mod steps;
mod stored;
mod words;

pub use command::{
    bench, cache, compute, database, factor, features, init, market, orders, output, precompute, prove,
    regime,
    run::{Files, RunOutcome},
    status, update,
};
pub use error::{ErrorKind, StudyError};
pub use flow::{
    progress,
    study::{Options, Study},
};
pub use report::study::numbers as results;
