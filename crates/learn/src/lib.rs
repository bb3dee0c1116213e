//! What is learned, on which rows, by which model, and how good it is.
//!
//! - [`label`]: the return that a decision of a session earns from the study's execution price. The only thing in the
//!   project that looks forward, and its own type.
//! - [`fold`]: walk-forward splits. Rows whose label reaches into what comes next are purged; a fold that overlaps
//!   can't be built.
//! - [`process`]: what becomes of columns before a model reads them, as Qlib's handlers do it.
//! - [`weight`]: how much a training row counts; the newer, the more.
//! - [`model`]: LightGBM, ridge regression, and the models of Qlib. All that is fitted is fitted on the rows of the
//!   fold's training.
//! - [`evaluate`]: information coefficients with honest errors, quantile returns, turnover, suspicious columns.
//!
//! Everything here is pure but for the library of LightGBM, which is opened when a model needs it. Results are the
//! same for any number of threads.

mod error;
pub mod evaluate;
pub mod fold;
mod keywords;
pub mod label;
pub mod model;
pub mod process;
pub mod weight;

pub use backstaff_lightgbm::{LightGbmError, Parameters, Threads};
pub use error::LearnError;
