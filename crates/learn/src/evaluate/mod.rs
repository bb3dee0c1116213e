//! How good a signal is, judged by raw labels.
//!
//! A [`Cross`] pairs a signal with an outcome inside a universe. Each measure is a pure function of it.

mod distribution;
mod information;
mod neutral;
mod quantile;
mod ranking;
mod stability;
mod suspicion;

use std::sync::Arc;

use backstaff_panel::{Axis, Universe};
use rayon::prelude::*;

use crate::LearnError;

pub use distribution::{CrossSection, cross_sections};
pub use information::{
    InformationCoefficients, MIN_INSTRUMENTS, SeriesSummary, cumulative, information_coefficients,
};
pub use neutral::group_rank_coefficients;
pub use quantile::{QuantileReturns, monotonicity, quantile_means, quantile_outcomes, quantile_returns};
pub use ranking::Rankings;
pub use stability::{QuantileMembers, rank_autocorrelation, top_turnover};
pub use suspicion::{Outcome, Suspicion, SuspicionKind, credible_rank_ic, next_return, suspicious};

/// A signal and a universe over the same axis: what every measure begins with.
#[derive(Clone, Debug)]
pub struct Cross<'a> {
    axis: &'a Arc<Axis>,
    scores: &'a [f64],
    universe: &'a Universe,
}

impl<'a> Cross<'a> {
    /// Scores, one a row, judged among the members of a universe.
    ///
    /// # Errors
    ///
    /// If lengths differ from the axis.
    pub fn new(axis: &'a Arc<Axis>, scores: &'a [f64], universe: &'a Universe) -> Result<Self, LearnError> {
        let length = |what, found| {
            if found == axis.n_rows() {
                return Ok(());
            }
            Err(LearnError::Length { what, expected: axis.n_rows(), found })
        };
        length("the signal", scores.len())?;
        length("the universe", universe.members().len())?;
        Ok(Self { axis, scores, universe })
    }

    /// The members of a session with a finite score.
    fn scored(&self, position: usize) -> impl Iterator<Item = usize> + '_ {
        let rows = self.axis.by_session().rows(position).iter().map(|&row| row as usize);
        rows.filter(|&row| self.universe.contains(row) && self.scores[row].is_finite())
    }

    /// Scores and outcomes of the members that have both, in the order of the instruments.
    fn pairs(&self, position: usize, outcome: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let rows = self.scored(position).filter(|&row| outcome[row].is_finite());
        rows.map(|row| (self.scores[row], outcome[row])).unzip()
    }

    /// One result for each session, in order.
    fn each_session<T: Send>(&self, work: impl Fn(usize) -> T + Send + Sync) -> Vec<T> {
        (0..self.axis.n_sessions()).into_par_iter().map(work).collect()
    }
}

/// The quantile of each score, from 0 (least attractive); equal scores share theirs.
fn quantiles(scores: &[f64], n_quantiles: usize) -> Vec<usize> {
    let n = scores.len() as f64;
    let ranks = backstaff_statistics::average_ranks(scores);
    let quantile = |rank: f64| ((rank - 0.5) / n * n_quantiles as f64) as usize;
    ranks.into_iter().map(|rank| quantile(rank).min(n_quantiles - 1)).collect()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod twins;
