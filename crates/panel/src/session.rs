//! A session of the exchange, named by its civil date.

use std::{fmt, str::FromStr};

use jiff::civil::{self, Weekday};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A day on which the exchange trades.
///
/// Its number is the count of days since 1970-01-01. It therefore never depends on where a file begins: neither the
/// start of a study, nor a backfill, nor a holiday that turns out to be one renumbers anything. Kernels cut their
/// blocks at these numbers, which makes a value independent of the history in front of its window.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Session(i32);

impl Session {
    /// The session with this number of days since 1970-01-01.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// The number of days since 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The session of a civil date, or `None` if there is no such date.
    ///
    /// ```
    /// use backstaff_panel::Session;
    /// assert_eq!(Session::from_ymd(1970, 1, 2), Some(Session::from_number(1)));
    /// assert_eq!(Session::from_ymd(2015, 2, 29), None);
    /// ```
    pub fn from_ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        civil::Date::new(year, month, day).ok().map(Self::from_date)
    }

    /// The session of a civil date.
    pub fn from_date(date: civil::Date) -> Self {
        let days = date.since((jiff::Unit::Day, civil::date(1970, 1, 1))).map_or(0, |span| span.get_days());
        Self(days)
    }

    /// The civil date.
    ///
    /// # Panics
    ///
    /// If the number lies outside the years -9999 to 9999.
    pub fn date(self) -> civil::Date {
        civil::date(1970, 1, 1).saturating_add(jiff::Span::new().days(self.0))
    }

    /// The calendar year of the date.
    pub fn year(self) -> i16 {
        self.date().year()
    }

    /// The calendar month of the date, 1 to 12.
    pub fn month(self) -> i8 {
        self.date().month()
    }

    /// The calendar quarter of the date, 1 to 4.
    pub fn quarter(self) -> i8 {
        (self.month() - 1) / 3 + 1
    }

    /// The day of the week.
    ///
    /// ```
    /// use backstaff_panel::{Session, Weekday};
    /// assert_eq!(Session::from_ymd(2024, 2, 29).map(Session::weekday), Some(Weekday::Thursday));
    /// ```
    pub fn weekday(self) -> Weekday {
        // Day 0, 1970-01-01, was a Thursday. An offset below seven is always a weekday.
        let since_monday = (self.0 % 7 + 3).rem_euclid(7);
        Weekday::from_monday_zero_offset(since_monday as i8).unwrap_or(Weekday::Thursday)
    }

    /// Whether this is a Saturday or a Sunday.
    pub fn is_weekend(self) -> bool {
        matches!(self.weekday(), Weekday::Saturday | Weekday::Sunday)
    }
}

impl fmt::Display for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.date())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// In files a session is its date: `2014-06-09`.
impl Serialize for Session {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Session {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

/// A text that is not a date of the form YYYY-MM-DD.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a date of the form YYYY-MM-DD")]
pub struct ParseSessionError(String);

impl FromStr for Session {
    type Err = ParseSessionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = text.parse::<civil::Date>().map_err(|_| ParseSessionError(text.to_owned()))?;
        Ok(Self::from_date(date))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_agree() {
        for number in [-1, 0, 1, 59, 10_957, 16_801, 20_000] {
            let session = Session::from_number(number);
            assert_eq!(Session::from_date(session.date()), session);
        }
        assert_eq!("2016-01-01".parse::<Session>().unwrap().number(), 16_801);
    }

    #[test]
    fn weekdays_are_those_of_the_civil_date() {
        for number in (-800_000..800_000).step_by(13_331).chain(-8..8) {
            let session = Session::from_number(number);
            assert_eq!(session.weekday(), session.date().weekday());
        }
        let weekends = (0..7).map(Session::from_number).filter(|day| day.is_weekend());
        assert_eq!(weekends.map(Session::number).collect::<Vec<_>>(), [2, 3]);
        // Numbers beyond the years of the civil calendar still have one.
        assert!(
            [i32::MIN, i32::MAX]
                .iter()
                .all(|&number| (0..7).contains(&Session(number).weekday().to_monday_zero_offset()))
        );
    }

    #[test]
    fn shows_the_civil_date() {
        assert_eq!(Session::from_ymd(2014, 6, 9).unwrap().to_string(), "2014-06-09");
        assert!("2014-6-9x".parse::<Session>().is_err());
    }
}
