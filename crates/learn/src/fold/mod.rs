//! Walk-forward splits that can't leak.
//!
//! A [`Fold`] is built from three ranges of sessions that follow each other, and finds its rows itself: members of the
//! universe, with a label whose span ends before the next range begins. There is no way to make one with other rows.

mod date;
mod walk_forward;

use std::ops::Range;

use backstaff_panel::{Axis, Session, Universe};

use crate::{LearnError, label::Labels};

pub use walk_forward::{Every, FoldHistory, Folds, Holdout, LeftOut, MinRows, WalkForward};

/// The sessions of a fold, as positions in the calendar, each range behind the one before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoldSessions {
    /// The sessions that a model is fitted on.
    pub train: Range<usize>,
    /// The sessions that early stopping and penalties are chosen on; may be empty.
    pub validation: Range<usize>,
    /// The sessions that are predicted.
    pub test: Range<usize>,
}

/// One part of a fold: its sessions and the rows that count in them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FoldSegment {
    positions: Range<usize>,
    limit: Option<usize>,
    sessions: Option<(Session, Session)>,
    rows: Vec<u32>,
    n_members: usize,
    n_purged: usize,
    n_unlabelled: usize,
}

impl FoldSegment {
    /// The sessions of the part, as positions in the calendar.
    pub fn positions(&self) -> Range<usize> {
        self.positions.clone()
    }

    /// The first and the last session of the part; `None` if it has none.
    pub fn sessions(&self) -> Option<(Session, Session)> {
        self.sessions
    }

    /// The rows of the axis that belong to the part, ascending.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// How many rows of the part's sessions are in the universe.
    pub fn n_members(&self) -> usize {
        self.n_members
    }

    /// How many members were dropped because their label reaches into the next part, or into the embargo.
    pub fn n_purged(&self) -> usize {
        self.n_purged
    }

    /// How many members were dropped because they have no label.
    pub fn n_unlabelled(&self) -> usize {
        self.n_unlabelled
    }

    /// The rows that a target of the part may be compared with, ascending: all rows of its sessions, in the universe
    /// or not, whose label is known as early as those of the part's own rows must be.
    pub fn peers(&self, labels: &Labels) -> Vec<u32> {
        let (axis, positions) = (labels.axis(), &self.positions);
        let is_known = |row: &u32| {
            labels
                .span(*row as usize)
                .is_some_and(|span| self.limit.is_none_or(|limit| (span.exit as usize) < limit))
        };
        (0..axis.n_instruments()).flat_map(|i| rows_between(axis, i, positions)).filter(is_known).collect()
    }
}

/// One step of a walk forward: rows to fit on, to choose on, and to predict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fold {
    number: u32,
    train: FoldSegment,
    validation: FoldSegment,
    test: FoldSegment,
}

impl Fold {
    /// The fold over these sessions.
    ///
    /// Rows of training and validation need a label, and `exit + embargo` of its span must come before the first
    /// session of the next range that is not empty. Rows of the test need no label.
    ///
    /// # Errors
    ///
    /// If the ranges overlap, are out of order or reach outside the calendar, nobody is eligible in one of them, or
    /// purging leaves no row.
    ///
    /// # Panics
    ///
    /// If the universe has another number of rows than the labels.
    pub fn new(
        number: u32,
        sessions: &FoldSessions,
        embargo: usize,
        universe: &Universe,
        labels: &Labels,
    ) -> Result<Self, LearnError> {
        assert_eq!(universe.members().len(), labels.values().len());
        let FoldSessions { train, validation, test } = sessions;
        let in_order = !train.is_empty()
            && !test.is_empty()
            && validation.start <= validation.end
            && train.end <= validation.start
            && validation.end <= test.start
            && test.end <= labels.axis().n_sessions();
        if !in_order {
            return Err(LearnError::Overlap { fold: number });
        }
        let behind_train = if validation.is_empty() { test.start } else { validation.start };
        let scope = Scope { number, universe, labels };
        Ok(Self {
            number,
            train: scope.segment("training", train, Some(behind_train.saturating_sub(embargo)))?,
            validation: scope.segment("validation", validation, Some(test.start.saturating_sub(embargo)))?,
            test: scope.segment("the test", test, None)?,
        })
    }

    /// The number of the fold in the walk, from 1.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The part that a model is fitted on.
    pub fn train(&self) -> &FoldSegment {
        &self.train
    }

    /// The part that early stopping and penalties are chosen on.
    pub fn validation(&self) -> &FoldSegment {
        &self.validation
    }

    /// The part that is predicted.
    pub fn test(&self) -> &FoldSegment {
        &self.test
    }
}

/// The rows of an instrument in these sessions.
fn rows_between(axis: &Axis, i: usize, positions: &Range<usize>) -> Range<u32> {
    let rows = axis.rows_between(i, positions);
    if rows.is_empty() { 0..0 } else { rows.start as u32..rows.end as u32 }
}

struct Scope<'a> {
    number: u32,
    universe: &'a Universe,
    labels: &'a Labels,
}

impl Scope<'_> {
    /// The rows of a range; with a limit, those whose label is known before it.
    fn segment(
        &self,
        name: &'static str,
        positions: &Range<usize>,
        limit: Option<usize>,
    ) -> Result<FoldSegment, LearnError> {
        let axis = self.labels.axis();
        let calendar = axis.calendar();
        let sessions = (!positions.is_empty())
            .then(|| (calendar.session(positions.start), calendar.session(positions.end - 1)));
        let mut segment = FoldSegment {
            positions: positions.clone(),
            limit,
            sessions,
            rows: Vec::new(),
            n_members: 0,
            n_purged: 0,
            n_unlabelled: 0,
        };
        let Some((from, to)) = sessions else { return Ok(segment) };
        for i in 0..axis.n_instruments() {
            for row in rows_between(axis, i, positions) {
                if !self.universe.contains(row as usize) {
                    continue;
                }
                segment.n_members += 1;
                match (limit, self.labels.span(row as usize)) {
                    (None, _) => segment.rows.push(row),
                    (Some(_), None) => segment.n_unlabelled += 1,
                    (Some(limit), Some(span)) if (span.exit as usize) < limit => segment.rows.push(row),
                    _ => segment.n_purged += 1,
                }
            }
        }
        if segment.n_members == 0 {
            return Err(LearnError::EmptyUniverse { fold: self.number, segment: name, from, to });
        }
        if segment.rows.is_empty() {
            let FoldSegment { n_purged, n_unlabelled, .. } = segment;
            return Err(LearnError::NoSamples {
                fold: self.number,
                segment: name,
                from,
                to,
                n_purged,
                n_unlabelled,
            });
        }
        Ok(segment)
    }
}

#[cfg(test)]
mod tests;
