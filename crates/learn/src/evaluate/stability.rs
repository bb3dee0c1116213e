//! How fast a signal changes its mind.

use super::{Cross, MIN_INSTRUMENTS, quantiles};
use crate::{label::Horizon, statistics};

/// The rank correlation of a session's scores with those of the same instruments `lag` sessions earlier.
///
/// - Shape: one value for each session.
/// - NaN: the first `lag` sessions, fewer than [`MIN_INSTRUMENTS`] members with a score in both, or constant scores.
pub fn rank_autocorrelation(cross: &Cross<'_>, lag: Horizon) -> Vec<f64> {
    let lag = lag.get() as usize;
    cross.each_session(|position| {
        let Some(before) = position.checked_sub(lag) else { return f64::NAN };
        let earlier = |row: usize| {
            let row = cross.axis.row(cross.axis.instrument_of(row), before)?;
            let score = cross.scores[row];
            (cross.universe.contains(row) && score.is_finite()).then_some(score)
        };
        let pairs = cross.scored(position).filter_map(|row| Some((cross.scores[row], earlier(row)?)));
        let (now, then): (Vec<_>, Vec<_>) = pairs.unzip();
        if now.len() < MIN_INSTRUMENTS { f64::NAN } else { statistics::rank_correlation(&now, &then) }
    })
}

/// The share of the most attractive quantile that was not in it `lag` sessions earlier.
///
/// - Shape: one value for each session.
/// - NaN: the first `lag` sessions, and where either session has fewer scored members than quantiles.
///
/// # Panics
///
/// If there are no quantiles.
pub fn top_turnover(cross: &Cross<'_>, n_quantiles: usize, lag: Horizon) -> Vec<f64> {
    assert!(n_quantiles > 0);
    let tops = cross.each_session(|position| {
        let rows = cross.scored(position).collect::<Vec<_>>();
        if rows.len() < n_quantiles {
            return Vec::new();
        }
        let scores = rows.iter().map(|&row| cross.scores[row]).collect::<Vec<_>>();
        let top = rows.iter().zip(quantiles(&scores, n_quantiles)).filter(|(_, of)| *of == n_quantiles - 1);
        top.map(|(&row, _)| cross.axis.instrument_of(row)).collect()
    });
    let lag = lag.get() as usize;
    cross.each_session(|position| {
        let now = &tops[position];
        let Some(then) = position.checked_sub(lag).map(|before| &tops[before]) else { return f64::NAN };
        if now.is_empty() || then.is_empty() {
            return f64::NAN;
        }
        // The instruments of a session are in ascending order.
        let new = now.iter().filter(|i| then.binary_search(i).is_err()).count();
        new as f64 / now.len() as f64
    })
}
