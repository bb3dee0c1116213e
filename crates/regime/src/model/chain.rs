//! The long run of a model: what follows from its transitions alone.

use super::{GaussianHmm, Probabilities};

/// Squarings of the transition matrix: after 2⁶⁴ bars only structure is left, whatever the probabilities.
const SQUARINGS: usize = 64;

impl GaussianHmm {
    /// For each state, how many bars a stay in it lasts on average: `1 / (1 − aᵢᵢ)`, infinite for a state that is never
    /// left. As the chain has no memory, it is also how long a stay is expected to last from any bar of it on.
    pub fn expected_durations(&self) -> Vec<f64> {
        (0..self.n_states()).map(|state| 1.0 / (1.0 - self.transition(state)[state]).max(0.0)).collect()
    }

    /// The share of time that the chain spends in each state in the long run.
    ///
    /// The stationary distribution where there is one; where states exclude each other for ever, the long-run shares
    /// of a chain that begins as `start` says. Computed as `start · ((1 + A) / 2)ⁿ` with `n = 2⁶⁴`, by squaring, which
    /// subtracts nothing and knows no periods.
    pub fn stationary(&self) -> Vec<f64> {
        let k = self.n_states();
        let mut power = self.transition.iter().map(|a| 0.5 * a).collect::<Vec<_>>();
        for i in 0..k {
            power[i * k + i] += 0.5;
        }
        for _ in 0..SQUARINGS {
            power = square(&power, k);
        }
        let shares = advance(&self.start, &power);
        let total: f64 = shares.iter().sum();
        shares.iter().map(|share| share / total).collect()
    }

    /// The distribution of the state one bar later.
    pub(crate) fn advance(&self, probabilities: &[f64]) -> Probabilities {
        advance(probabilities, &self.transition)
    }
}

fn advance(probabilities: &[f64], matrix: &[f64]) -> Probabilities {
    let mut next = Probabilities::zeros(probabilities.len());
    let out = next.as_mut();
    for (&probability, row) in probabilities.iter().zip(matrix.chunks_exact(probabilities.len())) {
        for (next, &a) in out.iter_mut().zip(row) {
            *next += probability * a;
        }
    }
    next
}

/// A stochastic matrix times itself, with rows that sum to one.
fn square(matrix: &[f64], k: usize) -> Vec<f64> {
    let mut product = Vec::with_capacity(k * k);
    for row in matrix.chunks_exact(k) {
        let next = advance(row, matrix);
        let total: f64 = next.iter().sum();
        product.extend(next.iter().map(|value| value / total));
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Covariances;

    fn chain(start: &[f64], transition: &[f64]) -> GaussianHmm {
        let k = start.len();
        GaussianHmm::new(
            start.to_vec(),
            transition.to_vec(),
            vec![0.0; k],
            Covariances::Diagonal(vec![1.0; k]),
        )
        .unwrap()
    }

    #[test]
    fn two_states_share_time_as_their_exits_say() {
        let shares = chain(&[1.0, 0.0], &[0.9, 0.1, 0.3, 0.7]).stationary();
        assert!((shares[0] - 0.75).abs() < 1e-15 && (shares[1] - 0.25).abs() < 1e-15, "{shares:?}");
    }

    #[test]
    fn rare_transitions_and_periods_do_not_matter() {
        let shares = chain(&[1.0, 0.0], &[1.0 - 1e-12, 1e-12, 3e-12, 1.0 - 3e-12]).stationary();
        assert!((shares[0] - 0.75).abs() < 1e-3, "{shares:?}");
        let shares = chain(&[1.0, 0.0], &[0.0, 1.0, 1.0, 0.0]).stationary();
        assert_eq!(shares, [0.5, 0.5]);
    }

    #[test]
    fn states_that_exclude_each_other_keep_their_start() {
        assert_eq!(chain(&[0.25, 0.75], &[1.0, 0.0, 0.0, 1.0]).stationary(), [0.25, 0.75]);
        assert_eq!(chain(&[1.0, 0.0], &[0.5, 0.5, 0.0, 1.0]).stationary(), [0.0, 1.0]);
    }

    #[test]
    fn a_state_that_is_never_left_lasts_for_ever() {
        assert_eq!(chain(&[1.0, 0.0], &[0.5, 0.5, 0.0, 1.0]).expected_durations(), [2.0, f64::INFINITY]);
    }
}
