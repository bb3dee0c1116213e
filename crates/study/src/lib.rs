//! A study: its configuration, the steps from data to report, and the face of the library.

mod artifact;
mod columns;
pub mod compute;
pub mod config;
mod error;
mod flow;
pub mod output;
mod panel_handle;
pub mod progress;
pub mod results;
mod segment;
pub mod steps;
mod study;

pub use error::StudyError;
pub use study::{Options, Study};
