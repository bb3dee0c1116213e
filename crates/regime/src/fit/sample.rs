//! The observations of a fit, checked and measured.

use std::ops::Range;

use super::FitOptions;
use crate::{CovarianceForm, Observations, RegimeError, linear::cholesky, linear::raise_eigenvalues};

/// Variances outside of this range, or their squares, are no longer numbers.
const COMPUTABLE: std::ops::RangeInclusive<f64> = 1e-140..=1e140;
/// Slack in telling whether a covariance sits at its floor.
const AT_FLOOR: f64 = 1.0 + 1e-9;

/// Observations that can be fitted, and their own scale.
pub(super) struct Sample<'a> {
    pub(super) observations: &'a Observations,
    /// How many bars each sequence has; the chain begins anew with each.
    lengths: Vec<usize>,
    pub(super) means: Vec<f64>,
    pub(super) variances: Vec<f64>,
    /// The variances, with 1 for a series that does not move.
    pub(super) units: Vec<f64>,
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
        let sample = Self::of_sequences(observations, &[observations.n_rows()], options.variance_floor);
        sample.check()?;
        Ok(sample)
    }

    /// Observations in sequences that do not continue each other, whatever their scale.
    pub(super) fn of_sequences(observations: &'a Observations, lengths: &[usize], floor: f64) -> Self {
        let n = observations.n_present() as f64;
        let (mut means, mut variances) = (Vec::new(), Vec::new());
        for series in 0..observations.n_series() {
            let values = observations.present_rows().map(|row| row[series]);
            // Differences to a value of the series keep the digits of one that lies far from zero.
            let first = values.clone().next().unwrap_or(f64::NAN);
            let mean = first + values.clone().map(|value| value - first).sum::<f64>() / n;
            variances.push(values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / n);
            means.push(mean);
        }
        let unit = |&variance: &f64| if COMPUTABLE.contains(&variance) { variance } else { 1.0 };
        let units = variances.iter().map(unit).collect();
        Self { observations, lengths: lengths.to_vec(), means, variances, units, floor }
    }

    /// Every series must move, by amounts that can be squared.
    pub(super) fn check(&self) -> Result<(), RegimeError> {
        for (series, &variance) in self.variances.iter().enumerate() {
            let mut values = self.observations.present_rows().map(|row| row[series]);
            let value = values.next().unwrap_or(f64::NAN);
            if values.all(|other| other == value) {
                let observations = self.n_present();
                return Err(RegimeError::Constant { series, value, observations });
            }
            if !COMPUTABLE.contains(&variance) {
                return Err(RegimeError::Scale { series, variance });
            }
        }
        Ok(())
    }

    /// The bars of each sequence.
    #[inline]
    pub(super) fn sequences(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        self.lengths.iter().scan(0, |behind, length| {
            let start = *behind;
            *behind += length;
            Some(start..*behind)
        })
    }

    pub(super) fn n_series(&self) -> usize {
        self.means.len()
    }

    pub(super) fn n_present(&self) -> usize {
        self.observations.n_present()
    }

    /// The difference between a log-likelihood in the series' own units and one in the sample's standard deviations.
    pub(super) fn log_units(&self) -> f64 {
        let logs = self.units.iter().map(|variance| 0.5 * libm::log(*variance)).sum::<f64>();
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

    /// The floor of a variance that all series share.
    pub(super) fn shared_floor(&self) -> f64 {
        self.floor * self.variances.iter().sum::<f64>() / self.n_series() as f64
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
