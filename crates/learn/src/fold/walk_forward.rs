//! Folds that follow the calendar.

use std::{num::NonZeroU32, ops::Range};

use backstaff_panel::{Calendar, Session, Universe};
use rayon::prelude::*;

use super::{Fold, FoldSessions, date};
use crate::{LearnError, label::Labels};

/// By how many days a date may miss the data and still be met: the longest usual closures of exchanges.
const SLACK: i32 = 14;

/// How long the test of each fold lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Every {
    /// Each test lasts a calendar year.
    Year,
    /// Each test lasts a calendar quarter.
    Quarter,
    /// Each test lasts this many sessions.
    Sessions(NonZeroU32),
}

/// The sessions in front of a test: training and, at their end, validation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FoldHistory {
    /// All sessions from the first one on, so that training grows from fold to fold.
    Expanding {
        /// The fewest sessions of training.
        min_sessions: NonZeroU32,
    },
    /// The sessions of this many years before the test.
    Years(NonZeroU32),
    /// The sessions of this many months before the test.
    Months(NonZeroU32),
    /// This many sessions before the test.
    Sessions(NonZeroU32),
}

/// How much of the history's end is kept for validation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holdout {
    /// There is no validation.
    None,
    /// The sessions of the last months are for validation.
    Months(NonZeroU32),
    /// The last sessions are for validation.
    Sessions(NonZeroU32),
}

/// A walk forward through time: fit on the past, predict the next period, move on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalkForward {
    /// The first date that is tested.
    pub from: Session,
    /// The last date that is tested.
    pub to: Session,
    /// How long the test of each fold lasts.
    pub every: Every,
    /// The sessions in front of each test.
    pub history: FoldHistory,
    /// How much of the history's end is for validation.
    pub validation: Holdout,
    /// How many more sessions lie between the end of a label and the next part of the fold.
    pub embargo: u32,
    /// The fewest rows that make a fold; a fold with fewer is left out.
    pub min_rows: MinRows,
}

/// The fewest rows that make a fold; one with fewer is left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MinRows {
    /// The fewest rows of training, after purging.
    pub train: usize,
    /// The fewest rows of the test.
    pub test: usize,
}

/// The folds of a walk, and those that could not be made.
#[derive(Debug)]
pub struct Folds {
    /// The folds in order of time, at least one.
    pub folds: Vec<Fold>,
    /// The folds that were left out, in order of time.
    pub left_out: Vec<LeftOut>,
}

/// A fold that could not be made.
#[derive(Debug)]
pub struct LeftOut {
    /// The number of the fold in the walk.
    pub number: u32,
    /// The first and the last session of the fold's test, for which there are no scores.
    pub test: (Session, Session),
    /// What the fold lacks.
    pub why: LearnError,
}

impl WalkForward {
    /// The folds, in order of time.
    ///
    /// Dates count from the nominal start of a test: three years before 2015 begin on 2012-01-01, whichever session
    /// comes first. Purging takes place within that, so a horizon shortens training, not the gap.
    ///
    /// A fold with too few rows is left out: its rows are tested by no model.
    ///
    /// # Errors
    ///
    /// If the test window reaches outside the data by more than two weeks, a fold's history begins before the data, or
    /// all folds have too few rows.
    pub fn folds(&self, universe: &Universe, labels: &Labels) -> Result<Folds, LearnError> {
        let calendar = labels.axis().calendar();
        let mut walked = Folds { folds: Vec::new(), left_out: Vec::new() };
        let sessions = (1..).zip(self.sessions(calendar)?).collect::<Vec<_>>();
        let fold = |(number, sessions): &(u32, FoldSessions)| {
            Fold::new(*number, sessions, self.embargo as usize, universe, labels)
        };
        let folds = sessions.par_iter().map(fold).collect::<Vec<_>>();
        for ((number, sessions), fold) in sessions.iter().zip(folds) {
            match fold.and_then(|fold| self.with_enough_rows(fold)) {
                Ok(fold) => walked.folds.push(fold),
                Err(why) if why.is_about_rows() => {
                    let ends =
                        |test: &Range<usize>| (calendar.session(test.start), calendar.session(test.end - 1));
                    walked.left_out.push(LeftOut { number: *number, test: ends(&sessions.test), why });
                }
                Err(error) => return Err(error),
            }
        }
        if walked.folds.is_empty() {
            let n = walked.left_out.len();
            let first =
                walked.left_out.into_iter().next().map(|fold| fold.why.to_string()).unwrap_or_default();
            return Err(LearnError::NoFolds { n, first });
        }
        Ok(walked)
    }

    fn with_enough_rows(&self, fold: Fold) -> Result<Fold, LearnError> {
        let MinRows { train, test } = self.min_rows;
        let parts = [("training", fold.train(), train), ("the test", fold.test(), test)];
        let few = parts.into_iter().find(|(_, segment, needed)| segment.rows().len() < *needed);
        let Some((name, segment, needed)) = few else { return Ok(fold) };
        let found = segment.rows().len();
        Err(LearnError::TooFewRows { fold: fold.number(), segment: name, found, needed })
    }

    /// The sessions of each fold, which follow from the calendar without labels.
    ///
    /// # Errors
    ///
    /// As [`WalkForward::folds`], but for what concerns rows.
    pub fn sessions(&self, calendar: &Calendar) -> Result<Vec<FoldSessions>, LearnError> {
        let tests = self.tests(calendar)?;
        (1..).zip(tests).map(|(fold, (start, test))| self.fold(calendar, fold, start, test)).collect()
    }

    /// The tests: the nominal start and the sessions of each.
    fn tests(&self, calendar: &Calendar) -> Result<Vec<(Session, Range<usize>)>, LearnError> {
        let (Some(&first), Some(&last)) = (calendar.sessions().first(), calendar.sessions().last()) else {
            return Err(LearnError::NoSessions);
        };
        let window = calendar.between(self.from, self.to);
        let is_outside = self.from < first || self.to.number() > last.number().saturating_add(SLACK);
        if window.is_empty() || is_outside {
            return Err(LearnError::TestWindow { from: self.from, to: self.to, first, last });
        }
        if let Every::Sessions(n) = self.every {
            let starts = window.clone().step_by(n.get() as usize);
            let test = |start: usize| start..(start + n.get() as usize).min(window.end);
            return Ok(starts.map(|start| (calendar.session(start), test(start))).collect());
        }
        let is_quarter = self.every == Every::Quarter;
        let period = |position: usize| date::start_of(calendar.session(position), is_quarter);
        let mut tests = Vec::<(Session, Range<usize>)>::new();
        for position in window {
            match tests.last_mut() {
                Some((_, test)) if period(test.start) == period(position) => test.end = position + 1,
                _ => tests.push((period(position).max(self.from), position..position + 1)),
            }
        }
        Ok(tests)
    }

    fn fold(
        &self,
        calendar: &Calendar,
        fold: u32,
        start: Session,
        test: Range<usize>,
    ) -> Result<FoldSessions, LearnError> {
        let history_start = self.history_start(calendar, fold, start, &test)?;
        let validation_start = match self.validation {
            Holdout::None => test.start,
            Holdout::Months(n) => calendar.first_at_or_after(date::months_before(start, n.get())),
            Holdout::Sessions(n) => test.start.saturating_sub(n.get() as usize),
        };
        let needed = match self.history {
            FoldHistory::Expanding { min_sessions } => min_sessions.get() as usize,
            _ => 1,
        };
        let found = validation_start.saturating_sub(history_start);
        if found < needed {
            return Err(LearnError::TooFewSessions { fold, test: start, needed, found });
        }
        Ok(FoldSessions {
            train: history_start..validation_start,
            validation: validation_start..test.start,
            test,
        })
    }

    fn history_start(
        &self,
        calendar: &Calendar,
        fold: u32,
        start: Session,
        test: &Range<usize>,
    ) -> Result<usize, LearnError> {
        let months = match self.history {
            FoldHistory::Expanding { .. } => return Ok(0),
            FoldHistory::Sessions(n) => {
                let needed = n.get() as usize;
                return test.start.checked_sub(needed).ok_or(LearnError::TooFewSessions {
                    fold,
                    test: start,
                    needed,
                    found: test.start,
                });
            }
            FoldHistory::Years(n) => n.get().saturating_mul(12),
            FoldHistory::Months(n) => n.get(),
        };
        let needed = date::months_before(start, months.min(12 * 10_000));
        let first = calendar.session(0);
        if first.number() > needed.number().saturating_add(SLACK) {
            return Err(LearnError::TooShort { fold, test: start, what: "its history", needed, first });
        }
        Ok(calendar.first_at_or_after(needed))
    }
}
