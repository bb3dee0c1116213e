//! Checks of a computed column: whether it has no values, has the same value everywhere, or rests on half-filled
//! windows.

use std::ops::Range;

use backstaff_feature::LookBack;
use backstaff_panel::{Axis, Column};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::words;

/// The counts of a check of one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnCheck {
    /// The name of the feature.
    pub column: String,
    /// The number of rows with a finite value.
    pub n_present: usize,
    /// The number of those rows whose window begins before their instrument's first session. Windows over all history,
    /// recursions and windows that count some rows only have no such beginning, so they count 0. A session inside a
    /// window that lacks a value is not counted either.
    pub n_partial: usize,
    /// The value that all rows share, if there are several rows and they do; `None` otherwise.
    pub constant: Option<f64>,
}

/// The share of values from half-filled windows above which a warning names the column.
const TOLERATED: f64 = 0.05;

/// The number of features that a warning names before it cuts the list.
const NAMED: usize = 8;

/// Counts the values of a column, one group of instruments after the other.
#[derive(Clone, Debug)]
pub struct Checker {
    n_present: usize,
    n_partial: usize,
    /// The least and the greatest finite value so far.
    range: (f64, f64),
    reach: usize,
}

impl Checker {
    /// Begin with no rows of a feature with this look-back.
    pub fn new(look_back: LookBack) -> Self {
        let range = (f64::INFINITY, f64::NEG_INFINITY);
        Self { n_present: 0, n_partial: 0, range, reach: look_back.sessions().unwrap_or(0) }
    }

    /// Count the rows of more instruments, whose values `column` holds.
    ///
    /// # Panics
    ///
    /// If the column does not have one value for each of the instruments' rows.
    pub fn add(&mut self, axis: &Axis, instruments: Range<usize>, column: &Column) {
        match column {
            Column::F32(values) => self.count(values, [f32::INFINITY, f32::NEG_INFINITY]),
            Column::F64(values) => self.count(values, [f64::INFINITY, f64::NEG_INFINITY]),
        }
        let mut first = 0;
        for i in instruments {
            let n_rows = axis.rows(i).len();
            let young = first..first + n_rows.min(self.reach);
            self.n_partial += young.filter(|&row| column.get(row).is_finite()).count();
            first += n_rows;
        }
        assert_eq!(column.len(), first, "a column of the instruments' rows");
    }

    fn count<T: Copy + PartialOrd + Into<f64>>(&mut self, values: &[T], [infinite, below_all]: [T; 2]) {
        // Several lanes, so that the processor takes several values at a time.
        const LANES: usize = 8;
        let (mut n, mut least, mut most) = ([0_u64; LANES], [infinite; LANES], [below_all; LANES]);
        let mut take = |lane: usize, value: T| {
            let is_finite = value < infinite && value > below_all;
            n[lane] += u64::from(is_finite);
            least[lane] = if is_finite && value < least[lane] { value } else { least[lane] };
            most[lane] = if is_finite && value > most[lane] { value } else { most[lane] };
        };
        let (chunks, rest) = values.as_chunks::<LANES>();
        for chunk in chunks {
            (0..LANES).for_each(|lane| take(lane, chunk[lane]));
        }
        rest.iter().enumerate().for_each(|(lane, &value)| take(lane, value));
        self.n_present += n.into_iter().sum::<u64>() as usize;
        let (least, most) = (least.into_iter().map(Into::into), most.into_iter().map(Into::into));
        self.range = (least.fold(self.range.0, f64::min), most.fold(self.range.1, f64::max));
    }

    /// The counts of all rows so far, under the feature's name.
    pub fn finish(self, name: &str) -> ColumnCheck {
        let Self { n_present, n_partial, range: (least, most), .. } = self;
        let constant = (n_present > 1 && least == most).then_some(least);
        ColumnCheck { column: name.to_owned(), n_present, n_partial, constant }
    }
}

impl ColumnCheck {
    /// Count the values of a whole column of a feature with this look-back.
    ///
    /// # Panics
    ///
    /// If the column does not have one value for each row of the axis.
    pub fn of(name: &str, look_back: LookBack, axis: &Axis, column: &Column) -> Self {
        let mut checker = Checker::new(look_back);
        checker.add(axis, 0..axis.n_instruments(), column);
        checker.finish(name)
    }

    /// The share of the finite values whose window begins before their instrument does.
    pub fn partial(&self) -> f64 {
        self.n_partial as f64 / self.n_present.max(1) as f64
    }

    /// Whether more of the values come from half-filled windows than can be overlooked: more than 5 %.
    pub fn has_many_partial(&self) -> bool {
        self.partial() > TOLERATED
    }

    /// Whether the column has no value, or the same one everywhere, so that it tells no rows apart.
    pub fn is_empty(&self) -> bool {
        self.n_present == 0 || self.constant.is_some()
    }
}

/// Check several columns: the name, the look-back and the values of each.
pub fn check(axis: &Axis, columns: &[(&str, LookBack, &Column)]) -> Vec<ColumnCheck> {
    let check = |&(name, look_back, column): &(&str, LookBack, &Column)| {
        ColumnCheck::of(name, look_back, axis, column)
    };
    columns.par_iter().map(check).collect()
}

/// The warnings about these columns for the user, one text for each kind of finding.
pub fn warnings(checks: &[ColumnCheck]) -> Vec<String> {
    let named = |found: &[&ColumnCheck]| {
        let names = found.iter().map(|check| check.column.as_str());
        let noun = if found.len() == 1 { "feature" } else { "features" };
        format!("{noun} {}", words::some_of(names, NAMED))
    };
    let (mut missing, mut constant, mut partial) = (Vec::new(), Vec::new(), Vec::new());
    for check in checks {
        match check {
            check if check.n_present == 0 => missing.push(check),
            check if check.constant.is_some() => constant.push(check),
            check if check.has_many_partial() => partial.push(check),
            _ => {}
        }
    }
    let mut warnings = Vec::new();
    if !missing.is_empty() {
        warnings.push(format!("no value anywhere: {}", named(&missing)));
    }
    if !constant.is_empty() {
        warnings.push(format!("the same value everywhere: {}", named(&constant)));
    }
    if let Some(most) = partial.iter().map(|check| check.partial()).max_by(f64::total_cmp) {
        warnings.push(format!(
            "up to {} of the values come from windows that begin before their instrument's first session: {}; `min=` says \
             how many observations a window needs",
            words::percent(most, 0),
            named(&partial)
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use backstaff_panel::{Instrument, testing::weekdays};

    use super::*;

    /// Two instruments over 40 sessions, one of them listed in the 30th.
    fn axis() -> Axis {
        let lives = vec![(Instrument::new("A"), 0..40), (Instrument::new("B"), 29..40)];
        Axis::new(weekdays(40), lives)
    }

    fn checked(look_back: LookBack, value: impl Fn(usize) -> f64) -> ColumnCheck {
        let column = Column::F64((0..51).map(value).collect());
        ColumnCheck::of("f", look_back, &axis(), &column)
    }

    #[test]
    fn counts_values_whose_window_begins_before_the_instrument() {
        let all = checked(LookBack::Sessions(4), |row| row as f64);
        assert_eq!((all.n_present, all.n_partial, all.constant), (51, 8, None));
        assert!(warnings(&[all])[0].starts_with("up to 16% of the values"));
        let full = checked(LookBack::Sessions(4), |row| {
            if row < 4 || (40..44).contains(&row) { f64::NAN } else { row as f64 }
        });
        assert_eq!((full.n_present, full.n_partial), (43, 0));
        assert!(warnings(&[full]).is_empty());
        assert_eq!(checked(LookBack::Recursive, |row| row as f64).n_partial, 0);
    }

    #[test]
    fn finds_columns_that_say_nothing() {
        let missing = checked(LookBack::Sessions(0), |row| if row == 3 { f64::INFINITY } else { f64::NAN });
        let constant = checked(LookBack::Sessions(0), |row| if row < 9 { f64::NAN } else { 2.5 });
        assert_eq!((missing.n_present, constant.constant), (0, Some(2.5)));
        assert!(missing.is_empty() && constant.is_empty());
        let once = checked(LookBack::Sessions(0), |row| if row == 9 { 1.0 } else { f64::NAN });
        assert_eq!(once.constant, None, "one value is no constant");
        assert_eq!(
            warnings(&[missing, constant]),
            ["no value anywhere: feature `f`", "the same value everywhere: feature `f`"]
        );
    }
}
