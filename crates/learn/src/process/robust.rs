//! Median 0, median deviation 1.

use super::{
    fitted::{Fitted, Formula},
    real::{Real, median},
};

/// What makes the median deviation of normal values their standard deviation.
const NORMAL: f64 = 1.4826;
/// Keeps a column of equal values from being divided by zero.
const SMALL: f64 = 1e-12;

/// `(x − median) / ((median deviation + 10⁻¹²) · 1.4826)`, where both medians are those of the sessions that are fitted
/// on, and clipped to ±3 where wanted: Qlib's `RobustZScoreNorm`.
///
/// - Shape: columns of one group; of all groups, the label's too, where none is named.
/// - Unit: deviations, if values are normal.
/// - NaN: stays.
/// - Look-ahead: none where the sessions that are fitted on lie before those that are decided on.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Copy, Debug)]
pub(super) struct Robust {
    clips: bool,
}

impl Robust {
    pub(super) fn processor(group: Option<String>, clips: bool) -> Fitted<Self> {
        Fitted::new(Self { clips }, group)
    }
}

impl Formula for Robust {
    const CLASS: &'static str = "RobustZScoreNorm";
    const NARROWS: bool = false;

    fn fit<T: Real>(&self, values: &[T]) -> [T; 2] {
        let middle = median(values.iter().copied());
        let spread = median(values.iter().map(|&value| (value - middle).abs()));
        [middle, (spread + T::of(SMALL)) * T::of(NORMAL)]
    }

    fn value<T: Real>(&self, value: T, [middle, spread]: [T; 2]) -> T {
        let (low, high) = (T::of(-3.0), T::of(3.0));
        let scaled = (value - middle) / spread;
        match scaled {
            _ if !self.clips => scaled,
            _ if scaled < low => low,
            _ if scaled > high => high,
            _ => scaled,
        }
    }
}
