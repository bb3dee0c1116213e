//! The beginnings of searches. To add one: a variant of [`Start`], and a file here that labels the bars.

mod bins;
mod clusters;
mod labelled;
mod random;

use super::{FitOptions, Sample, Start};
use crate::{GaussianHmm, RegimeError};

/// How long states last at the start, unless the sample is asked: 20 bars on average.
const STAY: f64 = 0.95;

/// A given start must have the shape of what is fitted.
pub(super) fn check(start: &Start, sample: &Sample<'_>, options: &FitOptions) -> Result<(), RegimeError> {
    let Start::Given(model) = start else { return Ok(()) };
    let shape = |what, expected, found| Err(RegimeError::StartShape { what, expected, found });
    if model.n_states() != options.n_states {
        return shape("states", options.n_states, model.n_states());
    }
    if model.n_series() != sample.n_series() {
        return shape("series", sample.n_series(), model.n_series());
    }
    let (expected, found) = (options.covariance, model.covariances.form());
    if expected == found {
        Ok(())
    } else {
        let name = |form| if form == crate::CovarianceForm::Full { "full" } else { "diagonal" };
        Err(RegimeError::StartCovariance { expected: name(expected), found: name(found) })
    }
}

/// The model that a search begins with.
pub(super) fn begin(start: &Start, sample: &Sample<'_>, options: &FitOptions) -> GaussianHmm {
    let labelled = |labels: &[usize], stays| labelled::model(sample, options, labels, stays);
    match start {
        Start::VolatilityBins => {
            labelled(&bins::by_turmoil(sample, options.n_states), labelled::Stays::Share(STAY))
        }
        Start::ReturnBins => labelled(&bins::by_value(sample, options.n_states), labelled::Stays::Counted),
        Start::KMeans => labelled(&clusters::labels(sample, options), labelled::Stays::Counted),
        Start::Random(number) if number % 2 == 0 => {
            let (labels, stay) = random::blocks(sample, options, *number);
            labelled(&labels, labelled::Stays::Share(stay))
        }
        Start::Random(number) => random::points(sample, options, *number),
        Start::Given(model) => (**model).clone(),
    }
}
