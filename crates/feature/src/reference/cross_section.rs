//! Twins of the statistics of a session. `values` holds the members of one group.

use super::{Double, central, mean_of, present, rolling};

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

/// Residuals of the normal equations, with a column for each group; a column that is a combination of earlier ones is
/// left out.
pub(crate) fn neutralize(series: &[&[f64]], groups: Option<&[u32]>) -> Vec<f64> {
    let code = |row: usize| groups.map_or(0, |groups| groups[row]);
    let rows = (0..series[0].len()).filter(|&row| code(row) != u32::MAX);
    let rows = rows.filter(|&row| series.iter().all(|values| values[row].is_finite())).collect::<Vec<_>>();
    let mut codes = rows.iter().map(|&row| code(row)).collect::<Vec<_>>();
    codes.sort_unstable();
    codes.dedup();
    let dummies =
        codes.iter().map(|&of| rows.iter().map(|&row| f64::from(u8::from(code(row) == of))).collect());
    let exposures = series[1..].iter().map(|values| rows.iter().map(|&row| values[row]).collect());
    let columns = dummies.chain(exposures).map(|column: Vec<f64>| column).collect::<Vec<_>>();
    let mut out = vec![f64::NAN; series[0].len()];
    if series.len() > 1 && rows.len() <= columns.len() {
        return out;
    }
    let mut rest = rows.iter().map(|&row| Double::from(series[0][row])).collect::<Vec<_>>();
    let mut directions = Vec::<Vec<Double>>::new();
    let dot = |a: &[Double], b: &[Double]| a.iter().zip(b).fold(Double::ZERO, |sum, (&a, &b)| sum + a * b);
    let draw_off = |values: &mut [Double], direction: &[Double]| {
        let along = dot(values, direction) / dot(direction, direction);
        for (value, &direction) in values.iter_mut().zip(direction) {
            *value = *value - along * direction;
        }
    };
    for column in columns {
        let mut column = column.into_iter().map(Double::from).collect::<Vec<_>>();
        let before = dot(&column, &column).round();
        for direction in &directions {
            draw_off(&mut column, direction);
        }
        if dot(&column, &column).round() > 1e-20 * before {
            draw_off(&mut rest, &column);
            directions.push(column);
        }
    }
    for (&row, value) in rows.iter().zip(rest) {
        out[row] = value.round();
    }
    out
}
