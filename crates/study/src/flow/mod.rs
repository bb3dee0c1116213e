//! The steps in order.
//!
//! `study.rs` opens a study, loads its data (`data.rs`), resolves what it asks for (`resolve.rs`) and computes its columns
//! (`columns.rs`); `graph.rs` takes the steps one after the other, `rules.rs` those of studies that learn nothing, and
//! `results.rs` holds what they found. `run.rs` is one run of all that, `watch.rs` tells who watches it.

pub(crate) mod columns;
mod data;
mod graph;
pub mod progress;
mod resolve;
pub mod results;
mod rules;
mod run;
pub mod study;
mod watch;

pub use run::{Flow, Until};
pub use watch::Watch;
