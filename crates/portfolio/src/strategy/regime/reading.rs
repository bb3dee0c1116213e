//! Regimes as a strategy reads them.

use super::{RegimeInput, Regimes};
use crate::strategy::{Note, View};

/// What a strategy may do with an instrument's regime.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reading {
    /// It is known with enough confidence to act on.
    Sure(RegimeInput),
    /// It is not: nothing is changed.
    Unsure,
}

/// Reads regimes by the instruments' names and counts the names that nothing is listed under.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    regimes: Regimes,
    min_confidence: f64,
    not_listed: usize,
}

impl Reader {
    pub(super) fn new(regimes: Regimes, min_confidence: f64) -> Self {
        Self { regimes, min_confidence, not_listed: 0 }
    }

    /// The number of an instrument, if it is listed.
    pub(super) fn find(&mut self, view: &View<'_>, name: &str) -> Option<usize> {
        let i = view.find(name).filter(|&i| view.is_member(i));
        self.not_listed += usize::from(i.is_none());
        i
    }

    /// The regime of an instrument.
    pub(super) fn read(&self, view: &View<'_>, i: usize) -> Reading {
        match view.guide(&self.regimes, i).flatten() {
            Some(input) if input.confidence >= self.min_confidence => Reading::Sure(input),
            _ => Reading::Unsure,
        }
    }

    /// The regime of an instrument, by its name.
    pub(super) fn read_named(&mut self, view: &View<'_>, name: &str) -> Option<(usize, Reading)> {
        let i = self.find(view, name)?;
        Some((i, self.read(view, i)))
    }

    pub(super) fn notes(&self) -> Vec<Note> {
        let what = "times an instrument of the strategy was not listed or not eligible";
        let note = Note { what, count: self.not_listed };
        Some(note).filter(|note| note.count > 0).into_iter().collect()
    }
}
