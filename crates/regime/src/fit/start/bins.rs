//! Bars in bins of equal size.

use super::Sample;

/// The label of each present bar: which of `k` bins of equal size its first value lies in, lowest first.
pub(super) fn by_value(sample: &Sample<'_>, k: usize) -> Vec<usize> {
    bins(&sample.observations.present_rows().map(|row| row[0]).collect::<Vec<_>>(), k)
}

/// The label of each present bar: which of `k` bins of equal size the turmoil around it lies in, calmest first.
pub(super) fn by_turmoil(sample: &Sample<'_>, k: usize) -> Vec<usize> {
    bins(&turmoil(sample, k), k)
}

/// The turmoil around each present bar: the mean absolute distance to the sample's mean in units of its standard
/// deviation, over all series and the neighbouring bars on both sides. An outlier counts by its size, not its square.
pub(super) fn turmoil(sample: &Sample<'_>, k: usize) -> Vec<f64> {
    let deviations = sample.units.iter().map(|variance| variance.sqrt()).collect::<Vec<_>>();
    let distance = |row: &[f64]| {
        let scaled = row.iter().zip(&sample.means).zip(&deviations);
        scaled.map(|((x, mean), deviation)| (x - mean).abs() / deviation).sum::<f64>()
    };
    let distances = sample.observations.present_rows().map(distance).collect::<Vec<_>>();
    let n = distances.len();
    let reach = (n / (8 * k)).clamp(2, 10);
    (0..n)
        .map(|t| {
            let around = &distances[t.saturating_sub(reach)..n.min(t + reach + 1)];
            around.iter().sum::<f64>() / around.len() as f64
        })
        .collect()
}

fn bins(values: &[f64], k: usize) -> Vec<usize> {
    let mut order = (0..values.len()).collect::<Vec<_>>();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut labels = vec![0; values.len()];
    for (rank, at) in order.into_iter().enumerate() {
        labels[at] = rank * k / values.len();
    }
    labels
}
