//! Civil dates some months apart.

use backstaff_panel::Session;

/// The date `months` months earlier; the month's last day where the month is too short.
pub(crate) fn months_before(date: Session, months: u32) -> Session {
    let ordinal = i32::from(date.year()) * 12 + i32::from(date.month()) - 1 - months as i32;
    let (year, month) = (ordinal.div_euclid(12) as i16, ordinal.rem_euclid(12) as i8 + 1);
    let latest = (1..=date.date().day()).rev().find_map(|day| Session::from_ymd(year, month, day));
    // Before the year -9999 there is no date; everything is later than this number.
    latest.unwrap_or(Session::from_number(i32::MIN / 2))
}

/// The first day of the year, or of the quarter.
pub(crate) fn start_of(date: Session, quarter: bool) -> Session {
    let month = if quarter { (date.quarter() - 1) * 3 + 1 } else { 1 };
    Session::from_ymd(date.year(), month, 1).unwrap_or(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Session {
        text.parse().unwrap()
    }

    #[test]
    fn short_months_end_early() {
        assert_eq!(months_before(date("2015-01-01"), 6), date("2014-07-01"));
        assert_eq!(months_before(date("2015-01-01"), 36), date("2012-01-01"));
        assert_eq!(months_before(date("2015-03-31"), 1), date("2015-02-28"));
        assert_eq!(months_before(date("2016-03-30"), 1), date("2016-02-29"));
        assert_eq!(months_before(date("2015-07-31"), 1), date("2015-06-30"));
        assert_eq!(months_before(date("2015-02-10"), 14), date("2013-12-10"));
    }

    #[test]
    fn years_and_quarters_begin_on_the_first() {
        assert_eq!(start_of(date("2015-08-20"), false), date("2015-01-01"));
        assert_eq!(start_of(date("2015-08-20"), true), date("2015-07-01"));
        assert_eq!(start_of(date("2015-12-31"), true), date("2015-10-01"));
    }
}
