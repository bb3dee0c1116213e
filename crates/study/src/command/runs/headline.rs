//! The numbers of a run that stand in its line.

use serde::{Deserialize, Serialize};

use crate::results::StudyResult;

/// The numbers of a run that stand in its line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Headline {
    /// The level of the verdict.
    pub verdict: String,
    /// The growth of the portfolio that the study asks about, compounded: a fraction a year.
    pub cagr: Option<f64>,
    /// The return above the yardstick, or the alpha to it: a fraction a year.
    pub excess_annual: Option<f64>,
    /// The Newey–West t of the excess.
    pub excess_t: Option<f64>,
    /// The Sharpe ratio, from yearly numbers.
    pub sharpe: Option<f64>,
    /// The deepest drawdown: a fraction, 0 or less.
    pub max_drawdown: Option<f64>,
    /// The one-sided turnover: a fraction of equity a year.
    pub turnover_annual: Option<f64>,
}

impl Headline {
    /// The headline of a study's results.
    pub(crate) fn of(result: &StudyResult) -> Self {
        let (verdict, measures) = (&result.measures.verdict, &result.measures);
        let primary = measures.curve.as_ref().and_then(|curve| measures.portfolios.get(&curve.portfolio));
        let measure = |name: &str| primary.and_then(|measures| measures.get(name).copied().flatten());
        Self {
            verdict: verdict.level.name().to_owned(),
            cagr: measure("cagr"),
            excess_annual: verdict.excess_annual,
            excess_t: verdict.excess_t,
            sharpe: measure("sharpe"),
            max_drawdown: measure("max_drawdown"),
            turnover_annual: measure("turnover_annual"),
        }
    }
}
