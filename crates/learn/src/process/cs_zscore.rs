//! Standardised within the session.

use std::{ops::Range, sync::Arc};

use backstaff_panel::Column;

use super::{
    Processor, Table,
    real::{Real, deviation, mean, median},
};
use crate::LearnError;

/// What makes the median deviation of normal values their standard deviation.
const NORMAL: f64 = 1.4826;

/// What a session's values are measured by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Standard {
    /// Mean and deviation (`ddof` 1).
    #[default]
    ZScore,
    /// Median, and the median deviation from it times 1.4826; the result is clipped to ±3.
    Robust,
}

/// Standardises within the session: Qlib's `CSZScoreNorm`.
///
/// - Shape: columns of these groups; of all groups where none is named. Columns stay in four bytes unless one of their
///   group has eight, which makes all of them so.
/// - Unit: deviations of the session's cross-section.
/// - NaN: stays; also a session of one value, of equal values (but for [`Standard::Robust`], where a value off the
///   median of equal ones becomes ±3), or with an infinite one.
/// - Look-ahead: none, a session's values are known at its close.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Debug)]
pub struct CsZScoreNorm {
    groups: Vec<Option<String>>,
    standard: Standard,
}

impl CsZScoreNorm {
    /// Qlib's name of the processor.
    pub const CLASS: &'static str = "CSZScoreNorm";

    /// Of the columns of these groups, one group after the other; `None` is all columns.
    pub fn new(groups: Vec<Option<String>>, standard: Standard) -> Self {
        Self { groups, standard }
    }
}

impl Processor for CsZScoreNorm {
    fn class(&self) -> &'static str {
        Self::CLASS
    }

    fn apply(&self, mut table: Table) -> Result<Table, LearnError> {
        let sessions = table.cross_sections();
        for group in &self.groups {
            let places = table.places(group.as_deref())?;
            let is_wide = table.is_wide(&places);
            table = table.change(&places, |_, column| {
                if is_wide && let Column::F32(values) = &**column {
                    *column = Arc::new(Column::F64(self.widened(values, &sessions)));
                    return;
                }
                match Arc::make_mut(column) {
                    Column::F32(values) => self.standardise(values, &sessions),
                    Column::F64(values) => self.standardise(values, &sessions),
                }
            });
        }
        Ok(table)
    }
}

impl CsZScoreNorm {
    fn standardise<T: Real>(&self, values: &mut [T], sessions: &[Range<usize>]) {
        for rows in sessions {
            let section = &mut values[rows.clone()];
            match self.standard {
                Standard::ZScore => {
                    let (mean, deviation) = (mean(section), deviation(section));
                    change(section, |value| (value - mean) / deviation);
                }
                Standard::Robust => {
                    let middle = median(section.iter().copied());
                    change(section, |value| value - middle);
                    let spread = median(section.iter().map(|value| value.abs()));
                    change(section, |value| clipped(value / spread / T::of(NORMAL)));
                }
            }
        }
    }

    /// A narrow column beside wide ones: what it is measured by has four bytes, the result eight.
    fn widened(&self, values: &[f32], sessions: &[Range<usize>]) -> Vec<f64> {
        let mut out = vec![0.0; values.len()];
        for rows in sessions {
            let (section, out) = (&values[rows.clone()], &mut out[rows.clone()]);
            match self.standard {
                Standard::ZScore => {
                    let (mean, deviation) = (mean(section).wide(), deviation(section).wide());
                    for (out, &value) in out.iter_mut().zip(section) {
                        *out = ((value.wide() - mean) / deviation).canonical();
                    }
                }
                Standard::Robust => {
                    let middle = median(section.iter().copied()).wide();
                    out.iter_mut().zip(section).for_each(|(out, value)| *out = value.wide() - middle);
                    let spread = median(out.iter().map(|value| value.abs()));
                    change(out, |value| clipped(value / spread / NORMAL));
                }
            }
        }
        out
    }
}

fn change<T: Real>(values: &mut [T], new: impl Fn(T) -> T) {
    for value in values {
        *value = new(*value).canonical();
    }
}

fn clipped<T: Real>(value: T) -> T {
    let (low, high) = (T::of(-3.0), T::of(3.0));
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}
