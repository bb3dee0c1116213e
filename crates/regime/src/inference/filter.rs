//! The filter: the regime at each bar, as known at that bar.

use super::{FilteredRegimes, LogChain, check_series};
use crate::{GaussianHmm, Observations, Probabilities, RegimeError, model::Densities};

/// The smallest transition probability with which every state stays within reach of ordinary numbers: what underflows
/// in a state is then negligible beside what flows in from the others at the next bar.
const MIXING: f64 = 1e-100;

/// A model that takes one bar after the other.
///
/// After each bar it holds the probabilities of the regimes given that bar and those before: the exact recursion
/// `p(s) ∝ f(x | s) Σᵣ p(r) a(r, s)`. No look-ahead is possible: the next bar is not there yet.
///
/// - Unit: observations in that of the model.
/// - NaN: a bar with a missing value moves the states on by one transition and tells nothing.
///
/// ```
/// use backstaff_regime::{Covariances, Filter, GaussianHmm};
/// # let model = GaussianHmm::new(
/// #     vec![0.5, 0.5], vec![0.99, 0.01, 0.05, 0.95], vec![0.0, 0.0], Covariances::Diagonal(vec![1.0, 16.0]))?;
/// let mut filter = Filter::new(&model);
/// let calm = filter.step(&[0.1])?;
/// let wild = filter.step(&[7.0])?;
/// let later = filter.step(&[f64::NAN])?;
/// assert!(calm[0] > 0.7 && wild[1] > 0.9 && later[1] < wild[1]);
/// # Ok::<(), backstaff_regime::RegimeError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Filter {
    chain: Chain,
    densities: Densities,
    /// Linear or logarithmic, as `chain` is.
    belief: Probabilities,
    predicted: Probabilities,
    n_bars: usize,
    log_likelihood: f64,
}

/// The belief of a filter, in one of two forms.
#[derive(Debug, Clone)]
enum Chain {
    /// Probabilities, scaled at every bar.
    Linear { transition: Vec<f64> },
    /// Logarithms, for models with transitions that are impossible or nearly so.
    Logarithmic(LogChain),
}

impl Filter {
    /// A filter that has seen no bar yet.
    pub fn new(model: &GaussianHmm) -> Self {
        let is_mixing = model.transition.iter().all(|&a| a >= MIXING);
        let (chain, belief) = if is_mixing {
            (Chain::Linear { transition: model.transition.clone() }, Probabilities::of(&model.start))
        } else {
            let chain = LogChain::new(model);
            let start = chain.start();
            (Chain::Logarithmic(chain), start)
        };
        let predicted = belief;
        Self { chain, densities: Densities::new(model), belief, predicted, n_bars: 0, log_likelihood: 0.0 }
    }

    /// A filter that goes on from a [belief](Self::belief) after some bar.
    pub(crate) fn of_belief(model: &GaussianHmm, belief: Probabilities) -> Self {
        Self { belief, predicted: belief, n_bars: 1, ..Self::new(model) }
    }

    /// The belief after the last bar, in the form that the filter computes in.
    pub(crate) fn belief(&self) -> &[f64] {
        &self.belief
    }

    /// Takes in the next bar and gives the probabilities of the regimes at it.
    ///
    /// # Errors
    ///
    /// [`RegimeError::Series`] for an observation of another width, [`RegimeError::Infinite`]. The filter is then as
    /// it was before.
    pub fn step(&mut self, observation: &[f64]) -> Result<Probabilities, RegimeError> {
        let expected = self.densities.n_series();
        if observation.len() != expected {
            return Err(RegimeError::Series { expected, found: observation.len() });
        }
        if let Some(series) = observation.iter().position(|value| value.is_infinite()) {
            return Err(RegimeError::Infinite { series, row: self.n_bars });
        }
        let is_present = !observation.iter().any(|value| value.is_nan());
        self.take(is_present.then_some(observation));
        Ok(self.probabilities())
    }

    /// Takes in a bar that has been checked.
    pub(super) fn take(&mut self, observation: Option<&[f64]>) {
        if self.n_bars > 0 {
            self.belief = match &self.chain {
                Chain::Linear { transition } => advance(transition, &self.belief),
                Chain::Logarithmic(chain) => chain.advance(&self.belief),
            };
        }
        self.predicted = self.belief;
        if let Some(x) = observation {
            let mut density = Probabilities::zeros(self.densities.n_states());
            self.densities.write(x, density.as_mut());
            self.log_likelihood += match self.chain {
                Chain::Linear { .. } => observe(&mut self.belief, &density),
                Chain::Logarithmic(_) => LogChain::observe(&mut self.belief, &density),
            };
        }
        self.n_bars += 1;
    }

    /// The probabilities of the regimes at the last bar; before the first, those of the start.
    pub fn probabilities(&self) -> Probabilities {
        match &self.chain {
            Chain::Linear { .. } => self.belief,
            Chain::Logarithmic(_) => {
                let mut probabilities = self.belief;
                for log in probabilities.as_mut().iter_mut() {
                    *log = libm::exp(*log);
                }
                probabilities
            }
        }
    }

    /// The logarithm of the density of all bars so far.
    pub fn log_likelihood(&self) -> f64 {
        self.log_likelihood
    }

    /// How many bars the filter has taken.
    pub fn n_bars(&self) -> usize {
        self.n_bars
    }

    /// The probabilities before the last bar was seen, if they are kept as probabilities.
    pub(super) fn linear_prediction(&self) -> Option<(Probabilities, &[f64])> {
        match &self.chain {
            Chain::Linear { transition } => Some((self.predicted, transition)),
            Chain::Logarithmic(_) => None,
        }
    }

    /// The chain in logarithms, if the belief is kept in them.
    pub(super) fn logarithmic(&self) -> Option<(&LogChain, &Densities)> {
        match &self.chain {
            Chain::Linear { .. } => None,
            Chain::Logarithmic(chain) => Some((chain, &self.densities)),
        }
    }
}

fn advance(transition: &[f64], belief: &Probabilities) -> Probabilities {
    let k = belief.len();
    let mut next = Probabilities::zeros(k);
    for (&probability, row) in belief.iter().zip(transition.chunks_exact(k)) {
        for (next, &a) in next.as_mut().iter_mut().zip(row) {
            *next += probability * a;
        }
    }
    next
}

/// Takes in the densities of a bar; returns the logarithm of the bar's own density.
fn observe(belief: &mut Probabilities, log_density: &[f64]) -> f64 {
    // Relative to the best state that is possible at all, which only the start can forbid.
    let possible = belief.iter().zip(log_density).filter(|(probability, _)| **probability > 0.0);
    let largest = possible.map(|(_, &density)| density).fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for (probability, &density) in belief.as_mut().iter_mut().zip(log_density) {
        if *probability > 0.0 {
            *probability *= libm::exp(density - largest);
            sum += *probability;
        }
    }
    for probability in belief.as_mut().iter_mut() {
        *probability /= sum;
    }
    largest + libm::log(sum)
}

/// The probabilities of the regimes at each bar, given that bar and those before it.
///
/// - Shape: a row a bar.
/// - NaN: a missing bar has the probabilities of the bar before, one transition on.
/// - Look-ahead: none, given a model that was fitted on earlier bars.
///
/// # Errors
///
/// [`RegimeError::Series`] if the model is of another number of series.
pub fn filter(model: &GaussianHmm, observations: &Observations) -> Result<FilteredRegimes, RegimeError> {
    check_series(model, observations)?;
    let n_states = model.n_states();
    let mut probabilities = Vec::with_capacity(observations.n_rows() * n_states);
    let mut filter = Filter::new(model);
    for t in 0..observations.n_rows() {
        filter.take(observations.row(t));
        probabilities.extend_from_slice(&filter.probabilities());
    }
    Ok(FilteredRegimes { n_states, probabilities, log_likelihood: filter.log_likelihood })
}

/// The logarithm of the density of the observations under the model; missing bars are left out.
///
/// # Errors
///
/// [`RegimeError::Series`] if the model is of another number of series.
pub fn score(model: &GaussianHmm, observations: &Observations) -> Result<f64, RegimeError> {
    check_series(model, observations)?;
    let mut filter = Filter::new(model);
    for t in 0..observations.n_rows() {
        filter.take(observations.row(t));
    }
    Ok(filter.log_likelihood)
}
