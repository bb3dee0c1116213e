//! Twins of the statistics of a session. `values` holds the members of one group.

use super::{central, mean_of, present, rolling};

pub(crate) fn rank(values: &[f64], value: f64) -> f64 {
    rolling::rank(&[&others(values, value)[..], &[value]].concat())
}

pub(crate) fn zscore(values: &[f64], value: f64) -> f64 {
    let std = std(values);
    if std > 0.0 { (value - mean(values)) / std } else { f64::NAN }
}

pub(crate) fn robust_zscore(values: &[f64], value: f64) -> f64 {
    let median = rolling::median(values);
    let distances = present(values).iter().map(|other| (other - median).abs()).collect::<Vec<_>>();
    let scale = 1.4826 * rolling::median(&distances);
    if scale > 0.0 { (value - median) / scale } else { f64::NAN }
}

pub(crate) fn median(values: &[f64]) -> f64 {
    rolling::median(values)
}

pub(crate) fn demean(values: &[f64], value: f64) -> f64 {
    value - mean(values)
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    mean_of(&present(values)).round()
}

pub(crate) fn std(values: &[f64]) -> f64 {
    let values = present(values);
    if values.len() < 2 {
        f64::NAN
    } else {
        (central(&values, 2).round() / (values.len() as f64 - 1.0)).sqrt()
    }
}

pub(crate) fn winsorize(values: &[f64], tail: f64, value: f64) -> f64 {
    value.clamp(rolling::quantile(values, tail), rolling::quantile(values, 1.0 - tail))
}

pub(crate) fn quantile_bucket(values: &[f64], buckets: usize, value: f64) -> f64 {
    // A hair is taken off because 0.3 times 10 is more than 3 in floats.
    (rank(values, value) * buckets as f64 - 1e-9).ceil()
}

/// All values but one of those that equal `value`.
fn others(values: &[f64], value: f64) -> Vec<f64> {
    let own = values.iter().position(|&other| other == value);
    values.iter().enumerate().filter(|(row, _)| Some(*row) != own).map(|(_, &value)| value).collect()
}
