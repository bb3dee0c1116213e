//! The steps of a study, one file for each stage, in the order of the data: load, quality, features, regimes, labels,
//! folds, train, predict, suspects, evaluate, backtest.
//!
//! To add one: a file with a type that is a [`Stage`](backstaff_stage::Stage), and its call in `flow/graph.rs`; the
//! smallest to imitate is `labels.rs`. Each calls a pure crate; only here a formula meets the cache.

pub mod backtest;
pub mod check;
#[cfg(test)]
mod delistings_tests;
pub mod evaluate;
pub mod features;
pub mod folds;
pub mod labels;
pub mod load;
pub mod own;
pub mod predict;
pub mod process;
pub mod published;
pub mod quality;
pub mod regimes;
pub mod scores;
pub mod suspects;
pub mod ties;
pub mod train;
pub mod yardstick;

pub use load::Load;
