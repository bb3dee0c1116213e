//! Plain statistics of a series or a cross-section, each said once.
//!
//! Every sum runs over the values in their order, so equal inputs give equal bits. A NaN among the values makes the
//! result NaN unless a function says otherwise: callers leave missing values out before they ask.
//!
//! - [`mean()`], [`mean_from_first`]: the centre of values. They differ in their last bits, so whatever is measured
//!   about a mean ([`deviation`], [`newey_west_error`]) takes it as an argument.
//! - [`median`], [`quantile`], [`average_ranks`]: what follows from the order of values.
//! - [`covariance`], [`correlation()`], [`rank_correlation`]: how two series go together.
//! - [`newey_west_error`], [`newey_west_t`], [`usual_lags`]: how far a mean may be luck where observations depend on
//!   each other.

mod correlation;
mod deviation;
mod mean;
mod newey_west;
mod normal;
mod order;

pub use correlation::{correlation, covariance, rank_correlation};
pub use deviation::{central_moment, deviation, moment_deviation};
pub use mean::{mean, mean_from_first};
pub use newey_west::{newey_west_error, newey_west_t, usual_lags};
pub use normal::normal_distribution;
pub use order::{average_ranks, median, quantile};
