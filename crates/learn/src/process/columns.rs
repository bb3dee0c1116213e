//! Columns that are left out.

use std::collections::BTreeSet;

use super::{Processor, Table, TableColumn};
use crate::LearnError;

/// Drops columns by name, of whatever group: Qlib's `DropCol`.
///
/// - Shape: the columns that are left, in their order; all rows. A name that no column has is passed over.
/// - NaN, look-ahead: none.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Debug)]
pub struct DropCol {
    names: BTreeSet<String>,
}

impl DropCol {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "DropCol";

    /// Without the columns of these names.
    pub fn new(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect() }
    }
}

impl Processor for DropCol {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        Ok(table.keep_columns(|column| !self.names.contains(&*column.name)))
    }
}

/// Keeps these columns of a group, and all columns whose names are not in that group: Qlib's `FilterCol`.
///
/// - Shape: the columns that are left, in the table's order; all rows.
/// - NaN, look-ahead: none.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Debug)]
pub struct FilterCol {
    group: Option<String>,
    names: BTreeSet<String>,
}

impl FilterCol {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "FilterCol";

    /// Of this group, which Qlib calls `feature` where nothing else is said, the columns of these names.
    pub fn new(group: Option<String>, names: impl IntoIterator<Item = String>) -> Self {
        Self { group, names: names.into_iter().collect() }
    }
}

impl Processor for FilterCol {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let places = table.places(self.group.as_deref())?;
        let named = |&place: &usize| table.columns()[place].name.clone();
        let in_group = places.iter().map(named).collect::<BTreeSet<_>>();
        let keeps =
            |column: &TableColumn| self.names.contains(&*column.name) || !in_group.contains(&column.name);
        Ok(table.keep_columns(keeps))
    }
}
