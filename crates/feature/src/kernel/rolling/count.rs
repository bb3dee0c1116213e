//! The number of values in a window.

use backstaff_panel::Session;

use crate::kernel::Window;

/// How many values of the window are present.
///
/// - Shape: `values`, `sessions` and `out` are one instrument's rows, oldest first.
/// - Unit: rows.
/// - NaN: no present value counts 0, not NaN; a window of fewer than `min_observations` *rows* (at the start of the
///   history) is NaN, as in pandas.
/// - Look-ahead: none, `out[t]` depends on rows `..=t`.
/// - Source: pandas `rolling.count`; Qlib `Count`.
///
/// # Panics
///
/// If the slices differ in length.
pub fn count(values: &[f64], sessions: &[Session], window: Window, out: &mut [f64]) {
    assert!(values.len() == out.len() && sessions.len() == out.len(), "one value and one session a row");
    observations(values, window, |row, observations| {
        let enough = row + 1 - window.first_row(row) >= window.min_observations();
        out[row] = if enough { observations as f64 } else { f64::NAN };
    });
}

/// Calls `each(row, how many values of its window are present)`, row by row.
#[inline(always)]
pub(super) fn observations(values: &[f64], window: Window, mut each: impl FnMut(usize, usize)) {
    let mut observations = 0_usize;
    for (row, value) in values.iter().enumerate() {
        observations += usize::from(value.is_finite());
        let start = window.first_row(row);
        // Counting is exact, so taking away what leaves keeps no trace of it.
        if start > 0 {
            observations -= usize::from(values[start - 1].is_finite());
        }
        each(row, observations);
    }
}
