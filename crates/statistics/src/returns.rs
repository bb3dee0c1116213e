//! What a series of returns earned and risked.
//!
//! Returns are simple ones of one session each, oldest first: 0.01 is 1 %.

use crate::{mean, quantile, ratio};

/// The share of sessions with a gain among those with a move: `count(r > 0) / count(r ≠ 0)`.
///
/// - NaN: where no session moves.
/// - Source: Bacon (2008), "Practical portfolio performance measurement and attribution", chapter 4.
///
/// ```
/// use backstaff_statistics::hit_rate;
/// assert_eq!(hit_rate(&[0.1, 0.0, -0.1, 0.2]), 2.0 / 3.0);
/// ```
pub fn hit_rate(returns: &[f64]) -> f64 {
    let count = |test: fn(&&f64) -> bool| returns.iter().filter(test).count() as f64;
    ratio(count(|r| **r > 0.0), count(|r| **r != 0.0))
}

/// The root of the mean squared loss, `√(Σ min(r, 0)² / n)` over all sessions.
///
/// - NaN: of nothing.
/// - Source: Sortino, van der Meer (1991), "Downside risk", J. Portfolio Management 17; target: zero.
///
/// ```
/// use backstaff_statistics::downside_deviation;
/// assert_eq!(downside_deviation(&[0.5, -0.5, 0.0, 0.0]), 0.25);
/// ```
pub fn downside_deviation(returns: &[f64]) -> f64 {
    let squares = returns.iter().map(|r| r.min(0.0) * r.min(0.0)).collect::<Vec<_>>();
    mean(&squares).sqrt()
}

/// The historical value at risk, `−quantile(r, q)`, linear between neighbours; above 0 is a loss.
///
/// - NaN: of nothing.
/// - Source: Hyndman, Fan (1996), "Sample quantiles in statistical packages", American Statistician 50, type 7.
///
/// ```
/// use backstaff_statistics::value_at_risk;
/// assert_eq!(value_at_risk(&[-0.5, 0.0, 0.5], 0.5), 0.0);
/// assert_eq!(value_at_risk(&[-0.5, 0.0, 0.5], 0.25), 0.25);
/// ```
pub fn value_at_risk(returns: &[f64], q: f64) -> f64 {
    -quantile(returns, q)
}

/// The expected loss beyond the value at risk: minus the mean of the returns at or below their `q`-quantile.
///
/// - NaN: of nothing.
/// - Source: Rockafellar, Uryasev (2000), "Optimization of conditional value-at-risk", J. Risk 2.
///
/// ```
/// use backstaff_statistics::conditional_value_at_risk;
/// assert_eq!(conditional_value_at_risk(&[-0.5, 0.0, 0.5], 0.5), 0.25);
/// ```
pub fn conditional_value_at_risk(returns: &[f64], q: f64) -> f64 {
    let limit = quantile(returns, q);
    let tail = returns.iter().copied().filter(|&r| r <= limit).collect::<Vec<_>>();
    -mean(&tail)
}

/// The return a year of an account that grew by a factor within some years, `growth^(1 / years) − 1`.
///
/// - NaN: where no time has passed. After a ruin (a factor at or below zero) everything is lost: −1.
/// - Source: Bacon (2008), chapter 2.
///
/// ```
/// use backstaff_statistics::annual_growth;
/// assert!((annual_growth(1.21, 2.0) - 0.1).abs() < 1e-15);
/// assert_eq!(annual_growth(-0.5, 2.0), -1.0);
/// ```
pub fn annual_growth(growth: f64, years: f64) -> f64 {
    if years > 0.0 { libm::pow(growth.max(0.0), 1.0 / years) - 1.0 } else { f64::NAN }
}

/// The equity of an account that starts with 1 and earns these returns: one value more than returns.
///
/// ```
/// assert_eq!(backstaff_statistics::compounded(&[0.5, -0.5]), [1.0, 1.5, 0.75]);
/// ```
pub fn compounded(returns: &[f64]) -> Vec<f64> {
    let mut equity = 1.0;
    let grown = returns.iter().map(|r| {
        equity *= 1.0 + r;
        equity
    });
    std::iter::once(1.0).chain(grown).collect()
}

/// Each equity over the highest one so far, less one: zero or below.
///
/// A loss in the first session counts if the first equity is what the account began with.
///
/// - Source: Magdon-Ismail, Atiya (2004), "Maximum drawdown", Risk 17.
///
/// ```
/// assert_eq!(backstaff_statistics::underwater([1.0, 2.0, 1.0]), [0.0, 0.0, -0.5]);
/// ```
pub fn underwater(equities: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let mut high = f64::NEG_INFINITY;
    let fall = |equity: f64| {
        high = high.max(equity);
        equity / high - 1.0
    };
    equities.into_iter().map(fall).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_measure() {
        let nothing = [
            hit_rate(&[]),
            downside_deviation(&[]),
            value_at_risk(&[], 0.05),
            conditional_value_at_risk(&[], 0.05),
            annual_growth(1.0, 0.0),
        ];
        assert!(nothing.iter().all(|value| value.is_nan()));
        assert_eq!(compounded(&[]), [1.0]);
    }

    #[test]
    fn a_series_without_a_move_has_no_hit_rate() {
        assert!(hit_rate(&[0.0; 4]).is_nan());
    }
}
