//! Returns by year and month.

use backstaff_panel::Session;

/// By which part of the calendar returns are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CalendarPeriod {
    /// Periods are calendar years.
    Year,
    /// Periods are calendar months.
    Month,
}

/// The return of one calendar year or month.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PeriodReturn {
    /// The calendar year of the period.
    pub year: i16,
    /// The month, 1 to 12; `None` for a whole year.
    pub month: Option<i8>,
    /// The last value in the period over the last one before it (or the first of all), less one.
    pub value: f64,
    /// How many sessions it has, the first of all not counted.
    pub n_sessions: usize,
}

/// The return of each calendar year or month of a series of equities or prices, oldest first.
///
/// The first value is where it starts: a period that holds nothing else is left out.
///
/// # Panics
///
/// If there is not one value a session.
pub fn period_returns(sessions: &[Session], values: &[f64], period: CalendarPeriod) -> Vec<PeriodReturn> {
    assert_eq!(sessions.len(), values.len(), "one value a session");
    let key = |session: Session| (session.year(), (period == CalendarPeriod::Month).then(|| session.month()));
    let mut found = Vec::<PeriodReturn>::new();
    let mut base = values.first().copied().unwrap_or(f64::NAN);
    for t in 1..values.len() {
        let (year, month) = key(sessions[t]);
        let is_same = |last: &&mut PeriodReturn| (last.year, last.month) == (year, month);
        if let Some(last) = found.last_mut().filter(is_same) {
            last.value = values[t] / base - 1.0;
            last.n_sessions += 1;
        } else {
            base = values[t - 1];
            found.push(PeriodReturn { year, month, value: values[t] / base - 1.0, n_sessions: 1 });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_starts_at_the_last_close_before_it() {
        let sessions = ["2019-12-31", "2020-01-02", "2020-06-01", "2020-12-31", "2021-01-04"];
        let sessions = sessions.map(|date| date.parse::<Session>().unwrap());
        let values = [100.0, 110.0, 90.0, 120.0, 60.0];
        let years = period_returns(&sessions, &values, CalendarPeriod::Year);
        assert_eq!(years.len(), 2);
        assert!((years[0].value - 0.2).abs() < 1e-15 && (years[1].value + 0.5).abs() < 1e-15);
        assert_eq!((years[0].year, years[0].month, years[0].n_sessions), (2020, None, 3));
        let months = period_returns(&sessions, &values, CalendarPeriod::Month);
        assert_eq!(
            months.iter().map(|month| month.month).collect::<Vec<_>>(),
            vec![Some(1), Some(6), Some(12), Some(1)]
        );
        let linked = months[..3].iter().fold(1.0, |growth, month| growth * (1.0 + month.value));
        assert!((linked - 1.2).abs() < 1e-15);
    }

    #[test]
    fn a_single_value_has_no_period() {
        assert!(period_returns(&[Session::from_number(0)], &[1.0], CalendarPeriod::Year).is_empty());
    }
}
