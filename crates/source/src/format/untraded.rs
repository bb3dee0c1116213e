//! Rows in which nothing traded, by their volume.

use backstaff_panel::Column;

use super::numbers::Values;

/// The prices that a session without trade does not have, and that count as missing where they are 0.
pub(crate) const TRADED_PRICES: [&str; 6] = ["open", "high", "low", "close", "vwap", "adj_close"];

/// Rows in which nothing traded.
pub(crate) struct Untraded {
    /// Whether each row has no volume above zero.
    pub rows: Vec<bool>,
    /// The number of rows without any volume, and the place of the first. They count as untraded, since nothing shows
    /// whether their prices were traded.
    pub unknown: Option<(usize, usize)>,
}

/// The rows without a volume above zero.
pub(crate) fn untraded(volumes: Values<'_>) -> Untraded {
    match volumes {
        Values::F32(volumes) => without_volume(volumes),
        Values::F64(volumes) => without_volume(volumes),
    }
}

fn without_volume<T: Copy + Into<f64>>(volumes: &[T]) -> Untraded {
    let is_unknown = |volume: T| volume.into().is_nan();
    let rows = volumes.iter().map(|&volume| (volume.into() == 0.0) | is_unknown(volume)).collect();
    let count = volumes.iter().fold(0, |count, &volume| count + usize::from(is_unknown(volume)));
    let first = (count > 0).then(|| volumes.iter().position(|&volume| is_unknown(volume))).flatten();
    Untraded { rows, unknown: first.map(|first| (count, first)) }
}

/// Make prices missing in the rows in which nothing traded.
pub(crate) fn leave_out(prices: &mut Column, untraded: &[bool]) {
    match prices {
        Column::F32(prices) => without(prices, untraded, f32::NAN),
        Column::F64(prices) => without(prices, untraded, f64::NAN),
    }
}

fn without<T: Copy>(prices: &mut [T], untraded: &[bool], missing: T) {
    for (price, &untraded) in prices.iter_mut().zip(untraded) {
        *price = if untraded { missing } else { *price };
    }
}

/// The sentence about rows without a volume, where halts are recognised by it.
pub(crate) fn unknown_volume(count: usize, first: impl std::fmt::Display) -> String {
    let rows = if count == 1 { "row without a volume counts" } else { "rows without a volume count" };
    format!("{count} {rows} as sessions without trade, the first in {first}")
}
