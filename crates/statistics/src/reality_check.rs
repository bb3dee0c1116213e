//! Whether the best of many trials beats a benchmark by more than luck.

use rayon::prelude::*;

use crate::{bootstrap::Blocks, mean};

/// What White's reality check found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RealityCheck {
    /// The largest mean difference to the benchmark, times the root of the number of sessions.
    pub statistic: f64,
    /// How often luck alone gives as large a statistic: the share of replications.
    pub p_value: f64,
    /// The number of the trial with the largest mean difference, from 0; of equals the first.
    pub best: usize,
}

/// White's reality check: whether the best of some trials beats a benchmark, where the best was searched for.
///
/// The statistic is `max_k √n · mean(d_k)`, with `d_k` the returns of trial k above those of the benchmark. In each
/// replication sessions are drawn in blocks, the same for all trials, and `max_k √n · (mean*(d_k) − mean(d_k))` is what
/// the best is worth without skill. The p-value is `(1 + count of these ≥ statistic) / (1 + replications)`, which a
/// statistic that is never reached doesn't make zero.
///
/// Differences are raw: a trial of high variance weighs more than one of low variance.
///
/// - Shape: one series of differences a trial, all of the same sessions, oldest first. `block` is the mean length of
///   the blocks in sessions, at least 1.
/// - NaN: no value may be NaN.
/// - Threads: those of the pool that it is called in; the result does not depend on their number.
/// - Source: White (2000), "A reality check for data snooping", Econometrica 68; blocks by Politis, Romano (1994), "The
///   stationary bootstrap", J. American Statistical Association 89; the p-value by Davison, Hinkley (1997),
///   "Bootstrap methods and their application", chapter 4.
///
/// # Panics
///
/// Unless there is a session, a trial, a replication, and all trials are of one length.
///
/// ```
/// use backstaff_statistics::reality_check;
/// let skill = (0..100).map(|t| 0.01 + 0.001 * f64::from(t % 7)).collect::<Vec<_>>();
/// let luck = (0..100).map(|t| 0.01 * f64::from(t % 3 - 1)).collect::<Vec<_>>();
/// let found = reality_check(&[luck, skill], 5.0, 200, 1);
/// assert_eq!(found.best, 1);
/// assert!(found.p_value < 0.01);
/// ```
pub fn reality_check(differences: &[Vec<f64>], block: f64, n_replications: usize, seed: u64) -> RealityCheck {
    let n = differences.first().map_or(0, Vec::len);
    assert!(n > 0 && n_replications > 0 && differences.iter().all(|trial| trial.len() == n));
    let means = differences.iter().map(|trial| mean(trial)).collect::<Vec<_>>();
    let best = (1..means.len()).fold(0, |best, trial| if means[trial] > means[best] { trial } else { best });
    let root = (n as f64).sqrt();
    let statistic = root * means[best];
    let sums = Sums::of(differences, &means);
    let replications = (0..n_replications).into_par_iter().map_init(
        || vec![0.0; means.len()],
        |drawn, replication| {
            drawn.fill(0.0);
            Blocks::new(seed, replication, n)
                .stationary(block, |start, length| sums.add(start, length, drawn));
            let largest = drawn.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            usize::from(root * (largest / n as f64) >= statistic)
        },
    );
    let reached = replications.sum::<usize>();
    let p_value = (1 + reached) as f64 / (1 + n_replications) as f64;
    RealityCheck { statistic, p_value, best }
}

/// Sums of all trials from the first session on, twice round the circle of sessions: a block is the difference of two.
/// What is summed are distances to the means, so that nothing large is subtracted.
struct Sums {
    n_trials: usize,
    values: Vec<f64>,
}

impl Sums {
    fn of(differences: &[Vec<f64>], means: &[f64]) -> Self {
        let n = differences[0].len();
        let n_trials = means.len();
        let mut values = vec![0.0; (2 * n + 1) * n_trials];
        for (k, trial) in differences.iter().enumerate() {
            let mut sum = 0.0;
            for t in 0..2 * n {
                sum += trial[t % n] - means[k];
                values[(t + 1) * n_trials + k] = sum;
            }
        }
        Self { n_trials, values }
    }

    /// Add the sums of a block to those drawn so far.
    fn add(&self, start: usize, length: usize, drawn: &mut [f64]) {
        let row = |t: usize| &self.values[t * self.n_trials..(t + 1) * self.n_trials];
        let block = row(start + length).iter().zip(row(start));
        for (sum, (behind, before)) in drawn.iter_mut().zip(block) {
            *sum += behind - before;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::panel;

    #[test]
    fn agrees_with_arch_but_for_the_draws() {
        // The version 8.0.0 of arch gives 0.0244 with 10,000 replications, whose error is 0.0015.
        let found = reality_check(&panel(), 10.0, 10_000, 1);
        assert!((found.p_value - 0.0244).abs() < 0.0055, "{found:?}");
        let others = (2..6).map(|seed| reality_check(&panel(), 10.0, 10_000, seed).p_value);
        assert!((others.sum::<f64>() / 4.0 - 0.0244).abs() < 0.0035);
    }

    #[test]
    fn any_number_of_threads_gives_the_same() {
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| reality_check(&panel(), 10.0, 500, 7))
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn trials_that_do_not_move_are_no_better_than_luck() {
        let found = reality_check(&[vec![0.0; 20], vec![0.0; 20]], 5.0, 50, 1);
        assert_eq!((found.statistic, found.p_value, found.best), (0.0, 1.0, 0));
    }

    proptest! {
        #[test]
        fn sums_of_blocks_are_those_of_their_sessions(
            series in prop::collection::vec(-1.0..1.0_f64, 1..30),
            start in 0..30_usize,
            length in 0..30_usize,
        ) {
            let n = series.len();
            let (start, length) = (start % n, length % (n + 1));
            let mean = mean(&series);
            let mut drawn = [0.0];
            Sums::of(std::slice::from_ref(&series), &[mean]).add(start, length, &mut drawn);
            let twin = (start..start + length).map(|t| series[t % n] - mean).sum::<f64>();
            prop_assert!((drawn[0] - twin).abs() < 1e-12);
        }
    }
}
