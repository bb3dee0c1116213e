//! Statistics across the instruments of one session.
//!
//! Every function takes one session's rows: `values`, and optionally a group code beside each ([`MISSING_GROUP`] for none:
//! such a row is in no group). Missing and non-finite values take no part, and further rows that hold none change no bit.
//!
//! What compares a row with its group ([`rank()`], [`zscore`], [`demean`], …) gives each row a result: NaN where the row's
//! own value is missing, or where it is in no group. What describes the group ([`mean`], [`median`], [`std()`]) gives each
//! group a result, for all of its rows: so it can serve as the market's series of an instrument that does not trade today.
//!
//! Means are summed with compensation, in the order of the rows. Medians, ranks, quantiles and buckets depend on no
//! order.
//!
//! To add one: a function in `moment.rs` or `order.rs` (the smallest to imitate is [`demean`]), its slow twin in
//! `reference/cross_section.rs`, and a line in `contract.rs`.

mod ascending;
mod complete;
mod groups;
mod moment;
mod neutralize;
mod order;
mod rank;
#[cfg(test)]
mod tests;

pub use groups::{MISSING_GROUP, Scratch};
pub use moment::{demean, mean, std, zscore};
pub use neutralize::neutralize;
pub use order::{median, robust_zscore, winsorize};
pub use rank::{Ties, quantile_bucket, rank, rank_with};
