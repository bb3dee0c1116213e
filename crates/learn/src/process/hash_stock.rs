//! How rows lie in memory.

use super::{Processor, Table};
use crate::LearnError;

/// Leaves the table as it is: Qlib's `HashStockFormat`, which puts each instrument's rows in a table of its own and
/// changes no number.
///
/// - Shape: as the table.
/// - NaN, look-ahead: none.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Copy, Debug, Default)]
pub struct HashStockFormat;

impl HashStockFormat {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "HashStockFormat";
}

impl Processor for HashStockFormat {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        Ok(table)
    }
}
