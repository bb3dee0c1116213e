//! The session's mean where nothing is known.

use std::sync::Arc;

use backstaff_panel::Column;

use super::{
    Processor, Table,
    real::{Real, mean},
    table::each_section,
};
use crate::LearnError;

/// Replaces missing values by the mean of the session's values of the column: Qlib's `CSZFillna`.
///
/// - Shape: columns of one group; of all groups where none is named.
/// - Unit: that of the columns.
/// - NaN: stays where the session has no value.
/// - Look-ahead: none, a session's mean is known at its close.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Debug)]
pub struct CsZFillna {
    group: Option<String>,
}

impl CsZFillna {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "CSZFillna";

    /// In the columns of this group.
    pub fn new(group: Option<String>) -> Self {
        Self { group }
    }
}

impl Processor for CsZFillna {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let (places, sessions) = (table.places(self.group.as_deref())?, table.cross_sections());
        Ok(table.change(&places, |_, column| {
            let has_missing = match &**column {
                Column::F32(values) => values.iter().any(|value| value.is_nan()),
                Column::F64(values) => values.iter().any(|value| value.is_nan()),
            };
            if has_missing {
                match Arc::make_mut(column) {
                    Column::F32(values) => each_section(values, &sessions, fill),
                    Column::F64(values) => each_section(values, &sessions, fill),
                }
            }
        }))
    }
}

fn fill<T: Real>(section: &mut [T]) {
    if section.iter().any(|value| value.is_nan()) {
        let mean = mean(section);
        section.iter_mut().filter(|value| value.is_nan()).for_each(|value| *value = mean);
    }
}
