//! Resampling of series in blocks, so that what follows on each other stays together.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Random blocks of sessions, which depend on nothing but a seed and the number of the replication.
#[derive(Debug)]
pub(crate) struct Blocks {
    random: ChaCha8Rng,
    n: usize,
}

impl Blocks {
    /// The blocks of one replication of a series of `n` sessions.
    pub(crate) fn new(seed: u64, replication: usize, n: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(replication as u64);
        Self { random, n }
    }

    /// A number that is uniform on [0, 1).
    fn uniform(&mut self) -> f64 {
        (self.random.next_u64() >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// Where a block begins: any session, each as likely.
    pub(crate) fn start(&mut self) -> usize {
        ((self.uniform() * self.n as f64) as usize).min(self.n - 1)
    }

    /// Blocks that together are as long as the series: each a first session and a length, where the series is taken as
    /// a circle. Lengths are geometric with the mean `block`, the last one cut.
    ///
    /// - Source: Politis, Romano (1994), "The stationary bootstrap", J. American Statistical Association 89.
    pub(crate) fn stationary(&mut self, block: f64, mut each: impl FnMut(usize, usize)) {
        let mut left = self.n;
        let log_of_staying = libm::log1p(-1.0 / block);
        while left > 0 {
            let start = self.start();
            // A uniform of zero has an infinite logarithm, which a conversion to a whole number cuts. Where no session
            // stays, the quotient is zero.
            let further = libm::log(self.uniform()) / log_of_staying;
            let length = (further as usize).saturating_add(1).min(left);
            each(start, length);
            left -= length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blocks(seed: u64, replication: usize, block: f64) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        Blocks::new(seed, replication, 1000).stationary(block, |start, length| found.push((start, length)));
        found
    }

    #[test]
    fn blocks_fill_the_series() {
        for block in [1.0, 2.5, 10.0, 5000.0] {
            let found = blocks(3, 0, block);
            assert_eq!(found.iter().map(|block| block.1).sum::<usize>(), 1000);
            assert!(found.iter().all(|&(start, length)| start < 1000 && length > 0));
        }
        assert!(blocks(3, 0, 1.0).iter().all(|block| block.1 == 1));
    }

    #[test]
    fn blocks_have_the_mean_length_that_is_asked_for() {
        let found = (0..200).flat_map(|replication| blocks(7, replication, 10.0)).count();
        // 200,000 sessions in blocks of ten, but for the last ones, which are cut.
        assert!((found as f64 / 20_200.0 - 1.0).abs() < 0.02, "{found}");
    }

    #[test]
    fn replications_are_their_own() {
        assert_eq!(blocks(3, 1, 10.0), blocks(3, 1, 10.0));
        assert_ne!(blocks(3, 1, 10.0), blocks(3, 2, 10.0));
        assert_ne!(blocks(3, 1, 10.0), blocks(4, 1, 10.0));
    }
}
