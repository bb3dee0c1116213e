//! The days on which something about an instrument is published, and the sessions that follow each.

use std::ops::Range;

use backstaff_panel::{Fact, Session};

/// How long a published value holds, and the value in its place before and after.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    /// The value before anything is known, and after too long a time without news.
    pub(crate) absent: f64,
    /// After how many calendar days without news that is.
    pub(crate) stale: Option<i32>,
}

/// News: what was published up to a session and not before the one before it, and the sessions until the next.
pub(super) struct News<'a> {
    /// The new publications of each fact.
    pub(super) facts: Vec<&'a [Fact]>,
    /// The rows from the first that knows it to the last before the next news.
    pub(super) rows: Range<usize>,
    /// The newest day of publication.
    pub(super) known: Session,
}

/// The news about an instrument whose rows have these sessions, in order.
///
/// Rows before the first news are in none.
pub(super) fn news<'a>(
    facts: &'a [&'a [Fact]],
    sessions: &'a [Session],
) -> impl Iterator<Item = News<'a>> + 'a {
    // The first row from `row` on that knows more than what was read.
    let next = move |row: usize, read: &[usize]| {
        let unread = facts.iter().zip(read).filter_map(|(facts, &read)| facts.get(read));
        let day = unread.map(|fact| fact.known).min();
        day.map_or(sessions.len(), |day| row + sessions[row..].partition_point(|&session| session < day))
    };
    let mut read = vec![0; facts.len()];
    let mut row = next(0, &read);
    std::iter::from_fn(move || {
        let now = *sessions.get(row)?;
        let mut known = Session::from_number(i32::MIN);
        let take = |(facts, read): (&&'a [Fact], &mut usize)| {
            let unread = &facts[*read..];
            let new = &unread[..unread.partition_point(|fact| fact.known <= now)];
            *read += new.len();
            known = known.max(new.last().map_or(known, |fact| fact.known));
            new
        };
        let new = facts.iter().zip(&mut read).map(take).collect();
        let rows = row..next(row, &read);
        row = rows.end;
        Some(News { facts: new, rows, known })
    })
}

impl Validity {
    /// Write a value, published on the day `known`, into the rows from its news on until the next news.
    pub(super) fn fill(
        &self,
        rows: Range<usize>,
        known: Session,
        value: f64,
        sessions: &[Session],
        out: &mut [f64],
    ) {
        let (start, end) = (rows.start, rows.end);
        let fresh = self.stale.map_or(end, |days| {
            let last = known.number().saturating_add(days);
            start + sessions[start..end].partition_point(|session| session.number() <= last)
        });
        out[start..fresh].fill(value);
        out[fresh..end].fill(self.absent);
    }
}
