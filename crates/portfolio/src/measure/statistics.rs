//! Plain statistics of a series, in one fixed order of summation.

/// The arithmetic mean; NaN of nothing.
pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean of the `power`-th power of the distances to the mean.
pub(super) fn central_moment(values: &[f64], power: i32) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| raised(value - mean, power)).sum::<f64>() / values.len() as f64
}

fn raised(value: f64, power: i32) -> f64 {
    (0..power).fold(1.0, |product, _| product * value)
}

/// The standard deviation with `n − 1` in the denominator; NaN under two values, exactly zero if all are equal.
pub(super) fn standard_deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    if values.iter().all(|value| *value == values[0]) {
        return 0.0;
    }
    let n = values.len() as f64;
    (central_moment(values, 2) * n / (n - 1.0)).sqrt()
}

/// The covariance with `n − 1` in the denominator; NaN under two pairs.
pub(super) fn covariance(a: &[f64], b: &[f64]) -> f64 {
    if a.len() < 2 {
        return f64::NAN;
    }
    let (mean_a, mean_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / (a.len() - 1) as f64
}

/// The `q`-quantile, linear between neighbours (Hyndman and Fan 1996, type 7); NaN of nothing.
pub(super) fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// Numerator over denominator; NaN where the denominator is zero.
pub(super) fn ratio(numerator: f64, denominator: f64) -> f64 {
    if denominator == 0.0 { f64::NAN } else { numerator / denominator }
}

/// The t-statistic of a mean whose observations depend on each other over `lags` steps.
///
/// `t = mean / sqrt(S / n)` with `S = γ₀ + 2 Σ_{l=1..lags} (1 − l / (lags + 1)) γ_l` and
/// `γ_l = 1/n Σ (x_t − mean)(x_{t−l} − mean)`.
///
/// - NaN: under two observations, or where `S` is zero.
/// - Source: Newey and West (1987), "A simple, positive semi-definite, heteroskedasticity and autocorrelation
///   consistent covariance matrix", Econometrica 55.
///
/// ```
/// use backstaff_portfolio::measure::newey_west_t;
/// let alternating = [1.0, -1.0, 1.0, -1.0, 1.0, 1.0];
/// assert!((newey_west_t(&alternating, 0) - 0.8660254037844386).abs() < 1e-12);
/// assert!(newey_west_t(&alternating, 1) > newey_west_t(&alternating, 0));
/// ```
pub fn newey_west_t(values: &[f64], lags: usize) -> f64 {
    let n = values.len();
    if n < 2 {
        return f64::NAN;
    }
    let mean = mean(values);
    let autocovariance = |lag: usize| {
        let pairs = values[lag.min(n)..].iter().zip(values);
        pairs.map(|(now, before)| (now - mean) * (before - mean)).sum::<f64>() / n as f64
    };
    let weighted = (1..=lags.min(n - 1))
        .map(|lag| (1.0 - lag as f64 / (lags + 1) as f64) * autocovariance(lag))
        .sum::<f64>();
    let variance = autocovariance(0) + 2.0 * weighted;
    if variance > 0.0 { mean / (variance / n as f64).sqrt() } else { f64::NAN }
}

/// The lag that is usual for `n` observations: `floor(4 (n / 100)^(2/9))`, Newey and West (1994).
pub fn usual_lags(n: usize) -> usize {
    (4.0 * libm::pow(n as f64 / 100.0, 2.0 / 9.0)).floor() as usize
}

/// The distribution function of the standard normal, `½ erfc(−x / √2)`.
pub fn normal_distribution(x: f64) -> f64 {
    0.5 * libm::erfc(-x / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), 2.5);
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.0), 1.0);
        assert_eq!(quantile(&[7.0], 0.05), 7.0);
        assert!(quantile(&[], 0.05).is_nan());
    }

    #[test]
    fn equal_values_do_not_deviate() {
        assert_eq!(standard_deviation(&[0.1, 0.1, 0.1]), 0.0);
        assert!(standard_deviation(&[0.1]).is_nan());
    }

    #[test]
    fn newey_west_by_hand() {
        // Mean 2, distances -1 0 1: γ₀ = 2/3, γ₁ = 0, γ₂ = -1/3; two lags: S = 2/3 + 2 (1/3)(-1/3) = 4/9.
        assert!((newey_west_t(&[1.0, 2.0, 3.0], 2) - 2.0 / (4.0_f64 / 27.0).sqrt()).abs() < 1e-12);
        assert!(newey_west_t(&[1.0, 1.0], 1).is_nan());
    }

    #[test]
    fn usual_lags_follow_the_rule() {
        assert_eq!([usual_lags(100), usual_lags(756), usual_lags(2500)], [4, 6, 8]);
    }

    #[test]
    fn normal_distribution_has_its_table_values() {
        assert!((normal_distribution(1.96) - 0.975_002_104_851_780).abs() < 1e-14);
        assert_eq!(normal_distribution(0.0), 0.5);
    }
}
