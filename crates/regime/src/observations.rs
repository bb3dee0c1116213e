//! The observations of a market, bar by bar.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::RegimeError;

/// The rule for a bar at which a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The bar is no evidence, but time passes: the states move on by one transition, so that a gap of `n` bars
    /// counts as the `n`-th power of the transition matrix.
    Skip,
    /// A missing value is an error.
    Refuse,
}

impl Missing {
    /// The rule's name in studies and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Skip => "skip",
            Self::Refuse => "refuse",
        }
    }
}

/// Bars × series of finite values; a bar with a missing value is no evidence.
///
/// - Shape: rows are bars, oldest first; columns are the observed series (the return first, by convention: states are
///   ordered and labelled by the first series).
/// - Unit: the caller's own; models have the same.
/// - NaN: a bar at which any series is missing counts as missing in all of them.
///
/// ```
/// use backstaff_regime::{Missing, Observations};
/// let seen = Observations::univariate(&[0.01, f64::NAN, -0.02], Missing::Skip)?;
/// assert_eq!((seen.n_rows(), seen.n_present()), (3, 2));
/// assert!(Observations::univariate(&[0.01, f64::NAN], Missing::Refuse).is_err());
/// # Ok::<(), backstaff_regime::RegimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Observations {
    /// Row-major; a missing row is zeros.
    values: Vec<f64>,
    n_series: usize,
    present: Vec<bool>,
    n_present: usize,
}

impl Observations {
    /// The observations of one series.
    ///
    /// # Errors
    ///
    /// [`RegimeError::Infinite`], and [`RegimeError::MissingValue`] if `missing` refuses.
    pub fn univariate(series: &[f64], missing: Missing) -> Result<Self, RegimeError> {
        Self::from_columns(&[series], missing)
    }

    /// Several series side by side.
    ///
    /// # Errors
    ///
    /// [`RegimeError::NoSeries`], [`RegimeError::Ragged`], [`RegimeError::Infinite`], and
    /// [`RegimeError::MissingValue`] if `missing` refuses.
    pub fn from_columns(columns: &[&[f64]], missing: Missing) -> Result<Self, RegimeError> {
        let first = columns.first().ok_or(RegimeError::NoSeries)?;
        for (series, column) in columns.iter().enumerate() {
            if column.len() != first.len() {
                return Err(RegimeError::Ragged { series, expected: first.len(), found: column.len() });
            }
        }
        let mut observations = Self::empty(columns.len());
        let mut row = vec![0.0; columns.len()];
        for t in 0..first.len() {
            for (value, column) in row.iter_mut().zip(columns) {
                *value = column[t];
            }
            observations.push(&row, missing)?;
        }
        Ok(observations)
    }

    /// Bars one after the other, each with the values of all series.
    ///
    /// # Errors
    ///
    /// [`RegimeError::NoSeries`], [`RegimeError::Infinite`], and [`RegimeError::MissingValue`] if `missing` refuses.
    ///
    /// # Panics
    ///
    /// If the values are no whole number of bars.
    pub fn from_rows(values: Vec<f64>, n_series: usize, missing: Missing) -> Result<Self, RegimeError> {
        if n_series == 0 {
            return Err(RegimeError::NoSeries);
        }
        assert!(values.len().is_multiple_of(n_series), "{} values in bars of {n_series}", values.len());
        let n_rows = values.len() / n_series;
        if values.iter().all(|value| value.is_finite()) {
            return Ok(Self { values, n_series, present: vec![true; n_rows], n_present: n_rows });
        }
        let mut observations = Self::empty(n_series);
        for row in values.chunks_exact(n_series) {
            observations.push(row, missing)?;
        }
        Ok(observations)
    }

    /// Observations without a bar.
    pub(crate) fn empty(n_series: usize) -> Self {
        Self { values: Vec::new(), n_series, present: Vec::new(), n_present: 0 }
    }

    /// Append a bar.
    pub(crate) fn push(&mut self, row: &[f64], missing: Missing) -> Result<(), RegimeError> {
        let t = self.n_rows();
        if row.len() != self.n_series {
            return Err(RegimeError::Series { expected: self.n_series, found: row.len() });
        }
        if let Some(series) = row.iter().position(|value| value.is_infinite()) {
            return Err(RegimeError::Infinite { series, row: t });
        }
        let gap = row.iter().position(|value| value.is_nan());
        match gap {
            Some(series) if missing == Missing::Refuse => {
                return Err(RegimeError::MissingValue { series, row: t });
            }
            Some(_) => self.values.resize(self.values.len() + self.n_series, 0.0),
            None => self.values.extend_from_slice(row),
        }
        self.present.push(gap.is_none());
        self.n_present += usize::from(gap.is_none());
        Ok(())
    }

    /// The bars of `rows`, as observations of their own.
    ///
    /// # Panics
    ///
    /// If `rows` reaches beyond the bars.
    pub fn rows(&self, rows: std::ops::Range<usize>) -> Self {
        let present = self.present[rows.clone()].to_vec();
        Self {
            values: self.values[rows.start * self.n_series..rows.end * self.n_series].to_vec(),
            n_series: self.n_series,
            n_present: present.iter().filter(|&&present| present).count(),
            present,
        }
    }

    /// How many bars there are, missing ones included.
    pub fn n_rows(&self) -> usize {
        self.present.len()
    }

    /// How many series are observed.
    pub fn n_series(&self) -> usize {
        self.n_series
    }

    /// How many bars are present in all series.
    pub fn n_present(&self) -> usize {
        self.n_present
    }

    /// The values of a bar, or `None` if it is missing.
    pub fn row(&self, t: usize) -> Option<&[f64]> {
        self.present[t].then(|| &self.values[t * self.n_series..(t + 1) * self.n_series])
    }

    /// All values, row-major, with zeros in missing rows.
    pub(crate) fn filled(&self) -> &[f64] {
        &self.values
    }

    /// Whether each bar is present.
    pub(crate) fn present(&self) -> &[bool] {
        &self.present
    }

    /// The bars that are present, in order.
    pub(crate) fn present_rows(&self) -> impl Iterator<Item = &[f64]> + Clone {
        self.values.chunks_exact(self.n_series).zip(&self.present).filter_map(|(row, &is)| is.then_some(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_missing_in_one_series_is_missing() {
        let seen = Observations::from_columns(&[&[1.0, 2.0], &[f64::NAN, 4.0]], Missing::Skip).unwrap();
        assert_eq!((seen.row(0), seen.row(1)), (None, Some(&[2.0, 4.0][..])));
        assert_eq!(seen.rows(1..2).n_present(), 1);
    }

    #[test]
    fn rows_and_columns_give_the_same() {
        for gap in [f64::NAN, 3.0] {
            let rows = Observations::from_rows(vec![1.0, 2.0, gap, 4.0], 2, Missing::Skip).unwrap();
            let columns = Observations::from_columns(&[&[1.0, gap], &[2.0, 4.0]], Missing::Skip).unwrap();
            assert_eq!((rows.row(0), rows.row(1)), (columns.row(0), columns.row(1)));
            assert_eq!(rows.n_present(), columns.n_present());
        }
        let infinite = Observations::from_rows(vec![1.0, f64::INFINITY], 1, Missing::Skip).unwrap_err();
        assert_eq!(infinite, RegimeError::Infinite { series: 0, row: 1 });
    }

    #[test]
    fn defects_are_named_by_place() {
        let at = |columns: &[&[f64]]| Observations::from_columns(columns, Missing::Refuse).unwrap_err();
        assert_eq!(at(&[]), RegimeError::NoSeries);
        assert_eq!(at(&[&[1.0], &[]]), RegimeError::Ragged { series: 1, expected: 1, found: 0 });
        assert_eq!(at(&[&[1.0, f64::INFINITY]]), RegimeError::Infinite { series: 0, row: 1 });
        assert_eq!(at(&[&[1.0], &[f64::NAN]]), RegimeError::MissingValue { series: 1, row: 0 });
    }
}
