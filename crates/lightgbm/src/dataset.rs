//! Binned rows.

use std::{collections::BTreeSet, ffi::CString};

use crate::{
    Library, LightGbmError, Matrix, Parameters, Threads,
    ffi::{RawDataset, SampledColumn},
    matrix,
};

/// What LightGBM takes for zero, and therefore leaves out of a sample.
const ZERO: f64 = 1e-35;

/// What is to be learned, one entry for each row of the matrix.
#[derive(Clone, Copy, Debug)]
pub struct Targets<'a> {
    /// The label of each row.
    pub labels: &'a [f32],
    /// How much each row counts; all count the same where there are none.
    pub weights: Option<&'a [f32]>,
    /// For ranking: how many rows each query has, in the order of the rows.
    pub group_sizes: Option<&'a [i32]>,
    /// Scores from which the training starts.
    pub initial_scores: Option<&'a [f64]>,
}

impl<'a> Targets<'a> {
    /// Targets of labels, without weights and queries.
    pub fn labels(labels: &'a [f32]) -> Self {
        Self { labels, weights: None, group_sizes: None, initial_scores: None }
    }

    fn check(&self, n_rows: usize) -> Result<(), LightGbmError> {
        let length = |what, found| {
            if found == n_rows {
                Ok(())
            } else {
                Err(LightGbmError::Length { what, expected: n_rows, found })
            }
        };
        let finite = |what, position: Option<usize>| {
            position.map_or(Ok(()), |position| Err(LightGbmError::NotFinite { what, position }))
        };
        length("labels", self.labels.len())?;
        finite("label", self.labels.iter().position(|label| !label.is_finite()))?;
        if let Some(weights) = self.weights {
            length("weights", weights.len())?;
            finite("weight", weights.iter().position(|weight| !weight.is_finite() || *weight < 0.0))?;
        }
        if let Some(scores) = self.initial_scores {
            length("initial scores", scores.len())?;
            finite("initial score", scores.iter().position(|score| !score.is_finite()))?;
        }
        if let Some(sizes) = self.group_sizes {
            finite("group size", sizes.iter().position(|&size| size < 1))?;
            length("rows in all groups", sizes.iter().map(|&size| size as usize).sum())?;
        }
        Ok(())
    }
}

/// Rows in bins, ready for training.
pub struct Dataset {
    raw: RawDataset,
    n_rows: usize,
    is_weighted: bool,
}

impl std::fmt::Debug for Dataset {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dataset").field("n_rows", &self.n_rows).finish_non_exhaustive()
    }
}

impl Dataset {
    /// Put rows into bins found from these rows alone.
    ///
    /// - Memory: a byte a value for most features, and while bins are sought the values of at most
    ///   `bin_construct_sample_cnt` rows; the matrix is read through a buffer of half a megabyte.
    /// - NaN: missing, and infinite values are, too.
    /// - Determinism: the bins are those that Python's LightGBM finds with the same parameters and seed.
    ///
    /// # Errors
    ///
    /// If targets don't fit the rows, names don't fit the columns, or LightGBM refuses a parameter's value.
    pub fn new(
        library: Library,
        matrix: &Matrix<'_>,
        names: &[&str],
        targets: &Targets<'_>,
        parameters: &Parameters,
        threads: Threads,
    ) -> Result<Self, LightGbmError> {
        targets.check(matrix.n_rows())?;
        let names = feature_names(names, matrix.n_columns())?;
        let n_rows = matrix::count("the number of rows", matrix.n_rows())?;
        let parameters = parameters.for_library(threads);
        let api = library.api();
        threads.run(api, || {
            let sampled = api.sample(n_rows, &parameters)?;
            let mut columns = sample(matrix, &sampled);
            let mut raw =
                RawDataset::from_sample(api, &mut columns, sampled.len() as i32, n_rows, &parameters)?;
            drop(columns);
            raw.set_names(&names)?;
            fill(raw, matrix, targets)
        })
    }

    /// Put other rows into the bins of this dataset: what a validation set needs.
    ///
    /// # Errors
    ///
    /// If targets don't fit the rows, or the columns are not as many as this dataset's.
    pub fn with_same_bins(
        &self,
        matrix: &Matrix<'_>,
        targets: &Targets<'_>,
        threads: Threads,
    ) -> Result<Self, LightGbmError> {
        targets.check(matrix.n_rows())?;
        let (expected, found) = (self.raw.n_columns(), matrix.n_columns());
        if found != expected {
            return Err(LightGbmError::Length { what: "features", expected, found });
        }
        let n_rows = matrix::count("the number of rows", matrix.n_rows())?;
        // LightGBM gives a sibling weights of 0 where this dataset has any, and taking them away leaves those of its
        // groups behind: metrics would divide by nothing.
        let ones = vec![1.0; if self.is_weighted { matrix.n_rows() } else { 0 }];
        let targets = match targets.weights {
            None if self.is_weighted => Targets { weights: Some(&ones), ..*targets },
            _ => *targets,
        };
        threads.run(self.raw.api(), || fill(self.raw.sibling(n_rows)?, matrix, &targets))
    }

    /// How many rows the dataset holds.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    pub(crate) fn raw(&mut self) -> &mut RawDataset {
        &mut self.raw
    }
}

/// The sampled rows, column by column, without the zeros.
fn sample(matrix: &Matrix<'_>, sampled: &[i32]) -> Vec<SampledColumn> {
    (0..matrix.n_columns())
        .map(|column| {
            let mut out = SampledColumn::default();
            for (place, &position) in sampled.iter().enumerate() {
                let value = matrix.get(position as usize, column);
                if value.abs() > ZERO || value.is_nan() {
                    out.push(place, value);
                }
            }
            out
        })
        .collect()
}

fn fill(mut raw: RawDataset, matrix: &Matrix<'_>, targets: &Targets<'_>) -> Result<Dataset, LightGbmError> {
    matrix.for_each_part(|first, part| raw.push(first, part))?;
    raw.set_f32(c"label", targets.labels)?;
    // Groups come before weights, which LightGBM adds up by group.
    raw.set_i32(c"group", targets.group_sizes.unwrap_or_default())?;
    raw.set_f32(c"weight", targets.weights.unwrap_or_default())?;
    raw.set_f64(c"init_score", targets.initial_scores.unwrap_or_default())?;
    Ok(Dataset { raw, n_rows: matrix.n_rows(), is_weighted: targets.weights.is_some() })
}

/// Names as LightGBM can write them: what its format can't hold becomes `_`, and a number keeps them apart.
fn feature_names(names: &[&str], n_columns: usize) -> Result<Vec<CString>, LightGbmError> {
    if names.len() != n_columns {
        return Err(LightGbmError::Length { what: "feature names", expected: n_columns, found: names.len() });
    }
    let mut given = BTreeSet::new();
    if let Some(name) = names.iter().find(|name| !given.insert(**name)) {
        return Err(LightGbmError::DuplicateFeature { name: (*name).to_owned() });
    }
    let mut written = BTreeSet::new();
    let unwritable = |c: char| c.is_whitespace() || c.is_control() || "\",:[]{}".contains(c);
    let written = names.iter().enumerate().map(|(n, name)| {
        let mut safe = name.replace(unwritable, "_");
        while safe.is_empty() || !written.insert(safe.clone()) {
            safe = format!("{safe}_{n}");
        }
        CString::new(safe).unwrap_or_default()
    });
    Ok(written.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_writable_and_stay_apart() {
        let names = feature_names(&["a b", "a_b", "Mean($close, 20)", ""], 4).unwrap();
        let names = names.iter().map(|name| name.to_str().unwrap()).collect::<Vec<_>>();
        assert_eq!(names, ["a_b", "a_b_1", "Mean($close__20)", "_3"]);
        assert!(matches!(feature_names(&["a", "a"], 2), Err(LightGbmError::DuplicateFeature { .. })));
        assert!(matches!(feature_names(&["a"], 2), Err(LightGbmError::Length { .. })));
    }

    #[test]
    fn targets_must_fit_the_rows() {
        assert!(Targets::labels(&[1.0, 2.0]).check(2).is_ok());
        assert!(matches!(Targets::labels(&[1.0]).check(2), Err(LightGbmError::Length { .. })));
        let nan = Targets::labels(&[1.0, f32::NAN]).check(2);
        assert!(matches!(nan, Err(LightGbmError::NotFinite { what: "label", position: 1 })));
        let groups = Targets { group_sizes: Some(&[1, 2]), ..Targets::labels(&[1.0, 2.0]) };
        assert!(matches!(groups.check(2), Err(LightGbmError::Length { found: 3, .. })));
        let weights = Targets { weights: Some(&[1.0, -1.0]), ..Targets::labels(&[1.0, 2.0]) };
        assert!(matches!(weights.check(2), Err(LightGbmError::NotFinite { what: "weight", .. })));
    }
}
