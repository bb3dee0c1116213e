//! Rolling variance, standard deviation, skewness and excess kurtosis.

use std::ops::Range;

use backstaff_panel::Session;

use crate::kernel::{
    Window,
    roll::{At, Family, roll},
    sum::{Lanes, plus},
};

/// A pivot further than this many standard deviations (squared) from the mean costs too many digits: the window is then
/// summed again around its mean. Rare (the pivot must be an outlier of its own window), so it costs next to nothing.
const FAR: f64 = 64.0;
/// The same for third and fourth powers, which lose more.
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
    roll(&Squares::new(values, window, out, |variance| variance), sessions, window, out);
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
    roll(&Squares::new(values, window, out, f64::sqrt), sessions, window, out);
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
    let finish = |n: f64, [second, third, _]: [f64; 3]| {
        if n < 3.0 || second <= 0.0 {
            return f64::NAN;
        }
        n * third / ((n - 2.0) * second) * ((n - 1.0) / second).sqrt()
    };
    roll(&Powers::new(values, window, out, finish), sessions, window, out);
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
    let finish = |n: f64, [second, _, fourth]: [f64; 3]| {
        if n < 4.0 || second <= 0.0 {
            return f64::NAN;
        }
        let less = n - 1.0;
        let ratio = n * (n + 1.0) * fourth / (second * second);
        less * (ratio - 3.0 * less) / ((n - 2.0) * (n - 3.0))
    };
    roll(&Powers::new(values, window, out, finish), sessions, window, out);
}

/// Observations, differences to the pivot, their squares.
struct Squares<'a, F> {
    values: &'a [f64],
    finish: F,
    far: f64,
}

impl<'a, F: Fn(f64) -> f64> Squares<'a, F> {
    fn new(values: &'a [f64], window: Window, out: &[f64], finish: F) -> Self {
        // An expanding window is not summed again and again: its pivot is the first observation, come what may.
        let far = if window.is_expanding() { f64::INFINITY } else { FAR };
        Self { values: &values[..out.len()], finish, far }
    }
}

impl<F: Fn(f64) -> f64> Family for Squares<'_, F> {
    type Pivot = f64;
    type Sums = Lanes<3>;
    const EMPTY: Lanes<3> = [0.0; 3];

    #[inline(always)]
    fn pivot(&self, row: usize) -> Option<f64> {
        Some(self.values[row]).filter(|value| value.is_finite())
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<3>, row: usize, at: At<f64>) -> Lanes<3> {
        let (observation, difference) = difference(self.values[row], at.pivot);
        plus(sums, [observation, difference, difference * difference])
    }

    #[inline(always)]
    fn join(&self, older: Lanes<3>, newer: Lanes<3>) -> Lanes<3> {
        plus(older, newer)
    }

    #[inline(always)]
    fn observations(&self, sums: &Lanes<3>) -> f64 {
        sums[0]
    }

    #[inline(always)]
    fn finish(&self, [n, first, second]: Lanes<3>, rows: Range<usize>, at: At<f64>) -> f64 {
        if n < 2.0 {
            return f64::NAN;
        }
        // Both n times what they are called, which saves a division.
        let shift = first * first;
        let squares = n * second - shift;
        if shift > self.far * squares {
            let [squares, ..] = central(&self.values[rows], at.pivot, first / n, n);
            return (self.finish)(squares / (n - 1.0));
        }
        (self.finish)(squares / (n * (n - 1.0)))
    }
}

/// Observations and the first four powers of differences to the pivot.
struct Powers<'a, F> {
    values: &'a [f64],
    finish: F,
    far: f64,
}

impl<'a, F: Fn(f64, [f64; 3]) -> f64> Powers<'a, F> {
    fn new(values: &'a [f64], window: Window, out: &[f64], finish: F) -> Self {
        let far = if window.is_expanding() { f64::INFINITY } else { FAR_POWERS };
        Self { values: &values[..out.len()], finish, far }
    }
}

impl<F: Fn(f64, [f64; 3]) -> f64> Family for Powers<'_, F> {
    type Pivot = f64;
    type Sums = Lanes<5>;
    const EMPTY: Lanes<5> = [0.0; 5];

    #[inline(always)]
    fn pivot(&self, row: usize) -> Option<f64> {
        Some(self.values[row]).filter(|value| value.is_finite())
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<5>, row: usize, at: At<f64>) -> Lanes<5> {
        let (observation, difference) = difference(self.values[row], at.pivot);
        let square = difference * difference;
        plus(sums, [observation, difference, square, square * difference, square * square])
    }

    #[inline(always)]
    fn join(&self, older: Lanes<5>, newer: Lanes<5>) -> Lanes<5> {
        plus(older, newer)
    }

    #[inline(always)]
    fn observations(&self, sums: &Lanes<5>) -> f64 {
        sums[0]
    }

    #[inline(always)]
    fn finish(&self, [n, first, second, third, fourth]: Lanes<5>, rows: Range<usize>, at: At<f64>) -> f64 {
        let mean = first / n;
        let shift = first * mean;
        let squares = second - shift;
        let moments = if shift > self.far * squares {
            central(&self.values[rows], at.pivot, mean, n)
        } else {
            let cubes = third - mean * (3.0 * second - 2.0 * shift);
            let fourths = fourth - mean * (4.0 * third - mean * (6.0 * second - 3.0 * shift));
            [squares, cubes, fourths]
        };
        (self.finish)(n, moments)
    }
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

/// Sums of the second to fourth powers of what lies between the values and their mean, which is `pivot + mean` or nearly
/// so: what the mean is off by is measured and taken out.
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
