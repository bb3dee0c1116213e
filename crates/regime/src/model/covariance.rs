//! The covariances of the states.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form of the covariances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CovarianceForm {
    /// The series are independent within a state.
    Diagonal,
    /// Any positive definite matrix.
    Full,
}

impl CovarianceForm {
    /// The form's name in studies and keys.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Diagonal => "diagonal",
            Self::Full => "full",
        }
    }
}

impl fmt::Display for CovarianceForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The covariances of all states, one state after the other.
#[derive(Debug, Clone, PartialEq)]
pub enum Covariances {
    /// States × series: the variances.
    Diagonal(Vec<f64>),
    /// States × series × series.
    Full(Vec<f64>),
}

impl Covariances {
    /// The form of the covariances.
    pub fn form(&self) -> CovarianceForm {
        match self {
            Self::Diagonal(_) => CovarianceForm::Diagonal,
            Self::Full(_) => CovarianceForm::Full,
        }
    }

    /// All numbers, one state after the other.
    pub fn values(&self) -> &[f64] {
        match self {
            Self::Diagonal(values) | Self::Full(values) => values,
        }
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        match self {
            Self::Diagonal(values) | Self::Full(values) => values,
        }
    }

    /// How many numbers a state has.
    pub(crate) fn width(form: CovarianceForm, n_series: usize) -> usize {
        match form {
            CovarianceForm::Diagonal => n_series,
            CovarianceForm::Full => n_series * n_series,
        }
    }

    /// The numbers of a state.
    pub(crate) fn of_state(&self, state: usize, n_series: usize) -> &[f64] {
        let width = Self::width(self.form(), n_series);
        &self.values()[state * width..(state + 1) * width]
    }

    pub(crate) fn of_state_mut(&mut self, state: usize, n_series: usize) -> &mut [f64] {
        let width = Self::width(self.form(), n_series);
        &mut self.values_mut()[state * width..(state + 1) * width]
    }

    /// The covariance of two series in a state.
    pub(crate) fn entry(&self, state: usize, i: usize, j: usize, n_series: usize) -> f64 {
        match self {
            Self::Diagonal(values) if i == j => values[state * n_series + i],
            Self::Diagonal(_) => 0.0,
            Self::Full(values) => values[(state * n_series + i) * n_series + j],
        }
    }
}
