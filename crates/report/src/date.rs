//! A civil date, as its number of days.

use std::fmt;

use serde::{Serialize, Serializer};

/// A civil date of the proleptic Gregorian calendar, as the number of days since 1970-01-01.
///
/// ```
/// use backstaff_report::Date;
/// assert_eq!(Date(16_801).to_string(), "2016-01-01");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i32);

impl Date {
    /// Year, month (1 to 12) and day (1 to 31).
    ///
    /// Source: H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
    pub fn ymd(self) -> (i32, u32, u32) {
        // Years begin in March here, so that the leap day is the last of its year; eras are 400 years.
        let days = i64::from(self.0) + 719_468;
        let era = days.div_euclid(146_097);
        let day_of_era = days.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year as i32, month as u32, day as u32)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        f.pad(&format!("{year:04}-{month:02}-{day:02}"))
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// An instant given in seconds since 1970-01-01T00:00:00Z, to the minute: `2016-01-04 21:00 UTC`.
pub(crate) fn instant(seconds: i64) -> String {
    let date = Date(seconds.div_euclid(86_400) as i32);
    let minutes = seconds.rem_euclid(86_400) / 60;
    format!("{date} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_leap_days_and_the_time_before_1970() {
        for (days, text) in [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (11_017, "2000-03-01"),
            (16_801, "2016-01-01"),
            (-25_509, "1900-02-28"),
            (-25_508, "1900-03-01"),
            (47_540, "2100-02-28"),
            (47_541, "2100-03-01"),
        ] {
            assert_eq!(Date(days).to_string(), text);
        }
    }

    #[test]
    fn an_instant_before_1970_is_on_its_own_day() {
        assert_eq!(instant(-60), "1969-12-31 23:59 UTC");
        assert_eq!(instant(1_451_941_200), "2016-01-04 21:00 UTC");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = Date(-200_000).ymd();
        for day in -199_999..200_000 {
            let next = Date(day).ymd();
            let same_month = (last.0, last.1, last.2 + 1) == next;
            let next_month = (last.0, last.1 + 1, 1) == next;
            let next_year = (last.0 + 1, 1, 1) == next && last.1 == 12;
            assert!((same_month || next_month || next_year) && last.2 <= 31, "{last:?} then {next:?}");
            last = next;
        }
    }
}
