//! Instruments that live through a time.

use std::collections::BTreeMap;

use super::{Processor, Table};
use crate::LearnError;

/// Keeps the instruments whose first row is no later than one session and whose last row is no earlier than another:
/// Qlib's `TimeRangeFlt`.
///
/// - Shape: all rows of the instruments that are kept. Rows in between are not looked for.
/// - NaN: none.
/// - Look-ahead: **yes**: whether a row is kept depends on whether the instrument outlives it.
/// - Source: Qlib 0.9.7, where the filter is one of the loader's.
#[derive(Clone, Copy, Debug)]
pub struct TimeRange {
    starts: Option<u32>,
    ends: Option<u32>,
}

impl TimeRange {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "TimeRangeFlt";

    /// Instruments with a row at or before `starts` and one at or after `ends`.
    pub fn new(starts: Option<u32>, ends: Option<u32>) -> Self {
        Self { starts, ends }
    }
}

impl Processor for TimeRange {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let mut lives = BTreeMap::new();
        for (&instrument, &session) in table.instruments().iter().zip(table.sessions()) {
            lives.entry(instrument).or_insert((session, session)).1 = session;
        }
        let keeps = |instrument: &u32| {
            let (first, last) = lives[instrument];
            self.starts.is_none_or(|start| first <= start) && self.ends.is_none_or(|end| last >= end)
        };
        let is_kept = table.instruments().iter().map(keeps).collect::<Vec<_>>();
        Ok(table.keep_rows(&is_kept))
    }
}
