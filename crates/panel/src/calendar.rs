//! The sessions of an exchange, in order.

use std::{ops::Range, sync::Arc};

use crate::Session;

/// The sessions of a panel, oldest first, without repetition.
///
/// A *position* is an index into it. Positions are valid within one calendar only; what outlives a run is a
/// [`Session`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar(Arc<[Session]>);

impl Calendar {
    /// The calendar of these sessions, in any order, repetitions allowed.
    pub fn new(mut sessions: Vec<Session>) -> Self {
        sessions.sort_unstable();
        sessions.dedup();
        Self(sessions.into())
    }

    /// All sessions, oldest first.
    pub fn sessions(&self) -> &[Session] {
        &self.0
    }

    /// How many sessions there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no session.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The session at a position.
    ///
    /// # Panics
    ///
    /// If `position` is not below [`Calendar::len`].
    pub fn session(&self, position: usize) -> Session {
        self.0[position]
    }

    /// The position of a session, if it is one.
    pub fn position(&self, session: Session) -> Option<usize> {
        self.0.binary_search(&session).ok()
    }

    /// The position of the first session at or after a date; [`Calendar::len`] if there is none.
    pub fn first_at_or_after(&self, date: Session) -> usize {
        self.0.partition_point(|&session| session < date)
    }

    /// The positions of the sessions from `from` to `to`, both inclusive.
    pub fn between(&self, from: Session, to: Session) -> Range<usize> {
        let start = self.first_at_or_after(from);
        let end = self.0.partition_point(|&session| session <= to);
        start..end.max(start)
    }

    /// Sessions per calendar year, measured: what annualises a daily figure.
    ///
    /// The span from the first to the last session in years of 365.25 days holds `len - 1` steps. Under two sessions
    /// the answer is 252.
    pub fn sessions_per_year(&self) -> f64 {
        match (self.0.first(), self.0.last()) {
            (Some(first), Some(last)) if last > first => {
                let days = f64::from(last.number() - first.number());
                (self.len() - 1) as f64 * 365.25 / days
            }
            _ => 252.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(numbers: &[i32]) -> Calendar {
        Calendar::new(numbers.iter().copied().map(Session::from_number).collect())
    }

    #[test]
    fn sorts_and_drops_repetitions() {
        assert_eq!(calendar(&[3, 1, 3, 2]).len(), 3);
        assert_eq!(calendar(&[3, 1]).session(0), Session::from_number(1));
    }

    #[test]
    fn finds_ranges_of_dates() {
        let calendar = calendar(&[1, 2, 5, 6]);
        assert_eq!(calendar.between(Session::from_number(2), Session::from_number(5)), 1..3);
        assert_eq!(calendar.between(Session::from_number(3), Session::from_number(4)), 2..2);
        assert_eq!(calendar.first_at_or_after(Session::from_number(7)), 4);
        assert_eq!(calendar.position(Session::from_number(4)), None);
    }

    #[test]
    fn measures_sessions_per_year() {
        let weekdays = (0..366 * 4).filter(|day| day % 7 < 5).collect::<Vec<_>>();
        let measured = calendar(&weekdays).sessions_per_year();
        assert!((260.0..262.5).contains(&measured), "{measured}");
    }
}
