//! Small statistics over one session's cross-section, in a fixed order of summation.

/// The mean; NaN of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    // Differences to the first value: a constant has exactly its value as its mean.
    let Some(&pivot) = values.first() else { return f64::NAN };
    pivot + values.iter().map(|value| value - pivot).sum::<f64>() / values.len() as f64
}

/// The standard deviation with `n - 1`; NaN below two values, exactly 0 of a constant.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return f64::NAN;
    }
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    (squares / (values.len() - 1) as f64).sqrt()
}

/// The median, of an even number the mean of the middle two; NaN of nothing. No value may be NaN.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    let half = values.len() / 2;
    if half == 0 {
        return mean(&values);
    }
    let is_odd = values.len() % 2 == 1;
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let middle = *middle;
    if is_odd { middle } else { mean(&[below.iter().copied().fold(f64::NEG_INFINITY, f64::max), middle]) }
}

/// Ranks from 1, ties sharing the mean of theirs. No value may be NaN.
pub(crate) fn average_ranks(values: &[f64]) -> Vec<f64> {
    let keys = values.iter().zip(0_u32..).map(|(&value, place)| (ascending(value), place));
    let mut order = keys.collect::<Vec<_>>();
    order.sort_unstable();
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for tied in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = (2 * start + tied.len() + 1) as f64 / 2.0;
        for &(_, place) in tied {
            ranks[place as usize] = rank;
        }
        start += tied.len();
    }
    ranks
}

/// A whole number that ascends as the value does, equal for equal values: sorting these takes half the time.
fn ascending(value: f64) -> u64 {
    // Adding zero makes both zeros one.
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

/// Pearson's correlation; NaN if either side is constant or there are fewer than two pairs.
pub(crate) fn correlation(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    let (mean_x, mean_y) = (mean(x), mean(y));
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        yy += y * y;
        xy += x * y;
    }
    if xx > 0.0 && yy > 0.0 { (xy / (xx.sqrt() * yy.sqrt())).clamp(-1.0, 1.0) } else { f64::NAN }
}

/// Spearman's correlation: that of the average ranks.
pub(crate) fn rank_correlation(x: &[f64], y: &[f64]) -> f64 {
    correlation(&average_ranks(x), &average_ranks(y))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_share_their_ranks() {
        assert_eq!(average_ranks(&[3.0, 1.0, 3.0, 0.0, -0.0]), [4.5, 3.0, 4.5, 1.5, 1.5]);
        assert_eq!(average_ranks(&[]), [0.0; 0]);
    }

    #[test]
    fn a_constant_has_no_correlation_and_no_deviation() {
        let constant = [0.1; 7];
        let other = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0];
        assert_eq!(deviation(&constant), 0.0);
        assert!(correlation(&constant, &other).is_nan());
        assert!(rank_correlation(&other, &constant).is_nan());
        assert!(correlation(&[], &[]).is_nan());
    }

    #[test]
    fn agrees_with_scipy() {
        let x = [0.3, -1.2, 0.3, 4.5, 2.2, -0.7, 0.0, 1.1];
        let y = [1.0, -0.5, 0.2, 2.0, 2.0, -1.5, 0.3, 0.3];
        assert!((rank_correlation(&x, &y) - SPEARMAN).abs() < 1e-14);
        assert!((correlation(&x, &y) - PEARSON).abs() < 1e-14);
        assert!((deviation(&x) - DEVIATION).abs() < 1e-14);
    }

    const SPEARMAN: f64 = 0.860_621_866_478_778_5;
    const PEARSON: f64 = 0.835_514_335_515_022;
    const DEVIATION: f64 = 1.817_720_314_805_647_6;

    proptest! {
        #[test]
        fn ranks_are_those_of_counting(values in prop::collection::vec(-3..4_i32, 0..40)) {
            let values = values.into_iter().map(f64::from).collect::<Vec<_>>();
            let ranks = average_ranks(&values);
            for (value, rank) in values.iter().zip(ranks) {
                let below = values.iter().filter(|other| *other < value).count() as f64;
                let tied = values.iter().filter(|other| *other == value).count() as f64;
                prop_assert_eq!(rank * 2.0, below * 2.0 + tied + 1.0);
            }
        }
    }
}
