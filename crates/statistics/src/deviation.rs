//! Central moments and deviations.

use crate::mean;

/// The mean of the `power`-th power of the distances to the mean, `Σ (x − mean)ᵏ / n`.
///
/// Its denominator is `n` (`ddof` 0), its mean the plain [`mean()`]. Powers are products from the left, so that they
/// have the same bits everywhere.
///
/// - NaN: of nothing.
///
/// ```
/// use backstaff_statistics::central_moment;
/// assert_eq!(central_moment(&[1.0, 3.0], 2), 1.0);
/// assert_eq!(central_moment(&[0.0, 0.0, 3.0], 3), 2.0);
/// ```
pub fn central_moment(values: &[f64], power: i32) -> f64 {
    let mean = mean(values);
    let raised = |distance: f64| (0..power).fold(1.0, |product, _| product * distance);
    values.iter().map(|value| raised(value - mean)).sum::<f64>() / values.len() as f64
}

/// The standard deviation about `mean`, `√(Σ (x − mean)² / (n − 1))` (`ddof` 1).
///
/// - NaN: of fewer than two values.
/// - Zero: of a constant, exactly, if `mean` is its [`mean_from_first`](crate::mean_from_first).
///
/// ```
/// use backstaff_statistics::{deviation, mean};
/// let returns = [0.01, 0.03];
/// assert!((deviation(&returns, mean(&returns)) - 0.02 / 2.0_f64.sqrt()).abs() < 1e-15);
/// assert!(deviation(&[0.01], 0.01).is_nan());
/// ```
pub fn deviation(values: &[f64], mean: f64) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// The standard deviation from the second central moment, `√(m₂ n / (n − 1))` (`ddof` 1).
///
/// The same number as [`deviation`] about the plain [`mean()`] but for its last bits. The measures of accounts are
/// made of it, beside their other moments, and what is stored of them keeps its bits.
///
/// - NaN: of fewer than two values.
/// - Zero: of a constant, exactly.
///
/// ```
/// use backstaff_statistics::moment_deviation;
/// assert_eq!(moment_deviation(&[0.1, 0.1, 0.1]), 0.0);
/// assert!(moment_deviation(&[0.1]).is_nan());
/// ```
pub fn moment_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    if values.iter().all(|value| *value == values[0]) {
        return 0.0;
    }
    let n = values.len() as f64;
    (central_moment(values, 2) * n / (n - 1.0)).sqrt()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mean_from_first;

    #[test]
    fn a_constant_does_not_deviate() {
        let constant = [0.1; 7];
        assert_eq!(deviation(&constant, mean_from_first(&constant)), 0.0);
        assert_eq!(moment_deviation(&constant), 0.0);
    }

    #[test]
    fn one_value_has_no_deviation() {
        assert!(deviation(&[2.0], 2.0).is_nan() && moment_deviation(&[2.0]).is_nan());
        assert!(deviation(&[], 0.0).is_nan() && moment_deviation(&[]).is_nan());
    }

    /// NIST's Statistical Reference Datasets `NumAcc2` and `NumAcc3`: `level + 0.2` once, then `level + 0.1` and
    /// `level + 0.3` by turns, 1,001 values. Certified are the mean `level + 0.2` and the deviation 0.1.
    fn certified(level: f64) -> Vec<f64> {
        let turns = (0..1000).map(|n| level + if n % 2 == 0 { 0.1 } else { 0.3 });
        std::iter::once(level + 0.2).chain(turns).collect()
    }

    #[test]
    fn has_the_certified_digits_of_nist() {
        for (level, error) in [(1.0, 1e-14), (1e6, 1e-9)] {
            let values = certified(level);
            let about = [mean(&values), mean_from_first(&values)];
            assert!(about.iter().all(|mean| (mean / (level + 0.2) - 1.0).abs() < 1e-14));
            let found = about.map(|mean| deviation(&values, mean));
            assert!(found.iter().all(|found| (found - 0.1).abs() < error), "{found:?}");
            assert!((moment_deviation(&values) - 0.1).abs() < error);
        }
    }

    #[test]
    fn the_two_deviations_differ_in_their_last_bits() {
        let pair = |n: i32| {
            let values = [0.1, 0.2, f64::from(n)];
            (deviation(&values, mean(&values)), moment_deviation(&values))
        };
        assert!((1..50).all(|n| (pair(n).0 / pair(n).1 - 1.0).abs() < 1e-15));
        assert!((1..50).any(|n| pair(n).0 != pair(n).1));
    }

    proptest! {
        #[test]
        fn is_the_mean_squared_difference_of_all_pairs(values in prop::collection::vec(-9.0..9.0_f64, 2..20)) {
            let n = values.len() as f64;
            let pairs = values.iter().flat_map(|a| values.iter().map(move |b| (a - b) * (a - b)));
            let twin = (pairs.sum::<f64>() / (2.0 * n * (n - 1.0))).sqrt();
            prop_assert!((deviation(&values, mean(&values)) - twin).abs() < 1e-12);
            prop_assert!((moment_deviation(&values) - twin).abs() < 1e-12);
        }
    }
}
