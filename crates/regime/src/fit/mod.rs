//! Fitting: expectation maximisation in scaled form, from several starts.
//!
//! The likelihood of a hidden Markov model has many maxima, so that a search is only as good as its start. Several are
//! made from the sample, each is followed, and the best result is the fit ([`Preference`]). The likelihood of a search
//! never falls; `converged` says whether it stopped because an iteration gained too little, or at the
//! limit of iterations. Variances have a floor relative to the sample's own, so nothing depends on its unit.

mod ascent;
mod choose;
mod climb;
mod expectation;
mod maximization;
mod options;
mod rules;
mod sample;
mod start;

use rayon::prelude::*;

pub use ascent::{Ascent, AscentOptions, Given, ascend, begin};
pub use choose::{Candidate, Choice, Criterion, choose_states};
pub use options::{FitOptions, Preference, Search, Start};
pub use rules::{Learns, Prior, Ties};

use crate::{GaussianHmm, Observations, RegimeError, fit::climb::Climb};
use sample::Sample;

/// The model that a fit found, and how it was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The model, its states in canonical order.
    pub model: GaussianHmm,
    /// The logarithm of the density of the sample under the model.
    pub log_likelihood: f64,
    /// The log-likelihood of the start and after each iteration; never falling.
    pub history: Vec<f64>,
    /// How many iterations led to the model.
    pub iterations: usize,
    /// Whether the last iteration gained less than the tolerance. `false` at the limit of iterations.
    pub converged: bool,
    /// The observations that each state rests on.
    pub states: Vec<StateFit>,
    /// The result of each start, in the order of the options.
    pub starts: Vec<StartResult>,
    /// How many bars were present.
    pub n_present: usize,
}

/// The observations that a state rests on, and whether they suffice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StateFit {
    /// How many observations belong to it: the sum of its probabilities over the sample.
    pub weight: f64,
    /// Whether its variance is the floor: it clings to values that hardly differ.
    pub is_degenerate: bool,
    /// Whether less than one observation belongs to it.
    pub is_empty: bool,
}

/// The result of the search from a start.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StartResult {
    /// The log-likelihood it led to.
    pub log_likelihood: f64,
    /// How many iterations it was followed for.
    pub iterations: usize,
    /// Whether it converged.
    pub converged: bool,
    /// Whether no state is empty or degenerate.
    pub is_sound: bool,
}

impl Fit {
    /// Whether no state is empty or degenerate.
    pub fn is_sound(&self) -> bool {
        self.states.iter().all(|state| !state.is_degenerate && !state.is_empty)
    }

    /// Akaike's information criterion; lower is better.
    pub fn aic(&self) -> f64 {
        self.model.aic(self.log_likelihood)
    }

    /// Schwarz's information criterion; lower is better.
    pub fn bic(&self) -> f64 {
        self.model.bic(self.log_likelihood, self.n_present)
    }
}

/// Fits a model to observations, all of which it may see: fit on what lies before a decision.
///
/// - Unit: multiplying the observations by a constant multiplies means and covariances and shifts the likelihood, and
///   changes nothing else.
/// - NaN: a missing bar counts as a transition and is no evidence of means and covariances.
/// - Source: Baum et al. (1970), Annals of Mathematical Statistics 41; Rabiner (1989), Proc. IEEE 77.
///
/// # Errors
///
/// An option out of its range, fewer observations than states need, a constant series, a given start of another shape.
///
/// ```
/// use backstaff_regime::{Covariances, FitOptions, GaussianHmm, fit, simulate};
/// let truth = GaussianHmm::new(
///     vec![0.5, 0.5], vec![0.98, 0.02, 0.04, 0.96], vec![-1.0, 1.0], Covariances::Diagonal(vec![4.0, 0.25]))?;
/// let (_, observations) = simulate(&truth, 1_000, 7);
/// let fit = fit(&observations, &FitOptions::new(2))?;
/// assert!(fit.converged && fit.is_sound());
/// assert!((fit.model.means(1)[0] - 1.0).abs() < 0.1);
/// # Ok::<(), backstaff_regime::RegimeError>(())
/// ```
pub fn fit(observations: &Observations, options: &FitOptions) -> Result<Fit, RegimeError> {
    options.check()?;
    let sample = Sample::new(observations, options)?;
    for start in &options.starts {
        start::check(start, &sample, options)?;
    }
    let mut climbs = options
        .starts
        .par_iter()
        .map(|start| Climb::from(&sample, start::begin(start, &sample, options)))
        .collect::<Vec<_>>();
    let follow = |climbs: &mut [Climb], chosen: &[usize], iterations: usize| {
        let run = |climb: &mut Climb| climb.run(&sample, iterations, options.tolerance);
        climbs
            .par_iter_mut()
            .enumerate()
            .filter(|(at, _)| chosen.contains(at))
            .for_each(|(_, climb)| run(climb));
    };
    let mut chosen = (0..climbs.len()).collect::<Vec<_>>();
    if let Search::Screened { iterations, keep } = options.search {
        follow(&mut climbs, &chosen, iterations.min(options.max_iterations));
        chosen.sort_by(|&a, &b| climbs[b].log_likelihood().total_cmp(&climbs[a].log_likelihood()));
        chosen.truncate(keep);
    }
    follow(&mut climbs, &chosen, options.max_iterations);
    Ok(best(&sample, &climbs, &chosen, options))
}

/// Fits of several samples (instruments, windows) in parallel, on rayon's current pool.
///
/// Each result stands in the place of its request and has the bits of a fit alone; a failure is its own result.
pub fn fit_each(requests: &[(&Observations, &FitOptions)]) -> Vec<Result<Fit, RegimeError>> {
    requests.par_iter().map(|(observations, options)| fit(observations, options)).collect()
}

fn best(sample: &Sample<'_>, climbs: &[Climb], chosen: &[usize], options: &FitOptions) -> Fit {
    let states = climbs.iter().map(|climb| states(sample, climb)).collect::<Vec<_>>();
    let is_sound =
        |at: usize| states[at].iter().all(|state: &StateFit| !state.is_degenerate && !state.is_empty);
    let rank = |at: usize| {
        (options.preference == Preference::Likeliest || is_sound(at), climbs[at].log_likelihood())
    };
    let mut winner = chosen[0];
    let mut in_order = chosen.to_vec();
    in_order.sort_unstable();
    for at in in_order {
        let (new, old) = (rank(at), rank(winner));
        // Of equals, the start that was given first.
        if (new.0 && !old.0) || (new.0 == old.0 && (new.1 > old.1 || (new.1 == old.1 && at < winner))) {
            winner = at;
        }
    }
    let climb = &climbs[winner];
    let order = climb.model.canonical_order();
    Fit {
        model: climb.model.reordered(&order),
        log_likelihood: climb.log_likelihood(),
        history: climb.history.clone(),
        iterations: climb.iterations(),
        converged: climb.converged,
        states: order.iter().map(|&state| states[winner][state]).collect(),
        starts: climbs
            .iter()
            .enumerate()
            .map(|(at, climb)| StartResult {
                log_likelihood: climb.log_likelihood(),
                iterations: climb.iterations(),
                converged: climb.converged,
                is_sound: is_sound(at),
            })
            .collect(),
        n_present: sample.n_present(),
    }
}

fn states(sample: &Sample<'_>, climb: &Climb) -> Vec<StateFit> {
    let (model, form) = (&climb.model, climb.model.covariances.form());
    let of = |(state, &weight): (usize, &f64)| {
        let covariance = model.covariances.of_state(state, model.n_series());
        StateFit { weight, is_degenerate: sample.is_at_floor(covariance, form), is_empty: weight < 1.0 }
    };
    climb.weights.iter().enumerate().map(of).collect()
}

#[cfg(test)]
mod tests;
