//! Plain statistics of series, in one fixed order of summation.

/// The mean; NaN of nothing.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The standard deviation with `n − 1`; NaN below two values.
pub(crate) fn deviation(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>();
    if values.len() < 2 { f64::NAN } else { (squares / (values.len() - 1) as f64).sqrt() }
}

/// The mean of the present values among the last `length`; NaN until so many sessions have passed and half of them have
/// a value.
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

    #[test]
    fn one_value_has_a_mean_but_no_deviation() {
        assert_eq!(mean(&[2.0]), 2.0);
        assert!(deviation(&[2.0]).is_nan() && mean(&[]).is_nan());
        assert_eq!(deviation(&[1.0, 3.0]), 2.0_f64.sqrt());
    }
}
