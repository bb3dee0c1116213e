//! Statistics of the order of values.

use crate::mean_from_first;

/// The median: the middle value, of an even number `a + (b − a) / 2` of the two in the middle.
///
/// - NaN: of nothing. No value may be NaN.
///
/// ```
/// use backstaff_statistics::median;
/// assert_eq!(median(&[4.0, 1.0, 3.0]), 3.0);
/// assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), 2.5);
/// assert!(median(&[]).is_nan());
/// ```
pub fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    let half = values.len() / 2;
    if half == 0 {
        return mean_from_first(&values);
    }
    let is_odd = values.len() % 2 == 1;
    let (below, middle, _) = values.select_nth_unstable_by(half, f64::total_cmp);
    let middle = *middle;
    if is_odd {
        middle
    } else {
        mean_from_first(&[below.iter().copied().fold(f64::NEG_INFINITY, f64::max), middle])
    }
}

/// The `q`-quantile, linear between neighbours: the value at place `q (n − 1)` of the sorted ones.
///
/// - NaN: of nothing. NaN values count as greater than all others.
/// - Source: Hyndman, Fan (1996), "Sample quantiles in statistical packages", American Statistician 50, type 7.
///
/// ```
/// use backstaff_statistics::quantile;
/// assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), 2.5);
/// assert!(quantile(&[], 0.5).is_nan());
/// ```
pub fn quantile(values: &[f64], q: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let place = q * last as f64;
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (sorted[above] - sorted[below]) * (place - below as f64)
}

/// The ranks of values, 1 for the least. Ties share the mean of their ranks, as in Spearman's correlation.
///
/// - Shape: one rank for each value, in the order of the values.
/// - NaN: no value may be NaN. Both zeros are one value.
///
/// ```
/// use backstaff_statistics::average_ranks;
/// assert_eq!(average_ranks(&[3.0, 1.0, 3.0, 0.0, -0.0]), [4.5, 3.0, 4.5, 1.5, 1.5]);
/// ```
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.0), 1.0);
        assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 1.0), 4.0);
        assert_eq!(quantile(&[7.0], 0.05), 7.0);
    }

    #[test]
    fn quantiles_by_hand() {
        // Sorted: −1.2 −0.7 0 0.3 0.3 1.1 2.2 4.5; the places are 0.35, 1.75 and 6.3.
        let x = [0.3, -1.2, 0.3, 4.5, 2.2, -0.7, 0.0, 1.1];
        for (q, expected) in [(0.05, -1.025), (0.25, -0.175), (0.9, 2.89)] {
            assert!((quantile(&x, q) - expected).abs() < 1e-14, "{q}");
        }
    }

    #[test]
    fn nothing_has_no_ranks() {
        assert_eq!(average_ranks(&[]), [0.0; 0]);
    }

    fn small(values: Vec<i32>) -> Vec<f64> {
        values.into_iter().map(f64::from).collect()
    }

    proptest! {
        #[test]
        fn ranks_are_those_of_counting(values in prop::collection::vec(-3..4_i32, 0..40)) {
            let values = small(values);
            let ranks = average_ranks(&values);
            for (value, rank) in values.iter().zip(ranks) {
                let below = values.iter().filter(|other| *other < value).count() as f64;
                let tied = values.iter().filter(|other| *other == value).count() as f64;
                prop_assert_eq!(rank * 2.0, below * 2.0 + tied + 1.0);
            }
        }

        #[test]
        fn the_median_is_the_middle_quantile(values in prop::collection::vec(-9..9_i32, 1..40)) {
            let values = small(values);
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let n = sorted.len();
            prop_assert_eq!(median(&values), f64::midpoint(sorted[(n - 1) / 2], sorted[n / 2]));
            prop_assert_eq!(median(&values), quantile(&values, 0.5));
        }
    }
}
