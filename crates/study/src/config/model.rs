//! What learns.

use std::collections::BTreeMap;

use backstaff_learn::model::Average;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// The models of a study by name, in the order of their names.
pub type Models = BTreeMap<String, ModelSpec>;

/// One model: exactly one of these kinds.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelSpec {
    /// Gradient-boosted trees of LightGBM.
    Lightgbm {
        /// The largest number of trees.
        #[serde(default = "default_rounds")]
        rounds: u32,
        /// The number of trees without gain on the validation rows after which training ends; 0 never ends early. 30 if
        /// absent, and 0 without validation rows.
        #[serde(default)]
        early_stopping: Option<u32>,
        /// The number of grades into which a session's targets are cut, for objectives that rank; 5 if absent.
        #[serde(default)]
        grades: Option<u32>,
        /// The number of models of a fold, which differ in nothing but their seeds.
        #[serde(default = "one")]
        seeds: u32,
        /// The way in which the scores of several seeds become one.
        #[serde(default)]
        average: Average,
        /// LightGBM's own parameters.
        #[serde(default)]
        parameters: BTreeMap<String, serde_json::Value>,
    },
    /// Linear regression with a quadratic penalty, chosen on the validation rows.
    Ridge {
        /// Candidate penalties on the sum of squared coefficients (scikit-learn's `alpha`).
        #[serde(default = "default_penalties")]
        penalties: Vec<f64>,
        /// The number of standard deviations at which features are cut on either side.
        #[serde(default = "default_clip")]
        clip: f64,
    },
    /// No learning: the score is this expression.
    Expression(String),
}

/// Trees without gain after which training ends, if the study doesn't say.
const PATIENCE: u32 = 30;
/// The most seeds: more tell nothing, and are a slip.
const MOST_SEEDS: u32 = 1000;

impl ModelSpec {
    /// Whether it is fitted, so that a study needs a label and folds.
    pub fn learns(&self) -> bool {
        !matches!(self, Self::Expression(_))
    }

    /// Say what the study left open.
    pub(super) fn settle(&mut self, is_held_out: bool) {
        if let Self::Lightgbm { early_stopping, .. } = self {
            early_stopping.get_or_insert(if is_held_out { PATIENCE } else { 0 });
        }
    }

    /// What is wrong with it; `is_held_out` says whether folds have validation rows.
    pub(super) fn problems(&self, name: &str, is_held_out: bool) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut wrong =
            |key: &str, message: &str| problems.push(Problem::of(format!("models.{name}.{key}"), message));
        match self {
            Self::Lightgbm { early_stopping, seeds, .. } => {
                if early_stopping.is_some_and(|patience| patience > 0) && !is_held_out {
                    wrong("lightgbm.early_stopping", "has no rows to look at: folds.validation is none");
                }
                if !(1..=MOST_SEEDS).contains(seeds) {
                    wrong("lightgbm.seeds", "must be from 1 to 1000");
                }
            }
            Self::Ridge { penalties, .. } if penalties.len() > 1 && !is_held_out => {
                wrong("ridge.penalties", "give one: without folds.validation there is nothing to choose on");
            }
            Self::Ridge { .. } | Self::Expression(_) => {}
        }
        problems
    }
}

fn default_rounds() -> u32 {
    300
}

fn one() -> u32 {
    1
}

fn default_penalties() -> Vec<f64> {
    vec![1e3, 1e4, 1e5, 1e6, 1e7, 1e8]
}

fn default_clip() -> f64 {
    5.0
}
