//! The sessions of named exchanges, which ship with the program.

use std::str::FromStr;

use backstaff_panel::{Calendar, Session};
use serde::{Deserialize, Serialize};

use crate::error::SourceError;

/// An exchange whose sessions are known from 1990 to 2030.
///
/// - Source: the Python package `exchange_calendars` (Apache-2.0); the data files say which version.
/// - Years to come are as announced or follow the rule: a special closure can't be known. The Saturday sessions that
///   Korea had until 1998 are not listed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Exchange {
    /// The New York Stock Exchange.
    #[serde(rename = "XNYS")]
    Xnys,
    /// The Korea Exchange in Seoul.
    #[serde(rename = "XKRX")]
    Xkrx,
}

impl Exchange {
    /// The exchanges whose sessions are known.
    pub const ALL: [Self; 2] = [Self::Xnys, Self::Xkrx];

    /// The market identifier code (ISO 10383).
    pub fn code(self) -> &'static str {
        match self {
            Self::Xnys => "XNYS",
            Self::Xkrx => "XKRX",
        }
    }

    /// The sessions of the exchange from 1990 to 2030.
    pub fn calendar(self) -> Calendar {
        parse(match self {
            Self::Xnys => include_str!("exchange/xnys.txt"),
            Self::Xkrx => include_str!("exchange/xkrx.txt"),
        })
    }

    /// The sessions from one date to another, both included.
    ///
    /// # Errors
    ///
    /// If a date lies outside the years 1990 to 2030.
    pub fn between(self, from: Session, to: Session) -> Result<Calendar, SourceError> {
        let all = self.calendar();
        if let Some(outside) = [from, to].into_iter().find(|date| !(1990..=2030).contains(&date.year())) {
            let (first, last) = (all.session(0), all.session(all.len() - 1));
            return Err(SourceError::OutsideCalendar {
                exchange: self.code(),
                first,
                last,
                session: outside,
            });
        }
        Ok(Calendar::new(all.sessions()[all.between(from, to)].to_vec()))
    }
}

impl FromStr for Exchange {
    type Err = SourceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|exchange| exchange.code().eq_ignore_ascii_case(name))
            .ok_or_else(|| SourceError::UnknownExchange { name: name.to_owned() })
    }
}

/// The sessions in a file of an exchange: weekdays without the listed dates, and the dates marked by `+`. The files
/// ship with the program, so a line that can't be read is our mistake.
fn parse(text: &str) -> Calendar {
    let mut sessions = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let (year, dates) = line.split_once(':').expect("each line has a year");
        let year = year.parse().expect("the year is a number");
        let session = |date: &str| {
            let (month, day) = date.split_at(2);
            let (month, day) = (month.parse().expect("a month"), day.parse().expect("a day"));
            Session::from_ymd(year, month, day).expect("a date")
        };
        let (extra, closed): (Vec<_>, Vec<_>) =
            dates.split_whitespace().partition(|date| date.starts_with('+'));
        let closed = closed.into_iter().map(session).collect::<Vec<_>>();
        let days = session("0101").number()..=session("1231").number();
        sessions
            .extend(days.map(Session::from_number).filter(|day| !day.is_weekend() && !closed.contains(day)));
        sessions.extend(extra.into_iter().map(|date| session(&date[1..])));
    }
    Calendar::new(sessions)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_sessions_of_new_york() {
        let calendar = Exchange::Xnys.calendar();
        assert_eq!(calendar.len(), 10_322);
        assert_eq!(calendar.session(0), Session::from_ymd(1990, 1, 2).unwrap());
        for closed in ["2001-09-11", "2012-10-29", "2018-12-05", "2015-07-03"] {
            assert_eq!(calendar.position(closed.parse().unwrap()), None, "{closed}");
        }
    }

    #[test]
    fn knows_the_sessions_of_korea() {
        let calendar = "xkrx".parse::<Exchange>().unwrap().calendar();
        assert_eq!(calendar.len(), 10_085);
        assert_eq!(calendar.position("2017-10-09".parse().unwrap()), None);
    }

    #[test]
    fn refuses_dates_it_does_not_know() {
        let (from, to) = (Session::from_number(0), Session::from_number(9_000));
        assert!(matches!(Exchange::Xnys.between(from, to), Err(SourceError::OutsideCalendar { .. })));
        assert!(matches!("XLON".parse::<Exchange>(), Err(SourceError::UnknownExchange { .. })));
    }
}
