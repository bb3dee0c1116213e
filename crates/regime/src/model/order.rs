//! The order of the states.

use super::{CovarianceForm, Covariances, GaussianHmm};

impl GaussianHmm {
    /// The states in canonical order: by the mean of the first series, lowest first; equal means by its variance, then
    /// by the means of the other series.
    ///
    /// Which number a state gets from a fit is otherwise an accident of where the search began.
    pub fn canonical_order(&self) -> Vec<usize> {
        let mut order = (0..self.n_states()).collect::<Vec<_>>();
        order.sort_by(|&a, &b| {
            let (first, second) = (self.means(a), self.means(b));
            let by_mean = first[0].total_cmp(&second[0]);
            let by_variance = self.variance(a, 0).total_cmp(&self.variance(b, 0));
            let by_others = || {
                let differ =
                    first.iter().zip(second).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
                differ.unwrap_or(std::cmp::Ordering::Equal)
            };
            by_mean.then(by_variance).then_with(by_others)
        });
        order
    }

    /// The same model whose state `i` is this one's state `order[i]`.
    ///
    /// # Panics
    ///
    /// If `order` is no permutation of the states.
    pub fn reordered(&self, order: &[usize]) -> Self {
        let (k, d) = (self.n_states(), self.n_series());
        let mut seen = vec![false; k];
        for &state in order {
            seen[state] = true;
        }
        assert!(order.len() == k && seen.iter().all(|&seen| seen), "an order names each state once");
        let covariances =
            order.iter().flat_map(|&state| self.covariances.of_state(state, d)).copied().collect();
        Self {
            start: order.iter().map(|&state| self.start[state]).collect(),
            transition: order
                .iter()
                .flat_map(|&from| order.iter().map(move |&to| self.transition[from * k + to]))
                .collect(),
            means: order.iter().flat_map(|&state| self.means(state)).copied().collect(),
            covariances: match self.covariances.form() {
                CovarianceForm::Diagonal => Covariances::Diagonal(covariances),
                CovarianceForm::Full => Covariances::Full(covariances),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_sorted_by_mean_and_ties_by_variance() {
        let model = GaussianHmm::new(
            vec![0.5, 0.3, 0.2],
            vec![0.8, 0.15, 0.05, 0.1, 0.7, 0.2, 0.0, 0.4, 0.6],
            vec![1.0, -1.0, -1.0],
            Covariances::Diagonal(vec![1.0, 9.0, 4.0]),
        )
        .unwrap();
        assert_eq!(model.canonical_order(), [2, 1, 0]);
        let sorted = model.reordered(&model.canonical_order());
        assert_eq!(sorted.start(), [0.2, 0.3, 0.5]);
        assert_eq!(sorted.transition(0), [0.6, 0.4, 0.0]);
        assert_eq!(sorted.transition(2), [0.05, 0.15, 0.8]);
        assert_eq!(sorted.covariances().values(), [4.0, 9.0, 1.0]);
        assert_eq!(sorted.reordered(&[2, 1, 0]), model);
    }
}
