//! Likelihood against the number of parameters.

use super::{CovarianceForm, GaussianHmm};

impl GaussianHmm {
    /// How many numbers are free: `K − 1` of the start, `K (K − 1)` of the transitions, `K D` means, and `K D`
    /// variances or `K D (D + 1) / 2` covariances, for `K` states and `D` series.
    pub fn n_parameters(&self) -> usize {
        let (k, d) = (self.n_states(), self.n_series());
        let covariances = match self.covariances.form() {
            CovarianceForm::Diagonal => k * d,
            CovarianceForm::Full => k * d * (d + 1) / 2,
        };
        (k - 1) + k * (k - 1) + k * d + covariances
    }

    /// Akaike's information criterion, `2 p − 2 log L`; lower is better.
    pub fn aic(&self, log_likelihood: f64) -> f64 {
        2.0 * self.n_parameters() as f64 - 2.0 * log_likelihood
    }

    /// Schwarz's information criterion, `p log n − 2 log L` with `n` observations that are present; lower is better.
    pub fn bic(&self, log_likelihood: f64, n_present: usize) -> f64 {
        self.n_parameters() as f64 * libm::log(n_present as f64) - 2.0 * log_likelihood
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Covariances;

    #[test]
    fn counts_the_free_numbers() {
        let count = |k: usize, d: usize, covariances| {
            let start = vec![1.0 / k as f64; k];
            let transition = vec![1.0 / k as f64; k * k];
            GaussianHmm::new(start, transition, vec![0.0; k * d], covariances).unwrap().n_parameters()
        };
        assert_eq!(count(1, 1, Covariances::Diagonal(vec![1.0])), 2);
        assert_eq!(count(3, 1, Covariances::Diagonal(vec![1.0; 3])), 2 + 6 + 3 + 3);
        assert_eq!(count(2, 2, Covariances::Diagonal(vec![1.0; 4])), 1 + 2 + 4 + 4);
        assert_eq!(count(2, 2, Covariances::Full([1.0, 0.0, 0.0, 1.0].repeat(2))), 1 + 2 + 4 + 6);
    }
}
