//! A study: its configuration, the steps from data to report, and the face of the library.
//!
//! | wing | holds | may import |
//! |---|---|---|
//! | `stored/` | what lies in the store: panels, columns, fits | nothing of the others |
//! | `config/` | what a file says, parsed and checked once | `stored` |
//! | `steps/` | a stage a file: the only place where a formula meets the cache | `config`, `stored` |
//! | `flow/` | the steps in order, what they found, who watches | all above |
//! | `report/` | pages: functions of what was found | all above |
//! | `command/` | what one can do: a file or folder a verb | all above |

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
