//! Random draws that are the same on every machine and for every number of threads.

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// What a stream of random numbers is for. A number is never given to another purpose: that would change the market.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    Calendar = 1,
    Market = 2,
    Sector = 3,
    Profile = 4,
    Prices = 5,
    Filings = 6,
    Index = 7,
}

/// One stream of random numbers.
pub(crate) struct Draws {
    random: ChaCha8Rng,
    spare: Option<f64>,
}

impl Draws {
    /// The stream of one purpose of one stock, sector or index.
    pub(crate) fn new(seed: u64, purpose: Purpose, index: usize) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(((purpose as u64) << 40) | index as u64);
        Self { random, spare: None }
    }

    /// A number, uniform in [0, 1).
    pub(crate) fn uniform(&mut self) -> f64 {
        self.random.random::<f64>()
    }

    /// A whole number, each equally likely; `from` where the range is empty.
    pub(crate) fn whole(&mut self, from: usize, to: usize) -> usize {
        if from < to { self.random.random_range(from..to) } else { from }
    }

    /// Whether something of this probability happens.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// Standard normal: the polar method of Marsaglia and Bray (1964).
    pub(crate) fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let (x, y, w) = self.in_disc();
        let scale = libm::sqrt(-2.0 * libm::log(w) / w);
        self.spare = Some(y * scale);
        x * scale
    }

    /// Student's t with five degrees of freedom, scaled to variance 1: the polar method of Bailey (1994).
    pub(crate) fn fat_tailed(&mut self) -> f64 {
        const DEGREES: f64 = 5.0;
        let (x, _, w) = self.in_disc();
        let t = x * libm::sqrt(DEGREES * (libm::pow(w, -2.0 / DEGREES) - 1.0) / w);
        t * libm::sqrt((DEGREES - 2.0) / DEGREES)
    }

    /// `exp` of a normal number with this median and this deviation of the logarithm.
    pub(crate) fn log_normal(&mut self, median: f64, deviation: f64) -> f64 {
        median * libm::exp(deviation * self.normal())
    }

    /// A normal number that is cut at two ends.
    pub(crate) fn clipped(&mut self, mean: f64, deviation: f64, least: f64, most: f64) -> f64 {
        (mean + deviation * self.normal()).clamp(least, most)
    }

    /// How many events of a rate happen: Knuth's product of uniform numbers.
    pub(crate) fn events(&mut self, mean: f64) -> usize {
        let none = libm::exp(-mean);
        let mut product = self.uniform();
        let mut events = 0;
        while product > none {
            product *= self.uniform();
            events += 1;
        }
        events
    }

    /// Sessions to an event that each session brings with probability `1 / mean`; at least one.
    pub(crate) fn waiting(&mut self, mean: f64) -> usize {
        let stay = libm::log(1.0 - 1.0 / mean.max(1.0 + 1e-9));
        1 + (libm::log(1.0 - self.uniform()) / stay) as usize
    }

    /// A point in the unit disc but not its centre, and its squared distance from the centre.
    fn in_disc(&mut self) -> (f64, f64, f64) {
        loop {
            let (x, y) = (2.0 * self.uniform() - 1.0, 2.0 * self.uniform() - 1.0);
            let w = x * x + y * y;
            if w > 0.0 && w < 1.0 {
                return (x, y, w);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mut draw: impl FnMut() -> f64) -> (f64, f64, f64) {
        let values = (0..60_000).map(|_| draw()).collect::<Vec<_>>();
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let central = |power| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
        (mean, central(2), central(4) / (central(2) * central(2)))
    }

    #[test]
    fn draws_have_the_moments_of_their_laws() {
        let mut draws = Draws::new(3, Purpose::Market, 0);
        let (mean, variance, kurtosis) = moments(|| draws.normal());
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02 && (kurtosis - 3.0).abs() < 0.1);
        let (mean, variance, kurtosis) = moments(|| draws.fat_tailed());
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.05 && kurtosis > 5.0);
        let (mean, variance, _) = moments(|| draws.events(2.5) as f64);
        assert!((mean - 2.5).abs() < 0.03 && (variance - 2.5).abs() < 0.06);
        let (mean, ..) = moments(|| draws.waiting(120.0) as f64);
        assert!((mean - 120.0).abs() < 2.0);
    }

    #[test]
    fn streams_differ_and_repeat() {
        let first = |purpose, index| Draws::new(1, purpose, index).uniform();
        assert_eq!(first(Purpose::Prices, 4), first(Purpose::Prices, 4));
        assert_ne!(first(Purpose::Prices, 4), first(Purpose::Prices, 5));
        assert_ne!(first(Purpose::Prices, 4), first(Purpose::Filings, 4));
    }
}
