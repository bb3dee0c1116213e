//! One score from those of several models.

use backstaff_lightgbm::Threads;
use backstaff_statistics::average_ranks;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Features, Model};
use crate::LearnError;

/// Models that were fitted on the same rows with different seeds, and predict as one.
#[derive(Debug)]
pub struct Ensemble {
    members: Vec<Box<dyn Model>>,
    average: Average,
}

impl Ensemble {
    /// These models, in this order.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn new(members: Vec<Box<dyn Model>>, average: Average) -> Self {
        assert!(!members.is_empty(), "an ensemble has members");
        Self { members, average }
    }

    /// One score for each of `rows`; higher is more attractive.
    ///
    /// - NaN, look-ahead: as for [`Model::predict`]; ranks compare a row with the others of its session among `rows`,
    ///   which are predicted together.
    ///
    /// # Errors
    ///
    /// If the features are not those of the training.
    pub fn predict(
        &self,
        features: &Features<'_>,
        rows: &[u32],
        session_of: impl Fn(u32) -> u32,
        threads: Threads,
    ) -> Result<Vec<f64>, LearnError> {
        let scores = self.members.iter().map(|model| model.predict(features, rows, threads));
        let scores = scores.collect::<Result<Vec<_>, _>>()?;
        let sessions = rows.iter().map(|&row| session_of(row)).collect::<Vec<_>>();
        Ok(self.average.of(&scores, &sessions))
    }
}

/// How the scores of models that differ in their seeds become one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Average {
    /// The mean of the models' scores.
    #[default]
    Scores,
    /// The mean of their ranks within the session, from −0.5 to 0.5: no model counts more because its scores are
    /// larger.
    Ranks,
}

impl Average {
    /// The name in study files and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scores => "scores",
            Self::Ranks => "ranks",
        }
    }

    /// One score a row.
    ///
    /// - Shape: `members` have one score a row each; `sessions` names each row's session.
    /// - NaN: none, as scores of models have none.
    /// - Determinism: members are added in their order.
    ///
    /// # Panics
    ///
    /// If lengths differ, or there is no member.
    pub fn of(self, members: &[Vec<f64>], sessions: &[u32]) -> Vec<f64> {
        assert!(!members.is_empty() && members.iter().all(|scores| scores.len() == sessions.len()));
        let mut sums = vec![0.0; sessions.len()];
        for scores in members {
            let scores = if self == Self::Ranks { &ranks(scores, sessions) } else { scores };
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
        }
        sums.iter().map(|sum| sum / members.len() as f64).collect()
    }
}

/// Centred ranks within each session.
fn ranks(scores: &[f64], sessions: &[u32]) -> Vec<f64> {
    let mut order = (0..scores.len()).collect::<Vec<_>>();
    order.sort_by_key(|&n| sessions[n]);
    let mut out = vec![0.0; scores.len()];
    for session in order.chunk_by(|&a, &b| sessions[a] == sessions[b]) {
        let n = session.len() as f64;
        let ranks = average_ranks(&session.iter().map(|&n| scores[n]).collect::<Vec<_>>());
        for (&place, rank) in session.iter().zip(ranks) {
            out[place] = (rank - 0.5) / n - 0.5;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: [u32; 5] = [7, 8, 7, 8, 7];

    #[test]
    fn scores_are_averaged_as_they_are() {
        let members = [vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![3.0, 2.0, 1.0, 0.0, -1.0]];
        assert_eq!(Average::Scores.of(&members, &SESSIONS), [2.0; 5]);
    }

    #[test]
    fn ranks_are_averaged_within_their_session() {
        let small = vec![0.1, 0.5, 0.3, 0.4, 0.2];
        let large = vec![900.0, 10.0, 100.0, 10.0, 500.0];
        let third = 1.0 / 3.0;
        let found = Average::Ranks.of(&[small, large], &SESSIONS);
        for (found, expected) in found.iter().zip([0.0, 0.125, 0.0, -0.125, 0.0]) {
            assert!((found - expected).abs() < 1e-15, "{found} is not {expected}");
        }
        let alone = Average::Ranks.of(&[vec![0.1, 0.5, 0.3, 0.4, 0.2]], &SESSIONS);
        for (found, expected) in alone.iter().zip([-third, 0.25, third, -0.25, 0.0]) {
            assert!((found - expected).abs() < 1e-15, "{found} is not {expected}");
        }
    }
}
