//! How good a model is after each round.

/// One metric on the rows of one set, round by round.
#[derive(Clone, PartialEq, Debug)]
pub struct Metric {
    /// LightGBM's name of the metric.
    pub name: String,
    /// Whether a higher value is better.
    pub higher_is_better: bool,
    /// The value after each round.
    pub values: Vec<f64>,
}
