//! The analysis of risk.

use backstaff_statistics::{deviation, mean};

/// The sessions of a year in Qlib, for daily returns; 50 for weeks, 12 for months.
pub const DAYS_PER_YEAR: f64 = 238.0;

/// How returns add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Accumulation {
    /// As they are, without interest on interest (Qlib's `sum`, where nothing is set).
    #[default]
    Sum,
    /// Compounded (`product`).
    Product,
}

/// What Qlib says of a series of returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RiskAnalysis {
    /// The mean of a session's returns; geometric if compounded.
    pub mean: f64,
    /// The standard deviation of a session, with n − 1; of `ln(1 + return)` if compounded.
    pub std: f64,
    /// `mean · n`; `(1 + total)^(n / sessions) − 1` if compounded.
    pub annualized_return: f64,
    /// `mean / std · √n`.
    pub information_ratio: f64,
    /// The deepest fall below the highest point so far, zero or less: of the sum of the returns, or, if compounded, as a
    /// share of the highest value. A fall from the beginning is not seen, since the first return counts as a high.
    pub max_drawdown: f64,
}

/// Qlib's `risk_analysis` of returns, with so many sessions a year.
///
/// - NaN: missing returns are skipped. In a compounded series they count as sessions, as in Qlib; at its end they make
///   mean and yearly return NaN there, which here are those of the series before them. DIFFERENCE.
/// - Unit: fractions; `max_drawdown` of sums is in units of the capital that is invested each session.
///
/// ```
/// use backstaff_portfolio::measure::qlib::{Accumulation, DAYS_PER_YEAR, risk_analysis};
///
/// let risk = risk_analysis(&[-0.5, 0.1, f64::NAN, -0.2], DAYS_PER_YEAR, Accumulation::Sum);
/// assert!((risk.mean + 0.2).abs() < 1e-15);
/// assert!((risk.max_drawdown + 0.2).abs() < 1e-15); // the loss of the first session is not seen
/// ```
pub fn risk_analysis(returns: &[f64], sessions_per_year: f64, mode: Accumulation) -> RiskAnalysis {
    let present = returns.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<_>>();
    let (mean, std, annualized_return, max_drawdown) = match mode {
        Accumulation::Sum => {
            let mean = mean(&present);
            let curve = running(&present, 0.0, |sum, value| sum + value);
            let fall = deepest(&curve, |now, high| now - high);
            (mean, deviation(&present, mean), mean * sessions_per_year, fall)
        }
        Accumulation::Product => {
            let curve = running(&present, 1.0, |product, value| product * (1.0 + value));
            let last = curve.last().copied().unwrap_or(f64::NAN);
            let n = returns.len() as f64;
            let logs = present.iter().map(|value| libm::log(1.0 + value)).collect::<Vec<_>>();
            let yearly = libm::pow(last, sessions_per_year / n) - 1.0;
            let geometric = libm::pow(last, 1.0 / n) - 1.0;
            (geometric, deviation(&logs, mean(&logs)), yearly, deepest(&curve, |now, high| now / high - 1.0))
        }
    };
    let information_ratio = mean / std * sessions_per_year.sqrt();
    RiskAnalysis { mean, std, annualized_return, information_ratio, max_drawdown }
}

fn running(values: &[f64], start: f64, step: fn(f64, f64) -> f64) -> Vec<f64> {
    let mut now = start;
    let next = |value: &f64| {
        now = step(now, *value);
        now
    };
    values.iter().map(next).collect()
}

fn deepest(curve: &[f64], fall: fn(f64, f64) -> f64) -> f64 {
    let mut high = f64::NEG_INFINITY;
    let mut deepest = f64::NAN;
    for &now in curve {
        high = high.max(now);
        deepest = deepest.min(fall(now, high));
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compounded_returns_fall_as_a_share_of_the_highest_value() {
        let risk = risk_analysis(&[0.1, -0.5, 0.2], 3.0, Accumulation::Product);
        assert!((risk.max_drawdown + 0.5).abs() < 1e-15);
        assert!((risk.annualized_return - (1.1 * 0.5 * 1.2 - 1.0)).abs() < 1e-15);
    }

    #[test]
    fn too_few_returns_have_no_deviation() {
        let risk = risk_analysis(&[0.1], DAYS_PER_YEAR, Accumulation::Sum);
        assert!(risk.std.is_nan() && risk.information_ratio.is_nan());
        assert_eq!((risk.mean, risk.max_drawdown), (0.1, 0.0));
        assert!(risk_analysis(&[], DAYS_PER_YEAR, Accumulation::Sum).max_drawdown.is_nan());
    }
}
