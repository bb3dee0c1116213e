//! Rolling sum and mean.

use backstaff_panel::Session;

use crate::kernel::{
    Window,
    roll::{Asked, At, Family, Joined, Windows, roll},
    sum::{Lanes, Sum},
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
    totals(values, sessions, &mut [Asked { window, statistic: Total::Sum, out }]);
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
    totals(values, sessions, &mut [Asked { window, statistic: Total::Mean, out }]);
}

/// Several of [`sum`] and [`mean`] in one walk.
///
/// # Panics
///
/// If the slices differ in length.
pub fn totals(values: &[f64], sessions: &[Session], asked: &mut [Asked<'_, Total>]) {
    assert_eq!(values.len(), sessions.len(), "each row has a session");
    roll(&Compensated { values }, sessions, asked);
}

/// The statistics of a compensated sum.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Total {
    /// The statistic of [`sum`].
    Sum,
    /// The statistic of [`mean`].
    Mean,
}

/// The family of the compensated sum.
struct Compensated<'a> {
    values: &'a [f64],
}

impl Family<0, 3> for Compensated<'_> {
    const SHORT: usize = 64;
    type Statistic = Total;

    #[inline(always)]
    fn values(&self, row: usize) -> Option<[f64; 0]> {
        self.values[row].is_finite().then_some([])
    }

    #[inline(always)]
    fn one(&self, row: usize) -> Lanes<3> {
        Sum::of(self.values[row]).parts()
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<3>, row: usize, _: At<0>) -> Lanes<3> {
        Sum::of_parts(sums).add(self.values[row]).parts()
    }

    #[inline(always)]
    fn moved(sums: Lanes<3>, _: [f64; 0], _: f64) -> Lanes<3> {
        sums
    }

    #[inline(always)]
    fn join(older: Lanes<3>, newer: Lanes<3>) -> Lanes<3> {
        Sum::of_parts(older).join(Sum::of_parts(newer)).parts()
    }

    #[inline(always)]
    fn finish(&self, statistic: Total, windows: &Windows<'_, 0, 3>, out: &mut [f64]) {
        let sum = |sums: Joined<0, 3>| Sum::of_parts(sums.sums);
        match statistic {
            Total::Sum => {
                windows.finish(self.values, out, |sums| (sum(sums).total(), false), |_, _| f64::NAN);
            }
            Total::Mean => {
                windows.finish(self.values, out, |sums| (sum(sums).mean(), false), |_, _| f64::NAN);
            }
        }
    }
}
