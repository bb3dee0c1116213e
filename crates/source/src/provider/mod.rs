//! Places that keep a market in a form of their own: Qlib's and LEAN's folders, databases of tables.
//!
//! To add one: a folder like `qlib` with a function that gives [`decoded_bars::DecodedBars`], a line in
//! `bars/read.rs` that recognises it, and one in `source_files` that lists its files.

pub(crate) mod decoded_bars;
pub(crate) mod lean;
pub(crate) mod path;
pub mod qlib;
pub(crate) mod source_files;
pub(crate) mod tables;
