//! Information coefficients, and how much of them is luck.

use backstaff_statistics::{
    correlation, deviation, mean_from_first, newey_west_error, rank_correlation, usual_lags,
};
use serde::{Deserialize, Serialize};

use super::Cross;
use crate::label::Horizon;

/// The fewest instruments of a session for a correlation: two would always give 1 or −1.
pub const MIN_INSTRUMENTS: usize = 3;

/// The correlation between signal and outcome, session by session.
#[derive(Clone, PartialEq, Debug)]
pub struct InformationCoefficients {
    /// Pearson's correlation, one for each session of the calendar.
    pub linear: Vec<f64>,
    /// Spearman's correlation, ties sharing their ranks, one for each session.
    pub rank: Vec<f64>,
    /// How many instruments each session's correlation is from.
    pub counts: Vec<u32>,
}

/// The information coefficients of a signal: how its scores of a session go with the outcomes of the same rows.
///
/// - Shape: `outcome` has one value a row, normally raw labels; the result has one value for each session.
/// - NaN: fewer than [`MIN_INSTRUMENTS`] members with score and outcome, or one of them constant.
/// - Look-ahead: as far as the outcome's; a measure of the past, never an input.
/// - Source: Grinold, Kahn (1999), "Active Portfolio Management", chapter 10.
///
/// # Panics
///
/// If `outcome` has another number of rows.
pub fn information_coefficients(cross: &Cross<'_>, outcome: &[f64]) -> InformationCoefficients {
    assert_eq!(outcome.len(), cross.axis.n_rows());
    let sessions = cross.each_session(|position| {
        let (scores, outcomes) = cross.pairs(position, outcome);
        if scores.len() < MIN_INSTRUMENTS {
            return (f64::NAN, f64::NAN, scores.len() as u32);
        }
        let linear = correlation(&scores, &outcomes);
        (linear, rank_correlation(&scores, &outcomes), scores.len() as u32)
    });
    InformationCoefficients {
        linear: sessions.iter().map(|session| session.0).collect(),
        rank: sessions.iter().map(|session| session.1).collect(),
        counts: sessions.iter().map(|session| session.2).collect(),
    }
}

/// A series of one value a session in a few numbers. Missing sessions are left out, as if their neighbours met.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct SeriesSummary {
    /// How many sessions have a value.
    pub n: usize,
    /// The mean of these sessions.
    pub mean: f64,
    /// The standard deviation of these sessions (`n − 1`).
    pub deviation: f64,
    /// The mean by the standard deviation; of an IC this is the ICIR, per session.
    pub ratio: f64,
    /// The mean in its standard errors if sessions were independent: too large when labels overlap.
    pub t: f64,
    /// The mean in Newey and West's standard errors.
    pub newey_west_t: f64,
    /// How many lags Newey and West's errors take in: at least `2 (horizon − 1)`.
    pub lag: usize,
    /// The share of sessions above 0.
    pub share_positive: f64,
    /// How many sessions have a value if only every h-th one counts, so that labels don't overlap: the most of the h
    /// ways to begin.
    pub n_apart: usize,
    /// The mean of such sessions in its ordinary standard errors: the mean over the h ways to begin, of which none is
    /// better than another. Each of them alone throws away all but one h-th of the sessions.
    pub t_apart: f64,
    /// The least and the greatest t of the h ways; `None` if none is defined.
    pub t_apart_range: Option<(f64, f64)>,
}

impl SeriesSummary {
    /// Sums up a series whose values look `horizon` sessions ahead.
    ///
    /// Newey and West's variance of the mean is `(γ₀ + 2 Σ (1 − l / (L + 1)) γ_l) / n` with
    /// `γ_l = Σ e_t e_{t−l} / (n − 1)` and `L = max(2 (horizon − 1), ⌊4 (n / 100)^(2/9)⌋)`, at most `n − 1`; with no
    /// lags it is the ordinary one. Labels of `horizon` sessions make the series depend on its `horizon − 1` last
    /// values, but Bartlett's weights take in only two thirds of that dependence when `L` ends there: of pure chance
    /// with horizon 21 over 1,500 sessions, 13 % would have `|t| > 1.96`. Twice as many lags leave 9 %.
    ///
    /// - NaN: what needs more sessions than there are; the t of a series that doesn't vary.
    /// - Source: Newey, West (1987), "A simple, positive semi-definite … covariance matrix", Econometrica 55; the
    ///   least lag from Newey, West (1994), "Automatic lag selection", Review of Economic Studies 61.
    pub fn of(series: &[f64], horizon: Horizon) -> Self {
        let horizon = horizon.get() as usize;
        let present = series.iter().copied().filter(|value| value.is_finite()).collect::<Vec<_>>();
        let apart = (0..horizon.min(series.len())).map(|start| {
            let apart = series[start..].iter().step_by(horizon).copied().filter(|value| value.is_finite());
            apart.collect::<Vec<_>>()
        });
        let apart = apart.collect::<Vec<_>>();
        let ts = apart.iter().map(|values| t(values, mean_from_first(values), 0));
        let ts = ts.filter(|t| t.is_finite()).collect::<Vec<_>>();
        let mean = mean_from_first(&present);
        let deviation = deviation(&present, mean);
        let n = present.len();
        let lag = lag(n, horizon);
        let positive = present.iter().filter(|&&value| value > 0.0).count();
        Self {
            n,
            mean,
            deviation,
            ratio: ratio(mean, deviation),
            t: t(&present, mean, 0),
            newey_west_t: t(&present, mean, lag),
            lag,
            share_positive: if n == 0 { f64::NAN } else { positive as f64 / n as f64 },
            n_apart: apart.iter().map(Vec::len).max().unwrap_or(0),
            t_apart: mean_from_first(&ts),
            t_apart_range: ts
                .iter()
                .copied()
                .min_by(f64::total_cmp)
                .zip(ts.iter().copied().max_by(f64::total_cmp)),
        }
    }
}

/// The lags of Newey and West's errors for labels of this horizon.
fn lag(n: usize, horizon: usize) -> usize {
    usual_lags(n).max(2 * (horizon - 1)).min(n.saturating_sub(1))
}

/// The mean in standard errors with Bartlett's weights for `lags` lags.
fn t(values: &[f64], mean: f64, lags: usize) -> f64 {
    ratio(mean, newey_west_error(values, mean, lags, 1))
}

fn ratio(mean: f64, deviation: f64) -> f64 {
    if deviation > 0.0 { mean / deviation } else { f64::NAN }
}

/// The running sum of a series; a missing value adds nothing.
pub fn cumulative(series: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let add = |value: &f64| {
        if value.is_finite() {
            sum += value;
        }
        sum
    };
    series.iter().map(add).collect()
}
