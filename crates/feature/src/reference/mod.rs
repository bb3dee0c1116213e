//! Slow, obvious twins of the kernels: each value from its own window, from scratch, in twice the precision.
//!
//! A twin takes the rows of one window (or one session) and returns one value. It is written for reading: no sharing
//! between windows, no pivots, no blocks.

#![cfg(test)]

pub(crate) mod cross_section;
mod double;
pub(crate) mod pair;
pub(crate) mod rolling;

use double::Double;

/// The present values of a window.
fn present(window: &[f64]) -> Vec<f64> {
    window.iter().copied().filter(|value| value.is_finite()).collect()
}

/// The exact mean, as nearly as two floats hold it; NaN of nothing.
fn mean_of(values: &[f64]) -> Double {
    values.iter().fold(Double::ZERO, |sum, &value| sum + value.into()) / Double::from(values.len() as f64)
}

/// The sum `Σ (x − mean)^power`.
fn central(values: &[f64], power: usize) -> Double {
    let mean = mean_of(values);
    values.iter().fold(Double::ZERO, |sum, &value| {
        let difference = Double::from(value) - mean;
        sum + (0..power).fold(Double::from(1.0), |product, _| product * difference)
    })
}

/// The sum `Σ (x − mean x)(y − mean y)`.
fn product(x: &[f64], y: &[f64]) -> Double {
    let (mean_x, mean_y) = (mean_of(x), mean_of(y));
    x.iter()
        .zip(y)
        .fold(Double::ZERO, |sum, (&x, &y)| sum + (Double::from(x) - mean_x) * (Double::from(y) - mean_y))
}
