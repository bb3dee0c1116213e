//! Between the smallest and the largest value.

use super::{
    fitted::{Fitted, Formula},
    real::Real,
};

/// `(x − min) / (max − min)`, where both are those of the sessions that are fitted on: Qlib's `MinMaxNorm`.
///
/// - Shape: columns of one group; of all groups, the label's too, where none is named.
/// - Unit: from 0 to 1 on the sessions that were fitted on, beyond that elsewhere.
/// - NaN: stays; a column of one value only stays as it is.
/// - Look-ahead: none where the sessions that are fitted on lie before those that are decided on.
/// - Source: Qlib 0.9.7.
#[derive(Clone, Copy, Debug)]
pub(super) struct MinMax;

impl MinMax {
    pub(super) fn processor(group: Option<String>) -> Fitted<Self> {
        Fitted::new(Self, group)
    }
}

impl Formula for MinMax {
    const CLASS: &'static str = "MinMaxNorm";
    const NARROWS: bool = true;

    fn fit<T: Real>(&self, values: &[T]) -> [T; 2] {
        let bounds = values.iter().copied().filter(|value| !value.is_nan()).map(|value| [value, value]);
        let wider = |[low, high]: [T; 2], [value, _]: [T; 2]| {
            [if value < low { value } else { low }, if value > high { value } else { high }]
        };
        match bounds.reduce(wider) {
            None => [T::NAN; 2],
            // Without a range a value stays as it is.
            Some([low, high]) if low == high => [T::ZERO, T::of(1.0)],
            Some(bounds) => bounds,
        }
    }

    fn value<T: Real>(&self, value: T, [low, high]: [T; 2]) -> T {
        (value - low) / (high - low)
    }
}
