//! The sessions of the exchange.

use std::collections::BTreeSet;

use backstaff_panel::Session;

use crate::{
    SyntheticSpec,
    draw::{Draws, Purpose},
};

/// Month and day of the holidays that keep their date.
const HOLIDAYS: [(i8, i8); 10] =
    [(1, 1), (3, 1), (5, 1), (5, 5), (6, 6), (8, 15), (10, 3), (10, 9), (12, 25), (12, 31)];

/// The two breaks of three days that follow the moon: month and day, and by how many days at most the break begins
/// later.
const MOVING: [(i8, i8, usize); 2] = [(1, 21, 28), (9, 8, 28)];

/// Weekdays from the start on that are no holidays.
pub(crate) fn sessions(spec: &SyntheticSpec) -> Vec<Session> {
    let start = SyntheticSpec::start();
    let years = (spec.sessions / 230 + 2) as i16;
    let mut closed = BTreeSet::new();
    let mut draws = Draws::new(spec.seed, Purpose::Calendar, 0);
    for year in start.year()..=start.year() + years {
        for (month, day, span) in MOVING {
            let shift = draws.whole(0, span) as i32;
            if let Some(first) = Session::from_ymd(year, month, day) {
                closed.extend((0..3).map(|d| first.number() + shift + d));
            }
        }
    }
    (start.number()..)
        .filter(|number| !closed.contains(number))
        .map(Session::from_number)
        .filter(|session| !session.is_weekend())
        .filter(|session| !HOLIDAYS.contains(&(session.date().month(), session.date().day())))
        .take(spec.sessions)
        .collect()
}

/// The date as the price table writes it: `20120102`.
pub(crate) fn compact(session: Session) -> String {
    let date = session.date();
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}

/// The date as the filings write it: `2012-01-02`.
pub(crate) fn iso(session: Session) -> String {
    let date = session.date();
    format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_has_weekdays_only_and_about_245_a_year() {
        let spec = SyntheticSpec { sessions: 3300, ..SyntheticSpec::default() };
        let sessions = sessions(&spec);
        assert_eq!(sessions.len(), 3300);
        assert_eq!(compact(sessions[0]), "20120102");
        assert!(sessions.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(!sessions.iter().any(|session| session.is_weekend()));
        let of_2015 = sessions.iter().filter(|session| session.year() == 2015).count();
        assert!((240..=252).contains(&of_2015), "{of_2015}");
    }
}
