//! Squeezed tails.

use std::sync::Arc;

use backstaff_panel::Column;

use super::{Processor, Table, real::Real};
use crate::LearnError;

/// `tanh(x − 1)` of all columns but those whose names contain `LABEL`: Qlib's `TanhProcess`.
///
/// - Shape: as the table.
/// - Unit: from −1 to 1.
/// - NaN: stays.
/// - Look-ahead: none.
/// - Source: Qlib 0.9.7. DIFFERENCE: numpy approximates the function by tables of its own; ours is rounded from
///   libm's, so that the last bit may differ.
#[derive(Clone, Copy, Debug, Default)]
pub struct TanhProcess;

impl TanhProcess {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "TanhProcess";
}

impl Processor for TanhProcess {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let is_label = |place: &usize| table.columns()[*place].name.contains("LABEL");
        let places = (0..table.columns().len()).filter(|place| !is_label(place)).collect::<Vec<_>>();
        Ok(table.change(&places, |_, column| match Arc::make_mut(column) {
            Column::F32(values) => {
                for value in values {
                    *value = (libm::tanh(f64::from(*value - 1.0)) as f32).canonical();
                }
            }
            Column::F64(values) => {
                for value in values {
                    *value = libm::tanh(*value - 1.0).canonical();
                }
            }
        }))
    }
}
