//! What learns.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The models of a study by name, in the order of their names.
pub type Models = BTreeMap<String, ModelSpec>;

/// One model: exactly one of these kinds.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelSpec {
    /// Gradient-boosted trees.
    Lightgbm {
        /// Trees at most.
        #[serde(default = "default_rounds")]
        rounds: u32,
        /// Trees without gain on the validation rows after which training ends; 0 never ends early.
        #[serde(default = "default_patience")]
        early_stopping: u32,
        /// LightGBM's own parameters.
        #[serde(default)]
        parameters: BTreeMap<String, serde_json::Value>,
    },
    /// Linear regression with a quadratic penalty, chosen on the validation rows.
    Ridge {
        /// Candidate penalties on the sum of squared coefficients (scikit-learn's `alpha`).
        #[serde(default = "default_penalties")]
        penalties: Vec<f64>,
        /// Features are cut at so many standard deviations on either side.
        #[serde(default = "default_clip")]
        clip: f64,
    },
    /// No learning: the score is this expression.
    Expression(String),
}

fn default_rounds() -> u32 {
    300
}

fn default_patience() -> u32 {
    30
}

fn default_penalties() -> Vec<f64> {
    vec![1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
}

fn default_clip() -> f64 {
    5.0
}
