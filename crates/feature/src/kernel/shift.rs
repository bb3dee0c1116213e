//! Values of other rows.

/// The value `lag` rows ago; with a negative `lag`, of a later row.
///
/// - Shape: `values` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: where there is no such row; a missing or infinite value is handed on as it is.
/// - Look-ahead: none for `lag >= 0`; `-lag` rows otherwise, which only a label may use.
/// - Source: Qlib `Ref`.
///
/// # Examples
///
/// ```
/// use backstaff_feature::kernel::shift;
/// let mut out = [0.0; 3];
/// shift::reference(&[1.0, 2.0, 4.0], 1, &mut out);
/// assert!(out[0].is_nan());
/// assert_eq!(out[1..], [1.0, 2.0]);
/// ```
///
/// # Panics
///
/// If the slices differ in length.
pub fn reference(values: &[f64], lag: isize, out: &mut [f64]) {
    assert_eq!(values.len(), out.len(), "one value a row");
    let shift = lag.unsigned_abs().min(values.len());
    let kept = values.len() - shift;
    if lag >= 0 {
        out[..shift].fill(f64::NAN);
        out[shift..].copy_from_slice(&values[..kept]);
    } else {
        out[kept..].fill(f64::NAN);
        out[..kept].copy_from_slice(&values[shift..]);
    }
}

/// The first row's value, on every row: what Qlib's `Ref(x, 0)` means. Depends on where history begins.
///
/// - Shape: `values` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: everywhere, if the first row is missing.
/// - Look-ahead: none.
/// - Source: Qlib `Ref` with 0.
///
/// # Panics
///
/// If the slices differ in length.
pub fn first(values: &[f64], out: &mut [f64]) {
    assert_eq!(values.len(), out.len(), "one value a row");
    out.fill(values.first().copied().unwrap_or(f64::NAN));
}

/// By how much the value exceeds that of `lag` rows ago; with a negative `lag`, that of a later row.
///
/// - Shape: `values` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: where either is missing.
/// - Look-ahead: none for `lag >= 0`; `-lag` rows otherwise, which only a label may use.
/// - Source: Qlib `Delta`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn delta(values: &[f64], lag: isize, out: &mut [f64]) {
    reference(values, lag, out);
    for (out, value) in out.iter_mut().zip(values) {
        *out = super::canonical(value - *out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shifted(lag: isize) -> Vec<Option<f64>> {
        let mut out = [0.0; 3];
        reference(&[1.0, 2.0, 4.0], lag, &mut out);
        out.iter().map(|value| Some(*value).filter(|value| !value.is_nan())).collect()
    }

    #[test]
    fn looks_back_and_ahead() {
        assert_eq!(shifted(0), [Some(1.0), Some(2.0), Some(4.0)]);
        assert_eq!(shifted(2), [None, None, Some(1.0)]);
        assert_eq!(shifted(-1), [Some(2.0), Some(4.0), None]);
    }

    #[test]
    fn is_missing_beyond_the_history() {
        for lag in [3, 100, isize::MAX, -3, isize::MIN] {
            assert_eq!(shifted(lag), [None; 3]);
        }
    }

    #[test]
    fn delta_is_the_value_less_its_reference() {
        let mut out = [0.0; 4];
        delta(&[1.0, f64::NAN, 4.0, 9.0], 2, &mut out);
        assert!(out[0].is_nan() && out[1].is_nan() && out[3].is_nan());
        assert_eq!(out[2], 3.0);
    }

    #[test]
    fn the_first_value_is_broadcast() {
        let mut out = [0.0; 2];
        first(&[7.0, 1.0], &mut out);
        assert_eq!(out, [7.0, 7.0]);
        first(&[], &mut []);
    }
}
