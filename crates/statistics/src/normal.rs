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

/// The inverse of [`normal_distribution`]: the value that a standard normal stays below with probability `p`.
///
/// A first guess by Hastings is made exact by three of Halley's steps, each of which triples the right digits.
///
/// - NaN: outside of 0 to 1. At 0 and 1 it is infinite.
/// - Source: Abramowitz, Stegun (1964), "Handbook of mathematical functions", 26.2.23, for the first guess.
///
/// ```
/// use backstaff_statistics::normal_quantile;
/// assert_eq!(normal_quantile(0.5), 0.0);
/// assert!((normal_quantile(0.975) - 1.959963984540054).abs() < 1e-14);
/// assert!(normal_quantile(1.5).is_nan());
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    if p == 0.5 {
        return 0.0;
    }
    let t = (-2.0 * libm::log(p)).sqrt();
    let guess = (2.515_517 + t * (0.802_853 + t * 0.010_328))
        / (1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308)));
    (0..3).fold(guess - t, |x, _| {
        let density = libm::exp(-0.5 * x * x) / (2.0 * std::f64::consts::PI).sqrt();
        let step = (normal_distribution(x) - p) / density;
        x - step / (1.0 + 0.5 * x * step)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn has_its_table_values() {
        assert!((normal_distribution(1.96) - 0.975_002_104_851_780).abs() < 1e-14);
        assert!((normal_distribution(-1.0) - 0.158_655_253_931_457).abs() < 1e-14);
    }

    #[test]
    fn quantiles_have_their_table_values() {
        // Those of the paper by Wichura (1988), algorithm AS 241.
        for (p, x) in [
            (0.25, -0.674_489_750_196_081_7),
            (0.001, -3.090_232_306_167_813_5),
            (1e-20, -9.262_340_089_798_408),
        ] {
            assert!((normal_quantile(p) / x - 1.0).abs() < 1e-14, "{p}");
        }
        assert_eq!([normal_quantile(0.0), normal_quantile(1.0)], [f64::NEG_INFINITY, f64::INFINITY]);
    }

    proptest! {
        #[test]
        fn the_quantile_inverts_the_distribution(x in -30.0..5.0_f64) {
            prop_assert!((normal_quantile(normal_distribution(x)) - x).abs() < 1e-9);
        }
    }
}
