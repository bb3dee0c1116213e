//! Infinite values.

use std::sync::Arc;

use backstaff_panel::Column;

use super::{
    Processor, Table,
    real::{Real, mean},
    table::each_section,
};
use crate::LearnError;

/// Replaces infinite values by the mean of the session's other values of the column: Qlib's `ProcessInf`.
///
/// - Shape: all columns, the label's too.
/// - Unit: that of the columns.
/// - NaN: stays, and stands where a session has no finite value.
/// - Look-ahead: none, a session's mean is known at its close.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProcessInf;

impl ProcessInf {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "ProcessInf";
}

impl Processor for ProcessInf {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let (places, sessions) = (table.places(None)?, table.cross_sections());
        Ok(table.change(&places, |_, column| {
            let has_infinite = match &**column {
                Column::F32(values) => values.iter().any(|value| value.is_infinite()),
                Column::F64(values) => values.iter().any(|value| value.is_infinite()),
            };
            if has_infinite {
                match Arc::make_mut(column) {
                    Column::F32(values) => each_section(values, &sessions, replace),
                    Column::F64(values) => each_section(values, &sessions, replace),
                }
            }
        }))
    }
}

fn replace<T: Real>(section: &mut [T]) {
    if !section.iter().any(|value| value.is_infinite()) {
        return;
    }
    let others = section.iter().copied().filter(|value| !value.is_infinite()).collect::<Vec<_>>();
    let mean = mean(&others);
    section.iter_mut().filter(|value| value.is_infinite()).for_each(|value| *value = mean);
}
