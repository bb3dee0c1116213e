//! Mean 0, deviation 1.

use super::{
    fitted::{Fitted, Formula},
    real::{Real, count, mean, sum},
};

/// `(x − mean) / deviation` (`ddof` 0), where both are those of the sessions that are fitted on: Qlib's `ZScoreNorm`.
///
/// - Shape: columns of one group; of all groups, the label's too, where none is named.
/// - Unit: deviations.
/// - NaN: stays; a column without deviation stays as it is.
/// - Look-ahead: none where the sessions that are fitted on lie before those that are decided on.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Copy, Debug)]
pub(super) struct ZScore;

impl ZScore {
    pub(super) fn processor(group: Option<String>) -> Fitted<Self> {
        Fitted::new(Self, group)
    }
}

impl Formula for ZScore {
    const CLASS: &'static str = "ZScoreNorm";
    const NARROWS: bool = true;

    fn fit<T: Real>(&self, values: &[T]) -> [T; 2] {
        let (mean, n) = (mean(values), count(values) as f64);
        let square = |value: T| if value.is_nan() { T::ZERO } else { (value - mean) * (value - mean) };
        let deviation = if n == 0.0 { T::NAN } else { T::of(sum(values, &square).wide() / n).sqrt() };
        // Without a deviation a value stays as it is.
        if deviation == T::ZERO { [T::ZERO, T::of(1.0)] } else { [mean, deviation] }
    }

    fn value<T: Real>(&self, value: T, [mean, deviation]: [T; 2]) -> T {
        (value - mean) / deviation
    }
}
