//! When a model is fitted again.

use std::{fmt, num::NonZeroUsize, str::FromStr};

use backstaff_panel::Session;
use backstaff_words::nearest;

use crate::RegimeError;

/// When a model is fitted again, by the time of the bars alone.
///
/// The first fit takes place when the look-back is full. After it, a fit is due at the first bar of a new period; the
/// clock of the computer plays no part.
///
/// ```
/// use backstaff_regime::Schedule;
/// assert_eq!("weekly".parse(), Ok(Schedule::Weekly));
/// assert!("every 5 bars".parse::<Schedule>().is_ok());
/// let error = "montly".parse::<Schedule>().unwrap_err();
/// assert!(error.to_string().contains("did you mean monthly?"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// Once, when the look-back is full.
    Never,
    /// At the first bar of a calendar month.
    Monthly,
    /// At the first bar of an ISO week, which begins on Monday.
    Weekly,
    /// At the first bar of a session: at every bar of daily data.
    Daily,
    /// As many bars after the last fit.
    EveryBars(NonZeroUsize),
}

impl Schedule {
    /// Whether a fit is due at a bar, given the session of the bar before it and how many bars ago the last fit was.
    pub fn is_due(self, session: Session, previous: Session, bars_since_fit: usize) -> bool {
        match self {
            Self::Never => false,
            Self::Monthly => (session.year(), session.month()) != (previous.year(), previous.month()),
            Self::Weekly => monday(session) != monday(previous),
            Self::Daily => session != previous,
            Self::EveryBars(bars) => bars_since_fit >= bars.get(),
        }
    }

    /// Whether this asks for fits more often than `other` does, for daily bars.
    pub fn is_finer_than(self, other: Self) -> bool {
        self.bars() < other.bars()
    }

    /// Roughly how many daily bars lie between two fits.
    fn bars(self) -> usize {
        match self {
            Self::Never => usize::MAX,
            Self::Monthly => 21,
            Self::Weekly => 5,
            Self::Daily => 1,
            Self::EveryBars(bars) => bars.get(),
        }
    }
}

/// The number of the Monday with which the session's week begins.
fn monday(session: Session) -> i32 {
    session.number() - i32::from(session.weekday().to_monday_zero_offset())
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Monthly => f.write_str("monthly"),
            Self::Weekly => f.write_str("weekly"),
            Self::Daily => f.write_str("daily"),
            Self::EveryBars(bars) => write!(f, "every {bars} bars"),
        }
    }
}

impl FromStr for Schedule {
    type Err = RegimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = [Self::Never, Self::Monthly, Self::Weekly, Self::Daily];
        let small = text.trim().to_lowercase();
        if let Some(schedule) = named.into_iter().find(|schedule| schedule.to_string() == small) {
            return Ok(schedule);
        }
        let words = small.split_whitespace().collect::<Vec<_>>();
        if let ["every", number, "bar" | "bars"] = words[..]
            && let Ok(bars) = number.parse()
        {
            return Ok(Self::EveryBars(bars));
        }
        let names = named.map(|schedule| schedule.to_string());
        let all = "there are never, monthly, weekly, daily and every N bars";
        let hint = nearest(&small, names.iter().map(String::as_str))
            .map_or_else(|| all.to_owned(), |name| format!("did you mean {name}? ({all})"));
        Err(RegimeError::Schedule { given: text.to_owned(), hint })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Session {
        text.parse().unwrap()
    }

    #[test]
    fn a_week_begins_on_monday_and_runs_over_the_new_year() {
        let due = |today, before| Schedule::Weekly.is_due(day(today), day(before), 1);
        assert!(due("2024-01-08", "2024-01-05"));
        assert!(due("2024-01-02", "2023-12-31"), "a Sunday ends a week");
        assert!(!due("2025-01-02", "2024-12-31"));
        assert!(due("2024-01-16", "2024-01-12"), "a holiday on Monday moves the first bar, not the week");
    }

    #[test]
    fn a_month_is_a_calendar_month_of_its_year() {
        let due = |today, before| Schedule::Monthly.is_due(day(today), day(before), 1);
        assert!(due("2024-02-01", "2024-01-31"));
        assert!(!due("2024-02-29", "2024-02-01"));
        assert!(due("2025-02-03", "2024-02-29"), "the same month of another year");
    }

    #[test]
    fn several_bars_of_a_session_are_one_day() {
        assert!(!Schedule::Daily.is_due(day("2024-02-01"), day("2024-02-01"), 7));
        assert!(Schedule::Daily.is_due(day("2024-02-02"), day("2024-02-01"), 1));
        assert!(!Schedule::Never.is_due(day("2025-02-02"), day("2024-02-01"), 99));
    }

    #[test]
    fn names_are_read_back() {
        let five = Schedule::EveryBars(NonZeroUsize::new(5).unwrap());
        for schedule in [Schedule::Never, Schedule::Monthly, Schedule::Weekly, Schedule::Daily, five] {
            assert_eq!(schedule.to_string().parse(), Ok(schedule));
        }
        assert!("every 0 bars".parse::<Schedule>().is_err());
        assert!("hourly".parse::<Schedule>().is_err());
    }

    #[test]
    fn daily_is_finer_than_weekly_and_never_is_coarsest() {
        assert!(Schedule::Daily.is_finer_than(Schedule::Weekly));
        assert!(Schedule::Monthly.is_finer_than(Schedule::Never));
        assert!(!Schedule::Never.is_finer_than(Schedule::Never));
    }
}
