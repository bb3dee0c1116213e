//! Values cut into bins of equal width.

/// The bin of each value, from 0: `n` bins of equal width from the least value to the largest, each with its upper end
/// and without its lower one, but for the first, which has both. Values that are all equal lie in the middle.
///
/// - Source: pandas' `cut`, to the last bit of the bins' ends.
pub(super) fn cut(values: &[f64], n: usize) -> Vec<usize> {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let aside = |value: f64| if value == 0.0 { 0.001 } else { 0.001 * value.abs() };
    let is_flat = least == most;
    let (first, last) = if is_flat { (least - aside(least), most + aside(most)) } else { (least, most) };
    let step = (last - first) / n as f64;
    let mut ends = (0..=n).map(|i| i as f64 * step + first).collect::<Vec<_>>();
    ends[n] = last;
    if !is_flat {
        ends[0] -= (most - least) * 0.001;
    }
    values.iter().map(|value| ends.partition_point(|end| end < value).clamp(1, n) - 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_belong_to_the_bin_below() {
        assert_eq!(cut(&[0.0, 1.0, 1.5, 2.0, 4.0, 3.0], 4), [0, 0, 1, 1, 3, 2]);
        assert_eq!(cut(&[5.0, 5.0], 3), [1, 1]);
        assert_eq!(cut(&[0.0], 3), [1]);
    }
}
