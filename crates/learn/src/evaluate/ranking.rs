//! The order of each session's members: sorted once, compared often.

use std::sync::Arc;

use backstaff_panel::Axis;
use backstaff_statistics::correlation;
use rayon::prelude::*;

use super::{Cross, MIN_INSTRUMENTS};

/// The members of each session in ascending order of their scores.
///
/// A rank correlation between two of them takes a walk and no sorting, whichever instruments they have in common. So
/// many of them (over lags, over ages of a score) cost little more than one.
#[derive(Clone, Debug)]
pub struct Rankings {
    axis: Arc<Axis>,
    sessions: Vec<Ranking>,
}

/// One session: instruments by number and their scores, both in ascending order of the scores.
#[derive(Clone, Debug)]
struct Ranking {
    instruments: Vec<u32>,
    scores: Vec<f64>,
}

impl Rankings {
    /// The rankings of a signal's members with a finite score. An outcome is ranked in the same way, by a [`Cross`] of
    /// it.
    pub fn of(cross: &Cross<'_>) -> Self {
        let sessions = cross.each_session(|position| {
            let members = cross.scored(position).map(|row| {
                // Adding zero makes both zeros one.
                (cross.axis.instrument_of(row) as u32, cross.scores[row] + 0.0)
            });
            let mut members = members.collect::<Vec<_>>();
            members.sort_by(|a, b| a.1.total_cmp(&b.1));
            let (instruments, scores) = members.into_iter().unzip();
            Ranking { instruments, scores }
        });
        Self { axis: Arc::clone(cross.axis), sessions }
    }

    /// Spearman's correlation of these scores, `age` sessions old, with the newer ones of the same instruments.
    ///
    /// With the outcome as `newer` this is the information that a score still has when it is `age` sessions old; with
    /// the scores themselves it is their rank autocorrelation.
    ///
    /// - Shape: one value for each session, that of the newer side.
    /// - NaN: the first `age` sessions, fewer than [`MIN_INSTRUMENTS`] instruments in both, or one side constant.
    ///
    /// # Panics
    ///
    /// If the two are of different axes.
    pub fn correlation_with(&self, newer: &Self, age: usize) -> Vec<f64> {
        assert!(self.axis == newer.axis, "rankings of different axes");
        let n = self.axis.n_instruments();
        let scratch = || (vec![f64::NAN; n], vec![f64::NAN; n]);
        let session = |(x, y): &mut (Vec<f64>, Vec<f64>), position: usize| {
            let Some(before) = position.checked_sub(age) else { return f64::NAN };
            let (older, newer) = (&self.sessions[before], &newer.sessions[position]);
            x.fill(f64::NAN);
            y.fill(f64::NAN);
            for &i in &newer.instruments {
                y[i as usize] = 0.0;
            }
            older.ranks_among(|i| !y[i].is_nan(), x);
            newer.ranks_among(|i| !x[i].is_nan(), y);
            // In the order of the instruments, as every other sum over a session.
            let common = x.iter().zip(y.iter()).filter(|(x, _)| !x.is_nan());
            let (x, y): (Vec<f64>, Vec<f64>) = common.unzip();
            if x.len() < MIN_INSTRUMENTS { f64::NAN } else { correlation(&x, &y) }
        };
        (0..self.sessions.len()).into_par_iter().map_init(scratch, session).collect()
    }
}

impl Ranking {
    /// Ranks from 1 among some of the instruments, ties sharing the mean of theirs, to the places of the instruments.
    fn ranks_among(&self, is_wanted: impl Fn(usize) -> bool, ranks: &mut [f64]) {
        let wanted = self.instruments.iter().map(|&i| i as usize).zip(&self.scores);
        let wanted = wanted.filter(|&(i, _)| is_wanted(i)).collect::<Vec<_>>();
        let mut start = 0;
        for tied in wanted.chunk_by(|a, b| a.1 == b.1) {
            let rank = (2 * start + tied.len() + 1) as f64 / 2.0;
            for &(i, _) in tied {
                ranks[i] = rank;
            }
            start += tied.len();
        }
    }
}
