//! Numbers of about 106 binary digits: the unrounded sum of two floats.
//!
//! Source: Dekker (1971), "A floating-point technique for extending the available precision", Numerische Mathematik 18.

use std::ops::{Add, Div, Mul, Sub};

#[derive(Clone, Copy, Debug)]
pub(super) struct Double {
    high: f64,
    low: f64,
}

impl Double {
    pub(super) const ZERO: Self = Self { high: 0.0, low: 0.0 };

    /// The float nearest to the number.
    pub(super) fn round(self) -> f64 {
        self.high + self.low
    }

    fn normal(high: f64, low: f64) -> Self {
        let sum = high + low;
        Self { high: sum, low: low - (sum - high) }
    }
}

impl From<f64> for Double {
    fn from(high: f64) -> Self {
        Self { high, low: 0.0 }
    }
}

impl Add for Double {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        let (high, low) = two_sum(self.high, other.high);
        let (low_high, low_low) = two_sum(self.low, other.low);
        let sum = Self::normal(high, low + low_high);
        Self::normal(sum.high, sum.low + low_low)
    }
}

impl Sub for Double {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + Self { high: -other.high, low: -other.low }
    }
}

impl Mul for Double {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        let high = self.high * other.high;
        // One rounding, on every machine: the twins are never fast.
        let low = self.high.mul_add(other.high, -high);
        Self::normal(high, low + (self.high * other.low + self.low * other.high))
    }
}

impl Div for Double {
    type Output = Self;

    fn div(self, other: Self) -> Self {
        let first = self.high / other.high;
        let rest = self - other * first.into();
        let second = rest.high / other.high;
        let rest = rest - other * second.into();
        Self::normal(first, second) + Self::from(rest.high / other.high)
    }
}

fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let from_b = sum - a;
    (sum, (a - (sum - from_b)) + (b - from_b))
}

#[test]
fn holds_twice_the_digits() {
    let third = Double::from(1.0) / Double::from(3.0);
    let one = third * Double::from(3.0) - Double::from(1.0);
    assert!(one.round().abs() < 1e-31);
    let sum = Double::from(1e16) + Double::from(1.5) - Double::from(1e16);
    assert_eq!(sum.round(), 1.5);
}
