//! Studies that learn nothing: the scores of their expressions, and the sessions that are tested.

use std::{ops::Range, sync::Arc};

use backstaff_panel::{Axis, Session};

use super::{columns::Columns, study::Study};
use crate::{
    StudyError,
    config::{GivenWeights, Role, ScoreStrategy, StrategySpec},
    steps::{
        folds::universe,
        regimes::{Known, Setting},
        scores::Scores,
    },
    stored::{column::ColumnHandle, panel::PanelHandle},
};

/// The sessions to test, as positions in the calendar.
pub(super) struct Tested {
    /// The sessions to test.
    pub(super) sessions: Range<usize>,
    /// Those of them in which regimes are known under every setting.
    pub(super) common: Range<usize>,
    /// The reason why they begin later than the first decision could be made; `None` if they don't.
    pub(super) late_start: Option<String>,
}

/// The scores of models that are expressions, in all sessions: their finite values on the universe's rows.
pub(super) fn scores_of_expressions(columns: &Columns) -> Result<Vec<(String, Scores)>, StudyError> {
    let members = universe(&*columns.universe()?)?;
    let score = |(name, handle): (String, Arc<ColumnHandle>)| {
        Ok((name, Scores::of_column(&*handle.column()?, &members)))
    };
    columns.scores().into_iter().map(score).collect()
}

impl Study {
    /// The sessions to test in a study without folds, and those of them in which regimes are known under every setting.
    /// The test begins with the first session in which everything that the strategy reads is known.
    ///
    /// # Errors
    ///
    /// If fewer than two sessions are left.
    pub(super) fn sessions(
        &self,
        panel: &PanelHandle,
        columns: &Columns,
        scores: &[(String, Scores)],
        regimes: &[Known],
    ) -> Result<Tested, StudyError> {
        let axis = panel.axis();
        let portfolio = &self.config.portfolio;
        let (from, to) = portfolio
            .dates()
            .map_err(|problem| StudyError::Value { key: problem.key.clone(), message: problem.message })?;
        let sessions = axis.calendar().sessions();
        let position = |session: Session| sessions.partition_point(|&known| known < session);
        let end = to.map_or(sessions.len(), |to| sessions.partition_point(|&known| known <= to));
        let can_decide = match &portfolio.strategy {
            StrategySpec::Scores(strategy) => {
                let primary =
                    scores.iter().find(|(name, _)| Some(name.as_str()) == self.config.primary_model());
                first_scored(axis, primary.map(|(_, scores)| scores), places(strategy))
            }
            StrategySpec::Weights(GivenWeights::Instruments(weights)) => {
                let listed = weights.keys().filter_map(|name| axis.find(name));
                listed.map(|i| axis.life(i).start).max().unwrap_or(0)
            }
            StrategySpec::Weights(GivenWeights::Expression(_) | GivenWeights::File(_)) => {
                let members = universe(&*columns.universe()?)?;
                let target = columns.of_strategy().into_iter().find(|(role, _)| *role == Role::Target);
                let target = target.map(|(_, handle)| handle.column()).transpose()?;
                let scores = target.map(|column| Scores::of_column(&column, &members));
                first_scored(axis, scores.as_ref(), 1)
            }
            StrategySpec::Regimes(_) => 0,
        };
        let own = self.config.regimes.as_ref().map(Setting::of);
        let known = |is_wanted: &dyn Fn(&Setting) -> bool| {
            let known = regimes.iter().filter(|known| is_wanted(&known.setting));
            let first = known.filter_map(|known| {
                let i = axis.find(&known.instrument)?;
                Some(axis.position_in(i, axis.rows(i).start + known.first?))
            });
            first.max().unwrap_or(0)
        };
        let start = from.map_or(0, position).max(can_decide);
        let range = |start: usize| {
            if start + 2 <= end {
                return Ok(start..end);
            }
            let key = if to.is_some() { "portfolio.to" } else { "portfolio.from" };
            let last = sessions.last().map_or_else(String::new, ToString::to_string);
            let message = match sessions.get(start) {
                _ if can_decide >= sessions.len() => {
                    "no sessions are left: what the strategy reads is known in none".to_owned()
                }
                Some(first) => {
                    format!("no sessions are left: all that the strategy reads is known from {first} on")
                }
                None => format!("no sessions are left: the data end on {last}"),
            };
            Err(StudyError::Value { key: key.to_owned(), message })
        };
        let tested = range(start.max(known(&|setting| Some(setting) == own.as_ref())))?;
        let (sessions, late_start) = self.with_a_choice(panel, columns, scores, tested)?;
        let common = range(sessions.start.max(known(&|_| true)))?;
        Ok(Tested { sessions, common, late_start })
    }

    /// The part of tested sessions in which there is a choice: from the first one on in which the universe has twice as
    /// many instruments as the strategy holds, and all its places can be filled with scored ones. Where there is none, the
    /// whole of them: the report then calls the universe small. A later start comes with its reason.
    ///
    /// # Errors
    ///
    /// If the universe can't be read.
    pub(super) fn with_a_choice(
        &self,
        panel: &PanelHandle,
        columns: &Columns,
        scores: &[(String, Scores)],
        tested: Range<usize>,
    ) -> Result<(Range<usize>, Option<String>), StudyError> {
        let StrategySpec::Scores(strategy) = &self.config.portfolio.strategy else {
            return Ok((tested, None));
        };
        let axis = panel.axis();
        let primary = scores.iter().find(|(name, _)| Some(name.as_str()) == self.config.primary_model());
        let scored =
            counts(axis, primary.iter().flat_map(|(_, scores)| scores.rows()).map(|&row| row as usize));
        let members = universe(&*columns.universe()?)?;
        let eligible = (0..axis.n_rows()).filter(|&row| members.contains(row));
        let eligible = counts(axis, eligible);
        let places = places(strategy);
        let has_choice =
            |&position: &usize| eligible[position] >= CHOICE * places && scored[position] >= places.max(1);
        let start = match tested.clone().find(has_choice) {
            Some(start) if start > tested.start && start + 2 <= tested.end => start,
            _ => return Ok((tested, None)),
        };
        let session = |position: usize| axis.calendar().session(position);
        let late = format!(
            "judged from {} on: in the sessions since {} the universe has fewer than {} instruments, {CHOICE} for each place \
             of the strategy, or fewer than {places} of them have a score",
            session(start),
            session(tested.start),
            CHOICE * places,
        );
        Ok((start..tested.end, Some(late)))
    }
}

/// The instruments that a universe must have for each place of the strategy: to hold most of it is not to choose.
const CHOICE: usize = 2;

/// The number of scores that a strategy needs to fill its places.
fn places(strategy: &ScoreStrategy) -> usize {
    match strategy {
        ScoreStrategy::TopkDropout(spec) => spec.k as usize,
        ScoreStrategy::TopN(top) => top.n as usize,
        ScoreStrategy::QuantileLongShort { quantile, .. } => (1.0 / quantile).ceil() as usize,
    }
}

/// The number of these rows, which ascend, in each session.
fn counts(axis: &Axis, rows: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut counts = vec![0; axis.n_sessions()];
    let mut i = 0;
    for row in rows {
        while axis.rows(i).end <= row {
            i += 1;
        }
        counts[axis.position_in(i, row)] += 1;
    }
    counts
}

/// The first session with at least `wanted` scores, or with any score if no session has as many.
fn first_scored(axis: &Axis, scores: Option<&Scores>, wanted: usize) -> usize {
    let rows = scores.map(Scores::rows).unwrap_or_default();
    let counts = counts(axis, rows.iter().map(|&row| row as usize));
    let first = |least: usize| counts.iter().position(|&count| count >= least);
    first(wanted.max(1)).or_else(|| first(1)).unwrap_or(axis.n_sessions())
}

#[cfg(test)]
mod tests {
    use backstaff_panel::testing::weekdays;

    use super::*;

    #[test]
    fn a_rule_begins_when_its_places_can_be_filled() {
        let axis = Axis::new(weekdays(4), vec![("A".into(), 0..4), ("B".into(), 1..4), ("C".into(), 3..4)]);
        let scores = Scores::new([1, 2, 3, 5, 6].map(|row| (row, 1.0)).to_vec());
        assert_eq!(first_scored(&axis, Some(&scores), 1), 1);
        assert_eq!(first_scored(&axis, Some(&scores), 2), 2);
        assert_eq!(first_scored(&axis, Some(&scores), 9), 1, "never so many: as soon as there is one");
        assert_eq!(first_scored(&axis, None, 1), 4);
    }
}
