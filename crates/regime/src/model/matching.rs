//! The matching of a new model's states with an old one's.

use super::GaussianHmm;
use crate::{RegimeError, linear::cholesky};

impl GaussianHmm {
    /// The model with its states numbered as in `previous`: each state gets the number of the state that it
    /// continues.
    ///
    /// The numbers are those that make the sum of the Bhattacharyya distances between the normal distributions of old
    /// and new states smallest, over all ways to assign them. The distance knows no unit: means are compared in units
    /// of the spread, spreads by their ratio.
    ///
    /// # Errors
    ///
    /// [`RegimeError::StartShape`] if the two differ in their number of states or series.
    pub fn matched_to(&self, previous: &Self) -> Result<Self, RegimeError> {
        let (k, d) = (self.n_states(), self.n_series());
        let differs = |what, expected, found| Err(RegimeError::StartShape { what, expected, found });
        if previous.n_states() != k {
            return differs("states", k, previous.n_states());
        }
        if previous.n_series() != d {
            return differs("series", d, previous.n_series());
        }
        let costs = (0..k).flat_map(|old| (0..k).map(move |new| (old, new)));
        let costs = costs.map(|(old, new)| distance(previous, old, self, new)).collect::<Vec<_>>();
        Ok(self.reordered(&assignment(&costs, k)))
    }
}

/// The Bhattacharyya distance between the normal distributions of two states.
fn distance(a: &GaussianHmm, i: usize, b: &GaussianHmm, j: usize) -> f64 {
    let d = a.n_series();
    let (first, second) = (dense(a, i), dense(b, j));
    let mut middle = first.iter().zip(&second).map(|(x, y)| 0.5 * (x + y)).collect::<Vec<_>>();
    let (log_first, log_second) = (log_determinant(first, d), log_determinant(second, d));
    // Both are positive definite, so their mean is.
    let is_positive = cholesky(&mut middle, d);
    debug_assert!(is_positive, "the mean of two covariances is positive definite");
    let mut square = 0.0;
    let mut solved = vec![0.0; d];
    let mut log_middle = 0.0;
    for row in 0..d {
        let mut rest = a.means(i)[row] - b.means(j)[row];
        for k in 0..row {
            rest -= middle[row * d + k] * solved[k];
        }
        solved[row] = rest / middle[row * d + row];
        square += solved[row] * solved[row];
        log_middle += 2.0 * libm::log(middle[row * d + row]);
    }
    square / 8.0 + 0.5 * (log_middle - 0.5 * (log_first + log_second))
}

fn dense(model: &GaussianHmm, state: usize) -> Vec<f64> {
    let d = model.n_series();
    let pairs = (0..d).flat_map(|i| (0..d).map(move |j| (i, j)));
    pairs.map(|(i, j)| model.covariances.entry(state, i, j, d)).collect()
}

fn log_determinant(mut matrix: Vec<f64>, d: usize) -> f64 {
    let is_positive = cholesky(&mut matrix, d);
    debug_assert!(is_positive, "covariances of a model are positive definite");
    (0..d).map(|i| 2.0 * libm::log(matrix[i * d + i])).sum()
}

/// The column of each row in the cheapest one-to-one assignment; of equally cheap ones the first in lexical order.
///
/// Over all sets of columns, with the rows taken from the last to the first: for at most ten states a table of 1,024.
fn assignment(costs: &[f64], k: usize) -> Vec<usize> {
    let all = (1_usize << k) - 1;
    // best[free]: the cost of assigning the last rows to the columns in `free`.
    let mut best = vec![0.0; all + 1];
    for free in 1..=all {
        let row = k - free.count_ones() as usize;
        let options = (0..k).filter(|column| free >> column & 1 == 1);
        best[free] = options
            .map(|column| costs[row * k + column] + best[free & !(1 << column)])
            .fold(f64::INFINITY, f64::min);
    }
    let mut free = all;
    (0..k)
        .map(|row| {
            let column = (0..k)
                .find(|&column| {
                    free >> column & 1 == 1
                        && costs[row * k + column] + best[free & !(1 << column)] <= best[free]
                })
                .unwrap_or_else(|| free.trailing_zeros() as usize);
            free &= !(1 << column);
            column
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Covariances;

    fn model(means: &[f64], variances: &[f64]) -> GaussianHmm {
        let k = means.len();
        let (start, transition) = (vec![1.0 / k as f64; k], vec![1.0 / k as f64; k * k]);
        GaussianHmm::new(start, transition, means.to_vec(), Covariances::Diagonal(variances.to_vec()))
            .unwrap()
    }

    #[test]
    fn a_state_keeps_its_number_when_the_means_change_their_order() {
        let old = model(&[-0.1, 0.0, 0.1], &[9.0, 1.0, 0.25]);
        let new = model(&[-0.2, 0.01, 0.02], &[1.1, 0.2, 8.0]);
        let matched = new.matched_to(&old).unwrap();
        assert_eq!(matched.covariances().values(), [8.0, 1.1, 0.2]);
    }

    #[test]
    fn distances_know_no_unit() {
        let (a, b) = (model(&[-0.1, 0.3], &[9.0, 1.0]), model(&[0.2, 0.0], &[1.0, 7.0]));
        let (c, d) = (model(&[-0.1e-3, 0.3e-3], &[9e-6, 1e-6]), model(&[0.2e-3, 0.0], &[1e-6, 7e-6]));
        for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            assert!((distance(&a, i, &b, j) - distance(&c, i, &d, j)).abs() < 1e-12);
        }
        assert!(distance(&a, 1, &a, 1).abs() < 1e-15);
    }

    #[test]
    fn models_of_different_shape_cannot_be_matched() {
        assert!(model(&[0.0], &[1.0]).matched_to(&model(&[0.0, 1.0], &[1.0, 1.0])).is_err());
    }

    fn cheapest(costs: &[f64], k: usize, used: &mut Vec<usize>) -> f64 {
        let row = used.len();
        if row == k {
            return 0.0;
        }
        let mut least = f64::INFINITY;
        for column in 0..k {
            if !used.contains(&column) {
                used.push(column);
                least = least.min(costs[row * k + column] + cheapest(costs, k, used));
                used.pop();
            }
        }
        least
    }

    proptest! {
        #[test]
        fn the_assignment_is_the_cheapest_of_all(k in 1..6_usize, costs in prop::collection::vec(0.0..1.0, 25)) {
            let costs = &costs[..k * k];
            let chosen = assignment(costs, k);
            let cost: f64 = chosen.iter().enumerate().map(|(row, column)| costs[row * k + column]).sum();
            prop_assert!((cost - cheapest(costs, k, &mut Vec::new())).abs() < 1e-12);
        }
    }
}
