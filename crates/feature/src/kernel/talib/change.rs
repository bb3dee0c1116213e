//! Changes against an earlier value.

use super::{Windowed, windowed::lagged};

/// The comparison of a value with an earlier one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// The difference of both.
    Momentum,
    /// The difference over the earlier one.
    Rate,
    /// The difference over the earlier one, in percent.
    Percent,
    /// The value over the earlier one.
    Ratio,
    /// The ratio of both, times 100.
    Ratio100,
}

/// The change of each value against the one `lag` rows before; 0 where the earlier one is 0 and would divide.
pub fn change(change: Change, lag: usize) -> Windowed {
    let compare = match change {
        Change::Momentum => |new: f64, old: f64| new - old,
        Change::Rate => rate,
        Change::Percent => |new: f64, old: f64| 100.0 * rate(new, old),
        Change::Ratio => ratio,
        Change::Ratio100 => |new: f64, old: f64| 100.0 * ratio(new, old),
    };
    Windowed::new(lag, move |rows| {
        vec![lagged(rows.input(0), lag).map(|(new, old)| compare(new, old)).collect()]
    })
}

/// The change over the old value; 0 where that is 0.
pub(super) fn rate(new: f64, old: f64) -> f64 {
    if old == 0.0 { 0.0 } else { (new - old) / old }
}

fn ratio(new: f64, old: f64) -> f64 {
    if old == 0.0 { 0.0 } else { new / old }
}
