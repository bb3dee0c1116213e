//! The observations of a fit, checked and measured.

use super::FitOptions;
use crate::{CovarianceForm, Observations, RegimeError, linear::cholesky, linear::raise_eigenvalues};

/// Variances outside of this range, or their squares, are no longer numbers.
const COMPUTABLE: std::ops::RangeInclusive<f64> = 1e-140..=1e140;
/// Slack in telling whether a covariance sits at its floor.
const AT_FLOOR: f64 = 1.0 + 1e-9;

/// Observations that can be fitted, and their own scale.
pub(super) struct Sample<'a> {
    pub(super) observations: &'a Observations,
    pub(super) means: Vec<f64>,
    pub(super) variances: Vec<f64>,
    /// The lowest variance relative to the sample's.
    floor: f64,
}

impl<'a> Sample<'a> {
    pub(super) fn new(observations: &'a Observations, options: &FitOptions) -> Result<Self, RegimeError> {
        let (found, series) = (observations.n_present(), observations.n_series());
        let needed = options.needed(series);
        if found < needed {
            return Err(RegimeError::TooFewObservations { found, needed, states: options.n_states, series });
        }
        let (mut means, mut variances) = (Vec::new(), Vec::new());
        for series in 0..series {
            let values = observations.present_rows().map(|row| row[series]);
            let first = values.clone().next().unwrap_or(f64::NAN);
            if values.clone().all(|value| value == first) {
                return Err(RegimeError::Constant { series, value: first, observations: found });
            }
            // Differences to a value of the series keep the digits of one that lies far from zero.
            let mean = first + values.clone().map(|value| value - first).sum::<f64>() / found as f64;
            let variance = values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / found as f64;
            if !COMPUTABLE.contains(&variance) {
                return Err(RegimeError::Scale { series, variance });
            }
            means.push(mean);
            variances.push(variance);
        }
        Ok(Self { observations, means, variances, floor: options.variance_floor })
    }

    pub(super) fn n_series(&self) -> usize {
        self.means.len()
    }

    pub(super) fn n_present(&self) -> usize {
        self.observations.n_present()
    }

    /// The difference between a log-likelihood in the series' own units and one in the sample's standard deviations.
    pub(super) fn log_units(&self) -> f64 {
        let logs = self.variances.iter().map(|variance| 0.5 * libm::log(*variance)).sum::<f64>();
        -logs * self.n_present() as f64
    }

    /// Raises a state's covariance to the floor where it lies below. Of all covariances above the floor the result is
    /// the likeliest, so that the likelihood of a fit never falls.
    pub(super) fn raise(&self, covariance: &mut [f64], form: CovarianceForm) {
        match form {
            CovarianceForm::Diagonal => {
                for (variance, sample) in covariance.iter_mut().zip(&self.variances) {
                    *variance = variance.max(self.floor * sample);
                }
            }
            CovarianceForm::Full => {
                let d = self.n_series();
                if d == 1 {
                    covariance[0] = covariance[0].max(self.floor * self.variances[0]);
                } else if !self.is_above(covariance, self.floor) {
                    self.rescale(covariance, |value, unit| value / unit);
                    raise_eigenvalues(covariance, d, self.floor);
                    self.rescale(covariance, |value, unit| value * unit);
                }
            }
        }
    }

    /// Whether a state's covariance sits at the floor.
    pub(super) fn is_at_floor(&self, covariance: &[f64], form: CovarianceForm) -> bool {
        let floor = self.floor * AT_FLOOR;
        match form {
            CovarianceForm::Diagonal => {
                covariance.iter().zip(&self.variances).any(|(v, sample)| *v <= floor * sample)
            }
            CovarianceForm::Full => !self.is_above(covariance, floor),
        }
    }

    /// Whether all eigenvalues of a full covariance, in the sample's units, are above a floor.
    fn is_above(&self, covariance: &[f64], floor: f64) -> bool {
        let d = self.n_series();
        let mut rest = covariance.to_vec();
        for (i, sample) in self.variances.iter().enumerate() {
            rest[i * d + i] -= floor * sample;
        }
        cholesky(&mut rest, d)
    }

    fn rescale(&self, covariance: &mut [f64], by: impl Fn(f64, f64) -> f64) {
        let d = self.n_series();
        for i in 0..d {
            for j in 0..d {
                let unit = (self.variances[i] * self.variances[j]).sqrt();
                covariance[i * d + j] = by(covariance[i * d + j], unit);
            }
        }
    }
}
