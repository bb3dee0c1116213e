//! The rows that are looked at, and how values there go with outcomes.

use std::sync::Arc;

use backstaff_panel::{Axis, Column, Universe};
use backstaff_statistics::{average_ranks, correlation, mean_from_first};

use super::{Outcome, bounds::MeanRankIc};
use crate::{
    evaluate::{MIN_INSTRUMENTS, SeriesSummary},
    label::Horizon,
};

/// The number of sessions to look at, about and at most, evenly spaced: a leak shows in far fewer.
const SESSIONS: usize = 250;
/// The last sessions with an outcome, which are looked at one by one: a leak may have begun lately.
pub(super) const RECENT: usize = 60;

/// The sessions by which a value is stale: what foresees as well with old values is no leak of what comes next.
const STALE: usize = 252;

/// The rows that are looked at, session by session.
pub(super) struct Sample {
    pub(super) sessions: Vec<Sampled>,
    /// The distance of evenly spaced sessions.
    step: usize,
    pub(super) horizons: Vec<Horizon>,
}

/// One session that is looked at.
pub(super) struct Sampled {
    /// The members of the universe in the session.
    pub(super) rows: Vec<usize>,
    /// The row of each member a year before.
    stale: Vec<Option<usize>>,
    /// Whether the session is one of those that are evenly spaced.
    pub(super) is_spaced: bool,
    /// For each outcome, whether the session is one of the last with it.
    is_recent: Vec<bool>,
    pub(super) outcomes: Vec<Ranked>,
}

/// An outcome in one session.
pub(super) struct Ranked {
    pub(super) values: Vec<f64>,
    /// The ranks of the values; `None` where one is missing.
    ranks: Option<Vec<f64>>,
}

/// How a column goes with one outcome in one session.
#[derive(Clone, Copy)]
struct AtSession {
    rank_ic: f64,
    n: usize,
}

/// The values of a column in the sampled sessions.
pub(super) type Values = Vec<Vec<f64>>;

impl Sample {
    pub(super) fn of(axis: &Arc<Axis>, universe: &Universe, outcomes: &[Outcome]) -> Self {
        let n = axis.n_sessions();
        let step = n.div_ceil(SESSIONS).max(1);
        let recent = |outcome: &Outcome| {
            let last = n.saturating_sub(outcome.horizon.get() as usize);
            last.saturating_sub(RECENT)..last
        };
        let recent = outcomes.iter().map(recent).collect::<Vec<_>>();
        let looked_at = |position: &usize| {
            position.is_multiple_of(step) || recent.iter().any(|recent| recent.contains(position))
        };
        let sampled = |position: usize| {
            let rows = axis.by_session().rows(position).iter().map(|&row| row as usize);
            let rows = rows.filter(|&row| universe.contains(row)).collect::<Vec<_>>();
            let ranked = |outcome: &Outcome| {
                let values = rows.iter().map(|&row| outcome.values[row]).collect::<Vec<_>>();
                let is_whole = values.iter().all(|value| value.is_finite());
                Ranked { ranks: is_whole.then(|| average_ranks(&values)), values }
            };
            let stale = |&row: &usize| axis.row(axis.instrument_of(row), position.checked_sub(STALE)?);
            Sampled {
                stale: rows.iter().map(stale).collect(),
                outcomes: outcomes.iter().map(ranked).collect(),
                is_spaced: position.is_multiple_of(step),
                is_recent: recent.iter().map(|recent| recent.contains(&position)).collect(),
                rows,
            }
        };
        Self {
            sessions: (0..n).filter(looked_at).map(sampled).collect(),
            step,
            horizons: outcomes.iter().map(|outcome| outcome.horizon).collect(),
        }
    }

    /// How many evenly spaced sessions a window of an outcome overlaps.
    pub(super) fn overlap(&self, horizon: Horizon) -> usize {
        (horizon.get() as usize).div_ceil(self.step).max(1)
    }

    pub(super) fn values_of(&self, column: &Column) -> Values {
        let of = |session: &Sampled| session.rows.iter().map(|&row| column.get(row)).collect();
        self.sessions.iter().map(of).collect()
    }

    /// The values of a column a year before the sampled sessions.
    pub(super) fn stale_values_of(&self, column: &Column) -> Values {
        let of = |row: &Option<usize>| row.map_or(f64::NAN, |row| column.get(row));
        self.sessions.iter().map(|session| session.stale.iter().map(of).collect()).collect()
    }

    /// How values go with each outcome: over the sessions that are evenly spaced, and over the last ones.
    pub(super) fn rank_ics(&self, values: &Values) -> Vec<(MeanRankIc, MeanRankIc)> {
        let by_session = self.sessions.iter().zip(values).map(|(session, values)| session.rank_ics(values));
        let by_session = by_session.collect::<Vec<_>>();
        let of = |number: usize| {
            let sessions = || self.sessions.iter().zip(&by_session);
            let spaced = sessions().filter(|(session, _)| session.is_spaced).map(|(_, found)| found[number]);
            let recent =
                sessions().filter(|(session, _)| session.is_recent[number]).map(|(_, found)| found[number]);
            let horizon = self.horizons[number];
            (
                mean_rank_ic(spaced, horizon, self.overlap(horizon)),
                mean_rank_ic(recent, horizon, horizon.get() as usize),
            )
        };
        (0..self.horizons.len()).map(of).collect()
    }

    /// For each evenly spaced session in which the values are the same for all members: the value, and the members' mean
    /// outcome.
    pub(super) fn market_pairs(&self, values: &Values, outcome: usize) -> (Vec<f64>, Vec<f64>) {
        let sessions = self.sessions.iter().zip(values).filter(|(session, _)| session.is_spaced);
        let pairs = sessions.filter_map(|(session, values)| {
            let (values, outcomes) = session.outcomes[outcome].pairs(values);
            let first = *values.first()?;
            let is_market = values.len() >= 2 && values.iter().all(|&value| value == first);
            is_market.then(|| (first, mean_from_first(&outcomes)))
        });
        pairs.unzip()
    }
}

fn mean_rank_ic(sessions: impl Iterator<Item = AtSession>, horizon: Horizon, overlap: usize) -> MeanRankIc {
    let present = sessions.filter(|found| found.rank_ic.is_finite()).collect::<Vec<_>>();
    let series = present.iter().map(|found| found.rank_ic).collect::<Vec<_>>();
    let summary = SeriesSummary::of(&series, Horizon::new(overlap as u32).unwrap_or(Horizon::MIN));
    let n_instruments = present.iter().map(|found| found.n).sum::<usize>() as f64 / present.len() as f64;
    MeanRankIc {
        mean: summary.mean,
        t: super::t_or_infinite(summary.mean, summary.newey_west_t),
        n_sessions: summary.n,
        n_apart: summary.n / overlap,
        n_instruments,
        horizon,
    }
}

impl Sampled {
    fn rank_ics(&self, values: &[f64]) -> Vec<AtSession> {
        let is_whole = values.iter().all(|value| value.is_finite());
        let ranks = is_whole.then(|| average_ranks(values));
        let of = |outcome: &Ranked| {
            let (rank_ic, n) = if let (Some(own), Some(other)) = (&ranks, &outcome.ranks) {
                (correlation(own, other), own.len())
            } else {
                let (values, outcomes) = outcome.pairs(values);
                (correlation(&average_ranks(&values), &average_ranks(&outcomes)), values.len())
            };
            AtSession { rank_ic: if n < MIN_INSTRUMENTS { f64::NAN } else { rank_ic }, n }
        };
        self.outcomes.iter().map(of).collect()
    }
}

impl Ranked {
    /// Values and outcomes of the members that have both.
    pub(super) fn pairs(&self, values: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let pairs = values.iter().copied().zip(self.values.iter().copied());
        pairs.filter(|(value, outcome)| value.is_finite() && outcome.is_finite()).unzip()
    }
}
