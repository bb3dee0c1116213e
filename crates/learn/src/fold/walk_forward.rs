//! Folds that follow the calendar.

use std::{num::NonZeroU32, ops::Range};

use backstaff_panel::{Calendar, Session, Universe};

use super::{Fold, FoldSessions, date};
use crate::{LearnError, label::Labels};

/// By how many days a date may miss the data and still be met: the longest usual closures of exchanges.
const SLACK: i32 = 14;

/// How long each test lasts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Every {
    /// A calendar year.
    Year,
    /// A calendar quarter.
    Quarter,
    /// So many sessions.
    Sessions(NonZeroU32),
}

/// What lies in front of a test: training and, at its end, validation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum History {
    /// All sessions from the first one on; training has at least so many.
    Expanding {
        /// The fewest sessions of training.
        min_sessions: NonZeroU32,
    },
    /// The last years before the test.
    Years(NonZeroU32),
    /// The last months before the test.
    Months(NonZeroU32),
    /// The last sessions before the test.
    Sessions(NonZeroU32),
}

/// How much of the history's end is kept for validation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holdout {
    /// Nothing.
    None,
    /// The last months.
    Months(NonZeroU32),
    /// The last sessions.
    Sessions(NonZeroU32),
}

/// A walk forward through time: fit on the past, predict the next period, move on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WalkForward {
    /// The first date that is tested.
    pub from: Session,
    /// The last one.
    pub to: Session,
    /// How long each test lasts.
    pub every: Every,
    /// What lies in front of it.
    pub history: History,
    /// How much of that is for validation.
    pub validation: Holdout,
    /// How many more sessions lie between the end of a label and what comes next.
    pub embargo: u32,
}

impl WalkForward {
    /// The folds, in order of time.
    ///
    /// Dates count from the nominal start of a test: three years before 2015 begin on 2012-01-01, whichever session
    /// comes first. Purging takes place within that, so a horizon shortens training, not the gap.
    ///
    /// # Errors
    ///
    /// If the test window reaches outside the data by more than two weeks, a fold's history begins before the data, or
    /// a fold has no eligible or no labelled rows.
    pub fn folds(&self, universe: &Universe, labels: &Labels) -> Result<Vec<Fold>, LearnError> {
        let calendar = labels.axis().calendar();
        let sessions = self.sessions(calendar)?;
        let numbered = (1..).zip(&sessions);
        numbered
            .map(|(n, sessions)| Fold::new(n, sessions, self.embargo as usize, universe, labels))
            .collect()
    }

    /// The sessions of each fold: what can be told without labels.
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
            History::Expanding { min_sessions } => min_sessions.get() as usize,
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
            History::Expanding { .. } => return Ok(0),
            History::Sessions(n) => {
                let needed = n.get() as usize;
                return test.start.checked_sub(needed).ok_or(LearnError::TooFewSessions {
                    fold,
                    test: start,
                    needed,
                    found: test.start,
                });
            }
            History::Years(n) => n.get().saturating_mul(12),
            History::Months(n) => n.get(),
        };
        let needed = date::months_before(start, months.min(12 * 10_000));
        let first = calendar.session(0);
        if first.number() > needed.number().saturating_add(SLACK) {
            return Err(LearnError::TooShort { fold, test: start, what: "its history", needed, first });
        }
        Ok(calendar.first_at_or_after(needed))
    }
}
