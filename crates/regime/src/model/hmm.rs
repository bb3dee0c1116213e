//! The Gaussian hidden Markov model.

use super::{CovarianceForm, Covariances};
use crate::{RegimeError, linear::cholesky};

/// The most states that a model can have.
pub const MAX_STATES: usize = 10;
/// By how much a distribution's sum may differ from one, as files round their numbers.
const SUM_TOLERANCE: f64 = 1.5e-6;

/// A hidden Markov model with Gaussian observations: valid by construction, and immutable.
///
/// The state of the first bar is drawn from `start`, that of each next bar from the row of `transition` of the state
/// before; a bar's observation is normal with the mean and covariance of its state.
///
/// - Unit: means in that of the observations, covariances in its square.
/// - Source: Rabiner (1989), "A tutorial on hidden Markov models", Proc. IEEE 77.
///
/// ```
/// use backstaff_regime::{Covariances, GaussianHmm};
/// let calm_and_wild = GaussianHmm::new(
///     vec![0.5, 0.5],
///     vec![0.99, 0.01, 0.05, 0.95],
///     vec![0.0005, -0.001],
///     Covariances::Diagonal(vec![0.006 * 0.006, 0.02 * 0.02]),
/// )?;
/// assert_eq!(calm_and_wild.n_states(), 2);
/// assert!((calm_and_wild.expected_durations()[1] - 20.0).abs() < 1e-9);
/// # Ok::<(), backstaff_regime::RegimeError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GaussianHmm {
    pub(crate) start: Vec<f64>,
    pub(crate) transition: Vec<f64>,
    pub(crate) means: Vec<f64>,
    pub(crate) covariances: Covariances,
}

impl GaussianHmm {
    /// A model of its parameters, row-major: `transition` states × states, `means` states × series.
    ///
    /// The number of states is the length of `start`, that of series follows from `means`. Probabilities are kept as
    /// they are given; sums may differ from one by 1e-6.
    ///
    /// # Errors
    ///
    /// What is wrong with the numbers, and where: their count, a sum, a probability, a covariance that is not
    /// symmetric or not positive definite.
    pub fn new(
        start: Vec<f64>,
        transition: Vec<f64>,
        means: Vec<f64>,
        covariances: Covariances,
    ) -> Result<Self, RegimeError> {
        let states = start.len();
        check_states(states)?;
        let series = means.len() / states;
        if series == 0 {
            return Err(RegimeError::NoSeries);
        }
        let shape = |what: &str, found: usize, expected: usize| {
            let what = what.to_owned();
            if found == expected {
                Ok(())
            } else {
                Err(RegimeError::Shape { what, expected, found, states, series })
            }
        };
        shape("transition", transition.len(), states * states)?;
        shape("means", means.len(), states * series)?;
        let width = Covariances::width(covariances.form(), series);
        shape("covariances", covariances.values().len(), states * width)?;
        check_distribution("start", &start)?;
        for (state, row) in transition.chunks_exact(states).enumerate() {
            check_distribution(&format!("row {state} of transition"), row)?;
        }
        check_finite("means", &means)?;
        check_finite("covariances", covariances.values())?;
        for state in 0..states {
            check_covariance(state, covariances.of_state(state, series), covariances.form(), series)?;
        }
        Ok(Self { start, transition, means, covariances })
    }

    /// The model, if its numbers are still those of one.
    pub(crate) fn checked(self) -> Result<Self, RegimeError> {
        Self::new(self.start, self.transition, self.means, self.covariances)
    }

    /// How many states there are.
    pub fn n_states(&self) -> usize {
        self.start.len()
    }

    /// How many series are observed.
    pub fn n_series(&self) -> usize {
        self.means.len() / self.start.len()
    }

    /// The distribution of the first bar's state.
    pub fn start(&self) -> &[f64] {
        &self.start
    }

    /// Row `i`: the distribution of the next bar's state when this bar's is `i`.
    pub fn transition(&self, state: usize) -> &[f64] {
        let k = self.n_states();
        &self.transition[state * k..(state + 1) * k]
    }

    /// The means of the series in a state.
    pub fn means(&self, state: usize) -> &[f64] {
        let d = self.n_series();
        &self.means[state * d..(state + 1) * d]
    }

    /// The covariances of all states.
    pub fn covariances(&self) -> &Covariances {
        &self.covariances
    }

    /// The variance of a series in a state.
    pub fn variance(&self, state: usize, series: usize) -> f64 {
        self.covariances.entry(state, series, series, self.n_series())
    }
}

/// Check that there are 1 to [`MAX_STATES`] states.
pub(crate) fn check_states(states: usize) -> Result<(), RegimeError> {
    if (1..=MAX_STATES).contains(&states) {
        Ok(())
    } else {
        Err(RegimeError::States { states, most: MAX_STATES })
    }
}

fn check_distribution(what: &str, values: &[f64]) -> Result<(), RegimeError> {
    let what = || what.to_owned();
    if let Some(&value) = values.iter().find(|value| !(0.0..=1.0 + SUM_TOLERANCE).contains(*value)) {
        return Err(RegimeError::Probability { what: what(), value });
    }
    let sum: f64 = values.iter().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(RegimeError::Sum { what: what(), sum });
    }
    Ok(())
}

fn check_finite(what: &str, values: &[f64]) -> Result<(), RegimeError> {
    match values.iter().find(|value| !value.is_finite()) {
        Some(&value) => Err(RegimeError::NotFinite { what: what.to_owned(), value }),
        None => Ok(()),
    }
}

fn check_covariance(state: usize, values: &[f64], form: CovarianceForm, d: usize) -> Result<(), RegimeError> {
    let wrong = |must| Err(RegimeError::Covariance { state, must });
    match form {
        CovarianceForm::Diagonal if values.iter().any(|&variance| variance < f64::MIN_POSITIVE) => {
            wrong("positive in all series")
        }
        CovarianceForm::Diagonal => Ok(()),
        CovarianceForm::Full => {
            for i in 0..d {
                for j in 0..i {
                    let (below, above) = (values[i * d + j], values[j * d + i]);
                    if (below - above).abs() > 1e-9 * (values[i * d + i] * values[j * d + j]).abs().sqrt() {
                        return wrong("symmetric");
                    }
                }
            }
            if cholesky(&mut values.to_vec(), d) { Ok(()) } else { wrong("positive definite") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(start: Vec<f64>, transition: Vec<f64>, means: Vec<f64>, variances: Vec<f64>) -> RegimeError {
        GaussianHmm::new(start, transition, means, Covariances::Diagonal(variances)).unwrap_err()
    }

    #[test]
    fn says_which_distribution_does_not_sum_to_one() {
        let error = one(vec![0.5, 0.5], vec![0.9, 0.2, 0.5, 0.5], vec![0.0; 2], vec![1.0; 2]);
        assert_eq!(error.to_string(), "row 0 of transition sums to 1.1 instead of 1");
        let error = one(vec![0.5, 0.4], vec![0.5; 4], vec![0.0; 2], vec![1.0; 2]);
        assert_eq!(error.to_string(), "start sums to 0.9 instead of 1");
    }

    #[test]
    fn says_which_part_has_the_wrong_size() {
        let error = one(vec![0.5, 0.5], vec![1.0; 3], vec![0.0; 2], vec![1.0; 2]);
        assert!(matches!(error, RegimeError::Shape { expected: 4, found: 3, .. }));
        let error = one(vec![0.5, 0.5], vec![0.5; 4], vec![0.0; 4], vec![1.0; 2]);
        assert!(matches!(error, RegimeError::Shape { expected: 4, found: 2, .. }));
        assert!(matches!(one(vec![], vec![], vec![], vec![]), RegimeError::States { states: 0, .. }));
    }

    #[test]
    fn refuses_numbers_that_are_none() {
        let error = one(vec![1.5, -0.5], vec![0.5; 4], vec![0.0; 2], vec![1.0; 2]);
        assert!(matches!(error, RegimeError::Probability { .. }));
        let error = one(vec![0.5; 2], vec![f64::NAN; 4], vec![0.0; 2], vec![1.0; 2]);
        assert!(matches!(error, RegimeError::Probability { .. }));
        let error = one(vec![0.5; 2], vec![0.5; 4], vec![f64::INFINITY; 2], vec![1.0; 2]);
        assert!(matches!(error, RegimeError::NotFinite { .. }));
        let error = one(vec![0.5; 2], vec![0.5; 4], vec![0.0; 2], vec![1.0, 0.0]);
        assert_eq!(error, RegimeError::Covariance { state: 1, must: "positive in all series" });
    }

    #[test]
    fn a_full_covariance_is_symmetric_and_positive_definite() {
        let full = |matrix: Vec<f64>| {
            GaussianHmm::new(vec![1.0], vec![1.0], vec![0.0; 2], Covariances::Full(matrix)).map(|_| ())
        };
        assert_eq!(full(vec![1.0, 0.5, 0.5, 1.0]), Ok(()));
        assert_eq!(
            full(vec![1.0, 0.5, 0.4, 1.0]),
            Err(RegimeError::Covariance { state: 0, must: "symmetric" })
        );
        let error = Err(RegimeError::Covariance { state: 0, must: "positive definite" });
        assert_eq!(full(vec![1.0, 2.0, 2.0, 1.0]), error);
    }
}
