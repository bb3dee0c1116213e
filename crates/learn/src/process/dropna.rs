//! Rows without gaps.

use std::sync::Arc;

use backstaff_panel::Column;
use rayon::prelude::*;

use super::{Processor, Table, TableColumn};
use crate::LearnError;

/// Drops the rows that miss a value in a group of columns: Qlib's `DropnaProcessor`.
///
/// - Shape: the rows that are left, all columns.
/// - NaN: none is left in the group; infinite values are no gaps.
/// - Look-ahead: none where the group is known at a session's close.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Debug)]
pub struct DropnaProcessor {
    group: Option<String>,
}

impl DropnaProcessor {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "DropnaProcessor";

    /// Rows without gaps in this group; in any column where none is named.
    pub fn new(group: Option<String>) -> Self {
        Self { group }
    }
}

impl Processor for DropnaProcessor {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        drop_gaps(table, self.group.as_deref())
    }
}

/// Drops the rows without a label, which only learning can do: Qlib's `DropnaLabel`.
///
/// - Shape, NaN, source: as of [`DropnaProcessor`].
/// - Look-ahead: a label looks ahead, so the processor is not for inference.
#[derive(Clone, Debug)]
pub struct DropnaLabel {
    group: Option<String>,
}

impl DropnaLabel {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "DropnaLabel";

    /// Rows without gaps in this group, which Qlib calls `label` where nothing else is said.
    pub fn new(group: Option<String>) -> Self {
        Self { group }
    }
}

impl Default for DropnaLabel {
    fn default() -> Self {
        Self::new(Some(TableColumn::LABEL.to_owned()))
    }
}

impl Processor for DropnaLabel {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn is_for_inference(&self) -> bool {
        false
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        drop_gaps(table, self.group.as_deref())
    }
}

fn drop_gaps(table: Table, group: Option<&str>) -> Result<Table, LearnError> {
    const ROWS: usize = 1 << 14;
    let places = table.places(group)?;
    let columns = places.iter().map(|&place| Arc::clone(&table.columns()[place].values)).collect::<Vec<_>>();
    let mut is_kept = vec![true; table.n_rows()];
    is_kept.par_chunks_mut(ROWS).enumerate().for_each(|(n, is_kept)| {
        let first = n * ROWS;
        for column in &columns {
            match &**column {
                Column::F32(values) => mark(is_kept, &values[first..], f32::is_nan),
                Column::F64(values) => mark(is_kept, &values[first..], f64::is_nan),
            }
        }
    });
    drop(columns);
    Ok(table.keep_rows(&is_kept))
}

fn mark<T: Copy>(is_kept: &mut [bool], values: &[T], is_missing: impl Fn(T) -> bool) {
    for (is_kept, &value) in is_kept.iter_mut().zip(values) {
        *is_kept &= !is_missing(value);
    }
}
