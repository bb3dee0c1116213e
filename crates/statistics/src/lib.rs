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
//! - [`sharpe_ratio`], [`TrackRecord`], [`expected_max_sharpe`], [`min_backtest_length`], [`probability_of_overfitting`],
//!   [`reality_check()`], [`sharpe_difference()`]: how far a track record may be luck, and the best of many.
//! - [`compounded`], [`underwater`], [`annual_growth`], [`hit_rate`], [`downside_deviation`], [`value_at_risk`],
//!   [`conditional_value_at_risk`]: what a series of returns earned and risked.

mod bootstrap;
mod correlation;
mod deviation;
mod mean;
mod newey_west;
mod normal;
mod order;
mod overfitting;
mod ratio;
mod reality_check;
mod returns;
mod shape;
mod sharpe_difference;
#[cfg(test)]
mod testing;
mod track_record;

pub use correlation::{correlation, covariance, rank_correlation};
pub use deviation::{central_moment, deviation, moment_deviation};
pub use mean::{mean, mean_from_first};
pub use newey_west::{newey_west_error, newey_west_t, usual_lags};
pub use normal::{normal_distribution, normal_quantile};
pub use order::{average_ranks, median, quantile};
pub use overfitting::{FlatTrial, MOST_BLOCKS, probability_of_overfitting};
pub use ratio::ratio;
pub use reality_check::{RealityCheck, reality_check};
pub use returns::{
    annual_growth, compounded, conditional_value_at_risk, downside_deviation, hit_rate, underwater,
    value_at_risk,
};
pub use shape::{kurtosis, skewness};
pub use sharpe_difference::{SharpeDifference, sharpe_difference, sharpe_difference_in_blocks};
pub use track_record::{TrackRecord, expected_max_sharpe, min_backtest_length, sharpe_ratio};
