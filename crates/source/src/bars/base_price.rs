//! The factor of splits and rights that follows from an exchange's base prices.

use backstaff_panel::{Axis, Column, split_at_offsets};
use rayon::prelude::*;

use super::adjust::Fields;

/// The cumulative factor that makes quoted prices comparable, from each session's change against its base price.
///
/// The base is close − change. Where it differs from the last close, shares were split, or rights or bonus shares were
/// given: the factor is multiplied by last close / base. 1 at the first session; a session without trade keeps it.
///
/// - Look-ahead: none.
/// - NaN: never; a session whose change is missing counts as one without an event.
pub(super) fn split_factor(fields: &Fields, change: &str, axis: &Axis) -> Option<Column> {
    let (close, change) = (fields.get("close")?, fields.get(change)?);
    let mut factors = vec![1.0; axis.n_rows()];
    split_at_offsets(&mut factors, axis.offsets()).into_par_iter().enumerate().for_each(|(i, factors)| {
        let start = axis.rows(i).start;
        let (mut factor, mut last) = (1.0, f64::NAN);
        for (t, out) in factors.iter_mut().enumerate() {
            let close = close.get(start + t);
            if !close.is_nan() {
                let base = close - change.get(start + t);
                if base > 0.0 && last > 0.0 && base != last {
                    factor *= last / base;
                }
                last = close;
            }
            *out = factor;
        }
    });
    Some(Column::F64(factors))
}
