//! The newest publication of a fact, whichever period it is about.

use backstaff_panel::{Fact, Session};

use super::publications::Validity;

/// A fact whose newest publication counts: a period that is not published keeps the value of the one before it.
#[derive(Debug)]
pub(crate) struct Latest(pub(crate) Validity);

impl Latest {
    /// Compute one instrument: its facts in the order of publication, and the sessions of its rows.
    pub(crate) fn run(&self, facts: &[Fact], sessions: &[Session], out: &mut [f64]) {
        let Self(validity) = self;
        let (mut row, mut read) = (0, 0);
        while let Some(&now) = sessions.get(row) {
            read += facts[read..].partition_point(|fact| fact.known <= now);
            let until = facts.get(read).map_or(sessions.len(), |next| {
                row + sessions[row..].partition_point(|&session| session < next.known)
            });
            match read.checked_sub(1).map(|last| &facts[last]) {
                Some(last) => validity.fill(row..until, last.known, last.value, sessions, out),
                None => out[row..until].fill(validity.absent),
            }
            row = until;
        }
    }
}
