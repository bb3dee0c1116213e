//! How far a Sharpe ratio may be luck, of one series and of the best of many.
//!
//! Sharpe ratios here are those of one session: an annual one over the root of the sessions a year.

use crate::{
    deviation::moment_deviation,
    kurtosis, mean,
    normal::{normal_distribution, normal_quantile},
    ratio, skewness,
};

/// Euler's constant γ, the mean of the standard Gumbel distribution.
const EULER: f64 = 0.577_215_664_901_532_9;

/// The Sharpe ratio of one session, `mean / sd` of returns above cash, the deviation with `n − 1`.
///
/// - NaN: of returns that don't vary, and of fewer than two.
/// - Source: Sharpe (1994), "The Sharpe ratio", J. Portfolio Management 21.
///
/// ```
/// use backstaff_statistics::sharpe_ratio;
/// assert!((sharpe_ratio(&[0.01, 0.03, 0.02]) - 2.0).abs() < 1e-12);
/// assert!(sharpe_ratio(&[0.01; 3]).is_nan());
/// ```
pub fn sharpe_ratio(excess: &[f64]) -> f64 {
    ratio(mean(excess), moment_deviation(excess))
}

/// What the error of a Sharpe ratio depends on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackRecord {
    /// The Sharpe ratio of one session, its deviation with `n − 1`.
    pub sharpe: f64,
    /// The number of sessions.
    pub n: f64,
    /// The skewness of the returns.
    pub skew: f64,
    /// The kurtosis of the returns, 3 for a normal distribution.
    pub kurtosis: f64,
}

impl TrackRecord {
    /// The track record of returns above cash.
    ///
    /// - NaN: the Sharpe ratio and the moments of returns that don't vary.
    ///
    /// ```
    /// use backstaff_statistics::TrackRecord;
    /// let record = TrackRecord::of(&[-0.01, 0.0, 0.04]);
    /// assert!((record.sharpe - 0.3779644730092272).abs() < 1e-12);
    /// assert!(TrackRecord::of(&[0.01; 3]).sharpe.is_nan());
    /// ```
    pub fn of(excess: &[f64]) -> Self {
        Self {
            sharpe: sharpe_ratio(excess),
            n: excess.len() as f64,
            skew: skewness(excess),
            kurtosis: kurtosis(excess),
        }
    }

    /// The variance of the estimated Sharpe ratio times `n − 1`: `1 − skew · SR + (kurtosis − 1) / 4 · SR²`.
    fn spread(&self) -> f64 {
        1.0 - self.skew * self.sharpe + (self.kurtosis - 1.0) / 4.0 * self.sharpe * self.sharpe
    }

    /// The probability that the true Sharpe ratio is above a benchmark: `Φ((SR − SR*) √(n − 1) / √spread)` with
    /// `spread = 1 − skew · SR + (kurtosis − 1) / 4 · SR²`.
    ///
    /// With the ratio that luck alone would give the best of some trials ([`expected_max_sharpe`]) as the benchmark it
    /// is the deflated Sharpe ratio.
    ///
    /// - NaN: of fewer than two sessions, where a part is NaN or the spread is below zero.
    /// - Source: Bailey, López de Prado (2012), "The Sharpe ratio efficient frontier", J. Risk 15; (2014), "The
    ///   deflated Sharpe ratio", J. Portfolio Management 40.
    ///
    /// ```
    /// use backstaff_statistics::{TrackRecord, expected_max_sharpe};
    /// // The paper's example: 2.5 a year of 250 days in five years, the best of a hundred trials.
    /// let year = 250.0_f64.sqrt();
    /// let record = TrackRecord { sharpe: 2.5 / year, n: 1250.0, skew: -3.0, kurtosis: 10.0 };
    /// let luck = expected_max_sharpe(0.5_f64.sqrt() / year, 100.0);
    /// assert!((record.probability_above(luck) - 0.9003967).abs() < 1e-6);
    /// ```
    pub fn probability_above(&self, benchmark: f64) -> f64 {
        if self.n < 2.0 {
            return f64::NAN;
        }
        normal_distribution((self.sharpe - benchmark) * (self.n - 1.0).sqrt() / self.spread().sqrt())
    }

    /// The number of sessions from which on the Sharpe ratio, if it stays, is above a benchmark with a confidence of
    /// `1 − alpha`: `1 + spread · (Φ⁻¹(1 − alpha) / (SR − SR*))²`, a fraction. The length of this record is not used.
    ///
    /// - NaN: where a part is NaN. Infinite: where the ratio isn't above the benchmark, so that no length is enough.
    /// - Source: Bailey, López de Prado (2012), equation 13.
    ///
    /// ```
    /// use backstaff_statistics::TrackRecord;
    /// let year = 252.0_f64.sqrt();
    /// let record = TrackRecord { sharpe: 2.0 / year, n: 0.0, skew: 0.0, kurtosis: 3.0 };
    /// assert!((record.min_length(1.0 / year, 0.05) - 688.208).abs() < 0.001);
    /// ```
    pub fn min_length(&self, benchmark: f64, alpha: f64) -> f64 {
        let above = self.sharpe - benchmark;
        if above <= 0.0 {
            return f64::INFINITY;
        }
        let errors = -normal_quantile(alpha) / above;
        1.0 + self.spread() * errors * errors
    }
}

/// The Sharpe ratio that the best of some trials without skill is expected to have:
/// `sd · ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e)))`, where `sd` is the deviation of the trials' ratios.
///
/// `n_trials` may be a fraction, since related trials count as fewer. The formula holds for many trials and falls below
/// zero for less than about one and a quarter; there, and for one trial, the expectation is 0.
///
/// - Unit: that of `sd`.
/// - NaN: of fewer than one trial.
/// - Source: Bailey, López de Prado (2014), "The deflated Sharpe ratio", J. Portfolio Management 40, equation 1.
///
/// ```
/// use backstaff_statistics::expected_max_sharpe;
/// assert!((expected_max_sharpe(1.0, 100.0) - 2.5306029).abs() < 1e-7);
/// assert_eq!(expected_max_sharpe(1.0, 1.0), 0.0);
/// ```
pub fn expected_max_sharpe(sd: f64, n_trials: f64) -> f64 {
    if n_trials.is_nan() || n_trials < 1.0 {
        return f64::NAN;
    }
    let quantile_beyond = |n: f64| -normal_quantile(1.0 / n);
    let most =
        (1.0 - EULER) * quantile_beyond(n_trials) + EULER * quantile_beyond(n_trials * std::f64::consts::E);
    sd * most.max(0.0)
}

/// The years that a backtest must span so that the best of some trials without skill is not expected to reach an annual
/// Sharpe ratio: `(E[max_N] / SR)²` with [`expected_max_sharpe`] of a deviation of 1.
///
/// - Unit: years.
/// - NaN: of a ratio that isn't above zero, of fewer than one trial.
/// - Source: Bailey, Borwein, López de Prado, Zhu (2014), "Pseudo-mathematics and financial charlatanism", Notices of
///   the AMS 61, theorem 1.
///
/// ```
/// use backstaff_statistics::min_backtest_length;
/// assert!((min_backtest_length(45.0, 1.0) - 4.998).abs() < 0.001);
/// ```
pub fn min_backtest_length(n_trials: f64, sharpe: f64) -> f64 {
    if sharpe.is_nan() || sharpe <= 0.0 {
        return f64::NAN;
    }
    let ratio = expected_max_sharpe(1.0, n_trials) / sharpe;
    ratio * ratio
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{column, panel};

    #[test]
    fn the_best_of_many_has_the_published_expectation() {
        let expected =
            [(10.0, 1.574_598_3), (45.0, 2.235_640_2), (100.0, 2.530_602_9), (1000.0, 3.255_121_5)];
        for (n_trials, value) in expected {
            assert!((expected_max_sharpe(1.0, n_trials) - value).abs() < 5e-8, "{n_trials}");
        }
        assert!(expected_max_sharpe(1.0, 0.5).is_nan() && expected_max_sharpe(1.0, f64::NAN).is_nan());
        assert_eq!(expected_max_sharpe(1.0, 1.1), 0.0);
    }

    #[test]
    fn deflation_is_that_of_the_papers_example() {
        let year = 250.0_f64.sqrt();
        let deflated = |skew, kurtosis, n_trials| {
            let record = TrackRecord { sharpe: 2.5 / year, n: 1250.0, skew, kurtosis };
            record.probability_above(expected_max_sharpe(0.5_f64.sqrt() / year, n_trials))
        };
        assert!((expected_max_sharpe(0.5_f64.sqrt() / year, 100.0) - 0.113_172_0).abs() < 5e-8);
        assert!((deflated(-3.0, 10.0, 100.0) - 0.900_396_8).abs() < 5e-8);
        assert!((deflated(-3.0, 10.0, 46.0) - 0.950_501_706_875_6).abs() < 1e-11);
        assert!((deflated(0.0, 3.0, 88.0) - 0.950_490_816_676).abs() < 1e-11);
    }

    #[test]
    fn a_series_is_deflated_by_its_own_moments() {
        let panel = panel();
        let sharpes = (0..8).map(|trial| TrackRecord::of(&column(&panel, trial)).sharpe).collect::<Vec<_>>();
        let luck = expected_max_sharpe(moment_deviation(&sharpes), 8.0);
        let found = TrackRecord::of(&column(&panel, 4)).probability_above(luck);
        assert!((found - 0.783_320_157_2).abs() < 1e-9, "{found}");
    }

    #[test]
    fn a_track_record_needs_the_published_length() {
        let length = |sessions: f64| {
            let year = sessions.sqrt();
            let record = TrackRecord { sharpe: 2.0 / year, n: 0.0, skew: 0.0, kurtosis: 3.0 };
            record.min_length(1.0 / year, 0.05)
        };
        assert!((length(252.0) - 688.208).abs() < 0.0005);
        assert!(
            (length(252.0) / 252.0 - 2.731).abs() < 0.0005 && (length(12.0) / 12.0 - 3.240).abs() < 0.0005
        );
        let record = TrackRecord { sharpe: 0.1, n: 0.0, skew: 0.0, kurtosis: 3.0 };
        assert_eq!(record.min_length(0.1, 0.05), f64::INFINITY);
    }

    #[test]
    fn a_backtest_needs_the_published_years() {
        assert!((min_backtest_length(45.0, 1.0) - 4.998).abs() < 0.0005);
        assert!(min_backtest_length(45.0, 0.0).is_nan());
    }

    #[test]
    fn what_does_not_vary_has_no_track_record() {
        for returns in [&[][..], &[0.01], &[0.01; 9], &[0.0; 3]] {
            assert!(TrackRecord::of(returns).probability_above(0.0).is_nan(), "{returns:?}");
        }
    }

    proptest! {
        #[test]
        fn the_least_length_is_where_the_probability_is_enough(
            sharpe in 0.01..0.5_f64, skew in -2.0..2.0_f64, kurtosis in 6.0..9.0_f64, alpha in 0.01..0.4_f64,
        ) {
            let record = TrackRecord { sharpe, n: 0.0, skew, kurtosis };
            let enough = TrackRecord { n: record.min_length(0.0, alpha), ..record };
            prop_assume!(enough.n >= 2.0);
            prop_assert!((enough.probability_above(0.0) - (1.0 - alpha)).abs() < 1e-9);
        }
    }
}
