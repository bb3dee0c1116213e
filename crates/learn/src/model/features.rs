//! What models read.

use std::collections::BTreeSet;

use backstaff_lightgbm::{Matrix, MatrixValues};
use backstaff_panel::Column;

use crate::LearnError;

/// Named columns over one axis.
#[derive(Clone, Debug)]
pub struct Features<'a> {
    names: Vec<&'a str>,
    columns: Vec<&'a Column>,
    n_rows: usize,
}

impl<'a> Features<'a> {
    /// These columns, in this order.
    ///
    /// # Errors
    ///
    /// If there is none, two share a name, or their lengths differ.
    pub fn new(features: impl IntoIterator<Item = (&'a str, &'a Column)>) -> Result<Self, LearnError> {
        let (names, columns): (Vec<_>, Vec<_>) = features.into_iter().unzip();
        let Some(n_rows) = columns.first().map(|column: &&Column| column.len()) else {
            return Err(LearnError::NoFeatures);
        };
        if let Some(column) = columns.iter().find(|column| column.len() != n_rows) {
            return Err(LearnError::Length { what: "a feature", expected: n_rows, found: column.len() });
        }
        let mut seen = BTreeSet::new();
        if let Some(name) = names.iter().find(|name| !seen.insert(**name)) {
            return Err(LearnError::DuplicateFeature { name: (*name).to_owned() });
        }
        Ok(Self { names, columns, n_rows })
    }

    /// The names of the features.
    pub fn names(&self) -> &[&'a str] {
        &self.names
    }

    /// The column of each feature.
    pub fn columns(&self) -> &[&'a Column] {
        &self.columns
    }

    /// How many rows each column has.
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// These must be the features that a model was trained on.
    pub(super) fn must_be(&self, expected: &[String]) -> Result<(), LearnError> {
        if expected.len() != self.names.len() {
            let what = "the features of the model";
            return Err(LearnError::Length { what, expected: expected.len(), found: self.names.len() });
        }
        match expected.iter().zip(&self.names).position(|(expected, found)| expected != found) {
            None => Ok(()),
            Some(position) => Err(LearnError::FeatureMismatch {
                position,
                expected: expected[position].clone(),
                found: self.names[position].to_owned(),
            }),
        }
    }

    /// The features at these places.
    pub(super) fn at(&self, places: &[usize]) -> Self {
        Self {
            names: places.iter().map(|&place| self.names[place]).collect(),
            columns: places.iter().map(|&place| self.columns[place]).collect(),
            n_rows: self.n_rows,
        }
    }

    /// The same with another column at a place.
    pub(super) fn with_column<'b>(&self, place: usize, column: &'b Column) -> Features<'b>
    where
        'a: 'b,
    {
        let mut columns = self.columns.clone();
        columns[place] = column;
        Features { names: self.names.clone(), columns, n_rows: self.n_rows }
    }

    pub(super) fn owned_names(&self) -> Vec<String> {
        self.names.iter().map(|&name| name.to_owned()).collect()
    }

    /// Chosen rows as LightGBM reads them, from where they lie.
    pub(super) fn matrix<'b>(&'b self, rows: &'b [u32]) -> Result<Matrix<'b>, LearnError> {
        let values = self.columns.iter().map(|column| match column {
            Column::F32(values) => MatrixValues::F32(values),
            Column::F64(values) => MatrixValues::F64(values),
        });
        Ok(Matrix::new(values.collect(), rows)?)
    }
}

/// Rows with what is to be predicted for them.
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    features: &'a Features<'a>,
    rows: Vec<u32>,
    targets: Vec<f64>,
    weights: Option<Vec<f64>>,
    sessions: Option<Vec<u32>>,
}

impl<'a> Samples<'a> {
    /// These rows with one target each; rows whose target is not finite are left out.
    ///
    /// # Errors
    ///
    /// If targets are not as many as rows, or a row is outside the columns.
    pub fn new(features: &'a Features<'a>, rows: &[u32], targets: &[f64]) -> Result<Self, LearnError> {
        Self::build(features, rows, targets, None)
    }

    /// Samples with one weight a row; rows of weight 0 are left out.
    ///
    /// # Errors
    ///
    /// As [`Samples::new`]; also if a weight is negative or not finite.
    pub fn weighted(
        features: &'a Features<'a>,
        rows: &[u32],
        targets: &[f64],
        weights: &[f64],
    ) -> Result<Self, LearnError> {
        Self::build(features, rows, targets, Some(weights))
    }

    fn build(
        features: &'a Features<'a>,
        rows: &[u32],
        targets: &[f64],
        weights: Option<&[f64]>,
    ) -> Result<Self, LearnError> {
        let length = |what, found| {
            if found == rows.len() {
                return Ok(());
            }
            Err(LearnError::Length { what, expected: rows.len(), found })
        };
        length("targets", targets.len())?;
        length("weights", weights.map_or(rows.len(), <[f64]>::len))?;
        let weight = |n: usize| weights.map_or(1.0, |weights| weights[n]);
        if let Some(value) = (0..rows.len()).map(weight).find(|value| !value.is_finite() || *value < 0.0) {
            return Err(LearnError::Parameter { what: "a weight", value, condition: "0 or more" });
        }
        if let Some(&row) = rows.iter().find(|&&row| row as usize >= features.n_rows()) {
            return Err(LearnError::Length {
                what: "a sample's row",
                expected: features.n_rows(),
                found: row as usize,
            });
        }
        let kept = (0..rows.len()).filter(|&n| targets[n].is_finite() && weight(n) > 0.0).collect::<Vec<_>>();
        Ok(Self {
            features,
            rows: kept.iter().map(|&n| rows[n]).collect(),
            targets: kept.iter().map(|&n| targets[n]).collect(),
            weights: weights.map(|weights| kept.iter().map(|&n| weights[n]).collect()),
            sessions: None,
        })
    }

    /// Adds the session of each row, which models need that rank the rows of a session.
    pub fn in_sessions(self, session_of: impl Fn(u32) -> u32) -> Self {
        let sessions = self.rows.iter().map(|&row| session_of(row)).collect();
        Self { sessions: Some(sessions), ..self }
    }

    /// The features that the rows are described by.
    pub fn features(&self) -> &'a Features<'a> {
        self.features
    }

    /// The rows that have a target.
    pub fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// One target for each of them.
    pub fn targets(&self) -> &[f64] {
        &self.targets
    }

    /// One weight for each of them, if they don't all count the same.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The session of each sample, if the samples know it.
    pub fn sessions(&self) -> Option<&[u32]> {
        self.sessions.as_deref()
    }

    /// How many samples there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no sample.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
