//! The returns that values foresee over one horizon, and the cost of trading on them.

use backstaff_learn::{
    evaluate::{
        Cross, InformationCoefficients, QuantileMembers, QuantileReturns, SeriesSummary,
        group_rank_coefficients, information_coefficients, monotonicity, quantile_outcomes, quantile_returns,
    },
    label::{ExecutionPrices, Horizon, Labels, Recoveries},
};
use backstaff_panel::Categories;
use serde::Serialize;

use crate::steps::evaluate::{Summary, finite, mean};

/// The information of values about the returns over one horizon; a number that is not defined is `null`.
#[derive(Clone, Debug, Serialize)]
pub struct AtHorizon {
    /// The sessions from the entry, at the execution price of the next session, to the exit.
    pub horizon: u32,
    /// Pearson's correlation of values and returns, by session.
    pub ic: Summary,
    /// Spearman's rank correlation of values and returns, by session.
    pub rank_ic: Summary,
    /// Spearman's rank correlation within the groups of the category, by session; `None` without a category.
    pub neutral_rank_ic: Option<Summary>,
    /// The mean return of each quantile over the horizon, the lowest values first.
    pub quantile_means: Vec<Option<f64>>,
    /// The mean return over the horizon of the highest quantile less that of the lowest, per session; neighbouring
    /// sessions overlap, which its t allows for.
    pub label_spread: Summary,
    /// The steadiness of the rise: the rank correlation of the means with the quantiles' numbers, 1 if all rise.
    pub monotonicity: Option<f64>,
    /// The return per session of the highest quantile less that of the lowest, in staggered cohorts that are held over
    /// the horizon, before costs.
    pub spread: Summary,
    /// The mean of `spread` times the sessions of a year.
    pub spread_annual: Option<f64>,
    /// The mean return per session of each quantile in staggered cohorts, the lowest values first.
    pub quantile_returns: Vec<Option<f64>>,
    /// The share of the highest quantile that was not in it a horizon before.
    pub top_turnover: Option<f64>,
    /// The share of the lowest quantile that was not in it a horizon before.
    pub bottom_turnover: Option<f64>,
    /// The value traded per session, as a multiple of the capital of one side: `2 / horizon` times the sum of the two
    /// turnovers, since every session one cohort of each side is replaced by another.
    pub traded: Option<f64>,
    /// The cost per unit traded, in basis points, that would take all of the spread: `|spread| / traded`.
    pub breakeven_bps: Option<f64>,
}

/// The basis of a judgement: everything but the horizon.
pub(super) struct Basis<'a> {
    pub cross: &'a Cross<'a>,
    pub prices: &'a ExecutionPrices,
    pub groups: Option<&'a Categories>,
    pub members: &'a QuantileMembers,
    pub n_quantiles: usize,
    pub sessions_per_year: f64,
}

/// The numbers of a horizon, and the series that they are computed from.
pub(super) struct Found {
    pub facts: AtHorizon,
    pub coefficients: InformationCoefficients,
    pub returns: QuantileReturns,
}

impl Basis<'_> {
    /// The returns over a horizon, one for each row.
    pub(super) fn labels(&self, horizon: Horizon) -> Labels {
        Labels::forward_return(self.prices, horizon, &Recoveries::default())
    }

    /// Compute the numbers of one horizon.
    pub(super) fn judge(&self, horizon: Horizon) -> Found {
        let labels = self.labels(horizon);
        let summary = |series: &[f64]| Summary::from(SeriesSummary::of(series, horizon));
        let coefficients = information_coefficients(self.cross, labels.values());
        let neutral = |groups| summary(&group_rank_coefficients(self.cross, labels.values(), groups));
        let outcomes = quantile_outcomes(self.cross, labels.values(), self.n_quantiles);
        let (lowest, highest) = (&outcomes[0], &outcomes[self.n_quantiles - 1]);
        let label_spread = highest.iter().zip(lowest).map(|(high, low)| high - low).collect::<Vec<_>>();
        let quantile_means = outcomes.iter().map(|series| mean(series)).collect::<Vec<_>>();
        let means = quantile_means.iter().map(|mean| mean.unwrap_or(f64::NAN)).collect::<Vec<_>>();
        let recoveries = Recoveries::default();
        let returns = quantile_returns(self.cross, self.prices, &recoveries, horizon, self.n_quantiles);
        let spread = Summary::of_cohorts(&returns.spread, horizon);
        let turnover = |quantile| mean(&self.members.turnover(quantile, horizon));
        let (top, bottom) = (turnover(self.n_quantiles - 1), turnover(0));
        let traded = top.zip(bottom).map(|(top, bottom)| 2.0 * (top + bottom) / f64::from(horizon.get()));
        let breakeven =
            spread.mean.zip(traded).and_then(|(spread, traded)| finite(1e4 * spread.abs() / traded));
        let facts = AtHorizon {
            horizon: horizon.get(),
            ic: summary(&coefficients.linear),
            rank_ic: summary(&coefficients.rank),
            neutral_rank_ic: self.groups.map(neutral),
            monotonicity: finite(monotonicity(&means)),
            quantile_means,
            label_spread: summary(&label_spread),
            spread_annual: spread.mean.map(|mean| mean * self.sessions_per_year),
            spread,
            quantile_returns: returns.returns.iter().map(|series| mean(series)).collect(),
            top_turnover: top,
            bottom_turnover: bottom,
            traded,
            breakeven_bps: breakeven,
        };
        Found { facts, coefficients, returns }
    }
}
