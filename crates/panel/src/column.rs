//! One number a row.

use std::ops::Range;

/// How the numbers of a column are stored. Computing is always in `f64`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Encoding {
    /// Four bytes a number.
    F32,
    /// Eight bytes a number.
    F64,
}

/// One number for each row of an [`Axis`](crate::Axis); NaN is missing.
#[derive(Clone, Debug)]
pub enum Column {
    /// Numbers stored in four bytes each.
    F32(Vec<f32>),
    /// Numbers stored in eight bytes each.
    F64(Vec<f64>),
}

impl Column {
    /// Store these values as `encoding` says; every NaN becomes the one canonical pattern.
    pub fn encode(values: &[f64], encoding: Encoding) -> Self {
        match encoding {
            Encoding::F32 => Self::F32(values.iter().map(|&value| shortened(value)).collect()),
            Encoding::F64 => Self::F64(values.iter().map(|&value| canonical(value)).collect()),
        }
    }

    /// How the numbers are stored.
    pub fn encoding(&self) -> Encoding {
        match self {
            Self::F32(_) => Encoding::F32,
            Self::F64(_) => Encoding::F64,
        }
    }

    /// How many rows the column has.
    pub fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
        }
    }

    /// Whether the column has no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row; NaN where it is missing.
    pub fn get(&self, row: usize) -> f64 {
        match self {
            Self::F32(values) => f64::from(values[row]),
            Self::F64(values) => values[row],
        }
    }

    /// Write the values of a range of rows into `out`.
    ///
    /// # Panics
    ///
    /// If `out` is not as long as the range.
    pub fn decode(&self, rows: Range<usize>, out: &mut [f64]) {
        match self {
            Self::F32(values) => {
                assert_eq!(rows.len(), out.len());
                for (out, &value) in out.iter_mut().zip(&values[rows]) {
                    *out = f64::from(value);
                }
            }
            Self::F64(values) => out.copy_from_slice(&values[rows]),
        }
    }

    /// The values of all rows.
    pub fn to_f64(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.len()];
        self.decode(0..self.len(), &mut out);
        out
    }

    /// The rows of these ranges, one after the other.
    pub fn select(&self, ranges: &[Range<usize>]) -> Self {
        fn gather<T: Copy>(values: &[T], ranges: &[Range<usize>]) -> Vec<T> {
            let mut out = Vec::with_capacity(ranges.iter().map(ExactSizeIterator::len).sum());
            for range in ranges {
                out.extend_from_slice(&values[range.clone()]);
            }
            out
        }
        match self {
            Self::F32(values) => Self::F32(gather(values, ranges)),
            Self::F64(values) => Self::F64(gather(values, ranges)),
        }
    }

    /// The rows of these ranges, which ascend, one after the other; in the memory that the column has.
    pub fn into_selected(mut self, ranges: &[Range<usize>]) -> Self {
        match &mut self {
            Self::F32(values) => compact(values, ranges),
            Self::F64(values) => compact(values, ranges),
        }
        self
    }

    /// A column of these values in four bytes each, where that loses nothing; the column itself otherwise.
    pub fn narrowed(self) -> Self {
        let Self::F64(values) = &self else { return self };
        let is_exact = values.iter().all(|&value| narrow(value).is_some());
        if is_exact { Self::encode(values, Encoding::F32) } else { self }
    }

    /// Whether both hold the same bytes.
    pub fn same_bits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::F32(a), Self::F32(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            (Self::F64(a), Self::F64(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
            }
            _ => false,
        }
    }
}

/// Keep the values of these ranges, which ascend, one after the other.
pub(crate) fn compact<T: Copy>(values: &mut Vec<T>, ranges: &[Range<usize>]) {
    let mut end = 0;
    for range in ranges {
        values.copy_within(range.clone(), end);
        end += range.len();
    }
    values.truncate(end);
}

/// Collects a column in four bytes a number for as long as that loses nothing, and in eight from then on: the same
/// column as [`Column::narrowed`] makes, without ever holding the wide one.
#[derive(Debug)]
pub struct NarrowColumn(Column);

impl NarrowColumn {
    /// An empty column with room for this many rows.
    pub fn with_capacity(rows: usize) -> Self {
        Self(Column::F32(Vec::with_capacity(rows)))
    }

    /// Add a row; every NaN becomes the one canonical pattern.
    #[inline]
    pub fn push(&mut self, value: f64) {
        match &mut self.0 {
            Column::F32(values) => match narrow(value) {
                Some(value) => values.push(value),
                None => self.wide().push(value),
            },
            Column::F64(values) => values.push(canonical(value)),
        }
    }

    /// Add a row for each of these values.
    pub fn extend(&mut self, mut values: &[f64]) {
        if let Column::F32(narrowed) = &mut self.0 {
            let wide = values.iter().position(|&value| narrow(value).is_none()).unwrap_or(values.len());
            narrowed.extend(values[..wide].iter().filter_map(|&value| narrow(value)));
            values = &values[wide..];
        }
        if !values.is_empty() {
            self.wide().extend(values.iter().map(|&value| canonical(value)));
        }
    }

    /// Add the rows of a column.
    pub fn append(&mut self, part: &Column) {
        match (&mut self.0, part) {
            (Column::F32(values), Column::F32(part)) => values.extend_from_slice(part),
            (_, Column::F64(part)) => self.extend(part),
            (Column::F64(values), Column::F32(part)) => values.extend(part.iter().copied().map(f64::from)),
        }
    }

    /// The values in eight bytes each, with room for as many as there was.
    #[cold]
    fn wide(&mut self) -> &mut Vec<f64> {
        if let Column::F32(values) = &self.0 {
            let mut wide = Vec::with_capacity(values.capacity());
            wide.extend(values.iter().copied().map(f64::from));
            self.0 = Column::F64(wide);
        }
        match &mut self.0 {
            Column::F64(values) => values,
            Column::F32(_) => unreachable!("it has just been made wide"),
        }
    }

    /// The column of all rows that were added.
    pub fn finish(self) -> Column {
        self.0
    }
}

/// The number, or the one NaN that is stored.
#[inline]
fn canonical(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

/// The same in four bytes. A cast alone would not say which NaN it makes of one.
#[inline]
fn shortened(value: f64) -> f32 {
    if value.is_nan() { f32::NAN } else { value as f32 }
}

/// The number in four bytes, if that loses nothing.
#[inline]
fn narrow(value: f64) -> Option<f32> {
    let narrow = shortened(value);
    (value.is_nan() || f64::from(narrow).to_bits() == value.to_bits()).then_some(narrow)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_one_nan_only() {
        let odd = f64::from_bits(f64::NAN.to_bits() | 7);
        let column = Column::encode(&[odd, -odd, 1.5], Encoding::F64);
        assert!(column.same_bits(&Column::F64(vec![f64::NAN, f64::NAN, 1.5])));
    }

    #[test]
    fn is_narrowed_where_that_loses_nothing() {
        let narrow = |values: &[f64]| Column::F64(values.to_vec()).narrowed();
        let exact = [0.0, -0.0, 1.5, f64::NAN, 16_777_216.0, f64::INFINITY];
        assert!(narrow(&exact).same_bits(&Column::encode(&exact, Encoding::F32)));
        for inexact in [16_777_217.0, 0.1, 1e300, 1e-60] {
            assert!(narrow(&[1.0, inexact]).same_bits(&Column::F64(vec![1.0, inexact])), "{inexact}");
        }
    }

    #[test]
    fn collects_what_narrowing_afterwards_would_make() {
        let odd = f64::from_bits(f64::NAN.to_bits() | 7);
        let columns: [&[f64]; 4] =
            [&[], &[1.5, odd, -0.0], &[1.0, 0.1, odd, 2.0], &[f64::NAN, 16_777_217.0, 0.0]];
        for values in columns {
            let expected = Column::encode(values, Encoding::F64).narrowed();
            let mut one_by_one = NarrowColumn::with_capacity(2);
            for &value in values {
                one_by_one.push(value);
            }
            assert!(one_by_one.finish().same_bits(&expected), "{values:?}");
            for cut in 0..=values.len() {
                let mut parts = NarrowColumn::with_capacity(0);
                parts.extend(&values[..cut]);
                parts.extend(&values[cut..]);
                assert!(parts.finish().same_bits(&expected), "{values:?} in parts");
                let mut joined = NarrowColumn::with_capacity(0);
                for part in [&values[..cut], &values[cut..]] {
                    joined.append(&Column::encode(part, Encoding::F64).narrowed());
                }
                assert!(joined.finish().same_bits(&expected), "{values:?} of columns");
            }
        }
    }

    #[test]
    fn selects_runs_of_rows() {
        let column = Column::F32(vec![0.0, 1.0, 2.0, 3.0]);
        assert_eq!(column.select(&[1..2, 3..4]).to_f64(), vec![1.0, 3.0]);
        assert_eq!(column.into_selected(&[1..2, 3..4]).to_f64(), vec![1.0, 3.0]);
    }
}
