//! The density of an observation in each state.

use super::{CovarianceForm, GaussianHmm};
use crate::linear::cholesky;

/// The lowest logarithm of a density: where squares of distances overflow, all states are equally unlikely.
pub(crate) const LOWEST: f64 = -1e300;

/// Half of the logarithm of 2π.
const HALF_LN_2_PI: f64 = 0.918_938_533_204_672_8;

/// A model's normal densities, ready to be evaluated.
///
/// The logarithm of a density is `constant − Σ yᵢ² / 2`, with `y` the observation's distance to the mean in units of
/// the state's own spread: each series alone (diagonal), or solved from the Cholesky factor (full).
#[derive(Debug, Clone)]
pub(crate) struct Densities {
    n_series: usize,
    form: CovarianceForm,
    /// The variances whose roots are the units of the densities; 1 unless a sample gives its own.
    units: Vec<f64>,
    means: Vec<f64>,
    constants: Vec<f64>,
    /// Diagonal: half of the reciprocal variances. Full: Cholesky factors, with reciprocals on their diagonals.
    factors: Vec<f64>,
}

impl Densities {
    /// The densities of a model.
    pub(crate) fn new(model: &GaussianHmm) -> Self {
        Self::in_units(model, vec![1.0; model.n_series()])
    }

    /// The densities of a model for series measured in standard deviations with these squares. Logarithms are then
    /// the same to the bit in whatever unit series and model come, up to powers of two.
    pub(crate) fn in_units(model: &GaussianHmm, units: Vec<f64>) -> Self {
        let mut densities = Self {
            n_series: model.n_series(),
            form: if model.n_series() == 1 { CovarianceForm::Diagonal } else { model.covariances.form() },
            units,
            means: Vec::new(),
            constants: Vec::new(),
            factors: Vec::new(),
        };
        densities.refresh(model);
        densities
    }

    /// The densities of another model of the same shape.
    pub(crate) fn refresh(&mut self, model: &GaussianHmm) {
        let d = self.n_series;
        self.means.clone_from(&model.means);
        self.factors.clear();
        self.factors.extend_from_slice(model.covariances.values());
        self.constants.clear();
        for factor in self.factors.chunks_exact_mut(if self.form == CovarianceForm::Full { d * d } else { d })
        {
            let mut constant = -HALF_LN_2_PI * d as f64;
            match self.form {
                CovarianceForm::Diagonal => {
                    for (variance, unit) in factor.iter_mut().zip(&self.units) {
                        constant -= 0.5 * libm::log(*variance / unit);
                        *variance = 0.5 / *variance;
                    }
                }
                CovarianceForm::Full => {
                    let is_positive = cholesky(factor, d);
                    debug_assert!(is_positive, "covariances of a model are positive definite");
                    for i in 0..d {
                        constant -= libm::log(factor[i * d + i] / self.units[i].sqrt());
                        factor[i * d + i] = 1.0 / factor[i * d + i];
                    }
                }
            }
            self.constants.push(constant);
        }
    }

    pub(crate) fn n_states(&self) -> usize {
        self.constants.len()
    }

    pub(crate) fn n_series(&self) -> usize {
        self.n_series
    }

    /// The logarithms of the densities of one observation, a number a state.
    #[inline]
    pub(crate) fn write(&self, x: &[f64], out: &mut [f64]) {
        if let &[x] = x {
            for (((out, &mean), &half), &constant) in
                out.iter_mut().zip(&self.means).zip(&self.factors).zip(&self.constants)
            {
                let z = x - mean;
                *out = (constant - half * (z * z)).max(LOWEST);
            }
            return;
        }
        for (state, out) in out.iter_mut().enumerate() {
            *out = (self.constants[state] - self.half_distance(state, x)).max(LOWEST);
        }
    }

    /// The means, halves of the reciprocal variances and constants of a model of one series.
    pub(crate) fn univariate(&self) -> Option<(&[f64], &[f64], &[f64])> {
        (self.n_series == 1).then_some((&self.means, &self.factors, &self.constants))
    }

    /// Half of the squared distance to the mean of a state, in units of its spread.
    fn half_distance(&self, state: usize, x: &[f64]) -> f64 {
        let d = self.n_series;
        let means = &self.means[state * d..(state + 1) * d];
        match self.form {
            CovarianceForm::Diagonal => {
                let halves = &self.factors[state * d..(state + 1) * d];
                let terms = x.iter().zip(means).zip(halves);
                terms.map(|((x, mean), half)| half * ((x - mean) * (x - mean))).sum()
            }
            CovarianceForm::Full => {
                let factor = &self.factors[state * d * d..(state + 1) * d * d];
                0.5 * solved_square(factor, x, means)
            }
        }
    }
}

/// `|L⁻¹ (x − mean)|²` for a Cholesky factor `L` with reciprocals on its diagonal.
fn solved_square(factor: &[f64], x: &[f64], means: &[f64]) -> f64 {
    const ON_STACK: usize = 8;
    let d = x.len();
    let (mut few, mut many);
    let solved: &mut [f64] = if d <= ON_STACK {
        few = [0.0; ON_STACK];
        &mut few[..d]
    } else {
        many = vec![0.0; d];
        &mut many
    };
    let mut square = 0.0;
    for i in 0..d {
        let mut rest = x[i] - means[i];
        for k in 0..i {
            rest -= factor[i * d + k] * solved[k];
        }
        solved[i] = rest * factor[i * d + i];
        square += solved[i] * solved[i];
    }
    square
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Covariances;

    fn log_density(model: &GaussianHmm, x: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; model.n_states()];
        Densities::new(model).write(x, &mut out);
        out
    }

    #[test]
    fn is_that_of_the_normal_distribution() {
        // scipy.stats.norm.logpdf(0.3, 0.1, 2.0) and multivariate_normal.logpdf([1, 2], [0.5, 1], [[2, .3], [.3, 1]])
        let model =
            GaussianHmm::new(vec![1.0], vec![1.0], vec![0.1], Covariances::Diagonal(vec![4.0])).unwrap();
        assert!((log_density(&model, &[0.3])[0] - -1.617_085_713_764_618).abs() < 1e-14);
        let full = Covariances::Full(vec![2.0, 0.3, 0.3, 1.0]);
        let model = GaussianHmm::new(vec![1.0], vec![1.0], vec![0.5, 1.0], full).unwrap();
        let expected = -2.0 * HALF_LN_2_PI - 0.5 * libm::log(1.91) - 0.5 * (0.25 - 0.3 + 2.0) / 1.91;
        assert!((log_density(&model, &[1.0, 2.0])[0] - expected).abs() < 1e-14);
    }

    #[test]
    fn a_full_covariance_without_correlation_is_a_diagonal_one() {
        let model =
            |covariances| GaussianHmm::new(vec![1.0], vec![1.0], vec![0.1, -0.2, 0.3], covariances).unwrap();
        let diagonal = model(Covariances::Diagonal(vec![1.0, 4.0, 9.0]));
        let full = model(Covariances::Full(vec![1.0, 0.0, 0.0, 0.0, 4.0, 0.0, 0.0, 0.0, 9.0]));
        let x = [0.7, 0.1, -4.0];
        assert!((log_density(&diagonal, &x)[0] - log_density(&full, &x)[0]).abs() < 1e-14);
    }

    #[test]
    fn stays_finite_where_squares_overflow() {
        let model =
            GaussianHmm::new(vec![1.0], vec![1.0], vec![0.0], Covariances::Diagonal(vec![1e-8])).unwrap();
        assert_eq!(log_density(&model, &[1e300]), [LOWEST]);
    }
}
