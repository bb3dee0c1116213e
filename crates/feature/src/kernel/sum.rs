//! Sums: several plain ones side by side, and one that keeps what rounding drops.

/// Sums that are added lane by lane; compilers turn the lanes into vector instructions.
pub(super) type Lanes<const N: usize> = [f64; N];

/// The sum `a + b`, lane by lane.
#[inline(always)]
pub(super) fn plus<const N: usize>(a: Lanes<N>, b: Lanes<N>) -> Lanes<N> {
    std::array::from_fn(|lane| a[lane] + b[lane])
}

/// A sum together with what rounding dropped from it, and how many values went in.
///
/// `high + low` is the sum to about twice the precision of one float, so the order of the summands hardly matters.
/// Source: Knuth, TAOCP 2, 4.2.2, theorem B (the exact error of one addition).
#[derive(Clone, Copy, Debug)]
pub(super) struct Sum {
    high: f64,
    low: f64,
    pub observations: f64,
}

impl Sum {
    /// The parts of the sum: how many values, the sum, what rounding dropped.
    #[inline(always)]
    pub(crate) fn parts(self) -> Lanes<3> {
        [self.observations, self.high, self.low]
    }

    /// The sum of these parts.
    #[inline(always)]
    pub(crate) fn of_parts([observations, high, low]: Lanes<3>) -> Self {
        Self { high, low, observations }
    }

    /// The sum of no values.
    pub(crate) const EMPTY: Self = Self { high: 0.0, low: 0.0, observations: 0.0 };

    /// The sum of one value, which is present.
    #[inline(always)]
    pub(crate) fn of(value: f64) -> Self {
        Self { high: value + 0.0, low: 0.0, observations: 1.0 }
    }

    /// The sum with one more value; a missing one changes nothing.
    #[inline(always)]
    pub(crate) fn add(self, value: f64) -> Self {
        let present = value.is_finite();
        let value = if present { value } else { 0.0 };
        let (high, dropped) = add_exactly(self.high, value);
        let observations = self.observations + if present { 1.0 } else { 0.0 };
        Self { high, low: self.low + dropped, observations }
    }

    /// The sum of the values of both.
    #[inline(always)]
    pub(crate) fn join(self, other: Self) -> Self {
        let (high, dropped) = add_exactly(self.high, other.high);
        let low = (self.low + other.low) + dropped;
        Self { high, low, observations: self.observations + other.observations }
    }

    /// The sum, rounded once; infinite if it is too large for a float.
    #[inline(always)]
    pub(crate) fn total(self) -> f64 {
        let total = self.high + self.low;
        if total.is_nan() { self.high } else { total }
    }

    /// The mean of all summands (fewer than 2²⁶), rounded once: the mean of equal values is that value.
    #[inline(always)]
    pub(crate) fn mean(self) -> f64 {
        let share = 1.0 / self.observations;
        let nearly = self.total() * share;
        // The upper half of the digits times the count is exact, and so is the rest times the count.
        let upper = f64::from_bits(nearly.to_bits() & !0x07ff_ffff);
        let remainder =
            ((self.high - upper * self.observations) - (nearly - upper) * self.observations) + self.low;
        let mean = nearly + remainder * share;
        if mean.is_finite() { mean } else { nearly }
    }
}

/// `a + b` rounded, and what rounding dropped.
#[inline(always)]
fn add_exactly(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let from_b = sum - a;
    let dropped = (a - (sum - from_b)) + (b - from_b);
    (sum, dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_equal_values_is_that_value() {
        for value in [0.1, 1e9 + 0.3, -7.7e-310, 1.0 / 3.0, 1.2e307, 5e-324] {
            for count in 1..300 {
                let sum = (0..count).fold(Sum::EMPTY, |sum, _| sum.add(value));
                if sum.high.is_finite() {
                    assert_eq!(sum.mean(), value, "{count} times {value}");
                }
            }
        }
    }

    #[test]
    fn keeps_what_a_spike_would_swallow() {
        let sum = [1.0, 1e16, 1.0, f64::NAN, -1e16].into_iter().fold(Sum::EMPTY, Sum::add);
        assert_eq!((sum.total(), sum.observations), (2.0, 4.0));
    }

    #[test]
    fn overflow_is_infinite_and_not_nan() {
        let sum = Sum::EMPTY.add(1e308).add(1e308).join(Sum::EMPTY.add(1e308));
        assert_eq!(sum.total(), f64::INFINITY);
        assert_eq!(sum.mean(), f64::INFINITY);
    }
}
