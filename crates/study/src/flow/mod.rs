//! The steps in order: one run of them (`run.rs`), who watches it, what a study's steps are (`study.rs`) and what they
//! found (`results.rs`).

mod data;
pub mod progress;
pub mod results;
mod run;
pub mod study;
mod watch;

pub use run::{Flow, Until};
pub use watch::Watch;
