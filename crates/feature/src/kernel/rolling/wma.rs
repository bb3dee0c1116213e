//! Rolling linearly weighted mean, as Qlib defines it.

use std::ops::Range;

use backstaff_panel::Session;

use crate::kernel::{
    Window,
    roll::{At, Family, roll},
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
    roll(&Weighted { values: &values[..out.len()] }, sessions, window, out);
}

struct Weighted<'a> {
    values: &'a [f64],
}

/// Observations, values, place times value.
impl Family for Weighted<'_> {
    type Pivot = ();
    type Sums = Lanes<3>;
    const EMPTY: Lanes<3> = [0.0; 3];

    #[inline(always)]
    fn pivot(&self, _: usize) -> Option<()> {
        Some(())
    }

    #[inline(always)]
    fn add(&self, sums: Lanes<3>, row: usize, at: At<()>) -> Lanes<3> {
        let value = self.values[row];
        if value.is_finite() { plus(sums, [1.0, value, at.place(row) * value]) } else { sums }
    }

    #[inline(always)]
    fn join(&self, older: Lanes<3>, newer: Lanes<3>) -> Lanes<3> {
        plus(older, newer)
    }

    #[inline(always)]
    fn observations(&self, sums: &Lanes<3>) -> f64 {
        sums[0]
    }

    #[inline(always)]
    fn finish(&self, [observations, values, placed]: Lanes<3>, rows: Range<usize>, at: At<()>) -> f64 {
        let n_rows = rows.len() as f64;
        let weighted = placed + (1.0 - at.place(rows.start)) * values;
        weighted / (0.5 * n_rows * (n_rows + 1.0)) / observations
    }
}
