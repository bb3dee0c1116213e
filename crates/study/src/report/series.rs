//! Plain statistics of series.

pub(crate) use backstaff_statistics::mean;

/// The fewest sessions whose mean or deviation is told for a year: a quarter. The mean of a week is one of −115% to
/// +133% a year, which says nothing but looks like a number.
pub(crate) const ANNUALISED: usize = 60;

/// The standard deviation with `n − 1`; NaN below two values.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    backstaff_statistics::deviation(values, mean(values))
}

/// The mean of the finite values among the last `length`; NaN while there are fewer sessions than that, or where fewer
/// than half of them have a value.
pub(crate) fn moving_mean(values: &[f64], length: usize) -> Vec<f64> {
    let at = |end: usize| {
        let Some(start) = (end + 1).checked_sub(length) else { return f64::NAN };
        let present =
            values[start..=end].iter().copied().filter(|value| value.is_finite()).collect::<Vec<_>>();
        if 2 * present.len() < length {
            return f64::NAN;
        }
        mean(&present)
    };
    (0..values.len()).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moving_mean_skips_missing_sessions_and_needs_half_of_them() {
        let means = moving_mean(&[1.0, f64::NAN, 3.0, f64::NAN, f64::NAN], 2);
        assert!(means[0].is_nan() && means[4].is_nan());
        assert_eq!(means[1..4], [1.0, 3.0, 3.0]);
    }
}
