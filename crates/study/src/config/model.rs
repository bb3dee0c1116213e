//! What learns.

use std::collections::BTreeMap;

use backstaff_learn::model::Average;
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DoubleEnsembleSpec, EstimatorSpec, GivenTable, LinearSpec, Problem, PythonModel, Weights};

/// The models of a study by name, in the order of the file.
pub type Models = IndexMap<String, ModelSpec>;

/// One model: exactly one of these kinds.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ModelSpec {
    /// Gradient-boosted trees of LightGBM.
    Lightgbm {
        /// The number of trees; with `early_stopping` the largest number.
        #[serde(default = "default_rounds")]
        rounds: u32,
        /// The number of trees without gain on the validation rows after which training ends; absent or 0: never, all
        /// `rounds` are grown.
        #[serde(default)]
        early_stopping: u32,
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
    /// Linear regression on the features as they are: ordinary, non-negative, ridge or lasso.
    Linear(LinearSpec),
    /// Trees of LightGBM that learn from each other's losses.
    DoubleEnsemble(Box<DoubleEnsembleSpec>),
    /// No learning: the score is this expression.
    Expression(String),
    /// Scores that were computed elsewhere: a table with a date, an instrument and a score a row.
    Scores(#[schemars(with = "super::schema::PathOr<GivenTable>")] GivenTable),
    /// A model of one's own in Python: an object with `fit` and `predict`.
    Python(#[schemars(with = "super::schema::PathOr<PythonModel>")] PythonModel),
}

/// The most seeds: more tell nothing, and are a slip.
const MOST_SEEDS: u32 = 1000;

impl ModelSpec {
    /// Whether it is fitted, so that a study needs a label and folds.
    pub fn learns(&self) -> bool {
        !matches!(self, Self::Expression(_) | Self::Scores(_))
    }

    /// What is wrong with it; `is_held_out` says whether folds have validation rows.
    pub(super) fn problems(&self, name: &str, is_held_out: bool, weights: Option<&Weights>) -> Vec<Problem> {
        let is_weighted = weights.is_some();
        let mut problems = Vec::new();
        let mut wrong =
            |key: &str, message: &str| problems.push(Problem::of(format!("models.{name}.{key}"), message));
        match self {
            Self::Lightgbm { early_stopping, seeds, .. } => {
                if *early_stopping > 0 && !is_held_out {
                    wrong(
                        "lightgbm.early_stopping",
                        "has no rows to look at: folds.validation is none; say one, as in `validation: {months: 6}`",
                    );
                }
                if !(1..=MOST_SEEDS).contains(seeds) {
                    wrong("lightgbm.seeds", "must be from 1 to 1000");
                }
            }
            Self::Ridge { penalties, .. } if penalties.len() > 1 && !is_held_out => {
                wrong(
                    "ridge.penalties",
                    "give one: without folds.validation there is nothing to choose on; or say one, as in `validation: {months: 6}`",
                );
            }
            Self::Linear(spec) => {
                if let Err(error) = spec.model() {
                    wrong("linear", &error.to_string());
                }
                if spec.estimator == EstimatorSpec::Nnls && is_weighted {
                    wrong(
                        "linear.estimator",
                        "nnls knows no weights of rows; take `weights` out, or write `ols`",
                    );
                }
            }
            Self::DoubleEnsemble(spec) => {
                if spec.early_stopping > 0 && !is_held_out {
                    wrong(
                        "double_ensemble.early_stopping",
                        "has no rows to look at: folds.validation is none; say one, as in `validation: {months: 6}`",
                    );
                }
                if let Err(error) = spec.model() {
                    wrong("double_ensemble", &error.to_string());
                }
                if is_weighted {
                    wrong(
                        "double_ensemble",
                        "makes weights of rows itself; take `weights` out, or write `lightgbm`",
                    );
                }
            }
            Self::Ridge { .. } | Self::Expression(_) | Self::Scores(_) | Self::Python(_) => {}
        }
        problems
    }
}

/// What the names of models would hide: portfolios and columns of the reports.
const TAKEN: [&str; 8] = [
    "strategy",
    "equal weight",
    "equal weight all rows",
    "its mean exposures constant",
    "index",
    "hold",
    "cash",
    "benchmark",
];

/// A name as a reader compares it: without case, and whatever divides its words.
fn plain(name: &str) -> String {
    name.to_lowercase().replace(['_', '-', ','], " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What is wrong with the names of models: one that hides something else, or two that read the same.
pub(super) fn problems_of_names(models: &Models) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (place, name) in models.keys().enumerate() {
        let mut wrong = |message| problems.push(Problem::of(format!("models.{name}"), message));
        let before = models.keys().take(place).find(|before| plain(before) == plain(name));
        if plain(name).is_empty() {
            wrong("a model needs a name".to_owned());
        } else if TAKEN.contains(&plain(name).as_str()) {
            wrong(format!(
                "reports call something else {name:?}; name the model after what it does, as in `{name}_model`"
            ));
        } else if let Some(before) = before {
            wrong(format!("reads like the model {before:?}; give the two names that nobody confuses"));
        }
    }
    problems
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
