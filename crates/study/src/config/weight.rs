//! How much training rows count.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Problem;

/// The weights of training rows: by age, by an expression, or the product of both.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Weights {
    /// `exp(2 · decay · position)` by calendar days, where a fold's first training day is 0 and its last is 1; divided
    /// by the mean.
    #[serde(default)]
    pub decay: Option<f64>,
    /// The number of calendar days after which a row counts half as much; weights are divided by their mean.
    #[serde(default)]
    pub half_life_days: Option<f64>,
    /// An expression of 0 or more, evaluated at the row's own session. Rows where it is 0 or missing are left out and
    /// counted.
    #[serde(default)]
    pub expression: Option<String>,
    /// Whether the rows that early stopping looks at are weighted too.
    #[serde(default)]
    pub validation: bool,
}

impl Weights {
    /// What is wrong with it.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let Self { decay, half_life_days, expression, validation: _ } = self;
        if decay.is_some() && half_life_days.is_some() {
            return vec![Problem::of("weights", "say decay or half_life_days, not both")];
        }
        if decay.is_none() && half_life_days.is_none() && expression.is_none() {
            let message = "say decay, half_life_days, expression, or one of the first two and the third";
            return vec![Problem::of("weights", message)];
        }
        Vec::new()
    }
}
