//! The newest publication of a fact, whichever period it is about.

use backstaff_panel::{Fact, Session};

use super::publications::{Validity, news};

/// A fact whose newest publication counts: a period that is not published keeps the value of the one before it.
#[derive(Debug)]
pub(crate) struct Latest(pub(crate) Validity);

impl Latest {
    /// Compute one instrument: its facts in the order of publication, and the sessions of its rows.
    pub(crate) fn run(&self, facts: &[&[Fact]], sessions: &[Session], out: &mut [f64]) {
        let Self(validity) = self;
        out.fill(validity.absent);
        for news in news(facts, sessions) {
            if let Some(last) = news.facts.iter().filter_map(|facts| facts.last()).next_back() {
                validity.fill(&news, last.value, sessions, out);
            }
        }
    }
}
