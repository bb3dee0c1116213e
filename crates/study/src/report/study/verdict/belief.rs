//! The bounds of belief: results that no honest signal has, whatever their t.
//!
//! The page docs/verdict.md publishes the bounds with their reasons.

use super::Book;
use crate::{
    report::study::account::{Account, Excess},
    words,
};

/// The excess or alpha a year that is beyond belief. The best fund of which the record is known earned above 60 % a year
/// before its fees, with leverage, over thirty years (Cornell 2020).
const EXCESS: f64 = 0.5;
/// The same bound in volatilities of the benchmark, for markets that are wilder than shares.
const EXCESS_IN_VOLATILITIES: f64 = 2.0;
/// The t from which an excess beyond the bound is not put down to a short test.
const T: f64 = 2.0;
/// The years from which an excess beyond the bound is not put down to a short test.
const YEARS: f64 = 1.0;
/// The information or Sharpe ratio that is beyond belief in a long test. The best published signals have 2 to 3 before
/// costs (Gu, Kelly and Xiu 2020: about 2.4).
const RATIO: f64 = 3.0;
/// The standard errors that are added to the bound of a ratio; one is `1 / √years`.
const RATIO_ERRORS: f64 = 3.0;
/// The deviation a year below which a ratio says nothing: cash beside cash.
const LEAST_DEVIATION: f64 = 0.01;
/// The volatility a year below which a Sharpe ratio says nothing: bills have any.
const LEAST_VOLATILITY: f64 = 0.05;

/// What of a result is beyond belief, one reason a line; empty for an honest one.
pub(super) fn beyond(
    primary: &Account<'_>,
    benchmark: &Account<'_>,
    book: &Book,
    excesses: &[&Excess],
) -> Vec<String> {
    let years = primary.years();
    let words = if book.yardstick.is_alpha() { "alpha" } else { "excess return" };
    let bound = EXCESS.max(EXCESS_IN_VOLATILITIES * benchmark.measure("volatility"));
    let is_long = years >= YEARS;
    let highest = excesses
        .iter()
        .filter(|excess| excess.t >= T || is_long)
        .map(|excess| excess.annual)
        .fold(f64::NAN, f64::max);
    let mut reasons = Vec::new();
    if highest > bound {
        reasons.push(format!(
            "an {words} of {} a year, where {} is beyond belief",
            words::difference(highest, 0),
            words::percent(bound, 0)
        ));
    }
    let bound = ratio_bound(years);
    let ratio = excesses.iter().map(|excess| ratio(excess, primary, book)).fold(f64::NAN, f64::max);
    if ratio > bound {
        reasons.push(format!(
            "an information ratio of {}, where {} is beyond belief after {}",
            words::number(ratio, 1),
            words::number(bound, 1),
            words::years(years)
        ));
    }
    let (own, other) = (primary.measure("sharpe"), benchmark.measure("sharpe"));
    if primary.measure("volatility") >= LEAST_VOLATILITY && own - other.max(0.0) > bound {
        reasons.push(format!(
            "a Sharpe ratio of {} beside the benchmark's {}, where {} more is beyond belief after {}",
            words::number(own, 1),
            words::number(other, 1),
            words::number(bound, 1),
            words::years(years)
        ));
    }
    reasons
}

/// The ratio of a test of this length that is beyond belief: the shorter, the more luck has a part in it.
fn ratio_bound(years: f64) -> f64 {
    RATIO + RATIO_ERRORS / years.sqrt()
}

/// The information ratio of an excess, or the appraisal ratio of an alpha; NaN where the deviation is next to none.
fn ratio(excess: &Excess, primary: &Account<'_>, book: &Book) -> f64 {
    let deviation = if book.yardstick.is_alpha() {
        let correlation = excess.measure("correlation");
        primary.measure("volatility") * (1.0 - correlation * correlation).max(0.0).sqrt()
    } else {
        excess.measure("tracking_error")
    };
    if deviation >= LEAST_DEVIATION { excess.annual / deviation } else { f64::NAN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_test_may_have_a_higher_ratio() {
        assert_eq!(ratio_bound(1.0), 6.0);
        assert_eq!(ratio_bound(9.0), 4.0);
    }
}
