//! The flow of a study: its steps in order, from its file to its results.
//!
//! `study.rs` opens a study, loads its data (`data.rs`), resolves its expressions (`resolve.rs`) and computes its
//! columns (`columns.rs`). `graph.rs` takes the steps one after the other, `rules.rs` those of studies that learn
//! nothing, and `results.rs` holds their results. `trial.rs` takes the cheap steps alone. `run.rs` is one run of all that, and `watch.rs` reports it to an
//! observer.

pub(crate) mod columns;
mod data;
mod graph;
pub mod progress;
mod resolve;
pub(crate) mod results;
mod rules;
mod run;
pub(crate) mod study;
pub(crate) mod threads;
mod trial;
mod watch;

pub(crate) use run::{Flow, Until};
pub(crate) use watch::Watch;
