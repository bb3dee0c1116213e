//! The model that a search begins with, as far as it is not given.

use super::{AscentOptions, Ties, ascend, check_lengths, check_ties};
use crate::{
    CovarianceForm, Covariances, FitOptions, GaussianHmm, Observations, RegimeError, Start,
    fit::{Sample, start},
};

/// The starts that [`begin`] chooses from.
const STARTS: usize = 8;
/// The iterations after which it chooses.
const SCREENED: usize = 5;

/// Parameters that are known where a search begins, each row-major as in [`GaussianHmm::new`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Given {
    /// The distribution of the first bar's state.
    pub start: Option<Vec<f64>>,
    /// The transitions.
    pub transition: Option<Vec<f64>>,
    /// The means.
    pub means: Option<Vec<f64>>,
    /// The covariances.
    pub covariances: Option<Covariances>,
}

/// A model to begin a search with: what is not given is made from the sample, as in the likeliest of several starts
/// after a few iterations. Where nothing is given, states come in canonical order (by the mean of the first series).
///
/// `added` is added to every variance that is made, `seed` is that of the random starts.
///
/// # Errors
///
/// Fewer observations than such a model needs, a constant series (unless a prior widens covariances); given parameters of another shape or that belong to
/// no model; those of [`ascend`].
pub fn begin(
    observations: &Observations,
    lengths: &[usize],
    shape: (usize, CovarianceForm),
    given: &Given,
    options: &AscentOptions,
    (added, seed): (f64, u64),
) -> Result<GaussianHmm, RegimeError> {
    check_lengths(observations, lengths)?;
    let (n_states, covariance) = shape;
    check_ties(covariance, options.ties);
    if let Given {
        start: Some(start),
        transition: Some(transition),
        means: Some(means),
        covariances: Some(covariances),
    } = given
    {
        return GaussianHmm::new(start.clone(), transition.clone(), means.clone(), covariances.clone());
    }
    let count = if n_states == 1 { 1 } else { STARTS };
    let made = FitOptions { covariance, seed, ..FitOptions::new(n_states).with_starts(Start::first(count)) };
    made.check()?;
    let sample = if options.widens() {
        let (found, series) = (observations.n_present(), observations.n_series());
        if found < n_states {
            let needed = n_states;
            return Err(RegimeError::TooFewObservations { found, needed, states: n_states, series });
        }
        Sample::of_sequences(observations, lengths, options.variance_floor)
    } else {
        Sample::new(observations, &made)?
    };
    let screened =
        AscentOptions { max_iterations: SCREENED, tolerance: f64::NEG_INFINITY, ..options.clone() };
    let mut best: Option<(f64, GaussianHmm)> = None;
    for start in &made.starts {
        let model = tied(start::begin(start, &sample, &made), options.ties, added);
        let model = completed(model, given)?;
        if count == 1 {
            return Ok(model);
        }
        // A start that leads nowhere is not chosen; if none leads anywhere, the search says why.
        let screened = ascend(observations, lengths, &model, &screened, &mut |_| true);
        let value = screened.ok().and_then(|found| found.history.last().copied());
        let value = value.unwrap_or(f64::NEG_INFINITY);
        if best.as_ref().is_none_or(|(most, _)| value > *most) {
            best = Some((value, model));
        }
    }
    let (_, model) = best.expect("there are several starts");
    Ok(if *given == Given::default() { model.reordered(&model.canonical_order()) } else { model })
}

/// The model with the parameters that are given.
fn completed(made: GaussianHmm, given: &Given) -> Result<GaussianHmm, RegimeError> {
    let GaussianHmm { start, transition, means, covariances } = made;
    GaussianHmm::new(
        given.start.clone().unwrap_or(start),
        given.transition.clone().unwrap_or(transition),
        given.means.clone().unwrap_or(means),
        given.covariances.clone().unwrap_or(covariances),
    )
}

/// The model with covariances that have in common what they must, and with larger variances.
fn tied(mut model: GaussianHmm, ties: Ties, added: f64) -> GaussianHmm {
    let (k, d) = (model.n_states(), model.n_series());
    match ties {
        Ties::None => {}
        Ties::Series => {
            for state in model.covariances.values_mut().chunks_exact_mut(d) {
                state.fill(state.iter().sum::<f64>() / d as f64);
            }
        }
        Ties::States => {
            let mut shared = vec![0.0; d * d];
            for state in 0..k {
                let share = model.start[state];
                let covariance = model.covariances.of_state(state, d);
                shared.iter_mut().zip(covariance).for_each(|(shared, value)| *shared += share * value);
            }
            model.covariances = Covariances::Full(shared.repeat(k));
        }
    }
    let width = Covariances::width(model.covariances.form(), d);
    for state in model.covariances.values_mut().chunks_exact_mut(width) {
        state.iter_mut().step_by(if width == d { 1 } else { d + 1 }).for_each(|variance| *variance += added);
    }
    model
}
