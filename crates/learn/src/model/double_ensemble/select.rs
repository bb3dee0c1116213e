//! Which features the next sub-model reads.

use backstaff_lightgbm::Threads;
use backstaff_panel::Column;

use super::{DoubleEnsemble, bins::cut, draw::Draw, fitted::Member};
use crate::{LearnError, model::Samples, process::real};

/// Keeps the gain of a feature from being divided by zero.
const SMALL: f64 = 1e-7;

/// The features that the next sub-model reads, in their order.
///
/// A feature counts as much as the loss grows, in deviations, when its values are shuffled among the samples. The
/// features are cut into bins by that, and of each bin a share is drawn, the larger the more its features count.
pub(super) fn features(
    spec: &DoubleEnsemble,
    samples: &Samples<'_>,
    members: &[Member],
    losses: &[f64],
    draw: &mut Draw,
    threads: Threads,
) -> Result<Vec<usize>, LearnError> {
    let all = samples.features();
    let n_features = all.names().len();
    let plain = members.iter().map(|member| member.predict(all, samples.rows(), threads));
    let plain = plain.collect::<Result<Vec<_>, _>>()?;
    let split_on = members.iter().map(Member::split_on).collect::<Result<Vec<_>, _>>()?;
    let mut gains = Vec::with_capacity(n_features);
    for feature in 0..n_features {
        let shuffled = shuffled(all.columns()[feature], samples.rows(), draw);
        let with = all.with_column(feature, &shuffled);
        let mut predicted = vec![0.0; samples.len()];
        for ((member, plain), split_on) in members.iter().zip(&plain).zip(&split_on) {
            let own = if split_on.contains(&feature) {
                &member.predict(&with, samples.rows(), threads)?
            } else {
                plain
            };
            for (sum, value) in predicted.iter_mut().zip(own) {
                *sum += value / members.len() as f64;
            }
        }
        gains.push(gain(samples.targets(), &predicted, losses));
    }
    Ok(chosen(spec, &gains, draw))
}

/// By how many deviations the loss grows.
fn gain(targets: &[f64], predicted: &[f64], losses: &[f64]) -> f64 {
    let growth = targets.iter().zip(predicted).zip(losses);
    let growth = growth.map(|((target, value), loss)| (target - value) * (target - value) - loss);
    let growth = growth.collect::<Vec<_>>();
    let n = growth.len() as f64;
    let mean = real::sum(&growth, &|value| value) / n;
    let variance = real::sum(&growth, &|value| (mean - value) * (mean - value)) / n;
    let gain = mean / (variance.sqrt() + SMALL);
    if gain.is_nan() { 0.0 } else { gain }
}

/// Some features of each bin that has any, the bin with the largest gains first.
fn chosen(spec: &DoubleEnsemble, gains: &[f64], draw: &mut Draw) -> Vec<usize> {
    let bins = cut(gains, spec.sample_ratios.len());
    let mut chosen = Vec::new();
    let mut ratios = spec.sample_ratios.iter();
    for bin in (0..spec.sample_ratios.len()).rev() {
        let mut members = (0..gains.len()).filter(|&feature| bins[feature] == bin).collect::<Vec<_>>();
        if members.is_empty() {
            continue;
        }
        let ratio = ratios.next().copied().unwrap_or(1.0);
        let n = (ratio * members.len() as f64).ceil() as usize;
        draw.shuffle(&mut members);
        chosen.extend(members.into_iter().take(n));
    }
    // DIFFERENCE: Qlib's order is that of a set, which changes from process to process.
    chosen.sort_unstable();
    chosen
}

/// A column whose values are shuffled among some rows.
fn shuffled(column: &Column, rows: &[u32], draw: &mut Draw) -> Column {
    fn values<T: Copy>(values: &[T], rows: &[u32], draw: &mut Draw) -> Vec<T> {
        let mut picked = rows.iter().map(|&row| values[row as usize]).collect::<Vec<_>>();
        draw.shuffle(&mut picked);
        let mut values = values.to_vec();
        for (&row, value) in rows.iter().zip(picked) {
            values[row as usize] = value;
        }
        values
    }
    match column {
        Column::F32(column) => Column::F32(values(column, rows, draw)),
        Column::F64(column) => Column::F64(values(column, rows, draw)),
    }
}
