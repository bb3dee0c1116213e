//! The factor of splits and rights that follows from an exchange's base prices.

use backstaff_panel::{Axis, Column, split_at_offsets};
use rayon::prelude::*;

use super::adjust::Fields;

/// The part of a price by which a base may differ from the last close through rounding to four bytes.
pub(crate) const ROUNDING: f64 = 1e-6;

/// A factor from base prices, and how often the base of a session was another price than the last close.
pub(super) struct BasePrices {
    pub factor: Column,
    /// The number of sessions with a close, a change and a close before.
    pub n_known: usize,
    /// The number of those sessions whose base differs from the last close.
    pub n_events: usize,
}

impl BasePrices {
    /// Whether the column can't be a change from base prices: events are rare where it is.
    ///
    /// More than one session in five (of fifty or more) means that the column holds something else, such as per cent or
    /// a change without its sign.
    pub(super) fn are_doubtful(&self) -> bool {
        self.n_known >= 50 && self.n_events * 5 > self.n_known
    }
}

/// The base price of a session if it differs from the last close.
pub(crate) fn moved_base(close: f64, change: f64, last: f64) -> Option<f64> {
    let base = close - change;
    (base > 0.0 && last > 0.0 && (base - last).abs() > ROUNDING * last).then_some(base)
}

/// The cumulative factor that makes quoted prices comparable, from each session's change against its base price.
///
/// The base is close − change. Where it differs from the last close, shares were split, or rights or bonus shares were
/// given: the factor is multiplied by last close / base. 1 at the first session; a session without trade keeps it.
///
/// - Look-ahead: none.
/// - NaN: never; a session whose change is missing counts as one without an event.
pub(super) fn split_factor(fields: &Fields, change: &str, axis: &Axis) -> Option<BasePrices> {
    let (close, change) = (fields.get("close")?, fields.get(change)?);
    let mut factors = vec![1.0; axis.n_rows()];
    let of_instruments = split_at_offsets(&mut factors, axis.offsets()).into_par_iter().enumerate();
    let counts = of_instruments.map(|(i, factors)| {
        let start = axis.rows(i).start;
        let (mut factor, mut last) = (1.0, f64::NAN);
        let (mut n_known, mut n_events) = (0, 0);
        for (t, out) in factors.iter_mut().enumerate() {
            let close = close.get(start + t);
            if !close.is_nan() {
                let change = change.get(start + t);
                n_known += usize::from(!change.is_nan() && last > 0.0);
                if let Some(base) = moved_base(close, change, last) {
                    factor *= last / base;
                    n_events += 1;
                }
                last = close;
            }
            *out = factor;
        }
        (n_known, n_events)
    });
    let (n_known, n_events) = counts.reduce(|| (0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
    Some(BasePrices { factor: Column::F64(factors), n_known, n_events })
}
