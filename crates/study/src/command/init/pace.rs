//! How far apart bars are, and how long so many of them last.

use crate::words;

/// The number of bars a year: what a week, a month or a year is in sessions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pace {
    per_year: f64,
}

/// Days in a mean year.
const DAYS: f64 = 365.25;

impl Pace {
    /// So many sessions a year.
    pub(super) fn new(per_year: f64) -> Self {
        Self { per_year }
    }

    /// What one bar is, for people.
    pub(super) fn bars(self) -> String {
        match self.per_year {
            290.0.. => "bars of every day of the week".to_owned(),
            200.0.. => "daily bars".to_owned(),
            45.0..60.0 => "weekly bars".to_owned(),
            11.0..14.0 => "monthly bars".to_owned(),
            rate => format!("{rate:.0} bars a year"),
        }
    }

    /// The number of sessions in so many years, at least 1.
    fn of_years(self, years: f64) -> u32 {
        (self.per_year * years).round().max(1.0) as u32
    }

    /// Whether there is a bar a day, at least from Monday to Friday.
    pub(super) fn is_daily(self) -> bool {
        self.per_year >= 200.0
    }

    /// The sessions of a week, at least 1.
    pub(super) fn week(self) -> u32 {
        self.of_years(7.0 / DAYS)
    }

    /// The sessions of a month, at least 1.
    pub(super) fn month(self) -> u32 {
        self.of_years(1.0 / 12.0)
    }

    /// The sessions of a quarter of a year, at least 1.
    pub(super) fn quarter(self) -> u32 {
        self.of_years(0.25)
    }

    /// The sessions of half a year, at least 1.
    pub(super) fn half(self) -> u32 {
        self.of_years(0.5)
    }

    /// The sessions of a year, at least 1.
    pub(super) fn year(self) -> u32 {
        self.of_years(1.0)
    }

    /// Over how many sessions a return is worth predicting: a week of days, four weeks, a month, or one bar.
    pub(super) fn horizon(self) -> u32 {
        if self.per_year >= 100.0 { self.week() } else { self.month() }
    }

    /// How long so many sessions last, for people: `a week`, `3 months`.
    pub(super) fn in_time(self, sessions: u32) -> String {
        let days = f64::from(sessions) * DAYS / self.per_year;
        let (n, unit) = match days {
            330.0.. => (days / DAYS, "year"),
            // 21 sessions of days are a month, and four weekly bars are four weeks.
            27.0.. if self.per_year < 45.0 || self.per_year >= 60.0 || days > 120.0 => {
                (days * 12.0 / DAYS, "month")
            }
            6.0.. => (days / 7.0, "week"),
            _ => (days, "day"),
        };
        match n.round() {
            ..2.0 => format!("a {unit}"),
            n => format!("{n} {unit}s"),
        }
    }

    /// So many sessions and how long they last, for people.
    pub(super) fn told(self, sessions: u32) -> String {
        format!(
            "{} of {}: {}",
            words::count(sessions as usize, "session"),
            self.bars(),
            self.in_time(sessions)
        )
    }

    /// The value of `rebalance` that looks at the book about every so many sessions.
    pub(super) fn rebalance(self, sessions: u32) -> String {
        match sessions {
            n if n == self.week() && self.per_year >= 45.0 => "weekly".to_owned(),
            n if n == self.month() && self.per_year >= 11.0 => "monthly".to_owned(),
            n => n.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_told_in_time() {
        for (per_year, sessions, told) in [
            (252.0, 1, "a day"),
            (251.6, 5, "a week"),
            (252.0, 21, "a month"),
            (252.0, 60, "3 months"),
            (252.0, 252, "a year"),
            (365.25, 7, "a week"),
            (52.18, 1, "a week"),
            (52.18, 4, "4 weeks"),
            (52.18, 26, "6 months"),
            (52.18, 252, "5 years"),
            (12.0, 1, "a month"),
            (12.0, 12, "a year"),
        ] {
            assert_eq!(Pace::new(per_year).in_time(sessions), told, "{per_year} {sessions}");
        }
    }

    #[test]
    fn rebalancing_is_told_in_words_where_there_is_one() {
        for (per_year, sessions, told) in [
            (252.0, 5, "weekly"),
            (252.0, 21, "monthly"),
            (365.25, 7, "weekly"),
            (52.18, 1, "weekly"),
            (52.18, 4, "monthly"),
            (12.0, 1, "monthly"),
            (4.0, 1, "1"),
        ] {
            assert_eq!(Pace::new(per_year).rebalance(sessions), told, "{per_year} {sessions}");
        }
    }

    #[test]
    fn spans_follow_the_pace_of_the_bars() {
        let spans = |per_year: f64| {
            let pace = Pace::new(per_year);
            [pace.week(), pace.month(), pace.quarter(), pace.half(), pace.year(), pace.horizon()]
        };
        assert_eq!(spans(251.7), [5, 21, 63, 126, 252, 5]);
        assert_eq!(spans(365.25), [7, 30, 91, 183, 365, 7]);
        assert_eq!(spans(52.18), [1, 4, 13, 26, 52, 4]);
        assert_eq!(spans(12.0), [1, 1, 3, 6, 12, 1]);
        assert_eq!(spans(4.0), [1, 1, 1, 2, 4, 1]);
    }
}
