//! The standard normal distribution.

/// The distribution function of the standard normal, `½ erfc(−x / √2)`.
///
/// ```
/// use backstaff_statistics::normal_distribution;
/// assert_eq!(normal_distribution(0.0), 0.5);
/// assert!(normal_distribution(f64::NAN).is_nan());
/// ```
pub fn normal_distribution(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_its_table_values() {
        assert!((normal_distribution(1.96) - 0.975_002_104_851_780).abs() < 1e-14);
        assert!((normal_distribution(-1.0) - 0.158_655_253_931_457).abs() < 1e-14);
    }
}
