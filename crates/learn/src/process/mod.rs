//! Processors of Qlib's handlers: what becomes of columns between their computing and a model.
//!
//! A [`Table`] passes through a [`Chain`] of [`Processor`]s: shared ones, those for inference, those for learning. Each
//! is fitted on what the one before it made, and only on the sessions that it is told. [`make`] finds one by Qlib's
//! name and keyword arguments.
//!
//! Numbers are rounded as numpy and pandas round them: columns of four bytes are computed in four bytes, sums add in
//! numpy's order. So results are the same bits as those of Qlib 0.9.7 (`tests/qlib`), but for
//! [`TanhProcess`] in the last place.
//!
//! ```
//! use backstaff_learn::process::{Chain, LearnFrom, Step, Table, TableColumn, make};
//! use backstaff_panel::Column;
//! use serde_json::json;
//!
//! let column = |group, name, values: [f32; 4]| TableColumn::new(group, name, Column::F32(values.to_vec()));
//! let columns = vec![
//!     column(TableColumn::FEATURE, "momentum", [1.0, f32::NAN, 3.0, 9.0]),
//!     column(TableColumn::LABEL, "LABEL0", [0.1, -0.2, 0.3, f32::NAN]),
//! ];
//! let table = Table::new(vec![0, 0, 1, 1], vec![5, 7, 5, 7], columns)?;
//! // What is fitted is fitted on the sessions 0 and 1.
//! let step = |class, kwargs| make(class, &kwargs).map(|processor| Step { processor, fitted_on: 0..=1 });
//! let inference = vec![
//!     step("MinMaxNorm", json!({"fields_group": "feature"}))?,
//!     step("Fillna", json!({"fields_group": "feature"}))?,
//! ];
//! let learning = vec![step("DropnaLabel", json!({}))?, step("CSRankNorm", json!({"fields_group": "label"}))?];
//! let mut chain = Chain::new(Vec::new(), inference, learning, LearnFrom::Inference)?;
//! let processed = chain.fit(table)?;
//! assert_eq!(processed.inference.columns()[0].values.to_f64(), [0.0, 0.0, 0.25, 1.0]);
//! assert_eq!(processed.learning.n_rows(), 3);
//! # Ok::<(), backstaff_learn::LearnError>(())
//! ```
//!
//! To add one: a file with a struct that implements [`Processor`], its name and keywords in `make.rs`.
//! `process_inf.rs` is the smallest; one that is fitted is a formula such as `min_max.rs`.

mod chain;
mod columns;
mod cs_fillna;
mod cs_rank;
mod cs_zscore;
mod dropna;
mod fillna;
mod fitted;
mod hash_stock;
mod make;
mod min_max;
mod process_inf;
pub(crate) mod real;
mod robust;
mod table;
mod tanh;
mod time_range;
mod zscore;

use std::{fmt::Debug, ops::RangeInclusive};

use crate::LearnError;

pub use chain::{Chain, LearnFrom, Processed, Step};
pub use columns::{DropCol, FilterCol};
pub use cs_fillna::CsZFillna;
pub use cs_rank::CsRankNorm;
pub use cs_zscore::{CsZScoreNorm, Standard};
pub use dropna::{DropnaLabel, DropnaProcessor};
pub use fillna::Fillna;
pub use hash_stock::HashStockFormat;
pub use make::{CLASSES, keywords, make};
pub use process_inf::ProcessInf;
pub use table::{Table, TableColumn};
pub use tanh::TanhProcess;
pub use time_range::TimeRange;

/// Changes columns or leaves out rows.
pub trait Processor: Send + Sync + Debug {
    /// Qlib's name of the processor.
    fn class(&self) -> &'static str;

    /// Whether rows that are predicted for may pass through it.
    fn is_for_inference(&self) -> bool {
        true
    }

    /// Whether it must be fitted before it is applied.
    fn needs_fit(&self) -> bool {
        false
    }

    /// Learn from the rows of these sessions, both ends among them.
    ///
    /// # Errors
    ///
    /// If its columns are missing, or there is no such row.
    fn fit(&mut self, table: &Table, sessions: RangeInclusive<u32>) -> Result<(), LearnError> {
        let _ = (table, sessions);
        Ok(())
    }

    /// What becomes of a table. Columns that nobody else holds are changed in place.
    ///
    /// - Determinism: the same bytes for any number of threads.
    ///
    /// # Errors
    ///
    /// If its columns are missing, or it was not fitted.
    fn apply(&self, table: Table) -> Result<Table, LearnError>;
}

#[cfg(test)]
mod tests;
