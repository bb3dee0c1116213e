//! Rolling variance, standard deviation, skewness and excess kurtosis.

#![expect(clippy::needless_bitwise_bool, reason = "a branch keeps loops from becoming vector instructions")]

use backstaff_panel::Session;

use crate::kernel::{
    Window, present,
    roll::{Asked, At, Family, Joined, Windows, roll},
    sum::{Lanes, plus},
};

/// A pivot further than this many standard deviations (squared) from the mean costs too many digits: the window is then
/// summed again around its mean. Rare (the pivot must be an outlier of its own window), so it costs next to nothing.
const FAR: f64 = 64.0;
/// The same distance for third and fourth powers, which lose more.
const FAR_POWERS: f64 = 16.0;

/// Variance of the present values of the window, with `ddof` 1.
///
/// `Σ (x − mean)² / (n − 1)`, within 1e-12 of the true value, relative, also at a level of 1e9; equal values give
/// exactly 0.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: the square of that of `values`.
/// - NaN: a missing row is skipped; fewer than 2 observations, or than the window asks for, give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.var`; Qlib `Var`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn variance(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    spreads(values, sessions, &mut [Asked { window, statistic: Spread::Variance, out }]);
}

/// Standard deviation of the present values of the window, with `ddof` 1: the square root of [`variance`].
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; fewer than 2 observations, or than the window asks for, give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.std`; Qlib `Std`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn std(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    spreads(values, sessions, &mut [Asked { window, statistic: Spread::Std, out }]);
}

/// Skewness of the present values of the window, corrected for bias.
///
/// `√(n (n − 1)) / (n − 2) · m₃ / m₂^1.5` with the central moments `mₖ = Σ (x − mean)ᵏ / n`.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: none.
/// - NaN: a missing row is skipped; fewer than 3 observations, or equal values, give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.skew`; Qlib `Skew`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn skew(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    shapes(values, sessions, &mut [Asked { window, statistic: Shape::Skew, out }]);
}

/// Excess kurtosis of the present values of the window, corrected for bias.
///
/// `(n − 1) / ((n − 2)(n − 3)) · ((n + 1) m₄ / m₂² − 3 (n − 1))` with the central moments `mₖ = Σ (x − mean)ᵏ / n`.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: none; 0 for a normal distribution.
/// - NaN: a missing row is skipped; fewer than 4 observations, or equal values, give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.kurt`; Qlib `Kurt`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn kurt(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    shapes(values, sessions, &mut [Asked { window, statistic: Shape::Kurt, out }]);
}

/// A statistic made of the sum of squares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spread {
    /// The statistic of [`variance`].
    Variance,
    /// The statistic of [`std()`].
    Std,
}

/// Several of [`variance`] and [`std()`] in one walk.
///
/// # Panics
///
/// If the slices differ in length.
pub fn spreads(values: &[f64], sessions: &[Session], asked: &mut [Asked<'_, Spread>]) {
    assert_eq!(values.len(), sessions.len(), "each row has a session");
    roll(&Squares { values }, sessions, asked);
}

/// A statistic made of the sums of third and fourth powers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// The statistic of [`skew`].
    Skew,
    /// The statistic of [`kurt`].
    Kurt,
}

/// Several of [`skew`] and [`kurt`] in one walk.
///
/// # Panics
///
/// If the slices differ in length.
pub fn shapes(values: &[f64], sessions: &[Session], asked: &mut [Asked<'_, Shape>]) {
    assert_eq!(values.len(), sessions.len(), "each row has a session");
    roll(&Powers { values }, sessions, asked);
}

/// Observations, differences to the pivot, their squares.
struct Squares<'a> {
    values: &'a [f64],
}

impl Squares<'_> {
    #[inline(always)]
    fn statistic(&self, windows: &Windows<'_, 1, 3>, out: &mut [f64], of_variance: impl Fn(f64) -> f64) {
        let quick = |Joined { sums: [n, first, second], .. }: Joined<1, 3>| {
            // Both n times what they are called, which saves a division.
            let shift = first * first;
            let squares = n * second - shift;
            let variance = of_variance(squares / (n * (n - 1.0)));
            (if n < 2.0 { f64::NAN } else { variance }, (shift > windows.far(FAR) * squares) & (n >= 2.0))
        };
        windows.finish(
            self.values,
            out,
            quick,
            |Joined { sums: [n, first, _], pivots: [pivot], .. }, rows| {
                let [squares, ..] = central(&self.values[rows], pivot, first / n, n);
                of_variance(squares / (n - 1.0))
            },
        );
    }
}

impl Family<1, 3> for Squares<'_> {
    const SHORT: usize = 32;
    type Statistic = Spread;

    #[inline(always)]
    fn values(&self, row: usize) -> Option<[f64; 1]> {
        present(self.values[row]).map(|value| [value])
    }

    #[inline(always)]
    fn one(&self, _: usize) -> Lanes<3> {
        [1.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<3>, row: usize, at: At<1>) -> Lanes<3> {
        let (observation, difference) = difference(self.values[row], at.pivots[0]);
        plus(sums, [observation, difference, difference * difference])
    }

    #[inline(always)]
    fn moved([n, first, second]: Lanes<3>, [by]: [f64; 1], _: f64) -> Lanes<3> {
        let moved = first + n * by;
        [n, moved, second + by * (first + moved)]
    }

    #[inline(always)]
    fn join(older: Lanes<3>, newer: Lanes<3>) -> Lanes<3> {
        plus(older, newer)
    }

    #[inline(always)]
    fn finish(&self, statistic: Spread, windows: &Windows<'_, 1, 3>, out: &mut [f64]) {
        match statistic {
            Spread::Variance => self.statistic(windows, out, |variance| variance),
            Spread::Std => self.statistic(windows, out, f64::sqrt),
        }
    }
}

/// Observations and the first four powers of differences to the pivot.
struct Powers<'a> {
    values: &'a [f64],
}

impl Powers<'_> {
    /// `of_moments` gets the number of observations and the sums of the second to fourth powers around the mean.
    #[inline(always)]
    fn statistic(
        &self,
        windows: &Windows<'_, 1, 5>,
        out: &mut [f64],
        of_moments: impl Fn(f64, [f64; 3]) -> f64,
    ) {
        let quick = |Joined { sums: [n, first, second, third, fourth], .. }: Joined<1, 5>| {
            let mean = first / n;
            let shift = first * mean;
            let squares = second - shift;
            let cubes = third - mean * (3.0 * second - 2.0 * shift);
            let fourths = fourth - mean * (4.0 * third - mean * (6.0 * second - 3.0 * shift));
            (of_moments(n, [squares, cubes, fourths]), shift > windows.far(FAR_POWERS) * squares)
        };
        windows.finish(
            self.values,
            out,
            quick,
            |Joined { sums: [n, first, ..], pivots: [pivot], .. }, rows| {
                of_moments(n, central(&self.values[rows], pivot, first / n, n))
            },
        );
    }
}

impl Family<1, 5> for Powers<'_> {
    const SHORT: usize = 32;
    type Statistic = Shape;

    #[inline(always)]
    fn values(&self, row: usize) -> Option<[f64; 1]> {
        present(self.values[row]).map(|value| [value])
    }

    #[inline(always)]
    fn one(&self, _: usize) -> Lanes<5> {
        [1.0, 0.0, 0.0, 0.0, 0.0]
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<5>, row: usize, at: At<1>) -> Lanes<5> {
        let (observation, difference) = difference(self.values[row], at.pivots[0]);
        let square = difference * difference;
        plus(sums, [observation, difference, square, square * difference, square * square])
    }

    #[inline(always)]
    fn moved([n, first, second, third, fourth]: Lanes<5>, [by]: [f64; 1], _: f64) -> Lanes<5> {
        // Σ (x + by)ᵏ.
        let firsts = first + n * by;
        let seconds = second + by * (first + firsts);
        let thirds = third + by * (3.0 * second + by * (3.0 * first + by * n));
        let fourths = fourth + by * (4.0 * third + by * (6.0 * second + by * (4.0 * first + by * n)));
        [n, firsts, seconds, thirds, fourths]
    }

    #[inline(always)]
    fn join(older: Lanes<5>, newer: Lanes<5>) -> Lanes<5> {
        plus(older, newer)
    }

    #[inline(always)]
    fn finish(&self, statistic: Shape, windows: &Windows<'_, 1, 5>, out: &mut [f64]) {
        match statistic {
            Shape::Skew => self.statistic(windows, out, skewness),
            Shape::Kurt => self.statistic(windows, out, kurtosis),
        }
    }
}

#[inline(always)]
fn skewness(n: f64, [second, third, _]: [f64; 3]) -> f64 {
    let value = n * third / ((n - 2.0) * second) * ((n - 1.0) / second).sqrt();
    if (n < 3.0) | (second <= 0.0) { f64::NAN } else { value }
}

#[inline(always)]
fn kurtosis(n: f64, [second, _, fourth]: [f64; 3]) -> f64 {
    let less = n - 1.0;
    let ratio = n * (n + 1.0) * fourth / (second * second);
    let value = less * (ratio - 3.0 * less) / ((n - 2.0) * (n - 3.0));
    if (n < 4.0) | (second <= 0.0) { f64::NAN } else { value }
}

/// The standard deviation (`ddof` 1) of the present values of one window, around its mean.
pub(in crate::kernel) fn std_afresh(values: &[f64]) -> f64 {
    let Some(pivot) = values.iter().copied().find(|value| value.is_finite()) else { return f64::NAN };
    let n = values.iter().filter(|value| value.is_finite()).count() as f64;
    let [squares, ..] = central(values, pivot, 0.0, n);
    if n < 2.0 { f64::NAN } else { (squares / (n - 1.0)).sqrt() }
}

/// Whether a value is present, and its difference to the pivot.
#[inline(always)]
fn difference(value: f64, pivot: f64) -> (f64, f64) {
    if value.is_finite() { (1.0, value - pivot) } else { (0.0, 0.0) }
}

/// Sums of the second to fourth powers of the differences between the values and their mean. `pivot + mean` is the mean
/// but for rounding, whose error is measured and taken out.
#[cold]
#[inline(never)]
fn central(values: &[f64], pivot: f64, mean: f64, n: f64) -> [f64; 3] {
    let differences = values.iter().filter(|value| value.is_finite()).map(|value| value - pivot);
    let off = differences.clone().map(|difference| difference - mean).sum::<f64>() / n;
    let mut powers = [0.0; 3];
    for difference in differences {
        let rest = (difference - mean) - off;
        let square = rest * rest;
        powers = plus(powers, [square, square * rest, square * square]);
    }
    powers
}
