//! Covariance and correlation.

use crate::{average_ranks, mean, mean_from_first};

/// The covariance of pairs, `Σ (a − mean a)(b − mean b) / (n − 1)` (`ddof` 1) about the plain [`mean()`]s.
///
/// - NaN: of fewer than two pairs.
///
/// # Panics
///
/// If the series differ in length.
///
/// ```
/// use backstaff_statistics::covariance;
/// assert_eq!(covariance(&[1.0, 3.0], &[2.0, 6.0]), 4.0);
/// assert!(covariance(&[1.0], &[2.0]).is_nan());
/// ```
pub fn covariance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    if a.len() < 2 {
        return f64::NAN;
    }
    let (mean_a, mean_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / (a.len() - 1) as f64
}

/// Pearson's correlation of pairs, `Σ xy / √(Σ x² · Σ y²)` of the distances to [`mean_from_first`], from −1 to 1.
///
/// - NaN: of fewer than two pairs, or where one side is constant.
///
/// # Panics
///
/// If the series differ in length.
///
/// ```
/// use backstaff_statistics::correlation;
/// assert!((correlation(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]) - 1.0).abs() < 1e-15);
/// assert!(correlation(&[1.0, 2.0, 3.0], &[0.1; 3]).is_nan());
/// ```
pub fn correlation(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    let (mean_x, mean_y) = (mean_from_first(x), mean_from_first(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if xx > 0.0 && yy > 0.0 { (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0) } else { f64::NAN }
}

/// Spearman's correlation of pairs: Pearson's of the [`average_ranks`].
///
/// - NaN: of fewer than two pairs, or where one side is constant. No value may be NaN.
///
/// # Panics
///
/// If the series differ in length.
///
/// ```
/// use backstaff_statistics::rank_correlation;
/// assert!((rank_correlation(&[1.0, 2.0, 30.0], &[5.0, 6.0, 7.0]) - 1.0).abs() < 1e-15);
/// assert!(rank_correlation(&[1.0, 2.0, 30.0], &[5.0; 3]).is_nan());
/// ```
pub fn rank_correlation(x: &[f64], y: &[f64]) -> f64 {
    correlation(&average_ranks(x), &average_ranks(y))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::moment_deviation;

    const X: [f64; 8] = [0.3, -1.2, 0.3, 4.5, 2.2, -0.7, 0.0, 1.1];
    const Y: [f64; 8] = [1.0, -0.5, 0.2, 2.0, 2.0, -1.5, 0.3, 0.3];

    #[test]
    fn a_constant_has_no_correlation() {
        assert!(correlation(&[0.1; 8], &X).is_nan() && rank_correlation(&X, &[0.1; 8]).is_nan());
        assert!(correlation(&[], &[]).is_nan() && correlation(&[1.0], &[2.0]).is_nan());
    }

    #[test]
    fn agrees_with_scipy() {
        assert!((rank_correlation(&X, &Y) - 0.860_621_866_478_778_5).abs() < 1e-14);
        assert!((correlation(&X, &Y) - 0.835_514_335_515_022).abs() < 1e-14);
    }

    #[test]
    fn has_the_published_values() {
        // Anscombe (1973), "Graphs in statistical analysis", American Statistician 27: four sets of one correlation.
        let x = [10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
        assert!((correlation(&x, &y) - 0.816).abs() < 0.0005 && (covariance(&x, &x) - 11.0).abs() < 1e-14);
        // Kendall's ranks of ten students in mathematics and music (Rank Correlation Methods, 1948): 1 − 6 · 182 / 990.
        let mathematics = [7.0, 4.0, 3.0, 10.0, 6.0, 2.0, 9.0, 8.0, 1.0, 5.0];
        let music = [5.0, 7.0, 3.0, 10.0, 1.0, 9.0, 6.0, 2.0, 8.0, 4.0];
        assert!((rank_correlation(&mathematics, &music) + 0.103).abs() < 0.0005);
    }

    proptest! {
        #[test]
        fn is_the_covariance_in_deviations(
            pairs in prop::collection::vec((-9.0..9.0_f64, -9.0..9.0_f64), 2..30),
        ) {
            let (x, y) = pairs.into_iter().unzip::<f64, f64, Vec<_>, Vec<_>>();
            let twin = covariance(&x, &y) / (moment_deviation(&x) * moment_deviation(&y));
            let found = correlation(&x, &y);
            prop_assert!((found - twin).abs() < 1e-9 || found.is_nan(), "{} {}", found, twin);
        }
    }
}
