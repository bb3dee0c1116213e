//! Rolling sum and mean.

use std::ops::Range;

use backstaff_panel::Session;

use crate::kernel::{
    Window,
    roll::{At, Family, roll},
    sum::Sum,
};

/// Sum of the present values of the window.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.sum`; Qlib `Sum`. Summed with compensation, so the result is rounded once.
///
/// # Panics
///
/// If the slices differ in length.
pub fn sum(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Compensated { values: &values[..out.len()], finish: Sum::total }, sessions, window, out);
}

/// Mean of the present values of the window.
///
/// Within 2 ulps of the mean absolute value; the mean of equal values is that value, to the bit.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.mean`; Qlib `Mean`.
///
/// # Examples
///
/// ```
/// use backstaff_feature::kernel::{Window, rolling};
/// use backstaff_panel::Session;
///
/// let sessions = [16_801, 16_804, 16_805].map(Session::from_number);
/// let mut out = [0.0; 3];
/// rolling::mean(&[1.0, f64::NAN, 4.0], &sessions, Window::new(2, 1)?, &mut out);
/// assert_eq!(out, [1.0, 1.0, 4.0]);
/// # Ok::<(), backstaff_feature::kernel::WindowError>(())
/// ```
///
/// # Panics
///
/// If the slices differ in length.
pub fn mean(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    roll(&Compensated { values: &values[..out.len()], finish: Sum::mean }, sessions, window, out);
}

/// A compensated sum and what is made of it.
struct Compensated<'a, F> {
    values: &'a [f64],
    finish: F,
}

impl<F: Fn(Sum) -> f64> Family for Compensated<'_, F> {
    type Pivot = ();
    type Sums = Sum;
    const EMPTY: Sum = Sum::EMPTY;

    #[inline(always)]
    fn pivot(&self, _: usize) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn add(&self, sums: Sum, row: usize, _: At<()>) -> Sum {
        sums.add(self.values[row])
    }

    #[inline(always)]
    fn join(&self, older: Sum, newer: Sum) -> Sum {
        older.join(newer)
    }

    #[inline(always)]
    fn observations(&self, sums: &Sum) -> f64 {
        sums.observations
    }

    #[inline(always)]
    fn finish(&self, sums: Sum, _: Range<usize>, _: At<()>) -> f64 {
        (self.finish)(sums)
    }
}
