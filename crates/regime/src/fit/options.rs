//! The options of a fit.

use crate::{CovarianceForm, GaussianHmm, RegimeError, model::check_states};

/// The beginning of a search. All but [`Start::Given`] are made from the sample, in its own units.
#[derive(Debug, Clone, PartialEq)]
pub enum Start {
    /// Bars binned by the turmoil around them (mean absolute deviation over neighbouring bars), with states that last.
    VolatilityBins,
    /// Bars binned by the first series, with the transitions that this gives.
    ReturnBins,
    /// Clusters of bars by their values and the turmoil around them.
    KMeans,
    /// The random start of this number, drawn with the seed of the fit.
    Random(u64),
    /// A model, such as that of the last fit. Probabilities of exactly zero stay zero.
    Given(Box<GaussianHmm>),
}

/// How many of the starts are followed to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// All starts are followed to the end.
    Exhaustive,
    /// All for a few iterations, then the likeliest ones.
    ///
    /// Source: Biernacki, Celeux, Govaert (2003), "Choosing starting values for the EM algorithm", CSDA 41.
    Screened {
        /// Iterations for every start.
        iterations: usize,
        /// How many of the starts go on.
        keep: usize,
    },
}

/// The rule that picks the fit among the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preference {
    /// The likeliest among those without an empty state and without one that shrank to the variance floor; the likeliest
    /// of all only if there is none. A state that clings to a handful of equal values buys likelihood, not insight.
    Sound,
    /// The likeliest, whatever its states.
    Likeliest,
}

/// The options of a fit; each of them changes it.
#[derive(Debug, Clone, PartialEq)]
pub struct FitOptions {
    /// 1 to [`crate::MAX_STATES`].
    pub n_states: usize,
    /// The form of the covariances.
    pub covariance: CovarianceForm,
    /// The beginnings of the searches.
    pub starts: Vec<Start>,
    /// The most iterations of a search.
    pub max_iterations: usize,
    /// A search has converged when an iteration adds less than this to the log-likelihood *per observation*.
    pub tolerance: f64,
    /// No variance falls below this share of the sample's variance (of a full covariance: no eigenvalue, in units of
    /// the sample's variances).
    pub variance_floor: f64,
    /// How many of the starts are followed to the end.
    pub search: Search,
    /// The rule that picks the fit among the results.
    pub preference: Preference,
    /// The seed of the random starts and of the clusters.
    pub seed: u64,
}

impl FitOptions {
    /// The options for this many states: eight starts, all followed until they converge.
    pub fn new(n_states: usize) -> Self {
        Self {
            n_states,
            covariance: CovarianceForm::Diagonal,
            starts: Start::first(8),
            max_iterations: 500,
            tolerance: 1e-8,
            variance_floor: 1e-5,
            search: Search::Exhaustive,
            preference: Preference::Sound,
            seed: 0,
        }
    }

    /// The options with these starts.
    pub fn with_starts(mut self, starts: Vec<Start>) -> Self {
        self.starts = starts;
        self
    }

    /// The fewest observations that such a model can be fitted to: as many a state as a covariance needs.
    pub(crate) fn needed(&self, n_series: usize) -> usize {
        self.n_states * (n_series + 1)
    }

    pub(crate) fn check(&self) -> Result<(), RegimeError> {
        check_states(self.n_states)?;
        if self.starts.is_empty() {
            return Err(RegimeError::NoStarts);
        }
        let option = |option, value, must| Err(RegimeError::Option { option, value, must });
        if !(self.tolerance >= 0.0 && self.tolerance.is_finite()) {
            return option("tolerance", self.tolerance, "a finite number, 0 or more");
        }
        if !(self.variance_floor > 0.0 && self.variance_floor < 1.0) {
            return option("variance_floor", self.variance_floor, "between 0 and 1");
        }
        if self.max_iterations == 0 {
            return option("max_iterations", 0.0, "1 or more");
        }
        match self.search {
            Search::Screened { keep: 0, .. } => option("keep", 0.0, "1 or more"),
            _ => Ok(()),
        }
    }
}

impl Start {
    /// The first starts in the order that tries the most different ones first.
    pub fn first(count: usize) -> Vec<Self> {
        let made = [Self::VolatilityBins, Self::ReturnBins, Self::KMeans];
        made.into_iter().chain((0..).map(Self::Random)).take(count).collect()
    }
}
