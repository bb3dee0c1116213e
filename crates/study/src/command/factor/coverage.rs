//! The coverage of a feature: which rows have a value, and how values are distributed.

use backstaff_learn::evaluate::CrossSection;
use backstaff_panel::{Axis, Universe};
use rayon::prelude::*;
use serde::Serialize;

use crate::steps::evaluate::{finite, mean};

/// The percentiles that are shown, as shares.
const PERCENTILES: [f64; 7] = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0];

/// The coverage of a feature among the members of the universe.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// The number of rows in the universe.
    pub rows: usize,
    /// The number of these rows with a finite value.
    pub present: usize,
    /// The number of these rows with an infinite value, which counts as missing.
    pub infinite: usize,
    /// The share of the universe's rows with a value; `None` if the universe is empty.
    pub share: Option<f64>,
    /// The first session with a value: YYYY-MM-DD.
    pub first: Option<String>,
    /// The last session with a value: YYYY-MM-DD.
    pub last: Option<String>,
    /// The number of sessions with a value.
    pub sessions: usize,
    /// The number of instruments with a value in some session.
    pub instruments: usize,
    /// The mean number of instruments with a value, over the sessions with one.
    pub mean_count: Option<f64>,
    /// The most instruments with a value in one session.
    pub most: usize,
    /// The number of different values.
    pub distinct: usize,
    /// The percentiles of all values: the share below, and the value.
    pub percentiles: Vec<(f64, Option<f64>)>,
    /// The mean of the cross-section, averaged over sessions.
    pub mean: Option<f64>,
    /// The standard deviation of the cross-section, averaged over sessions.
    pub deviation: Option<f64>,
    /// The skewness of the cross-section, averaged over sessions.
    pub skewness: Option<f64>,
    /// The coverage of each calendar year, in order.
    pub years: Vec<YearCoverage>,
}

/// The coverage of one calendar year.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct YearCoverage {
    /// The calendar year.
    pub year: i16,
    /// The number of rows in the universe.
    pub rows: usize,
    /// The number of these rows with a finite value.
    pub present: usize,
    /// The share of the universe's rows with a value; `None` if there is none.
    pub share: Option<f64>,
}

impl Coverage {
    /// The coverage of values, one for each row, whose cross-sections have these moments.
    pub fn of(axis: &Axis, values: &[f64], universe: &Universe, sections: &[CrossSection]) -> Self {
        let rows = universe.n_members();
        let member = |row: usize| universe.contains(row);
        let has_value = |row: usize| member(row) && values[row].is_finite();
        let mut sorted =
            (0..values.len()).filter(|&row| has_value(row)).map(|row| values[row] + 0.0).collect::<Vec<_>>();
        sorted.par_sort_unstable_by(f64::total_cmp);
        let present = sections.iter().map(|section| section.n).sum::<usize>();
        let infinite = (0..values.len()).filter(|&row| member(row) && values[row].is_infinite()).count();
        let session = |position: usize| axis.calendar().session(position).to_string();
        let of_sections =
            |pick: fn(&CrossSection) -> f64| mean(&sections.iter().map(pick).collect::<Vec<_>>());
        let filled = sections.iter().filter(|section| section.n > 0).count();
        Self {
            rows,
            present,
            infinite,
            share: share(present, rows),
            first: sections.iter().position(|section| section.n > 0).map(session),
            last: sections.iter().rposition(|section| section.n > 0).map(session),
            sessions: filled,
            instruments: (0..axis.n_instruments()).filter(|&i| axis.rows(i).any(has_value)).count(),
            mean_count: share(present, filled),
            most: sections.iter().map(|section| section.n).max().unwrap_or(0),
            distinct: sorted.chunk_by(|a, b| a == b).count(),
            percentiles: PERCENTILES.map(|at| (at, percentile(&sorted, at))).to_vec(),
            mean: of_sections(|section| section.mean),
            deviation: of_sections(|section| section.deviation),
            skewness: of_sections(|section| section.skewness),
            years: years(axis, universe, sections),
        }
    }

    /// Whether no row has a value.
    pub fn is_empty(&self) -> bool {
        self.present == 0
    }

    /// Whether all values are the same.
    pub fn is_constant(&self) -> bool {
        self.distinct == 1
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The value with this share of the sorted values below it, rounded to the nearest of them.
fn percentile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    finite(sorted[(share * last as f64).round() as usize])
}

fn years(axis: &Axis, universe: &Universe, sections: &[CrossSection]) -> Vec<YearCoverage> {
    let mut years = Vec::<YearCoverage>::new();
    let sessions = axis.calendar().sessions().iter().zip(sections).enumerate();
    for (position, (session, section)) in sessions {
        let year = session.year();
        if years.last().is_none_or(|last| last.year != year) {
            years.push(YearCoverage { year, rows: 0, present: 0, share: None });
        }
        let Some(last) = years.last_mut() else { continue };
        let rows = axis.by_session().rows(position);
        last.rows += rows.iter().filter(|&&row| universe.contains(row as usize)).count();
        last.present += section.n;
        last.share = share(last.present, last.rows);
    }
    years
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use backstaff_learn::evaluate::{Cross, cross_sections};
    use backstaff_panel::{Calendar, Session};

    use super::*;

    #[test]
    fn counts_members_with_a_value_by_year() {
        let days = [16_800, 16_801, 16_802]; // 2015-12-31 to 2016-01-02
        let calendar = Calendar::new(days.map(Session::from_number).to_vec());
        let axis = Arc::new(Axis::new(calendar, vec![("A".into(), 0..3), ("B".into(), 1..3)]));
        let values = [f64::NAN, 2.0, 2.0, f64::INFINITY, 5.0];
        let universe = Universe::new(vec![true, true, false, true, true]);
        let cross = Cross::new(&axis, &values, &universe).unwrap();
        let coverage = Coverage::of(&axis, &values, &universe, &cross_sections(&cross));
        assert_eq!((coverage.rows, coverage.present, coverage.infinite, coverage.distinct), (4, 2, 1, 2));
        assert_eq!(
            (coverage.first.as_deref(), coverage.last.as_deref()),
            (Some("2016-01-01"), Some("2016-01-02"))
        );
        assert_eq!((coverage.instruments, coverage.most, coverage.mean_count), (2, 1, Some(1.0)));
        assert_eq!(coverage.years[0], YearCoverage { year: 2015, rows: 1, present: 0, share: Some(0.0) });
        assert_eq!(coverage.years[1].share, Some(2.0 / 3.0));
        assert_eq!(coverage.percentiles[3], (0.5, Some(5.0)));
    }

    #[test]
    fn nothing_has_no_percentiles() {
        assert_eq!(percentile(&[], 0.5), None);
        assert_eq!(percentile(&[1.0, 2.0, 4.0], 0.5), Some(2.0));
    }
}
