//! Why a backtest could not be run.

use backstaff_panel::Session;

/// Why a backtest could not be run.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum PortfolioError {
    /// Without closing prices nothing can be valued, without opening ones nothing trades at the open.
    #[error("the panel has no field {field}, which trading needs; map a column to it{}", if *.field == "open" { ", or say `execution: close`" } else { "" })]
    MissingField { field: &'static str },

    /// A column that the rules of the exchange name.
    #[error(
        "the panel has no column {column}, which the exchange of Qlib needs; compute it, or choose another rule"
    )]
    MissingColumn { column: String },

    /// An exchange with Qlib's rules on a market without its quotes, or with those of other rules.
    #[error("the market was not made for these rules of Qlib; call `Market::with_qlib` with them")]
    NoQlibQuotes,

    /// A strategy that lets the exchange choose, where the exchange does not, or where the backtest sells by itself.
    #[error(
        "the strategy {strategy} chooses in the session of the trade; give the exchange Qlib's rules, and let what leaves \
         the universe be held"
    )]
    PlanWithoutQlib { strategy: String },

    /// A signal or universe of another panel.
    #[error("the {what} has {found} rows where the market has {expected}; both must come from one panel")]
    Length { what: &'static str, expected: usize, found: usize },

    /// A number outside what it can mean.
    #[error("{parameter} is {value}, but must be {expected}")]
    Parameter { parameter: &'static str, value: f64, expected: &'static str },

    /// A range of sessions that is empty or reaches outside of the market.
    #[error(
        "sessions {start}..{end} are not part of the market's {available} sessions; choose another range"
    )]
    Sessions { start: usize, end: usize, available: usize },

    /// Rates that go back in time.
    #[error(
        "the rate of {later} is listed after that of {earlier}, or twice; list each date once, oldest first"
    )]
    UnsortedRates { earlier: Session, later: Session },

    /// A benchmark that has no value where the backtest begins.
    #[error("the benchmark has no price at or before {session}, where the backtest begins")]
    BenchmarkTooShort { session: Session },
}

/// `value` if it is finite and not below zero.
pub(crate) fn not_negative(parameter: &'static str, value: f64) -> Result<f64, PortfolioError> {
    if value.is_finite() && value >= 0.0 {
        return Ok(value);
    }
    Err(PortfolioError::Parameter { parameter, value, expected: "a finite number, zero or more" })
}

/// Gives `value` back if it is finite.
pub(crate) fn finite(parameter: &'static str, value: f64) -> Result<f64, PortfolioError> {
    if value.is_finite() {
        return Ok(value);
    }
    Err(PortfolioError::Parameter { parameter, value, expected: "a finite number" })
}

/// `value` if it is finite and above zero.
pub(crate) fn positive(parameter: &'static str, value: f64) -> Result<f64, PortfolioError> {
    if value.is_finite() && value > 0.0 {
        return Ok(value);
    }
    Err(PortfolioError::Parameter { parameter, value, expected: "a finite number above zero" })
}
