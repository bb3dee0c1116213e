//! The shape of a distribution.

use crate::{central_moment, moment_deviation, ratio};

/// The skewness of values, `m₃ / m₂^(3/2)` of central moments with `n`.
///
/// - NaN: where nothing varies, and of fewer than two values.
/// - Source: Joanes, Gill (1998), "Comparing measures of sample skewness and kurtosis", The Statistician 47: g₁.
///
/// ```
/// use backstaff_statistics::skewness;
/// assert_eq!(skewness(&[-1.0, 0.0, 1.0]), 0.0);
/// assert!(skewness(&[0.1; 3]).is_nan());
/// ```
pub fn skewness(values: &[f64]) -> f64 {
    let second = central_moment(values, 2);
    if moment_deviation(values) == 0.0 {
        return f64::NAN;
    }
    ratio(central_moment(values, 3), second * second.sqrt())
}

/// The kurtosis of values, `m₄ / m₂²` of central moments with `n`: 3 for a normal distribution.
///
/// - NaN: where nothing varies, and of fewer than two values.
/// - Source: Joanes, Gill (1998): g₂ + 3.
///
/// ```
/// use backstaff_statistics::kurtosis;
/// assert_eq!(kurtosis(&[-1.0, 0.0, 1.0]), 1.5);
/// assert!(kurtosis(&[0.1; 3]).is_nan());
/// ```
pub fn kurtosis(values: &[f64]) -> f64 {
    let second = central_moment(values, 2);
    if moment_deviation(values) == 0.0 {
        return f64::NAN;
    }
    ratio(central_moment(values, 4), second * second)
}
