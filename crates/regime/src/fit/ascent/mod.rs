//! A search that goes up from one model, step by step, under rules of the user's own.
//!
//! [`fit`](super::fit()) looks for the best model of its form. This is for those who say themselves where a search
//! begins, which parameters move, what is known beforehand and when it ends, over one sequence of bars or several.

mod beginning;

pub use beginning::{Given, begin};

use super::{
    Sample,
    expectation::Expectation,
    maximization::maximize,
    rules::{Learns, Prior, Rules, Ties},
};
use crate::{CovarianceForm, GaussianHmm, Observations, RegimeError};

/// The options of a search.
#[derive(Debug, Clone, PartialEq)]
pub struct AscentOptions {
    /// The parameters that move.
    pub learns: Learns,
    /// What the covariances have in common.
    pub ties: Ties,
    /// What is believed beforehand.
    pub prior: Option<Prior>,
    /// The most iterations.
    pub max_iterations: usize,
    /// The search ends when an iteration has added less than this to the log-likelihood of all bars.
    pub tolerance: f64,
    /// No variance that moves falls below this share of the sample's (of a full covariance: no eigenvalue, in units of
    /// the sample's variances).
    pub variance_floor: f64,
}

impl AscentOptions {
    /// Whether a prior gives variances what the sample may not have.
    fn widens(&self) -> bool {
        self.prior.as_ref().is_some_and(|prior| prior.covariances.iter().any(|&more| more != 0.0))
    }
}

/// Where a search has led to.
#[derive(Debug, Clone, PartialEq)]
pub struct Ascent {
    /// The model, its states in the order of the start.
    pub model: GaussianHmm,
    /// The log-likelihood before each iteration. Without a prior it never falls; that of the model is one step further.
    pub history: Vec<f64>,
}

/// Iterates expectation and maximisation from a model. `watch` hears the log-likelihood before each iteration once the
/// iteration is done, and says whether the search goes on.
///
/// - Shape: `lengths` are those of sequences that stand one after the other; the chain begins anew with each. Sums run
///   over all of them, the start is the mean over them.
/// - NaN: a missing bar counts as a transition and is no evidence of means and covariances.
///
/// # Errors
///
/// Lengths that do not fit the observations, a start of another number of series, a constant series whose variance is
/// sought without a prior or with one that gives it none, numbers beyond what can be computed with.
///
/// # Panics
///
/// If the prior has another shape than the start, or ties do not belong to the form of its covariances.
///
/// ```
/// use backstaff_regime::{Covariances, GaussianHmm, Missing, Observations};
/// use backstaff_regime::fit::{AscentOptions, Learns, Ties, ascend};
/// let bars = Observations::univariate(&[-1.0, -1.2, 2.0, 1.8, 2.1, f64::NAN, -0.9], Missing::Skip)?;
/// let start = GaussianHmm::new(
///     vec![0.5, 0.5], vec![0.9, 0.1, 0.1, 0.9], vec![-1.0, 1.0], Covariances::Diagonal(vec![1.0, 1.0]))?;
/// let options = AscentOptions {
///     learns: Learns::ALL, ties: Ties::None, prior: None, max_iterations: 10, tolerance: 1e-6, variance_floor: 1e-5 };
/// let found = ascend(&bars, &[3, 4], &start, &options, &mut |_| true)?;
/// assert!(found.history.windows(2).all(|pair| pair[0] < pair[1]));
/// assert!((found.model.means(1)[0] - 1.97).abs() < 0.01);
/// # Ok::<(), backstaff_regime::RegimeError>(())
/// ```
pub fn ascend(
    observations: &Observations,
    lengths: &[usize],
    start: &GaussianHmm,
    options: &AscentOptions,
    watch: &mut dyn FnMut(f64) -> bool,
) -> Result<Ascent, RegimeError> {
    check_lengths(observations, lengths)?;
    let (expected, found) = (start.n_series(), observations.n_series());
    if expected != found {
        return Err(RegimeError::Series { expected, found });
    }
    check_ties(start.covariances.form(), options.ties);
    let sample = Sample::of_sequences(observations, lengths, options.variance_floor);
    if options.learns.covariances && !options.widens() && options.max_iterations > 0 {
        sample.check()?;
    }
    match start.n_states() {
        1 => steps::<1>(&sample, start, options, watch),
        2 => steps::<2>(&sample, start, options, watch),
        3 => steps::<3>(&sample, start, options, watch),
        4 => steps::<4>(&sample, start, options, watch),
        5 => steps::<5>(&sample, start, options, watch),
        6 => steps::<6>(&sample, start, options, watch),
        7 => steps::<7>(&sample, start, options, watch),
        8 => steps::<8>(&sample, start, options, watch),
        9 => steps::<9>(&sample, start, options, watch),
        10 => steps::<10>(&sample, start, options, watch),
        states => unreachable!("a model of {states} states can't be made"),
    }
}

fn steps<const K: usize>(
    sample: &Sample<'_>,
    start: &GaussianHmm,
    options: &AscentOptions,
    watch: &mut dyn FnMut(f64) -> bool,
) -> Result<Ascent, RegimeError> {
    let rules = Rules { learns: options.learns, ties: options.ties, prior: options.prior.as_ref() };
    let mut found = Ascent { model: start.clone(), history: Vec::new() };
    let mut expectation = Expectation::<K>::new(sample, start);
    let units = sample.log_units();
    for iterations in 0..options.max_iterations {
        let value = expectation.run(sample, &found.model) + units;
        if !value.is_finite() {
            return Err(RegimeError::Lost { value, iterations });
        }
        maximize(sample, &expectation, &mut found.model, &rules);
        if options.prior.is_some() {
            // The floor of a constant series is zero, and a prior may say no more.
            found.model = found.model.checked()?;
        }
        let gain = found.history.last().map(|before| value - before);
        found.history.push(value);
        if !watch(value) || gain.is_some_and(|gain| gain < options.tolerance) {
            break;
        }
    }
    Ok(found)
}

fn check_lengths(observations: &Observations, lengths: &[usize]) -> Result<(), RegimeError> {
    if let Some(sequence) = lengths.iter().position(|&length| length == 0) {
        return Err(RegimeError::EmptySequence { sequence });
    }
    let (sum, rows) = (lengths.iter().sum(), observations.n_rows());
    if sum == rows { Ok(()) } else { Err(RegimeError::Lengths { sum, rows }) }
}

fn check_ties(form: CovarianceForm, ties: Ties) {
    let fits = match ties {
        Ties::None => true,
        Ties::Series => form == CovarianceForm::Diagonal,
        Ties::States => form == CovarianceForm::Full,
    };
    assert!(fits, "{ties:?} are not tied in {form} covariances");
}

#[cfg(test)]
mod tests;
