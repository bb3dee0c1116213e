//! What the values of a signal look like.

use backstaff_statistics::{deviation, mean_from_first};

use super::Cross;

/// The cross-section of one session in a few numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CrossSection {
    /// How many members have a finite value.
    pub n: usize,
    /// The mean of these values.
    pub mean: f64,
    /// The standard deviation of these values (`n − 1`).
    pub deviation: f64,
    /// The skewness of these values, adjusted for the size of the sample (Fisher and Pearson's `G₁`).
    pub skewness: f64,
}

/// The shape of each session's values.
///
/// - Shape: one entry for each session.
/// - NaN: what needs more members than there are (1, 2, 3), and the skewness of a constant.
pub fn cross_sections(cross: &Cross<'_>) -> Vec<CrossSection> {
    cross.each_session(|position| {
        let values = cross.scored(position).map(|row| cross.scores[row]).collect::<Vec<_>>();
        let mean = mean_from_first(&values);
        CrossSection {
            n: values.len(),
            mean,
            deviation: deviation(&values, mean),
            skewness: skewness(&values),
        }
    })
}

/// `G₁ = √(n (n − 1)) / (n − 2) · m₃ / m₂^(3/2)`.
fn skewness(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = mean_from_first(values);
    let moment = |power: i32| values.iter().map(|value| (value - mean).powi(power)).sum::<f64>() / n;
    let (second, third) = (moment(2), moment(3));
    if values.len() < 3 || second <= 0.0 {
        return f64::NAN;
    }
    (n * (n - 1.0)).sqrt() / (n - 2.0) * third / (second * second.sqrt())
}
