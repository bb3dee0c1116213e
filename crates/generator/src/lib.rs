//! A synthetic market of any size, in the shape of a national exchange's database.
//!
//! A [`SyntheticMarket`] is drawn from one seed: a market factor with calm and stressed regimes, sectors, betas, fat tails, halts,
//! late listings, delistings, splits, funds, quarterly filings with the lags of their deadlines, corrections, changes of
//! name, sector and venue, indices. [`SyntheticMarket::write_sqlite`] and [`SyntheticMarket::write_parquet`] write the same tables.
//!
//! Every stock draws from a stream of its own, so the bytes are those of the specification alone: not of the number of
//! threads, and the first stocks of a larger market trade as they do in a smaller one of as many sessions and sectors.
//!
//! The numbers mean nothing. They are there to measure speed, and to test what happens to halts, lives and late filings.

mod calendar;
mod draw;
mod error;
mod factors;
mod filings;
mod halts;
mod market;
mod prices;
mod profile;
mod spec;
mod tables;
mod write;

pub use error::GeneratorError;
pub use market::SyntheticMarket;
pub use spec::{SyntheticSpec, Unwatched, Watcher};
pub use write::Written;
