//! A constant where nothing is known.

use std::sync::Arc;

use backstaff_panel::Column;

use super::{Processor, Table};
use crate::LearnError;

/// Writes a constant where a value is missing: Qlib's `Fillna`.
///
/// - Shape: columns of one group; of all groups, the label's too, where none is named.
/// - Unit: that of the columns.
/// - NaN: becomes the constant; infinite values stay.
/// - Look-ahead: none.
/// - Source: Qlib 0.9.7. A column of four bytes gets the constant rounded to four.
#[derive(Clone, Debug)]
pub struct Fillna {
    group: Option<String>,
    value: f64,
}

impl Fillna {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "Fillna";

    /// This constant in the columns of a group.
    pub fn new(group: Option<String>, value: f64) -> Self {
        Self { group, value }
    }
}

impl Processor for Fillna {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let places = table.places(self.group.as_deref())?;
        let (value, short) = (self.value, self.value as f32);
        Ok(table.change(&places, |_, column| {
            let has_missing = match &**column {
                Column::F32(values) => values.iter().any(|value| value.is_nan()),
                Column::F64(values) => values.iter().any(|value| value.is_nan()),
            };
            if has_missing {
                match Arc::make_mut(column) {
                    Column::F32(values) => fill(values, short, f32::is_nan),
                    Column::F64(values) => fill(values, value, f64::is_nan),
                }
            }
        }))
    }
}

fn fill<T: Copy>(values: &mut [T], with: T, is_missing: impl Fn(T) -> bool) {
    for value in values {
        if is_missing(*value) {
            *value = with;
        }
    }
}
