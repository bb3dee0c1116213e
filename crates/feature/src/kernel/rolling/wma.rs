//! Rolling linearly weighted mean, as Qlib defines it.

use backstaff_panel::Session;

use crate::kernel::{
    Window,
    roll::{Asked, At, Family, Joined, Windows, roll},
    sum::{Lanes, plus},
};

/// Qlib's linearly weighted mean: the weighted mean **divided by the number of observations**.
///
/// The rows of the window, `m` of them, weigh `1 … m` over `m (m + 1) / 2`, the newest most; the value is the mean (not
/// the sum) of weight times value over the present rows. On a complete window it is therefore the usual weighted mean
/// divided by `m`. Odd, but well defined, and what `WMA` means in Qlib.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: that of `values`.
/// - NaN: a missing row is skipped, its weight is not given to others; too few observations give NaN.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: Qlib `WMA`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn wma(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    assert_eq!(values.len(), sessions.len(), "each row has a session");
    roll(&Weighted { values }, sessions, &mut [Asked { window, statistic: (), out }]);
}

struct Weighted<'a> {
    values: &'a [f64],
}

/// Observations, values, place times value.
impl Family<0, 3> for Weighted<'_> {
    const SHORT: usize = 64;
    type Statistic = ();

    #[inline(always)]
    fn values(&self, row: usize) -> Option<[f64; 0]> {
        self.values[row].is_finite().then_some([])
    }

    #[inline(always)]
    fn one(&self, row: usize) -> Lanes<3> {
        [1.0, self.values[row], 0.0]
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<3>, row: usize, at: At<0>) -> Lanes<3> {
        let value = self.values[row];
        if value.is_finite() { plus(sums, [1.0, value, at.place(row) * value]) } else { sums }
    }

    #[inline(always)]
    fn moved([n, values, placed]: Lanes<3>, _: [f64; 0], rows: f64) -> Lanes<3> {
        [n, values, placed - rows * values]
    }

    #[inline(always)]
    fn join(older: Lanes<3>, newer: Lanes<3>) -> Lanes<3> {
        plus(older, newer)
    }

    #[inline(always)]
    fn finish(&self, (): (), windows: &Windows<'_, 0, 3>, out: &mut [f64]) {
        let value = |Joined { sums: [observations, values, placed], row, place, .. }: Joined<0, 3>| {
            let n_rows = windows.n_rows(row) as f64;
            let weighted = placed + (n_rows - place) * values;
            weighted / (0.5 * n_rows * (n_rows + 1.0)) / observations
        };
        windows.finish(self.values, out, |sums| (value(sums), false), |_, _| f64::NAN);
    }
}
