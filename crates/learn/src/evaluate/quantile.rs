//! What the quantiles of a signal would have earned.

use backstaff_statistics::{mean_from_first, rank_correlation};
use rayon::prelude::*;

use super::{Cross, quantiles};
use crate::label::{ExecutionPrices, Horizon, Recoveries};

/// The returns of portfolios formed by quantiles of a signal, session by session, before costs.
#[derive(Clone, PartialEq, Debug)]
pub struct QuantileReturns {
    /// For each quantile, from the least attractive, one return for each session of the calendar.
    pub returns: Vec<Vec<f64>>,
    /// The return of the most attractive quantile less that of the least attractive.
    pub spread: Vec<f64>,
}

/// The returns of quantiles in staggered cohorts.
///
/// In each session the members are cut into quantiles by score. A quantile's cohort buys its members in equal parts at
/// the execution price of the next session (a member that can't be traded follows when it can, and is cash until then)
/// and holds them, without trading, for `horizon` sessions. So after `horizon` sessions there are as many cohorts as
/// the horizon has sessions, and a quantile's return is the mean of theirs.
///
/// A return runs from one execution price to the next, and belongs to the session of the latter; over the life of a
/// cohort it adds up to the labels of its members. A halted member keeps its price, a delisted one becomes cash at the
/// last trade times the recovery.
///
/// - Unit: a simple return per session.
/// - NaN: no cohort of that quantile is invested (before the first and after the last, or fewer members than
///   quantiles).
/// - Look-ahead: the return of session s is from signals up to s − 2.
/// - Source: Jegadeesh, Titman (1993), "Returns to buying winners and selling losers", J. Finance 48.
///
/// # Panics
///
/// If there are no quantiles, or the prices are of another axis.
pub fn quantile_returns(
    cross: &Cross<'_>,
    prices: &ExecutionPrices,
    recoveries: &Recoveries,
    horizon: Horizon,
    n_quantiles: usize,
) -> QuantileReturns {
    assert!(n_quantiles > 0 && prices.axis().n_rows() == cross.axis.n_rows());
    let market = Market::new(prices, recoveries);
    let cohorts = cross.each_session(|position| cohort(cross, &market, position, horizon, n_quantiles));
    let n_sessions = cross.axis.n_sessions();
    let mut sums = vec![vec![(0.0, 0_u32); n_sessions]; n_quantiles];
    for (position, cohort) in cohorts.iter().enumerate() {
        for (sums, steps) in sums.iter_mut().zip(cohort) {
            // Bought at the next session, so the first return is that of the session after it.
            for (sum, step) in sums.iter_mut().skip(position + 2).zip(steps) {
                *sum = (sum.0 + step, sum.1 + 1);
            }
        }
    }
    let mean = |&(sum, n): &(f64, u32)| if n > 0 { sum / f64::from(n) } else { f64::NAN };
    let returns = sums.iter().map(|sums| sums.iter().map(mean).collect()).collect::<Vec<Vec<_>>>();
    let spread = returns[n_quantiles - 1].iter().zip(&returns[0]).map(|(top, bottom)| top - bottom).collect();
    QuantileReturns { returns, spread }
}

/// For each quantile the returns of the cohort that is formed at a session; none where it has no member.
fn cohort(
    cross: &Cross<'_>,
    market: &Market<'_>,
    position: usize,
    horizon: Horizon,
    n_quantiles: usize,
) -> Vec<Vec<f64>> {
    let mut returns = vec![Vec::new(); n_quantiles];
    let rows = cross.scored(position).collect::<Vec<_>>();
    let start = position + 1;
    let end = (start + horizon.get() as usize).min(cross.axis.n_sessions().saturating_sub(1));
    if rows.len() < n_quantiles || start >= end {
        return returns;
    }
    let scores = rows.iter().map(|&row| cross.scores[row]).collect::<Vec<_>>();
    let quantiles = quantiles(&scores, n_quantiles);
    for (quantile, returns) in returns.iter_mut().enumerate() {
        let mut value = vec![0.0; end - start + 1];
        for (&row, _) in rows.iter().zip(&quantiles).filter(|(_, of)| **of == quantile) {
            market.add_value(cross.axis.instrument_of(row), start, &mut value);
        }
        if quantiles.contains(&quantile) {
            returns.extend(
                value.windows(2).map(|pair| if pair[0] > 0.0 { pair[1] / pair[0] - 1.0 } else { 0.0 }),
            );
        }
    }
    returns
}

/// The price at which each instrument is valued: the last execution price, or what was recovered.
struct Market<'a> {
    prices: &'a ExecutionPrices,
    /// One a row: the last execution price up to it.
    carried: Vec<f64>,
    /// One an instrument: what it is worth after its life.
    last: Vec<f64>,
}

impl<'a> Market<'a> {
    fn new(prices: &'a ExecutionPrices, recoveries: &Recoveries) -> Self {
        let axis = prices.axis();
        let carried = (0..axis.n_instruments()).into_par_iter().flat_map_iter(|i| {
            let mut last = f64::NAN;
            prices.values()[axis.rows(i)].iter().map(move |&price| {
                if !price.is_nan() {
                    last = price;
                }
                last
            })
        });
        let last = axis.instruments().iter().enumerate();
        Self {
            prices,
            carried: carried.collect(),
            last: last.map(|(i, name)| prices.last_trade(i) * recoveries.of(name)).collect(),
        }
    }

    /// Add what one unit of cash becomes that is put into an instrument as soon as it can be traded from `start` on. It
    /// stays cash if that never happens: to leave such a member out would need to know that it won't.
    fn add_value(&self, i: usize, start: usize, out: &mut [f64]) {
        let axis = self.prices.axis();
        let (life, first) = (axis.life(i), axis.rows(i).start);
        let price = |position: usize| axis.row(i, position).map_or(f64::NAN, |row| self.prices.values()[row]);
        let mut window = start.max(life.start)..(start + out.len()).min(life.end);
        let entry = window.find(|&position| !price(position).is_nan());
        for (position, out) in (start..).zip(out) {
            *out += match entry {
                Some(entry) if position > entry && position < life.end => {
                    self.carried[first + axis.rows_before(i, position + 1) - 1] / price(entry)
                }
                Some(entry) if position > entry => self.last[i] / price(entry),
                _ => 1.0,
            };
        }
    }
}

/// The mean outcome of each quantile, session by session.
///
/// The members with score and outcome are cut into quantiles by score. Outcomes that span several sessions overlap: a
/// difference of quantiles is to be judged with Newey and West's errors.
///
/// - Shape: for each quantile, from the least attractive, one value for each session.
/// - NaN: fewer such members than quantiles, or (ties) none in the quantile.
///
/// # Panics
///
/// If there are no quantiles, or `outcome` has another number of rows.
pub fn quantile_outcomes(cross: &Cross<'_>, outcome: &[f64], n_quantiles: usize) -> Vec<Vec<f64>> {
    assert!(n_quantiles > 0 && outcome.len() == cross.axis.n_rows());
    let sessions = cross.each_session(|position| {
        let (scores, outcomes) = cross.pairs(position, outcome);
        let mut sums = vec![(0.0, 0_u32); n_quantiles];
        if scores.len() >= n_quantiles {
            for (quantile, outcome) in quantiles(&scores, n_quantiles).into_iter().zip(outcomes) {
                sums[quantile] = (sums[quantile].0 + outcome, sums[quantile].1 + 1);
            }
        }
        sums
    });
    let mean = |&(sum, n): &(f64, u32)| if n > 0 { sum / f64::from(n) } else { f64::NAN };
    (0..n_quantiles).map(|quantile| sessions.iter().map(|sums| mean(&sums[quantile])).collect()).collect()
}

/// The mean outcome of each quantile, averaged over the sessions that have as many members as quantiles.
///
/// - NaN: no session has.
///
/// # Panics
///
/// If there are no quantiles, or `outcome` has another number of rows.
pub fn quantile_means(cross: &Cross<'_>, outcome: &[f64], n_quantiles: usize) -> Vec<f64> {
    quantile_outcomes(cross, outcome, n_quantiles).iter().map(|series| mean_of_present(series)).collect()
}

fn mean_of_present(series: &[f64]) -> f64 {
    let present = series.iter().copied().filter(|value| !value.is_nan()).collect::<Vec<_>>();
    mean_from_first(&present)
}

/// How steadily outcomes rise with the quantile: the rank correlation of the quantiles' numbers with their means, 1 if
/// each is better than the one before.
///
/// - NaN: a quantile has no mean, or all are equal.
pub fn monotonicity(means: &[f64]) -> f64 {
    if means.iter().any(|mean| mean.is_nan()) {
        return f64::NAN;
    }
    let numbers = (0..means.len()).map(|number| number as f64).collect::<Vec<_>>();
    rank_correlation(&numbers, means)
}
