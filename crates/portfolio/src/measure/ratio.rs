//! Ratios of measures.

/// Numerator over denominator; NaN where the denominator is zero.
pub(super) fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}
