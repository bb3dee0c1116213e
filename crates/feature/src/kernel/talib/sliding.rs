//! Means and spreads of sliding windows, for the indicators that are asked for most.

use crate::kernel::sum::{Lanes, plus};

/// The mean of each whole window; that of equal values is that value, to the bit.
///
/// - Shape: `values` are rows without a hole, the first of which has the number `first`; `length − 1` fewer come back.
/// - NaN: none, unless the values are too large to be summed.
/// - Look-ahead: none, a mean depends on its window and the numbers of its rows.
///
/// # Panics
///
/// If the length is 0.
pub(super) fn means(values: &[f64], first: usize, length: usize) -> Vec<f64> {
    let share = 1.0 / length as f64;
    let mut means = Vec::with_capacity(values.len());
    slide(values, first, length, |difference| [difference], |pivot, [sum]| means.push(pivot + sum * share));
    means
}

/// The variance of each whole window, of a population; that of equal values is exactly 0. Otherwise as [`means`].
///
/// The pivot may be the farthest value of its window, which costs as many units in the last place as the window has rows.
pub(super) fn variances(values: &[f64], first: usize, length: usize) -> Vec<f64> {
    moments(values, first, length).1
}

/// Means and variances in one walk, each as by itself.
pub(super) fn moments(values: &[f64], first: usize, length: usize) -> (Vec<f64>, Vec<f64>) {
    let share = 1.0 / length as f64;
    let mut means = Vec::with_capacity(values.len());
    let mut variances = Vec::with_capacity(values.len());
    let powers = |difference: f64| [difference, difference * difference];
    slide(values, first, length, powers, |pivot, [sum, squares]| {
        let mean = sum * share;
        means.push(pivot + mean);
        variances.push((squares * share - mean * mean).max(0.0));
    });
    (means, variances)
}

/// Give `each` whole window's pivot, and its sums of `powers` of the differences to it.
///
/// As in `kernel/roll.rs`, nothing is subtracted from a sum: rows are cut into blocks of one window length at multiples of
/// it, and a window is the tail of one block joined with the head of the next, whose first row is the pivot.
fn slide<const N: usize>(
    values: &[f64],
    first: usize,
    length: usize,
    powers: impl Fn(f64) -> Lanes<N>,
    mut each: impl FnMut(f64, Lanes<N>),
) {
    assert!(length > 0, "a window has rows");
    if values.len() < length {
        return;
    }
    // The block of the first whole window begins in it.
    let mut start = first.div_ceil(length) * length - first;
    let mut tails = vec![[0.0; N]; length];
    while start < values.len() {
        let end = values.len().min(start + length);
        let pivot = values[start];
        // Of the block before, the rows that windows of this one reach back to; `tails[k]` sums the last k of them.
        let older = start.min(length - 1);
        let mut tail = [0.0; N];
        for (slot, value) in tails[1..].iter_mut().zip(values[start - older..start].iter().rev()) {
            tail = plus(tail, powers(value - pivot));
            *slot = tail;
        }
        let mut head = [0.0; N];
        // How many rows of the block come before the first whole window.
        let silent = (length - 1).saturating_sub(start);
        for value in &values[start..end.min(start + silent)] {
            head = plus(head, powers(value - pivot));
        }
        let rows = values.get(start + silent..end).unwrap_or_default();
        for (value, &tail) in rows.iter().zip(tails[..length - silent].iter().rev()) {
            head = plus(head, powers(value - pivot));
            each(pivot, plus(tail, head));
        }
        start = end;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reference::rolling;

    #[test]
    fn equal_values_have_their_mean_and_no_spread() {
        for value in [0.1, 1e9 + 0.3, 1.0 / 3.0] {
            assert!(means(&[value; 40], 5, 7).iter().all(|&mean| mean == value));
            assert!(variances(&[value; 40], 5, 7).iter().all(|&variance| variance == 0.0));
        }
    }

    #[test]
    fn forgets_a_spike() {
        let mut values = [2.0; 30];
        values[9] = 1e16;
        assert_eq!(means(&values, 0, 4)[10..], [2.0; 17]);
        assert_eq!(variances(&values, 0, 4)[10..], [0.0; 17]);
    }

    proptest! {
        #[test]
        fn agrees_with_the_slow_twin(
            values in prop::collection::vec(prop_oneof![-1.0..1.0, 1e9..1e9 + 1.0], 0..60), first in 0..50_usize, length in 1..20_usize,
        ) {
            let (means, variances) = (means(&values, first, length), variances(&values, first, length));
            prop_assert_eq!(means.len(), (values.len() + 1).saturating_sub(length));
            prop_assert_eq!(variances.len(), means.len());
            for ((window, mean), variance) in values.windows(length).zip(means).zip(variances) {
                let size = window.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
                prop_assert!((mean - rolling::mean(window)).abs() <= 4.0 * (size.next_up() - size));
                let expected =
                    if length == 1 { 0.0 } else { rolling::variance(window) * (length as f64 - 1.0) / length as f64 };
                prop_assert!((variance - expected).abs() <= 1e-12 * expected, "{} {}", variance, expected);
            }
        }

        #[test]
        fn a_window_alone_gives_the_same_bits(
            values in prop::collection::vec(-1e3..1e3, 30..60), length in 1..20_usize,
        ) {
            let (all, spreads) = (means(&values, 0, length), variances(&values, 0, length));
            for (start, window) in values.windows(length).enumerate() {
                prop_assert_eq!(means(window, start, length)[0].to_bits(), all[start].to_bits());
                prop_assert_eq!(variances(window, start, length)[0].to_bits(), spreads[start].to_bits());
            }
        }
    }
}
