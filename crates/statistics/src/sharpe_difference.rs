//! Whether two Sharpe ratios differ.

use rayon::prelude::*;

use crate::{bootstrap::Blocks, mean, newey_west_error, normal_distribution, ratio};

/// What a comparison of two Sharpe ratios found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharpeDifference {
    /// The first ratio less the second, of one session, deviations with `n`.
    pub difference: f64,
    /// The standard error of the difference.
    pub error: f64,
    /// The difference by its error.
    pub z: f64,
    /// How often luck alone gives a difference as large in either direction.
    pub p_value: f64,
}

/// The difference of two Sharpe ratios, its error and p-value where the series depend on each other and on their past.
///
/// `SR_a − SR_b = f(v)` with `v = (m_a, m_b, E a², E b²)`. By the delta method its error is that of the mean of
/// `y_t = ∇f · (a_t − m_a, b_t − m_b, a_t² − E a², b_t² − E b²)`, here Newey and West's with `lags`; without lags,
/// sessions count as independent. `z` is taken as normal.
///
/// DIFFERENCE: the paper takes a prewhitened kernel where Bartlett's stands here.
///
/// - Shape: returns above cash of the same sessions, oldest first.
/// - NaN: all parts where one of the series doesn't vary; error and p-value where the difference doesn't.
/// - Source: Ledoit, Wolf (2008), "Robust performance hypothesis testing with the Sharpe ratio", J. Empirical Finance
///   15.
///
/// # Panics
///
/// If the series differ in length.
///
/// ```
/// use backstaff_statistics::sharpe_difference;
/// let a = [0.02, 0.01, 0.03, 0.00, 0.02, 0.01];
/// let b = [0.01, -0.02, 0.01, 0.00, -0.01, 0.02];
/// let found = sharpe_difference(&a, &b, 0);
/// assert!((found.difference - 1.4426641690120718).abs() < 1e-12);
/// assert!(sharpe_difference(&a, &[0.01; 6], 0).difference.is_nan());
/// ```
pub fn sharpe_difference(a: &[f64], b: &[f64], lags: usize) -> SharpeDifference {
    assert_eq!(a.len(), b.len());
    let moments = Moments::of(a, b);
    let gradient = moments.gradient();
    let influence = a.iter().zip(b).map(|(a, b)| moments.influence(&gradient, *a, *b)).collect::<Vec<_>>();
    let difference = moments.difference();
    let error = if difference.is_nan() { f64::NAN } else { newey_west_error(&influence, 0.0, lags, 0) };
    let z = ratio(difference, error);
    SharpeDifference { difference, error, z, p_value: 2.0 * normal_distribution(-z.abs()) }
}

/// The same, its p-value by a bootstrap that draws blocks of both series and studentises each replication.
///
/// Each replication draws `⌊n / block⌋` blocks of `block` sessions, where the series are taken as a circle. Its error
/// comes from the sums of its own blocks (Götze, Künsch 1996). The p-value is
/// `(1 + count of |Δ* − Δ| / error* ≥ |z|) / (1 + replications)`. A replication in which a series doesn't vary counts
/// as one that reaches it.
///
/// - Shape, NaN, source: as for [`sharpe_difference`]. `block` is 1 to `n`.
/// - Threads: those of the pool that it is called in; the result does not depend on their number.
///
/// # Panics
///
/// If the series differ in length, `block` is 0 or above it, or there is no replication.
///
/// ```
/// use backstaff_statistics::sharpe_difference_in_blocks;
/// let a = (0..60).map(|t| 0.01 + 0.01 * f64::from(t * 7 % 11 - 5)).collect::<Vec<_>>();
/// let b = (0..60).map(|t| 0.01 * f64::from(t * 5 % 13 - 6)).collect::<Vec<_>>();
/// let found = sharpe_difference_in_blocks(&a, &b, 2, 4, 499, 1);
/// assert!(found.p_value > 0.0 && found.p_value < 1.0);
/// ```
pub fn sharpe_difference_in_blocks(
    a: &[f64],
    b: &[f64],
    lags: usize,
    block: usize,
    n_replications: usize,
    seed: u64,
) -> SharpeDifference {
    let n = a.len();
    assert!(0 < block && block <= n && n_replications > 0);
    let found = sharpe_difference(a, b, lags);
    if found.z.is_nan() {
        return found;
    }
    let blocks = BlockMoments::of(a, b, block);
    let reached = (0..n_replications).into_par_iter().map(|replication| {
        let mut random = Blocks::new(seed, replication, n);
        let drawn = (0..n / block).map(|_| &blocks.0[random.start()]).collect::<Vec<_>>();
        let moments = Moments::mean_of(&drawn);
        let gradient = moments.gradient();
        let squares = drawn.iter().map(|block| {
            let sum = moments.difference_along(&gradient, block);
            sum * sum
        });
        let error = squares.sum::<f64>().sqrt() / drawn.len() as f64;
        let distance = (moments.difference() - found.difference).abs() / error;
        // What is not defined is no evidence against luck.
        usize::from(distance >= found.z.abs() || distance.is_nan())
    });
    let reached = reached.sum::<usize>();
    SharpeDifference { p_value: (1 + reached) as f64 / (1 + n_replications) as f64, ..found }
}

/// The means of two series and of their squares.
#[derive(Clone, Copy, Debug)]
struct Moments([f64; 4]);

impl Moments {
    fn of(a: &[f64], b: &[f64]) -> Self {
        let square = |values: &[f64]| mean(&values.iter().map(|value| value * value).collect::<Vec<_>>());
        // A constant's mean may miss it by a rounding, which would be a deviation.
        let is_flat = |values: &[f64]| values.iter().all(|value| *value == values[0]);
        if is_flat(a) || is_flat(b) {
            return Self([f64::NAN; 4]);
        }
        Self([mean(a), mean(b), square(a), square(b)])
    }

    fn mean_of(blocks: &[&Self]) -> Self {
        Self(
            [0, 1, 2, 3]
                .map(|part| blocks.iter().map(|block| block.0[part]).sum::<f64>() / blocks.len() as f64),
        )
    }

    /// The deviations of both series, with `n`; NaN where one doesn't vary.
    fn deviations(&self) -> [f64; 2] {
        [0, 1].map(|i| {
            let variance = self.0[2 + i] - self.0[i] * self.0[i];
            if variance > 0.0 { variance.sqrt() } else { f64::NAN }
        })
    }

    fn difference(&self) -> f64 {
        let [a, b] = self.deviations();
        self.0[0] / a - self.0[1] / b
    }

    /// The derivatives of the difference by the four means.
    fn gradient(&self) -> [f64; 4] {
        let [a, b] = self.deviations().map(|deviation| deviation * deviation * deviation);
        let [mean_a, mean_b, square_a, square_b] = self.0;
        [square_a / a, -square_b / b, -0.5 * mean_a / a, 0.5 * mean_b / b]
    }

    /// What one session adds to the difference, to the first order.
    fn influence(&self, gradient: &[f64; 4], a: f64, b: f64) -> f64 {
        self.difference_along(gradient, &Self([a, b, a * a, b * b]))
    }

    /// The distance of other moments to these along the gradient.
    fn difference_along(&self, gradient: &[f64; 4], other: &Self) -> f64 {
        (0..4).map(|part| gradient[part] * (other.0[part] - self.0[part])).sum()
    }
}

/// The moments of each block of neighbouring sessions, by its first session; the series are taken as a circle.
struct BlockMoments(Vec<Moments>);

impl BlockMoments {
    fn of(a: &[f64], b: &[f64], block: usize) -> Self {
        let n = a.len();
        let circle = |values: &[f64]| values.iter().chain(values).copied().collect::<Vec<_>>();
        let (a, b) = (circle(a), circle(b));
        let mean = |values: &[f64], power: i32| {
            let raised = values.iter().map(|value| if power == 1 { *value } else { value * value });
            raised.sum::<f64>() / values.len() as f64
        };
        let moments = |start: usize| {
            let (a, b) = (&a[start..start + block], &b[start..start + block]);
            Moments([mean(a, 1), mean(b, 1), mean(a, 2), mean(b, 2)])
        };
        Self((0..n).map(moments).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::panel;

    #[test]
    fn has_the_known_values() {
        let panel = panel();
        let without = sharpe_difference(&panel[4], &panel[0], 0);
        // The same formula in NumPy.
        assert!((without.difference - 0.112_860_178_407_27).abs() < 1e-12, "{without:?}");
        assert!((without.error - 0.063_827_475_944_37).abs() < 1e-12);
        let with = sharpe_difference(&panel[4], &panel[0], 5);
        assert!((with.error - 0.059_678_679_799_29).abs() < 1e-12);
        assert!((with.p_value - 0.058_606_910_693_71).abs() < 1e-12);
    }

    #[test]
    fn blocks_of_independent_returns_agree_with_the_delta_method() {
        let panel = panel();
        let plain = sharpe_difference(&panel[4], &panel[0], 0);
        let drawn = sharpe_difference_in_blocks(&panel[4], &panel[0], 0, 1, 9_999, 3);
        assert!((drawn.p_value - plain.p_value).abs() < 0.015, "{plain:?} {drawn:?}");
        assert_eq!((drawn.difference, drawn.error, drawn.z), (plain.difference, plain.error, plain.z));
    }

    #[test]
    fn any_number_of_threads_gives_the_same() {
        let panel = panel();
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| sharpe_difference_in_blocks(&panel[4], &panel[0], 5, 10, 499, 7))
        };
        assert_eq!(on(1), on(3));
    }

    #[test]
    fn a_series_is_not_different_from_itself() {
        let panel = panel();
        let found = sharpe_difference_in_blocks(&panel[4], &panel[4], 0, 5, 99, 1);
        assert_eq!(found.difference, 0.0);
        assert!(found.z.is_nan() && found.p_value.is_nan());
    }

    #[test]
    fn what_does_not_vary_has_no_ratio() {
        for flat in [vec![0.1; 6], vec![0.0; 6], vec![0.3; 6]] {
            let found = sharpe_difference(&flat, &[0.01, 0.02, 0.0, 0.01, 0.02, 0.03], 0);
            assert!(found.difference.is_nan() && found.error.is_nan() && found.p_value.is_nan());
        }
    }
}
