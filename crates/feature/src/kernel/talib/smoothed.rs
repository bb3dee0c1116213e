//! Means that start from a simple mean.

use super::State;

/// An exponential mean that starts from the simple mean of its first values.
///
/// `mean = mean + weight · (value − mean)`; equal values give that value, to the bit.
///
/// With a weight of `2 / (length + 1)` this is TA-Lib's EMA, with `1 / length` Wilder's smoothing.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Smoothed {
    length: usize,
    weight: f64,
    /// How many values the simple mean is of so far.
    seen: usize,
    mean: f64,
}

impl Smoothed {
    /// With the weight of the newest value that TA-Lib gives a mean of this length.
    pub fn exponential(length: usize) -> Self {
        Self::with_weight(length, 2.0 / (length as f64 + 1.0))
    }

    /// Wilder's smoothing.
    pub fn wilder(length: usize) -> Self {
        Self::with_weight(length, 1.0 / length as f64)
    }

    /// With a weight of its own.
    ///
    /// # Panics
    ///
    /// If the length is 0.
    pub fn with_weight(length: usize, weight: f64) -> Self {
        assert!(length > 0, "a mean needs a value");
        Self { length, weight, seen: 0, mean: 0.0 }
    }

    /// How many values come before the first result.
    pub fn look_back(&self) -> usize {
        self.length - 1
    }

    /// Take more values; a mean for each that is not in the look-back.
    pub fn run(&mut self, values: &[f64]) -> Vec<f64> {
        let (seed, rest) = values.split_at(values.len().min(self.length - self.seen));
        for value in seed {
            self.seen += 1;
            self.mean += (value - self.mean) / self.seen as f64;
        }
        if self.seen < self.length {
            return Vec::new();
        }
        let mut means = Vec::with_capacity(rest.len() + 1);
        means.extend((!seed.is_empty()).then_some(self.mean));
        if self.weight == 1.0 {
            means.extend_from_slice(rest);
        } else {
            let (mut mean, weight) = (self.mean, self.weight);
            means.extend(rest.iter().map(|value| {
                mean += weight * (value - mean);
                mean
            }));
        }
        self.mean = means.last().copied().unwrap_or(self.mean);
        means
    }

    /// Save the state, or restore it.
    pub fn carry(&mut self, state: &mut State<'_>) {
        state.count(&mut self.seen);
        state.number(&mut self.mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_from_the_simple_mean() {
        assert_eq!(Smoothed::exponential(3).run(&[1.0, 2.0, 6.0, 5.0]), [3.0, 4.0]);
        assert_eq!(Smoothed::wilder(4).run(&[1.0, 2.0, 3.0, 6.0, 7.0]), [3.0, 4.0]);
        assert_eq!(Smoothed::exponential(1).run(&[0.1, 1e16, 0.3]), [0.1, 1e16, 0.3]);
        assert!(Smoothed::exponential(3).run(&[1.0, 2.0]).is_empty());
    }

    #[test]
    fn equal_values_give_that_value() {
        assert!(Smoothed::exponential(7).run(&[0.1; 50]).iter().all(|&mean| mean == 0.1));
    }
}
