//! Least squares with a penalty on the sizes of the coefficients.

use super::triangle::{Triangle, dot, subtract};

/// By how much a round must change the coefficients to be worth another, and how far from the optimum is close enough:
/// scikit-learn's defaults.
const TOLERANCE: f64 = 1e-4;
const MAX_ROUNDS: usize = 1000;

/// The coefficients of the first `n` columns that minimise `½ |target − X b|² + penalty · Σ |b|`.
///
/// Coefficients are set one after the other, round by round, until none changes by more than 10⁻⁴ of the largest, and
/// the distance to the optimum is proven to be below 10⁻⁴ of the target's square; columns that are proven to have none
/// are left out. These are scikit-learn's rules, so that the rounding of the result to 10⁻⁴ is the same.
///
/// - Source: Friedman, Hastie, Tibshirani (2010), "Regularization paths for generalized linear models via coordinate
///   descent", J. Statistical Software 33; Fercoq, Gramfort, Salmon (2015), "Mind the duality gap", ICML.
pub(super) fn solve(triangle: &Triangle, n: usize, target: &[f64], penalty: f64) -> Vec<f64> {
    let columns = triangle.columns(n).collect::<Vec<_>>();
    let squares = columns.iter().map(|column| dot(column, column)).collect::<Vec<_>>();
    let mut descent = Descent { columns, target, penalty, found: vec![0.0; n], residual: target.to_vec() };
    let enough = TOLERANCE * dot(target, target);
    let mut active = (0..n).filter(|&j| squares[j] > 0.0).collect::<Vec<_>>();
    let (gap, gradients) = descent.gap();
    if gap <= enough {
        return descent.found;
    }
    descent.leave_out(&mut active, &squares, gap, &gradients);
    for round in 1..=MAX_ROUNDS {
        let (mut largest, mut change) = (0.0_f64, 0.0_f64);
        for &j in &active {
            let old = descent.found[j];
            let gain = dot(descent.columns[j], &descent.residual) + old * squares[j];
            let new = gain.signum() * (gain.abs() - penalty).max(0.0) / squares[j];
            descent.set(j, new);
            change = change.max((new - old).abs());
            largest = largest.max(new.abs());
        }
        if largest == 0.0 || change / largest <= TOLERANCE || round == MAX_ROUNDS {
            let (gap, gradients) = descent.gap();
            if gap <= enough {
                break;
            }
            descent.leave_out(&mut active, &squares, gap, &gradients);
        }
    }
    descent.found
}

struct Descent<'a> {
    columns: Vec<&'a [f64]>,
    target: &'a [f64],
    penalty: f64,
    found: Vec<f64>,
    residual: Vec<f64>,
}

impl Descent<'_> {
    fn set(&mut self, j: usize, value: f64) {
        if value != self.found[j] {
            subtract(value - self.found[j], self.columns[j], &mut self.residual);
            self.found[j] = value;
        }
    }

    /// How far the objective may be from its optimum at most, and the product of each column with the residual.
    fn gap(&self) -> (f64, Vec<f64>) {
        let residual = &self.residual;
        let gradients = self.columns.iter().map(|column| dot(column, residual)).collect::<Vec<_>>();
        if self.penalty == 0.0 {
            return (dot(&gradients, &gradients), gradients);
        }
        let steepest = gradients.iter().fold(0.0, |most: f64, gradient| most.max(gradient.abs()));
        let scale = if steepest > self.penalty { self.penalty / steepest } else { 1.0 };
        let size = self.found.iter().map(|value| value.abs()).sum::<f64>();
        let fit = 0.5 * dot(residual, residual) * (1.0 + scale * scale);
        (fit + self.penalty * size - scale * dot(residual, self.target), gradients)
    }

    /// Leave out the columns whose coefficients are proven to be 0 at the optimum.
    fn leave_out(&mut self, active: &mut Vec<usize>, squares: &[f64], gap: f64, gradients: &[f64]) {
        if self.penalty == 0.0 {
            return;
        }
        let steepest = gradients.iter().fold(0.0, |most: f64, gradient| most.max(gradient.abs()));
        let radius = (2.0 * gap).sqrt() / self.penalty;
        let stays = |j: usize| {
            (1.0 - (gradients[j] / self.penalty.max(steepest)).abs()) / squares[j].sqrt() <= radius
        };
        let (staying, leaving) = active.iter().partition::<Vec<usize>, _>(|&&j| stays(j));
        for j in leaving {
            self.set(j, 0.0);
        }
        *active = staying;
    }
}
