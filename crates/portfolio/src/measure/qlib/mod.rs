//! The results that Qlib reports of a backtest: its daily report, its indicators of trading, its analysis of risk.
//!
//! They are not the [measures](super) of a study: returns are before costs, both sides count as turnover, and a year has
//! [`DAYS_PER_YEAR`] sessions.
//!
//! - Source: Microsoft Qlib 0.9.7, `qlib.backtest.report` and `qlib.contrib.evaluate`.

mod indicators;
mod report;
mod risk;

pub use indicators::{IndicatorMeans, Indicators, indicator_means, indicators};
pub use report::{ReportRow, report};
pub use risk::{Accumulation, DAYS_PER_YEAR, RiskAnalysis, risk_analysis};
