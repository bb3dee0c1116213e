//! Statistics of one series over its last rows.
//!
//! Every function takes one instrument's rows, oldest first: `values`, the `sessions` of the same rows (increasing),
//! and `out`, which are equally long. Rows count towards the length of a window whether or not they hold a value;
//! missing and non-finite values are skipped; where fewer than `window.min_observations()` are present, or fewer than
//! the statistic needs, the value is NaN. `out[t]` depends on rows `..=t` only.
//!
//! The statistics are those of Qlib's expression engine, which has them from pandas.
//!
//! To add one: a file here (the smallest to imitate is `wma.rs`), one line below, its slow twin in
//! `reference/rolling.rs`, and a line in `contract.rs`.

mod chunks;
mod count;
mod extreme;
mod mad;
mod mean;
mod moment;
mod order;
mod rank;
mod regression;
mod sorted;
#[cfg(test)]
mod tests;
mod wma;

pub use count::count;
pub use extreme::{idx_max, idx_min, max, min};
pub use mad::mad;
pub use mean::{Total, mean, sum, totals};
pub use moment::{Shape, Spread, kurt, shapes, skew, spreads, std, variance};
pub use order::{Order, median, orders, quantile};
pub use rank::rank;
pub use regression::{Line, lines, resi, rsquare, slope};
pub use wma::wma;

pub(super) use moment::std_afresh;
pub(super) use order::{median_of, quantile_of};
pub(super) use rank::share;

/// Below this standard deviation Qlib calls a window flat and refuses a correlation.
pub(super) const FLAT_STD: f64 = 2e-5;
