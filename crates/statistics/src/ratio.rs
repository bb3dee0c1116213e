//! Ratios.

/// Numerator over denominator; NaN where the denominator is zero.
///
/// ```
/// use backstaff_statistics::ratio;
/// assert_eq!(ratio(1.0, 2.0), 0.5);
/// assert!(ratio(1.0, 0.0).is_nan());
/// ```
pub fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}
