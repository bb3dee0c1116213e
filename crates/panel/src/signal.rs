//! How attractive each instrument is, session by session.

/// A score for each row of an [`Axis`](crate::Axis), known at the row's close; higher is more attractive, NaN is no
/// opinion.
#[derive(Clone, Debug)]
pub struct Signal {
    name: String,
    scores: Vec<f64>,
}

impl Signal {
    /// A signal of this name with one score for each row.
    pub fn new(name: impl Into<String>, scores: Vec<f64>) -> Self {
        Self { name: name.into(), scores }
    }

    /// The name of the signal.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The score of each row; NaN is no opinion.
    pub fn scores(&self) -> &[f64] {
        &self.scores
    }
}
