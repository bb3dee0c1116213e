//! What a model is trained on: labels seen against their cross-section.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Labels;
use crate::statistics;

/// How the labels of one session's rows become targets.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The return itself.
    Raw,
    /// The return less the mean of its session.
    Excess,
    /// The rank within the session, from −0.5 to 0.5 (exclusive), centred at 0; ties share theirs.
    Rank,
    /// The excess in standard deviations of its session; 0 where all returns are equal.
    ZScore,
}

impl Labels {
    /// Targets for training, one for each of `rows`, in their order. The cross-section of a session is its rows among
    /// them and nothing else.
    ///
    /// - Shape: `rows` are rows of the axis, those of one segment of a fold.
    /// - NaN: a row without a label; but for [`Target::Raw`] also a session with fewer than two rows that have one,
    ///   which says nothing about who was better.
    /// - Look-ahead: that of the labels of the rows. Rows that a fold purged don't enter the mean or the ranks of those
    ///   it kept, so a target reaches no further than the fold's spans.
    ///
    /// # Panics
    ///
    /// If a row is not on the axis.
    pub fn target(&self, rows: &[u32], target: Target) -> Vec<f64> {
        self.each_session(rows, |values| match target {
            Target::Raw => values.to_vec(),
            _ if values.len() < 2 => vec![f64::NAN; values.len()],
            Target::Excess => {
                let mean = statistics::mean(values);
                values.iter().map(|value| value - mean).collect()
            }
            Target::Rank => {
                let n = values.len() as f64;
                statistics::average_ranks(values).iter().map(|rank| (rank - 0.5) / n - 0.5).collect()
            }
            Target::ZScore => {
                let (mean, deviation) = (statistics::mean(values), statistics::deviation(values));
                let score = |value: &f64| if deviation > 0.0 { (value - mean) / deviation } else { 0.0 };
                values.iter().map(score).collect()
            }
        })
    }

    /// Labels less what their beta explains: `label − beta · m`, where `m` is the mean label of the session's rows.
    ///
    /// - Shape: `rows` as for [`Labels::target`]; `betas` has one value for each of them, known at its close.
    /// - NaN: as for [`Target::Excess`]; also where beta is missing.
    /// - Look-ahead: as for [`Labels::target`].
    ///
    /// # Panics
    ///
    /// If a row is not on the axis, or `betas` are not as many as `rows`.
    pub fn residual(&self, rows: &[u32], betas: &[f64]) -> Vec<f64> {
        assert_eq!(betas.len(), rows.len());
        // The excess is `label − m`, so `m` needs no second walk.
        let excess = self.target(rows, Target::Excess);
        let residual = |((&row, excess), beta): ((&u32, &f64), &f64)| {
            let label = self.values[row as usize];
            let value = label - beta * (label - excess);
            if value.is_finite() { value } else { f64::NAN }
        };
        rows.iter().zip(&excess).zip(betas).map(residual).collect()
    }

    /// Apply `work` to the present labels of each session's rows.
    fn each_session(&self, rows: &[u32], work: impl Fn(&[f64]) -> Vec<f64> + Sync) -> Vec<f64> {
        let mut places = (0..rows.len() as u32)
            .filter(|&place| !self.values[rows[place as usize] as usize].is_nan())
            .map(|place| (self.axis.position_of(rows[place as usize] as usize) as u32, place))
            .collect::<Vec<_>>();
        // Stable, so within a session the rows keep their order.
        places.sort_by_key(|&(position, _)| position);
        let sessions = places.chunk_by(|a, b| a.0 == b.0).collect::<Vec<_>>();
        let results = sessions
            .par_iter()
            .map(|session| {
                let label = |&(_, place): &(u32, u32)| self.values[rows[place as usize] as usize];
                work(&session.iter().map(label).collect::<Vec<_>>())
            })
            .collect::<Vec<_>>();
        let mut out = vec![f64::NAN; rows.len()];
        for (session, values) in sessions.into_iter().zip(results) {
            for (&(_, place), value) in session.iter().zip(values) {
                out[place as usize] = value;
            }
        }
        out
    }
}
