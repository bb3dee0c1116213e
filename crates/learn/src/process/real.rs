//! Numbers of four or eight bytes, and sums of them in numpy's order.

use std::ops::{Add, Div, Mul, Sub};

/// How many numbers numpy converts at a time when it sums in another type.
const BUFFER: usize = 8192;
/// Up to how many numbers numpy sums eight abreast; more are halved first.
const BLOCK: usize = 128;

/// A number in the width that it is stored in: what is computed from a column is rounded to that width at each step.
pub(crate) trait Real:
    Copy
    + Send
    + Sync
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    const ZERO: Self;
    const NAN: Self;

    fn of(value: f64) -> Self;
    fn wide(self) -> f64;
    fn sqrt(self) -> Self;
    fn abs(self) -> Self;
    fn is_nan(self) -> bool;
    fn is_infinite(self) -> bool;

    /// The number, or the one NaN that is stored.
    fn canonical(self) -> Self {
        if self.is_nan() { Self::NAN } else { self }
    }
}

macro_rules! real {
    ($float:ty) => {
        impl Real for $float {
            const ZERO: Self = 0.0;
            const NAN: Self = <$float>::NAN;

            fn of(value: f64) -> Self {
                value as $float
            }

            fn wide(self) -> f64 {
                f64::from(self)
            }

            fn sqrt(self) -> Self {
                <$float>::sqrt(self)
            }

            fn abs(self) -> Self {
                <$float>::abs(self)
            }

            fn is_nan(self) -> bool {
                <$float>::is_nan(self)
            }

            fn is_infinite(self) -> bool {
                <$float>::is_infinite(self)
            }
        }
    };
}

real!(f32);
real!(f64);

/// The sum of a term for each value, halves first, eight abreast at the end: the rounding is numpy's.
pub(crate) fn sum<T: Real, U: Real>(values: &[T], term: &impl Fn(T) -> U) -> U {
    let n = values.len();
    if n < 8 {
        return values.iter().fold(U::ZERO, |sum, &value| sum + term(value));
    }
    if n > BLOCK {
        let half = n / 2 - n / 2 % 8;
        return sum(&values[..half], term) + sum(&values[half..], term);
    }
    let (eights, rest) = values.as_chunks::<8>();
    let mut sums = eights[0].map(term);
    for eight in &eights[1..] {
        for (sum, &value) in sums.iter_mut().zip(eight) {
            *sum = *sum + term(value);
        }
    }
    let [a, b, c, d, e, f, g, h] = sums;
    rest.iter().fold(((a + b) + (c + d)) + ((e + f) + (g + h)), |sum, &value| sum + term(value))
}

/// A sum in eight bytes of values in any width, which numpy converts piece by piece.
pub(super) fn sum_wide<T: Real>(values: &[T], term: &impl Fn(T) -> f64) -> f64 {
    if size_of::<T>() == size_of::<f64>() {
        return sum(values, term);
    }
    values.chunks(BUFFER).fold(0.0, |total, piece| total + sum(piece, term))
}

/// How many values are present.
pub(super) fn count<T: Real>(values: &[T]) -> usize {
    values.iter().filter(|value| !value.is_nan()).count()
}

/// The mean of the present values in their own width, as pandas computes it; NaN if there is none.
pub(super) fn mean<T: Real>(values: &[T]) -> T {
    let n = count(values);
    if n == 0 {
        return T::NAN;
    }
    // Numpy begins with 0, so that a sum of negative zeros is 0.
    (T::ZERO + sum(values, &|value: T| if value.is_nan() { T::ZERO } else { value })) / T::of(n as f64)
}

/// The deviation of the present values with `ddof` 1, summed in eight bytes as pandas does; NaN of fewer than two.
pub(super) fn deviation<T: Real>(values: &[T]) -> T {
    let n = count(values);
    if n < 2 {
        return T::NAN;
    }
    let mean = sum_wide(values, &|value: T| if value.is_nan() { 0.0 } else { value.wide() }) / n as f64;
    let square = |value: T| if value.is_nan() { 0.0 } else { (mean - value.wide()) * (mean - value.wide()) };
    T::of(sum(values, &square) / (n - 1) as f64).sqrt()
}

/// The median of the present values; that of an even number is the mean of the middle two. NaN if there is none.
pub(super) fn median<T: Real>(values: impl Iterator<Item = T>) -> T {
    let mut present = values.filter(|value| !value.is_nan()).collect::<Vec<_>>();
    if present.is_empty() {
        return T::NAN;
    }
    let middle = present.len() / 2;
    let is_odd = present.len() % 2 == 1;
    let order = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
    let (below, &mut upper, _) = present.select_nth_unstable_by(middle, order);
    // Numpy takes the mean of one value, too, and begins its sum with 0: a median is never a negative zero.
    if is_odd {
        return T::ZERO + upper;
    }
    let lower = below.iter().copied().reduce(|a, b| if b > a { b } else { a }).unwrap_or(upper);
    (T::ZERO + lower + upper) / T::of(2.0)
}
