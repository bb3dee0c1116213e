//! Linear regression on the features as they are.

use backstaff_learn::{LearnError, model::Linear};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Linear regression on the features as they are, without a choice of penalties: Qlib's `LinearModel`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinearSpec {
    /// What the coefficients minimise.
    pub estimator: EstimatorSpec,
    /// The penalty of `ridge` and `lasso`.
    pub alpha: f64,
    /// Whether there is an intercept.
    #[serde(alias = "fit_intercept")]
    pub intercept: bool,
    /// Whether it is fitted on the validation rows too.
    #[serde(alias = "include_valid")]
    pub include_validation: bool,
}

/// What the coefficients b of a linear model minimise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EstimatorSpec {
    /// `|y − X b|²`.
    #[default]
    Ols,
    /// The same with no coefficient below 0.
    Nnls,
    /// `|y − X b|² + alpha · |b|²`.
    Ridge,
    /// `|y − X b|² / (2 n) + alpha · Σ |b|`.
    Lasso,
}

impl EstimatorSpec {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ols => "ols",
            Self::Nnls => "nnls",
            Self::Ridge => "ridge",
            Self::Lasso => "lasso",
        }
    }
}

impl LinearSpec {
    /// The model.
    ///
    /// # Errors
    ///
    /// If the penalty is negative, or given to an estimator that has none.
    pub fn model(&self) -> Result<Linear, LearnError> {
        let Self { estimator, alpha, intercept, include_validation } = self;
        Linear::from_kwargs(&json!({
            "estimator": estimator.name(),
            "alpha": alpha,
            "fit_intercept": intercept,
            "include_valid": include_validation,
        }))
    }
}
