//! What published values describe: quarters, years, or single days.

use std::fmt;

use crate::Session;

/// What published values describe.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Frequency {
    /// Fiscal quarters; a period is written YYYYQQ: 202003 is the third quarter of 2020.
    Quarterly,
    /// Fiscal years; a period is written YYYY.
    Annual,
    /// Days on which something was observed, such as the closes of an index; one is written YYYYMMDD. Only the days
    /// with an observation are periods: nothing lies between two that follow each other.
    Dated,
}

impl Frequency {
    const ALL: [Self; 3] = [Self::Quarterly, Self::Annual, Self::Dated];

    /// What names of facts with such periods end with: `_q`, `_a` or `_d`.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Quarterly => "_q",
            Self::Annual => "_a",
            Self::Dated => "_d",
        }
    }

    /// The frequency that the name of a fact ends with.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|frequency| name.ends_with(frequency.suffix()))
    }

    /// The period that is written so, if there is one.
    ///
    /// ```
    /// use backstaff_panel::Frequency;
    /// let third = Frequency::Quarterly.period(202_003).unwrap();
    /// assert_eq!(Frequency::Quarterly.code(third.next()), 202_004);
    /// assert_eq!(Frequency::Quarterly.period(202_005), None);
    /// assert_eq!(Frequency::Annual.period(202_003), None);
    /// assert_eq!(Frequency::Dated.period(20_200_230), None);
    /// ```
    pub fn period(self, code: u32) -> Option<Period> {
        let years = 1_000..=9_999;
        match self {
            Self::Quarterly => {
                let (year, quarter) = (code / 100, code % 100);
                let is_one = years.contains(&year) && (1..=4).contains(&quarter);
                is_one.then(|| Period::from_number((4 * year + quarter - 1) as i32))
            }
            Self::Annual => years.contains(&code).then(|| Period::from_number(code as i32)),
            Self::Dated => {
                let (year, month, day) = (code / 10_000, code / 100 % 100, code % 100);
                years.contains(&year).then_some(())?;
                Session::from_ymd(year as i16, month as i8, day as i8).map(Period::of_date)
            }
        }
    }

    /// The number by which a period is written: YYYYQQ, YYYY or YYYYMMDD.
    pub fn code(self, period: Period) -> u32 {
        let number = period.number().unsigned_abs();
        match self {
            Self::Quarterly => number / 4 * 100 + number % 4 + 1,
            Self::Annual => number,
            Self::Dated => {
                let date = period.date().date();
                let (year, month, day) = (date.year(), date.month(), date.day());
                u32::from(year.unsigned_abs()) * 10_000
                    + u32::from(month.unsigned_abs()) * 100
                    + u32::from(day.unsigned_abs())
            }
        }
    }

    /// The fiscal period that ends on a date, if fiscal years end with the month of this number; for observations the
    /// date itself. `None` if there is no such month.
    ///
    /// A fiscal year is named by the calendar year in which it ends. An end in the first half of a month belongs to the
    /// month before: companies that count in weeks close a few days early or late.
    ///
    /// ```
    /// use backstaff_panel::{Frequency, Session};
    /// let end = Session::from_ymd(2015, 12, 26).unwrap();
    /// let code = |frequency: Frequency, last| frequency.ending(end, last).map(|period| frequency.code(period));
    /// assert_eq!(code(Frequency::Quarterly, 12), Some(201_504));
    /// // The fiscal year ends in September.
    /// assert_eq!(code(Frequency::Quarterly, 9), Some(201_601));
    /// assert_eq!(code(Frequency::Annual, 12), Some(2015));
    /// ```
    pub fn ending(self, end: Session, last_month: i8) -> Option<Period> {
        if !(1..=12).contains(&last_month) {
            return None;
        }
        let date = Session::from_number(end.number() - 15).date();
        // Months after the end of a fiscal year, the last of them 12.
        let months = (i32::from(date.month() - last_month) + 11).rem_euclid(12) + 1;
        let year = i32::from(date.year()) + i32::from(date.month() > last_month);
        Some(match self {
            Self::Quarterly => Period::from_number(4 * year + (months - 1) / 3),
            Self::Annual => Period::from_number(year),
            Self::Dated => Period::of_date(end),
        })
    }
}

impl fmt::Display for Frequency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quarterly => "quarterly",
            Self::Annual => "annual",
            Self::Dated => "dated",
        })
    }
}

/// A quarter, a year or a day, by its number: quarters and years that follow each other have numbers that do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Period(i32);

impl Period {
    /// The period with this number.
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// The period of an observation: its day.
    pub const fn of_date(date: Session) -> Self {
        Self(date.number())
    }

    /// The day of the period, if the period is a day.
    pub const fn date(self) -> Session {
        Session::from_number(self.0)
    }

    /// Years count from year 0, quarters from the first one of year 0, days from 1970-01-01.
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The period that follows this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_follow_each_other_across_years() {
        let last = Frequency::Quarterly.period(201_904).unwrap();
        assert_eq!(Frequency::Quarterly.code(last.next()), 202_001);
        let year = Frequency::Annual.period(2019).unwrap();
        assert_eq!(Frequency::Annual.code(year.next()), 2020);
        for code in [0, 202_000, 202_005, 99_901, 1_000_001] {
            assert_eq!(Frequency::Quarterly.period(code), None, "{code}");
        }
    }

    #[test]
    fn days_are_written_as_dates() {
        let day = Frequency::Dated.period(19_690_228).unwrap();
        assert_eq!((day.date().to_string().as_str(), Frequency::Dated.code(day)), ("1969-02-28", 19_690_228));
        assert_eq!(Frequency::Dated.code(day.next()), 19_690_301);
        assert!(
            [0, 20_201_301, 20_200_200, 202_001].iter().all(|&code| Frequency::Dated.period(code).is_none())
        );
    }

    #[test]
    fn fiscal_quarters_count_from_the_end_of_the_fiscal_year() {
        let quarter = |month, last_month| {
            let end = Session::from_ymd(2020, month, 28).unwrap();
            Frequency::Quarterly.code(Frequency::Quarterly.ending(end, last_month).unwrap())
        };
        assert_eq!([3, 6, 9, 12].map(|month| quarter(month, 12)), [202_001, 202_002, 202_003, 202_004]);
        assert_eq!([3, 6, 9, 12].map(|month| quarter(month, 3)), [202_004, 202_101, 202_102, 202_103]);
        assert_eq!([1, 4, 7, 10].map(|month| quarter(month, 1)), [202_004, 202_101, 202_102, 202_103]);
        // A year of 52 weeks that ends a few days late.
        assert_eq!(
            Frequency::Annual.ending(Session::from_ymd(2020, 1, 3).unwrap(), 12).unwrap().number(),
            2019
        );
        assert_eq!(Frequency::Annual.ending(Session::from_ymd(2020, 1, 3).unwrap(), 13), None);
    }
}
