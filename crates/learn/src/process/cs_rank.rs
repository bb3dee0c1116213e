//! Ranks within the session.

use std::sync::Arc;

use backstaff_panel::Column;

use super::{Processor, Table, real::Real};
use crate::LearnError;

/// What brings the deviation of percent ranks, `1 / √12`, close to 1.
const SCALE: f64 = 3.46;

/// `(rank / n − 0.5) · 3.46` within the session, where ties share their mean rank: Qlib's `CSRankNorm`.
///
/// - Shape: columns of one group, which become 64-bit; of all groups where none is named.
/// - Unit: from above −1.73 to 1.73.
/// - NaN: stays, and `n` counts the others.
/// - Look-ahead: none, a session's ranks are known at its close.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Debug)]
pub struct CsRankNorm {
    group: Option<String>,
}

impl CsRankNorm {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "CSRankNorm";

    /// Of the columns of this group.
    pub fn new(group: Option<String>) -> Self {
        Self { group }
    }
}

impl Processor for CsRankNorm {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, table: Table) -> Result<Table, LearnError> {
        let (places, sessions) = (table.places(self.group.as_deref())?, table.cross_sections());
        Ok(table.change(&places, |_, column| {
            let mut out = vec![f64::NAN; column.len()];
            let mut order = Vec::new();
            for rows in &sessions {
                let out = &mut out[rows.clone()];
                match &**column {
                    Column::F32(values) => rank(&values[rows.clone()], &mut order, out),
                    Column::F64(values) => rank(&values[rows.clone()], &mut order, out),
                }
            }
            *column = Arc::new(Column::F64(out));
        }))
    }
}

fn rank<T: Real>(section: &[T], order: &mut Vec<u32>, out: &mut [f64]) {
    order.clear();
    order.extend((0..section.len() as u32).filter(|&n| !section[n as usize].is_nan()));
    let value = |n: u32| section[n as usize];
    order.sort_unstable_by(|&a, &b| value(a).partial_cmp(&value(b)).unwrap_or(std::cmp::Ordering::Equal));
    let n = order.len() as f64;
    let mut first = 0;
    for ties in order.chunk_by(|&a, &b| value(a) == value(b)) {
        // Ranks count from 1, and ties share the mean of theirs.
        let rank = (2 * first + ties.len() + 1) as f64 / 2.0;
        for &tie in ties {
            out[tie as usize] = (rank / n - 0.5) * SCALE;
        }
        first += ties.len();
    }
}
