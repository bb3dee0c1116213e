//! Which numbers LightGBM is to read.

use crate::LightGbmError;

/// How many values pass through the buffer at a time: half a megabyte, which stays in a core's cache.
const BUFFER: usize = 1 << 16;

/// One column as it lies in memory. NaN is missing, and so is an infinite value.
#[derive(Clone, Copy, Debug)]
pub enum MatrixValues<'a> {
    /// Values of four bytes each.
    F32(&'a [f32]),
    /// Values of eight bytes each.
    F64(&'a [f64]),
}

impl MatrixValues<'_> {
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

    /// The value of a row, NaN if it is not finite.
    pub fn get(&self, row: usize) -> f64 {
        let value = match self {
            Self::F32(values) => f64::from(values[row]),
            Self::F64(values) => values[row],
        };
        if value.is_finite() { value } else { f64::NAN }
    }

    /// Write the values of `rows` to every `stride`-th place of `out`, beginning with `first`.
    fn scatter(&self, rows: &[u32], out: &mut [f64], first: usize, stride: usize) {
        let places = out[first..].iter_mut().step_by(stride);
        match self {
            Self::F32(values) => {
                for (place, &row) in places.zip(rows) {
                    let value = values[row as usize];
                    *place = if value.is_finite() { f64::from(value) } else { f64::NAN };
                }
            }
            Self::F64(values) => {
                for (place, &row) in places.zip(rows) {
                    let value = values[row as usize];
                    *place = if value.is_finite() { value } else { f64::NAN };
                }
            }
        }
    }
}

/// Chosen rows of some columns, read where they lie.
#[derive(Clone, Debug)]
pub struct Matrix<'a> {
    columns: Vec<MatrixValues<'a>>,
    rows: &'a [u32],
}

impl<'a> Matrix<'a> {
    /// These rows, in this order, of these columns. The columns may be stored differently.
    ///
    /// # Errors
    ///
    /// If there is no column or no row, columns differ in length, or a row lies outside them.
    pub fn new(columns: Vec<MatrixValues<'a>>, rows: &'a [u32]) -> Result<Self, LightGbmError> {
        let Some(n_rows) = columns.first().map(MatrixValues::len) else {
            return Err(LightGbmError::Size { what: "the number of features", found: 0 });
        };
        if let Some(column) = columns.iter().find(|column| column.len() != n_rows) {
            return Err(LightGbmError::Length {
                what: "rows of a feature",
                expected: n_rows,
                found: column.len(),
            });
        }
        if let Some(&row) = rows.iter().find(|&&row| row as usize >= n_rows) {
            return Err(LightGbmError::Row { row, n_rows });
        }
        count("the number of rows", rows.len())?;
        count("the number of features", columns.len())?;
        Ok(Self { columns, rows })
    }

    /// How many rows are chosen.
    pub fn n_rows(&self) -> usize {
        self.rows.len()
    }

    /// How many columns there are.
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// One value: `position` counts the chosen rows.
    pub(crate) fn get(&self, position: usize, column: usize) -> f64 {
        self.columns[column].get(self.rows[position] as usize)
    }

    /// Walk over the chosen rows in parts that fit a small buffer: each part's first position, and its values row
    /// after row.
    pub(crate) fn for_each_part<E>(
        &self,
        mut work: impl FnMut(usize, &[f64]) -> Result<(), E>,
    ) -> Result<(), E> {
        let width = self.n_columns();
        let height = (BUFFER / width).clamp(1, self.n_rows());
        let mut buffer = vec![0.0; height * width];
        for (part, rows) in self.rows.chunks(height).enumerate() {
            let buffer = &mut buffer[..rows.len() * width];
            for (first, column) in self.columns.iter().enumerate() {
                column.scatter(rows, buffer, first, width);
            }
            work(part * height, buffer)?;
        }
        Ok(())
    }
}

/// A count as LightGBM takes it.
pub(crate) fn count(what: &'static str, found: usize) -> Result<i32, LightGbmError> {
    match i32::try_from(found) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(LightGbmError::Size { what, found }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_chosen_rows_in_their_order() {
        let (a, b) = ([1.0_f32, 2.0, f32::INFINITY], [0.1, f64::NAN, 0.3]);
        let matrix = Matrix::new(vec![MatrixValues::F32(&a), MatrixValues::F64(&b)], &[2, 0]).unwrap();
        let mut seen = Vec::new();
        matrix
            .for_each_part(|first, part| {
                seen.push((first, part.to_vec()));
                Ok::<_, LightGbmError>(())
            })
            .unwrap();
        assert_eq!(seen.len(), 1);
        assert!(seen[0].1[0].is_nan());
        assert_eq!(seen[0].1[1..], [0.3, 1.0, 0.1]);
        assert_eq!(matrix.get(1, 1), 0.1);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        let (a, b) = ([1.0, 2.0], [1.0]);
        let columns = vec![MatrixValues::F64(&a), MatrixValues::F64(&b)];
        assert!(matches!(Matrix::new(columns, &[0]), Err(LightGbmError::Length { .. })));
        let outside = Matrix::new(vec![MatrixValues::F64(&a)], &[2]);
        assert!(matches!(outside, Err(LightGbmError::Row { row: 2, n_rows: 2 })));
        assert!(matches!(Matrix::new(vec![], &[]), Err(LightGbmError::Size { .. })));
        assert!(matches!(Matrix::new(vec![MatrixValues::F64(&a)], &[]), Err(LightGbmError::Size { .. })));
    }
}
