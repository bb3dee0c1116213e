//! The scores of a model over the tested sessions, put together from its folds.

use std::ops::Range;

use backstaff_panel::{Axis, Column, Universe};
use backstaff_stage::{Digest, KeyHasher, digest_bytes};

/// Scores of some rows of an axis; all other rows have none.
#[derive(Clone, Debug)]
pub struct Scores {
    rows: Vec<u32>,
    values: Vec<f64>,
}

impl Scores {
    /// No row has a score.
    pub fn none() -> Self {
        Self { rows: Vec::new(), values: Vec::new() }
    }

    /// Scores of rows, given as pairs of row and score in any order.
    ///
    /// Two pairs of one row are both kept, so a row must come once.
    pub fn new(mut pairs: Vec<(u32, f64)>) -> Self {
        pairs.sort_unstable_by_key(|pair| pair.0);
        Self {
            rows: pairs.iter().map(|pair| pair.0).collect(),
            values: pairs.iter().map(|pair| pair.1).collect(),
        }
    }

    /// The finite values of a column on the members of a universe, as scores.
    pub fn of_column(column: &Column, universe: &Universe) -> Self {
        let members = universe.members().iter().enumerate().filter(|(_, member)| **member);
        let pairs = members.map(|(row, _)| (row as u32, column.get(row)));
        Self::new(pairs.filter(|(_, value)| value.is_finite()).collect())
    }

    /// The scores in these sessions, given as positions of the calendar.
    pub fn within(&self, axis: &Axis, sessions: &Range<usize>) -> Self {
        let pairs = self.rows.iter().copied().zip(self.values.iter().copied());
        Self::new(pairs.filter(|(row, _)| sessions.contains(&axis.position_of(*row as usize))).collect())
    }

    /// The rows that have a score, ascending.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// The score of each of these rows.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// One value for each of `n_rows` rows; NaN where a row has no score.
    pub fn on(&self, n_rows: usize) -> Vec<f64> {
        let mut out = vec![f64::NAN; n_rows];
        for (&row, &value) in self.rows.iter().zip(&self.values) {
            if let Some(slot) = out.get_mut(row as usize) {
                *slot = value;
            }
        }
        out
    }

    /// The scores in these ranges of rows, renumbered as if the ranges followed one another.
    pub fn select(&self, kept: &[Range<usize>]) -> Self {
        let mut out = Self::none();
        let mut start = 0;
        for range in kept {
            let from = self.rows.partition_point(|&row| (row as usize) < range.start);
            let to = self.rows.partition_point(|&row| (row as usize) < range.end);
            out.rows
                .extend(self.rows[from..to].iter().map(|&row| (row as usize - range.start + start) as u32));
            out.values.extend_from_slice(&self.values[from..to]);
            start += range.len();
        }
        out
    }

    /// The digest of the scores with their instruments and sessions; row numbers, which an append moves, don't count.
    pub fn digest(&self, axis: &Axis) -> Digest {
        let values = self.values.iter().flat_map(|value| value.to_bits().to_le_bytes()).collect::<Vec<_>>();
        let mut key = KeyHasher::new();
        key.digest("rows", &digest_rows(axis, &self.rows)).bytes("values", &values);
        key.finish_digest()
    }
}

/// The digest of the instruments and sessions of rows, which must ascend.
pub fn digest_rows(axis: &Axis, rows: &[u32]) -> Digest {
    let mut bytes = Vec::with_capacity(rows.len() * 4);
    let mut i = 0;
    let mut named = None;
    for &row in rows {
        while axis.rows(i).end <= row as usize {
            i += 1;
        }
        if named != Some(i) {
            named = Some(i);
            let name = axis.instruments()[i].name().as_bytes();
            bytes.extend_from_slice(&i32::MIN.to_le_bytes());
            bytes.extend_from_slice(&(name.len() as u64).to_le_bytes());
            bytes.extend_from_slice(name);
        }
        let position = axis.position_in(i, row as usize);
        bytes.extend_from_slice(&axis.calendar().session(position).number().to_le_bytes());
    }
    digest_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_scores_of_kept_rows() {
        let scores = Scores::new(vec![(5, 0.5), (1, 0.1), (9, 0.9)]);
        let cut = scores.select(&[0..2, 5..7]);
        assert_eq!(cut.rows(), &[1, 2]);
        assert_eq!(cut.values(), &[0.1, 0.5]);
        assert_eq!(cut.on(3)[2], 0.5);
        assert!(cut.on(3)[0].is_nan());
    }
}
