//! A study: its configuration, the steps from data to report, and the face of the library.

pub mod config;
pub mod output;
pub mod progress;
