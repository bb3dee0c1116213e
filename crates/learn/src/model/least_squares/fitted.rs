//! A linear model that was fitted.

use backstaff_lightgbm::Threads;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::super::{Features, Importance, Model, Stored};
use crate::LearnError;

/// How many rows are predicted at a time.
const PART: usize = 4096;

/// Coefficients of features as they are.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LinearModel {
    features: Vec<String>,
    coefficients: Vec<f64>,
    intercept: f64,
}

impl LinearModel {
    pub(super) fn new(features: Vec<String>, coefficients: Vec<f64>, intercept: f64) -> Self {
        Self { features, coefficients, intercept }
    }

    /// One coefficient a feature.
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The prediction of a row whose features are all 0.
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    pub(in super::super) fn checked(self) -> Result<Self, LearnError> {
        if self.coefficients.len() == self.features.len() {
            return Ok(self);
        }
        Err(LearnError::NotAModel { message: "it has not as many coefficients as features".to_owned() })
    }
}

impl Model for LinearModel {
    fn features(&self) -> &[String] {
        &self.features
    }

    /// The intercept and each feature times its coefficient.
    ///
    /// - NaN: a row that misses a feature has no score, as in Qlib.
    fn predict(
        &self,
        features: &Features<'_>,
        rows: &[u32],
        _threads: Threads,
    ) -> Result<Vec<f64>, LearnError> {
        features.must_be(&self.features)?;
        let mut out = vec![0.0; rows.len()];
        out.par_chunks_mut(PART).zip(rows.par_chunks(PART)).for_each(|(out, rows)| {
            for (column, coefficient) in features.columns().iter().zip(&self.coefficients) {
                for (out, &row) in out.iter_mut().zip(rows) {
                    *out += coefficient * column.get(row as usize);
                }
            }
            for out in out {
                *out += self.intercept;
            }
        });
        Ok(out)
    }

    /// The size of each coefficient.
    fn importance(&self) -> Result<Vec<Importance>, LearnError> {
        let weighed = self.features.iter().zip(&self.coefficients);
        let importance = |(feature, coefficient): (&String, &f64)| Importance {
            feature: feature.clone(),
            gain: coefficient.abs(),
            n_splits: 0,
        };
        Ok(weighed.map(importance).collect())
    }

    fn to_text(&self) -> String {
        Stored::Linear(self.clone()).to_text()
    }
}
