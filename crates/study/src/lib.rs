//! A study: its configuration, the steps from data to report, and the face of the library.

mod artifact;
pub mod bench;
pub mod cache;
mod check;
mod choice;
mod columns;
pub mod compute;
pub mod config;
mod error;
pub mod factor;
pub mod features;
mod flow;
pub mod init;
pub mod look;
pub mod market;
pub mod orders;
pub mod output;
mod panel_handle;
mod per_share;
pub mod precompute;
pub mod progress;
pub mod prove;
pub mod regime;
pub mod regime_study;
mod report;
pub mod results;
mod run;
mod segment;
mod selection;
mod shard;
pub mod steps;
mod study;
pub mod update;

pub use error::{ErrorKind, StudyError};
pub use run::RunOutcome;
pub use study::{Options, Study};
