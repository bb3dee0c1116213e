//! Means.

/// The arithmetic mean, `Σ x / n`.
///
/// - NaN: of nothing.
/// - Order: one sum from the first value to the last.
///
/// The mean of a constant can miss it by a rounding: [`mean_from_first`] can't.
///
/// ```
/// use backstaff_statistics::mean;
/// assert_eq!(mean(&[1.0, 2.0, 6.0]), 3.0);
/// assert!(mean(&[]).is_nan() && mean(&[1.0, f64::NAN]).is_nan());
/// ```
pub fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The arithmetic mean as the first value and the mean difference to it, `x₁ + Σ (x − x₁) / n`.
///
/// A constant has exactly its value as its mean, so that its deviation is exactly zero, and a high level costs no
/// digits. Cross-sections use it, since a session in which all are equal must have no spread.
///
/// - NaN: of nothing.
/// - Order: one sum from the first value to the last.
///
/// ```
/// use backstaff_statistics::{mean, mean_from_first};
/// let constant = [0.1; 3];
/// assert_eq!(mean_from_first(&constant), 0.1);
/// assert_ne!(mean(&constant), 0.1);
/// ```
pub fn mean_from_first(values: &[f64]) -> f64 {
    let Some(&first) = values.first() else { return f64::NAN };
    first + values.iter().map(|value| value - first).sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_mean() {
        assert!(mean(&[]).is_nan() && mean_from_first(&[]).is_nan());
    }

    #[test]
    fn a_missing_value_is_not_passed_over() {
        assert!(mean(&[1.0, f64::NAN]).is_nan() && mean_from_first(&[1.0, f64::NAN]).is_nan());
    }

    #[test]
    fn a_high_level_costs_the_second_mean_nothing() {
        let values = [1e9 + 0.125, 1e9 + 0.25, 1e9 + 0.75];
        assert_eq!(mean_from_first(&values), 1e9 + 0.375);
    }

    proptest! {
        // Sums of small whole numbers are exact, so the twin has no rounding of its own.
        #[test]
        fn both_are_the_exact_mean_of_whole_numbers(values in prop::collection::vec(-1000..1000_i32, 1..50)) {
            let exact = f64::from(values.iter().sum::<i32>()) / values.len() as f64;
            let values = values.into_iter().map(f64::from).collect::<Vec<_>>();
            prop_assert_eq!(mean(&values), exact);
            prop_assert!((mean_from_first(&values) - exact).abs() <= 1e-12);
        }
    }
}
