//! Regime studies: prices to regimes, to what a strategy makes of them, to a report.
//!
//! `follow.rs` follows the regimes of each instrument, `allocate.rs` runs books on them, both as stages of the store;
//! `report/` says what came out, and what speaks against believing it.

pub mod allocate;
pub mod config;
pub mod follow;
pub mod history;
mod prove;
pub mod results;
mod run;

pub use allocate::{AllocateShard, Allocation, Book};
pub use config::{Cash, Followed, RegimeConfig, Spread, Trading};
pub use follow::{FollowShard, Setting, Work};
pub use history::{FitFacts, History};
pub use results::RegimeResults;
pub use run::{RegimeOutcome, RegimeStudy};
