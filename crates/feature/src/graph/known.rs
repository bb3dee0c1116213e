//! The facts that are known on a day, row by row: by period, or by the day of the observation.

use std::{borrow::Cow, ops::Range};

use backstaff_panel::{Fact, Frequency, Session};

/// Values of consecutive rows.
#[derive(Clone, Default)]
pub(super) struct Series<'a> {
    first: i32,
    values: Cow<'a, [f64]>,
}

/// Some facts over the rows that are known of them.
///
/// The row of a quarter or a year is its number, so that a period nobody published is a row without a value. Observations
/// are rows in the order of their days, numbered from 0; each fact has all of them, with a missing value where another
/// fact alone was observed.
pub(super) struct Known {
    series: Vec<Series<'static>>,
    /// The days of the rows, if they are observations.
    days: Option<Vec<i32>>,
}

impl Series<'_> {
    pub(super) fn new(first: i32, values: Vec<f64>) -> Self {
        Self { first, values: values.into() }
    }

    pub(super) fn rows(&self) -> Range<i32> {
        self.first..self.first + self.values.len() as i32
    }

    pub(super) fn into_owned(self) -> Series<'static> {
        Series { first: self.first, values: self.values.into_owned().into() }
    }

    pub(super) fn at(&self, row: i32) -> Option<f64> {
        let place = usize::try_from(row.checked_sub(self.first)?).ok()?;
        self.values.get(place).copied()
    }

    /// The part of it in a range of rows.
    pub(super) fn between(&self, wanted: &Range<i32>) -> Series<'_> {
        let own = self.rows();
        let (start, end) = (own.start.max(wanted.start), own.end.min(wanted.end));
        if start >= end {
            return Series::default();
        }
        let part = (start - own.start) as usize..(end - own.start) as usize;
        Series { first: start, values: Cow::Borrowed(&self.values[part]) }
    }

    /// The values in these rows, missing where the series has none.
    pub(super) fn over(&self, rows: &Range<i32>) -> Cow<'_, [f64]> {
        if self.rows() == *rows {
            return Cow::Borrowed(&self.values);
        }
        rows.clone().map(|row| self.at(row).unwrap_or(f64::NAN)).collect()
    }

    /// Take in the value of a row.
    fn set(&mut self, row: i32, value: f64) {
        let own = self.rows();
        let values = self.values.to_mut();
        if own.is_empty() {
            self.first = row;
            values.push(value);
        } else if row < own.start {
            let gap = (own.start - row) as usize;
            values.splice(0..0, std::iter::repeat_n(f64::NAN, gap));
            values[0] = value;
            self.first = row;
        } else {
            let place = (row - own.start) as usize;
            values.resize(values.len().max(place + 1), f64::NAN);
            values[place] = value;
        }
    }
}

impl Known {
    /// Rows of this many facts, of which nothing is known yet.
    pub(super) fn nothing(n_facts: usize, frequency: Frequency) -> Self {
        let days = (frequency == Frequency::Dated).then(Vec::new);
        Self { series: vec![Series::default(); n_facts], days }
    }

    /// The rows from the first to the last of all facts.
    pub(super) fn rows(&self) -> Range<i32> {
        self.series.iter().map(Series::rows).fold(0..0, union)
    }

    /// The row of a period, if it can have one.
    pub(super) fn row(&self, period: i32) -> Option<i32> {
        match &self.days {
            None => Some(period),
            Some(days) => days.binary_search(&period).ok().map(|row| row as i32),
        }
    }

    /// The numbers by which operators know these rows: those of periods, or the days.
    pub(super) fn sessions(&self, rows: &Range<i32>) -> Vec<Session> {
        let number = |row: i32| self.days.as_ref().map_or(row, |days| days[row as usize]);
        rows.clone().map(|row| Session::from_number(number(row))).collect()
    }

    /// A fact in these rows.
    pub(super) fn between(&self, fact: usize, rows: &Range<i32>) -> Series<'_> {
        self.series[fact].between(rows)
    }

    /// Whether a fact lies behind all rows that are known, so that taking it in changes none of them.
    pub(super) fn is_behind(&self, fact: &Fact) -> bool {
        let period = fact.period.number();
        match &self.days {
            None => self.series.iter().all(|series| series.values.is_empty() || series.rows().end <= period),
            Some(days) => days.last().is_none_or(|&last| last < period),
        }
    }

    /// Whether all facts of which something is known end with the same row.
    pub(super) fn is_even(&self) -> bool {
        let end = self.rows().end;
        self.series.iter().all(|series| series.values.is_empty() || series.rows().end == end)
    }

    /// Take in what is published.
    pub(super) fn learn(&mut self, of: usize, fact: &Fact) {
        let period = fact.period.number();
        let Some(days) = &mut self.days else {
            return self.series[of].set(period, fact.value);
        };
        let row = match days.binary_search(&period) {
            Ok(row) => row,
            Err(row) => {
                days.insert(row, period);
                for series in &mut self.series {
                    series.values.to_mut().insert(row, f64::NAN);
                }
                row
            }
        };
        self.series[of].set(row as i32, fact.value);
    }
}

/// The rows from the first to the last of both.
pub(super) fn union(a: Range<i32>, b: Range<i32>) -> Range<i32> {
    match (a.is_empty(), b.is_empty()) {
        (true, _) => b,
        (_, true) => a,
        _ => a.start.min(b.start)..a.end.max(b.end),
    }
}
