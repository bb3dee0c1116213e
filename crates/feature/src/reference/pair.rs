//! Twins of the rolling statistics of two series. `x` and `y` hold the rows of the window, oldest first.

use super::{Double, central, mean_of, product, rolling};

/// The rows on which both are present.
pub(crate) fn pairs(x: &[f64], y: &[f64]) -> (Vec<f64>, Vec<f64>) {
    x.iter().zip(y).filter(|(x, y)| x.is_finite() && y.is_finite()).map(|(&x, &y)| (x, y)).unzip()
}

pub(crate) fn count(x: &[f64], y: &[f64]) -> f64 {
    pairs(x, y).0.len() as f64
}

pub(crate) fn covariance(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = pairs(x, y);
    if x.len() < 2 { f64::NAN } else { product(&x, &y).round() / (x.len() as f64 - 1.0) }
}

pub(crate) fn correlation(x: &[f64], y: &[f64]) -> f64 {
    if rolling::std(x) <= 2e-5 || rolling::std(y) <= 2e-5 {
        return f64::NAN;
    }
    let (x, y) = pairs(x, y);
    let (xx, yy) = (central(&x, 2).round(), central(&y, 2).round());
    if x.len() < 2 || xx == 0.0 || yy == 0.0 {
        return f64::NAN;
    }
    product(&x, &y).round() / (xx.sqrt() * yy.sqrt())
}

pub(crate) fn beta(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = pairs(x, y);
    let squares = central(&y, 2);
    if x.len() < 2 || squares.round() == 0.0 { f64::NAN } else { (product(&x, &y) / squares).round() }
}

pub(crate) fn guarded_beta(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = pairs(x, y);
    let n = x.len() as f64;
    if x.len() < 2 { f64::NAN } else { product(&x, &y).round() / (central(&y, 2).round()).max(1e-8 * n) }
}

pub(crate) fn alpha(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = pairs(x, y);
    let squares = central(&y, 2);
    if x.len() < 2 || squares.round() == 0.0 {
        return f64::NAN;
    }
    (mean_of(&x) - product(&x, &y) / squares * mean_of(&y)).round()
}

pub(crate) fn residual_volatility(x: &[f64], y: &[f64]) -> f64 {
    let (x, y) = pairs(x, y);
    let squares = central(&y, 2);
    if x.len() < 3 || squares.round() == 0.0 {
        return f64::NAN;
    }
    let (beta, mean_x, mean_y) = (product(&x, &y) / squares, mean_of(&x), mean_of(&y));
    let residuals = x.iter().zip(&y).fold(Double::ZERO, |sum, (&x, &y)| {
        let residual = Double::from(x) - mean_x - beta * (Double::from(y) - mean_y);
        sum + residual * residual
    });
    (residuals.round() / (x.len() as f64 - 2.0)).sqrt()
}
