//! Twins of the rolling statistics of one series. `window` holds its rows, oldest first.

use super::{Double, central, mean_of, present, product};

pub(crate) fn sum(window: &[f64]) -> f64 {
    let values = present(window);
    values.iter().fold(Double::ZERO, |sum, &value| sum + value.into()).round()
}

pub(crate) fn mean(window: &[f64]) -> f64 {
    mean_of(&present(window)).round()
}

pub(crate) fn count(window: &[f64]) -> f64 {
    present(window).len() as f64
}

pub(crate) fn max(window: &[f64]) -> f64 {
    present(window).into_iter().fold(f64::NAN, f64::max)
}

pub(crate) fn min(window: &[f64]) -> f64 {
    present(window).into_iter().fold(f64::NAN, f64::min)
}

pub(crate) fn idx_max(window: &[f64]) -> f64 {
    position(window, max(window))
}

pub(crate) fn idx_min(window: &[f64]) -> f64 {
    position(window, min(window))
}

/// The first missing row, or else the first that equals the extreme.
fn position(window: &[f64], extreme: f64) -> f64 {
    let missing = window.iter().position(|value| !value.is_finite());
    missing
        .or_else(|| window.iter().position(|&value| value == extreme))
        .map_or(f64::NAN, |row| row as f64 + 1.0)
}

pub(crate) fn variance(window: &[f64]) -> f64 {
    let values = present(window);
    if values.len() < 2 { f64::NAN } else { central(&values, 2).round() / (values.len() as f64 - 1.0) }
}

pub(crate) fn std(window: &[f64]) -> f64 {
    variance(window).sqrt()
}

/// The bias-corrected forms in terms of k-statistics, as textbooks give them (Joanes and Gill 1998, G1 and G2).
pub(crate) fn skew(window: &[f64]) -> f64 {
    let values = present(window);
    let n = values.len() as f64;
    let (second, third) = (central(&values, 2).round() / n, central(&values, 3).round() / n);
    if n < 3.0 || second == 0.0 {
        return f64::NAN;
    }
    third / second.powf(1.5) * (n * (n - 1.0)).sqrt() / (n - 2.0)
}

pub(crate) fn kurt(window: &[f64]) -> f64 {
    let values = present(window);
    let n = values.len() as f64;
    let (second, fourth) = (central(&values, 2).round() / n, central(&values, 4).round() / n);
    if n < 4.0 || second == 0.0 {
        return f64::NAN;
    }
    let excess = fourth / (second * second) - 3.0;
    (n - 1.0) / ((n - 2.0) * (n - 3.0)) * ((n + 1.0) * excess + 6.0)
}

pub(crate) fn median(window: &[f64]) -> f64 {
    quantile(window, 0.5)
}

pub(crate) fn quantile(window: &[f64], quantile: f64) -> f64 {
    let mut sorted = present(window);
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let position = quantile * last as f64;
    let (low, high) = (sorted[position.floor() as usize], sorted[position.ceil() as usize]);
    let share = Double::from(position - position.floor());
    (Double::from(low) + (Double::from(high) - low.into()) * share).round()
}

pub(crate) fn rank(window: &[f64]) -> f64 {
    let values = present(window);
    let Some(&newest) = window.last().filter(|newest| newest.is_finite()) else { return f64::NAN };
    let below = values.iter().filter(|&&value| value < newest).count() as f64;
    let equal = values.iter().filter(|&&value| value == newest).count() as f64;
    (below + 0.5 * (equal + 1.0)) / values.len() as f64
}

pub(crate) fn mad(window: &[f64]) -> f64 {
    let values = present(window);
    let mean = mean_of(&values);
    let distances =
        values.iter().map(|&value| (Double::from(value) - mean).round().abs()).collect::<Vec<_>>();
    mean_of(&distances).round()
}

pub(crate) fn wma(window: &[f64]) -> f64 {
    let weights = (window.len() * (window.len() + 1) / 2) as f64;
    let weighted = window.iter().enumerate().filter(|(_, value)| value.is_finite());
    let sum =
        weighted.fold(Double::ZERO, |sum, (row, &value)| sum + Double::from(row as f64 + 1.0) * value.into());
    (sum / Double::from(weights)).round() / present(window).len() as f64
}

pub(crate) fn slope(window: &[f64]) -> f64 {
    let (positions, values) = positions(window);
    if values.len() < 2 {
        return f64::NAN;
    }
    (product(&positions, &values) / central(&positions, 2)).round()
}

pub(crate) fn rsquare(window: &[f64]) -> f64 {
    let (positions, values) = positions(window);
    if values.len() < 2 || std(window) <= 2e-5 {
        return f64::NAN;
    }
    let product = product(&positions, &values);
    (product / central(&positions, 2) * (product / central(&values, 2))).round()
}

pub(crate) fn resi(window: &[f64]) -> f64 {
    let (positions, values) = positions(window);
    let Some(&newest) = window.last().filter(|newest| newest.is_finite()) else { return f64::NAN };
    if values.len() < 2 {
        return f64::NAN;
    }
    let slope = product(&positions, &values) / central(&positions, 2);
    let last = Double::from(window.len() as f64) - mean_of(&positions);
    (Double::from(newest) - mean_of(&values) - slope * last).round()
}

/// The positions of the present rows, counted from 1, and their values.
fn positions(window: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let rows = window.iter().enumerate().filter(|(_, value)| value.is_finite());
    rows.map(|(row, &value)| (row as f64 + 1.0, value)).unzip()
}
