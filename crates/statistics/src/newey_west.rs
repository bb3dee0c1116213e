//! Errors of a mean whose observations depend on each other.

use crate::mean;

/// Newey and West's standard error of a mean, where each observation depends on the `lags` before it.
///
/// `√(S / n)` with `S = γ₀ + 2 Σ_{l=1..lags} (1 − l / (lags + 1)) γ_l` and
/// `γ_l = Σ (x_t − mean)(x_{t−l} − mean) / (n − ddof)`. With `ddof` 0 these are the paper's; with `ddof` 1 and no lags
/// the error is the ordinary one.
///
/// - NaN: of fewer than two observations, or where `S` isn't above zero.
/// - Source: Newey, West (1987), "A simple, positive semi-definite, heteroskedasticity and autocorrelation consistent
///   covariance matrix", Econometrica 55.
///
/// # Panics
///
/// If `ddof` is above 1.
///
/// ```
/// use backstaff_statistics::{deviation, mean, newey_west_error};
/// let series = [1.0, 2.0, 4.0, 1.0];
/// let ordinary = deviation(&series, mean(&series)) / 4.0_f64.sqrt();
/// assert!((newey_west_error(&series, mean(&series), 0, 1) - ordinary).abs() < 1e-15);
/// ```
pub fn newey_west_error(values: &[f64], mean: f64, lags: usize, ddof: usize) -> f64 {
    assert!(ddof < 2, "more than one degree of freedom is not that of a mean");
    let n = values.len();
    if n < 2 {
        return f64::NAN;
    }
    let autocovariance = |lag: usize| {
        let pairs = values[lag..].iter().zip(values);
        pairs.map(|(now, before)| (now - mean) * (before - mean)).sum::<f64>() / (n - ddof) as f64
    };
    let weighted = (1..=lags.min(n - 1))
        .map(|lag| (1.0 - lag as f64 / (lags + 1) as f64) * autocovariance(lag))
        .sum::<f64>();
    let variance = autocovariance(0) + 2.0 * weighted;
    if variance > 0.0 { (variance / n as f64).sqrt() } else { f64::NAN }
}

/// The t-statistic of a mean: the plain [`mean()`] in the [`newey_west_error`]s of the paper (`ddof` 0).
///
/// - NaN: of fewer than two observations, or where the error's `S` isn't above zero.
///
/// ```
/// use backstaff_statistics::newey_west_t;
/// let alternating = [1.0, -1.0, 1.0, -1.0, 1.0, 1.0];
/// assert!((newey_west_t(&alternating, 0) - 0.8660254037844386).abs() < 1e-12);
/// assert!(newey_west_t(&alternating, 1) > newey_west_t(&alternating, 0));
/// ```
pub fn newey_west_t(values: &[f64], lags: usize) -> f64 {
    let mean = mean(values);
    mean / newey_west_error(values, mean, lags, 0)
}

/// The number of lags that is usual for `n` observations, `⌊4 (n / 100)^(2/9)⌋`.
///
/// - Source: Newey, West (1994), "Automatic lag selection in covariance matrix estimation", Review of Economic
///   Studies 61.
///
/// ```
/// assert_eq!(backstaff_statistics::usual_lags(756), 6);
/// ```
pub fn usual_lags(n: usize) -> usize {
    (4.0 * libm::pow(n as f64 / 100.0, 2.0 / 9.0)).floor() as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mean_from_first;

    #[test]
    fn by_hand() {
        // Mean 2, distances -1 0 1: γ₀ = 2/3, γ₁ = 0, γ₂ = -1/3; two lags: S = 2/3 + 2 (1/3)(-1/3) = 4/9.
        assert!((newey_west_t(&[1.0, 2.0, 3.0], 2) - 2.0 / (4.0_f64 / 27.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn one_lag_adds_the_certified_autocorrelation_of_nist() {
        // `NumAcc2` of the Statistical Reference Datasets: the first autocorrelation is −0.999. One lag weighs it by a
        // half, twice, so that the variance shrinks to 1 − 0.999 of the one without lags.
        let turns = (0..1000).map(|n| if n % 2 == 0 { 1.1 } else { 1.3 });
        let values = std::iter::once(1.2).chain(turns).collect::<Vec<_>>();
        let error = |lags| newey_west_error(&values, mean(&values), lags, 0);
        assert!((error(1) / error(0) - 0.001_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_series_that_does_not_vary_has_no_t() {
        assert!(newey_west_t(&[1.0, 1.0], 1).is_nan());
        assert!(newey_west_t(&[1.0], 0).is_nan() && newey_west_t(&[], 0).is_nan());
    }

    #[test]
    fn usual_lags_follow_the_rule() {
        assert_eq!([usual_lags(100), usual_lags(756), usual_lags(2500)], [4, 6, 8]);
        assert_eq!(usual_lags(0), 0);
    }

    /// The quadratic form `w' Ω w` of equal weights over the matrix of Bartlett-weighted products.
    fn twin(values: &[f64], lags: usize, ddof: usize) -> f64 {
        let n = values.len();
        let mean = mean_from_first(values);
        let mut sum = 0.0;
        for (t, now) in values.iter().enumerate() {
            for (u, other) in values.iter().enumerate() {
                let weight = 1.0 - t.abs_diff(u) as f64 / (lags + 1) as f64;
                sum += weight.max(0.0) * (now - mean) * (other - mean);
            }
        }
        (sum / ((n - ddof) * n) as f64).sqrt()
    }

    proptest! {
        #[test]
        fn agrees_with_the_sum_over_all_pairs(
            values in prop::collection::vec(-5.0..5.0_f64, 2..40),
            lags in 0..50_usize,
            ddof in 0..2_usize,
        ) {
            let found = newey_west_error(&values, mean_from_first(&values), lags, ddof);
            let twin = twin(&values, lags, ddof);
            prop_assert!((found - twin).abs() < 1e-9 || twin.is_nan() || twin < 1e-6, "{} {}", found, twin);
        }
    }
}
