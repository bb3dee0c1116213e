//! A civil date, as its number of days.

use std::fmt;

use jiff::{Span, civil};
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
    /// The civil date; the first or last of the calendar where the number lies outside its years, −9999 to 9999.
    fn civil(self) -> civil::Date {
        let days = Span::new().try_days(self.0);
        let date = days.and_then(|days| civil::date(1970, 1, 1).checked_add(days));
        date.unwrap_or(if self.0 < 0 { civil::Date::MIN } else { civil::Date::MAX })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.civil().to_string())
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
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
    fn a_number_outside_of_the_calendar_is_its_first_or_last_date() {
        assert_eq!(Date(i32::MAX).to_string(), "9999-12-31");
        assert_eq!(Date(i32::MIN).to_string(), "-009999-01-01");
    }

    /// H. Hinnant, "chrono-compatible low-level date algorithms", `civil_from_days`.
    fn twin(days: i64) -> String {
        // Years begin in March here, so that the leap day is the last of its year; eras are 400 years.
        let days = days + 719_468;
        let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + i64::from(month <= 2))
    }

    #[test]
    fn every_day_of_a_millennium_has_its_date() {
        for day in -200_000..200_000 {
            assert_eq!(Date(day).to_string(), twin(i64::from(day)));
        }
    }
}
