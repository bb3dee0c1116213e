//! How fast a signal changes its mind.

use rayon::prelude::*;

use super::{Cross, Rankings, quantiles};
use crate::label::Horizon;

/// The rank correlation of a session's scores with those of the same instruments `lag` sessions earlier.
///
/// - Shape: one value for each session.
/// - NaN: the first `lag` sessions, fewer than [`MIN_INSTRUMENTS`](super::MIN_INSTRUMENTS) members with a score in
///   both, or constant scores.
pub fn rank_autocorrelation(cross: &Cross<'_>, lag: Horizon) -> Vec<f64> {
    let rankings = Rankings::of(cross);
    rankings.correlation_with(&rankings, lag.get() as usize)
}

/// The members of each quantile of a signal, session by session.
#[derive(Clone, Debug)]
pub struct QuantileMembers {
    /// For each session and quantile, the instruments by number, ascending; nothing where a session has fewer members
    /// than there are quantiles.
    sessions: Vec<Vec<Vec<u32>>>,
}

impl QuantileMembers {
    /// The members of each quantile, from the least attractive.
    ///
    /// # Panics
    ///
    /// If there are no quantiles.
    pub fn of(cross: &Cross<'_>, n_quantiles: usize) -> Self {
        assert!(n_quantiles > 0);
        let sessions = cross.each_session(|position| {
            let rows = cross.scored(position).collect::<Vec<_>>();
            let mut members = vec![Vec::new(); n_quantiles];
            if rows.len() >= n_quantiles {
                let scores = rows.iter().map(|&row| cross.scores[row]).collect::<Vec<_>>();
                for (&row, quantile) in rows.iter().zip(quantiles(&scores, n_quantiles)) {
                    members[quantile].push(cross.axis.instrument_of(row) as u32);
                }
            }
            members
        });
        Self { sessions }
    }

    /// The share of a quantile that was not in it `lag` sessions earlier.
    ///
    /// - Shape: one value for each session.
    /// - NaN: the first `lag` sessions, and where the quantile is empty in either session.
    ///
    /// # Panics
    ///
    /// If there is no such quantile.
    pub fn turnover(&self, quantile: usize, lag: Horizon) -> Vec<f64> {
        let lag = lag.get() as usize;
        let turnover = |position: usize| {
            let now = &self.sessions[position][quantile];
            let Some(before) = position.checked_sub(lag) else { return f64::NAN };
            let then = &self.sessions[before][quantile];
            if now.is_empty() || then.is_empty() {
                return f64::NAN;
            }
            let new = now.iter().filter(|i| then.binary_search(i).is_err()).count();
            new as f64 / now.len() as f64
        };
        (0..self.sessions.len()).into_par_iter().map(turnover).collect()
    }
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
    QuantileMembers::of(cross, n_quantiles).turnover(n_quantiles - 1, lag)
}
