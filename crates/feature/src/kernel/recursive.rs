//! Means that carry on from their own last value.
//!
//! Unlike a window, a recursive mean has seen all of its history: its value depends on where that history starts (less
//! and less, the further back it lies). Each has a state that can be kept and carried on, with the same bits as one
//! uninterrupted run.

use multiversion::multiversion;

use super::canonical;

/// How many rows [`ema_expanding`] takes side by side; no value depends on it.
const LANES: usize = 8;

/// Exponentially weighted mean in which the weights of all past values are normalised to sum 1.
///
/// For a span of `n` rows `alpha` is `2 / (n + 1)`. `Σ (1 − alpha)^age · value / Σ (1 − alpha)^age` over the present values; age counts rows, so a missing row lets the
/// weights fade.
///
/// - Shape: `values` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row keeps the last mean; NaN until the first present value.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`, on all of them.
/// - Source: pandas `ewm(alpha, adjust=True, ignore_na=False).mean()`; Qlib `EMA`.
///
/// # Examples
///
/// ```
/// use backstaff_feature::kernel::recursive::ema_adjusted;
/// let mut out = [0.0; 3];
/// ema_adjusted(&[1.0, f64::NAN, 6.0], 0.5, &mut out);
/// assert_eq!(out, [1.0, 1.0, 5.0]);
/// ```
///
/// # Panics
///
/// If the slices differ in length, or `alpha` is not above 0, or is above 1.
pub fn ema_adjusted(values: &[f64], alpha: f64, out: &mut [f64]) {
    Ema::adjusted(alpha).run(values, out);
}

/// Exponentially weighted mean that starts from the first present value.
///
/// `mean = (1 − alpha) · mean + alpha · value`. After missing rows the old mean's weight has faded once for each row,
/// and the two weights are normalised.
///
/// - Shape: `values` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row keeps the last mean; NaN until the first present value.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`, on all of them.
/// - Source: pandas `ewm(alpha, adjust=False, ignore_na=False).mean()`.
///
/// # Panics
///
/// If the slices differ in length, or `alpha` is not above 0, or is above 1.
pub fn ema_first(values: &[f64], alpha: f64, out: &mut [f64]) {
    Ema::first(alpha).run(values, out);
}

/// Wilder's smoothed mean of `length` values (1 if 0 is given), which starts from their simple mean.
///
/// `mean = mean + (value − mean) / length`.
///
/// - Shape: `values` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: NaN until `length` values were present; a missing row keeps the last mean, it neither fades nor poisons it.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`, on all of them.
/// - Source: Wilder (1978), "New concepts in technical trading systems".
///
/// # Panics
///
/// If the slices differ in length.
pub fn wilder(values: &[f64], length: usize, out: &mut [f64]) {
    Wilder::new(length).run(values, out);
}

/// For each row the mean of all rows so far, whose weights fall by `1 − 2 / (1 + n)` where `n` is their number.
///
/// - Shape: `values` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: until the first present value; a missing row takes its weight but adds nothing.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`, on all of them.
/// - Source: Qlib `EMA` with a length of 0.
///
/// All weights change with every row, and the oldest never falls below e⁻² of the newest, so there is nothing to carry on
/// and nothing to leave out: the work grows with the square of the rows, some 0.4 ns a pair with eight rows side by side.
///
/// # Panics
///
/// If the slices differ in length.
pub fn ema_expanding(values: &[f64], out: &mut [f64]) {
    assert_eq!(values.len(), out.len(), "one value a row");
    let first = values.iter().position(|value| value.is_finite()).unwrap_or(values.len());
    let known = values.iter().map(|&value| if value.is_finite() { value } else { 0.0 }).collect::<Vec<_>>();
    expanding(&known, out);
    out[..first].fill(f64::NAN);
}

/// The adjusted mean, with missing values as 0.
#[multiversion(targets("x86_64+avx512f+avx512vl+avx512dq+avx512bw", "x86_64+avx2"))]
fn expanding(values: &[f64], out: &mut [f64]) {
    for (chunk, out) in out.chunks_mut(LANES).enumerate() {
        let first = chunk * LANES;
        let factors: [f64; LANES] = std::array::from_fn(|lane| 1.0 - 2.0 / ((first + lane) as f64 + 2.0));
        let (mut sums, mut weights, mut weight) = ([0.0; LANES], [0.0; LANES], [1.0; LANES]);
        // A chunk at the end looks at rows that are not there, in lanes that are not asked for.
        let value = |row: usize| values.get(row).copied().unwrap_or(0.0);
        for oldest in (0..=first).rev() {
            let rows = match values[oldest..].first_chunk::<LANES>() {
                Some(rows) => *rows,
                None => std::array::from_fn(|lane| value(oldest + lane)),
            };
            for lane in 0..LANES {
                weights[lane] += weight[lane];
                sums[lane] += weight[lane] * rows[lane];
                weight[lane] *= factors[lane];
            }
        }
        for (lane, out) in out.iter_mut().enumerate() {
            // The rows that only later lanes have.
            for row in (0..lane).rev() {
                weights[lane] += weight[lane];
                sums[lane] += weight[lane] * value(row);
                weight[lane] *= factors[lane];
            }
            *out = canonical(sums[lane] / weights[lane]);
        }
    }
}

/// The state of an exponentially weighted mean.
///
/// ```
/// use backstaff_feature::kernel::recursive::{Ema, ema_first};
/// let (values, alpha) = ([3.0, 1.0, f64::NAN, 2.0], 0.5);
/// let mut whole = [0.0; 4];
/// ema_first(&values, alpha, &mut whole);
///
/// let mut state = Ema::first(alpha);
/// let mut carried_on = [0.0; 4];
/// state.run(&values[..2], &mut carried_on[..2]);
/// state.run(&values[2..], &mut carried_on[2..]);
/// assert_eq!(carried_on, whole);
/// ```
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Ema {
    alpha: f64,
    adjusted: bool,
    mean: f64,
    weight: f64,
}

impl Ema {
    /// At the beginning of history, with weights that sum to 1: see [`ema_adjusted`].
    ///
    /// # Panics
    ///
    /// If `alpha` is not above 0, or is above 1.
    pub fn adjusted(alpha: f64) -> Self {
        assert!(alpha > 0.0 && alpha <= 1.0, "{alpha} is no weight: it must lie above 0 and not above 1");
        Self { alpha, adjusted: true, mean: f64::NAN, weight: 1.0 }
    }

    /// At the beginning of history, to start from the first present value: see [`ema_first`].
    ///
    /// # Panics
    ///
    /// If `alpha` is not above 0, or is above 1.
    pub fn first(alpha: f64) -> Self {
        Self { adjusted: false, ..Self::adjusted(alpha) }
    }

    /// The state to carry on from: the mean, and the weight of the values in it.
    pub fn parts(self) -> [f64; 2] {
        [self.mean, self.weight]
    }

    /// The same kind of mean, carrying on from [`Ema::parts`].
    pub fn with_parts(self, [mean, weight]: [f64; 2]) -> Self {
        Self { mean, weight, ..self }
    }

    /// The mean after one more row.
    pub fn advance(&mut self, value: f64) -> f64 {
        if self.mean.is_nan() {
            if value.is_finite() {
                self.mean = value + 0.0;
            }
            return self.mean;
        }
        self.weight *= 1.0 - self.alpha;
        if value.is_finite() {
            let new = if self.adjusted { 1.0 } else { self.alpha };
            let total = self.weight + new;
            // Equal values give that value, to the bit.
            self.mean += (value - self.mean) * (new / total);
            self.weight = if self.adjusted { total } else { 1.0 };
        }
        self.mean
    }

    /// The means after each of some more rows.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn run(&mut self, values: &[f64], out: &mut [f64]) {
        assert_eq!(values.len(), out.len(), "one value a row");
        for (out, &value) in out.iter_mut().zip(values) {
            *out = self.advance(value);
        }
    }
}

/// The state of Wilder's smoothed mean.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Wilder {
    length: usize,
    observations: usize,
    mean: f64,
}

impl Wilder {
    /// At the beginning of history.
    pub fn new(length: usize) -> Self {
        Self { length: length.max(1), observations: 0, mean: 0.0 }
    }

    /// The state to carry on from: the mean so far, and how many values are in it.
    pub fn parts(self) -> [f64; 2] {
        [self.mean, self.observations as f64]
    }

    /// The same mean, carrying on from [`Wilder::parts`].
    pub fn with_parts(self, [mean, observations]: [f64; 2]) -> Self {
        Self { mean, observations: observations as usize, ..self }
    }

    /// The mean after one more row.
    pub fn advance(&mut self, value: f64) -> f64 {
        if value.is_finite() {
            self.observations = self.length.min(self.observations + 1);
            // Until the seed is complete this is the simple mean so far.
            self.mean += (value - self.mean) / self.observations as f64;
        }
        if self.observations < self.length { f64::NAN } else { self.mean }
    }

    /// The means after each of some more rows.
    ///
    /// # Panics
    ///
    /// If the slices differ in length.
    pub fn run(&mut self, values: &[f64], out: &mut [f64]) {
        assert_eq!(values.len(), out.len(), "one value a row");
        for (out, &value) in out.iter_mut().zip(values) {
            *out = self.advance(value);
        }
    }
}

#[cfg(test)]
#[expect(clippy::unreadable_literal, reason = "as pandas prints them")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SERIES: [f64; 12] = [1.0, 2.0, 4.0, f64::NAN, 3.0, 8.0, 8.0, 5.0, 7.0, f64::NAN, f64::NAN, 6.0];

    fn assert_close(actual: &[f64], expected: &[f64]) {
        for (row, (actual, expected)) in actual.iter().zip(expected).enumerate() {
            let both_missing = actual.is_nan() && expected.is_nan();
            assert!(
                both_missing || (actual - expected).abs() <= 4e-15 * expected.abs(),
                "row {row}: {actual} {expected}"
            );
        }
    }

    #[test]
    fn adjusted_is_pandas() {
        let mut out = [0.0; 12];
        ema_adjusted(&SERIES, 2.0 / 6.0, &mut out);
        // pandas 3.1.1: Series.ewm(span=5, min_periods=1, adjust=True).mean()
        let expected = [
            1.0,
            1.6,
            2.7368421052631575,
            2.7368421052631575,
            2.8726114649681525,
            5.10951526032316,
            6.252848616386327,
            5.786310233270901,
            6.221281477030644,
            6.221281477030644,
            6.221281477030644,
            6.100147402836192,
        ];
        assert_close(&out, &expected);
    }

    #[test]
    fn first_is_pandas() {
        let mut out = [0.0; 12];
        ema_first(&SERIES, 0.3, &mut out);
        // pandas 3.1.1: Series.ewm(alpha=0.3, adjust=False).mean()
        let expected = [
            1.0,
            1.2999999999999998,
            2.11,
            2.11,
            2.4479746835443037,
            4.1135822784810125,
            5.2795075949367085,
            5.195655316455696,
            5.736958721518986,
            5.736958721518986,
            5.736958721518986,
            5.859684045849163,
        ];
        assert_close(&out, &expected);
    }

    #[test]
    fn wilder_starts_from_the_simple_mean() {
        let mut out = [0.0; 6];
        wilder(&[f64::NAN, 2.0, 4.0, 6.0, f64::NAN, 7.0], 3, &mut out);
        assert_close(&out, &[f64::NAN, f64::NAN, f64::NAN, 4.0, 4.0, 5.0]);
    }

    #[test]
    fn expanding_is_the_weighted_mean_of_all_rows() {
        for n in [0, 1, 7, 8, 9, 12, 30] {
            let values = SERIES.iter().cycle().skip(3).take(n).copied().collect::<Vec<_>>();
            let mut out = vec![0.0; n];
            ema_expanding(&values, &mut out);
            let expected = (0..n).map(|t| {
                let factor = 1.0 - 2.0 / (t as f64 + 2.0);
                let weights = || (0..=t).map(|row| factor.powi((t - row) as i32));
                let present = weights().zip(&values).filter(|(_, value)| value.is_finite());
                let sum = present.clone().map(|(weight, value)| weight * value).sum::<f64>();
                if present.count() == 0 { f64::NAN } else { sum / weights().sum::<f64>() }
            });
            assert_close(&out, &expected.collect::<Vec<_>>());
        }
    }

    #[test]
    fn equal_values_give_that_value() {
        let mut out = [0.0; 100];
        for alpha in [0.1, 1.0 / 3.0, 1.0] {
            ema_adjusted(&[0.1; 100], alpha, &mut out);
            assert_eq!(out, [0.1; 100]);
            ema_first(&[0.1; 100], alpha, &mut out);
            assert_eq!(out, [0.1; 100]);
        }
    }

    #[test]
    fn refuses_weights_that_are_none() {
        for alpha in [0.0, -0.1, 1.1, f64::NAN] {
            assert!(std::panic::catch_unwind(|| Ema::first(alpha)).is_err());
        }
    }

    proptest! {
        #[test]
        fn carrying_on_gives_the_same_bits(
            values in prop::collection::vec(prop_oneof![3 => -1e3..1e3, 1 => Just(f64::NAN), 1 => Just(f64::INFINITY)], 0..60),
            split in 0.0..1.0,
        ) {
            let split = (split * values.len() as f64) as usize;
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            let (mut whole, mut parts) = (vec![0.0; values.len()], vec![0.0; values.len()]);
            let alpha = 0.2;
            for fresh in [Ema::adjusted(alpha), Ema::first(alpha)] {
                fresh.clone().run(&values, &mut whole);
                let mut state = fresh;
                state.run(&values[..split], &mut parts[..split]);
                fresh.with_parts(state.parts()).run(&values[split..], &mut parts[split..]);
                prop_assert_eq!(bits(&whole), bits(&parts));
            }
            Wilder::new(5).run(&values, &mut whole);
            let mut state = Wilder::new(5);
            state.run(&values[..split], &mut parts[..split]);
            Wilder::new(5).with_parts(state.parts()).run(&values[split..], &mut parts[split..]);
            prop_assert_eq!(bits(&whole), bits(&parts));
        }
    }
}
