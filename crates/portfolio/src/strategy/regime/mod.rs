//! Strategies that live from market regimes.
//!
//! They read regimes as plain values ([`RegimeInput`], one a row in a [`Guide`]) and know nothing of the model that made
//! them, which must be causal: filtered probabilities under a model fitted on the past. [`Template`] names them all for a
//! configuration; each has rules of its own with defaults, and is meant to be read and copied. They decide at every
//! close, so run them with [`Rebalance::EverySessions(1)`](crate::Rebalance::EverySessions); how often they rebalance is
//! one of their rules.
//!
//! What holds for all of them:
//! - A regime of less confidence than `min_confidence`, or none (the look-back is not full yet), changes nothing: what is
//!   held stays, what is not is not bought.
//! - Weights are shares of equity and are never scaled up; what they leave is cash. No target is above `max_weight`
//!   where a strategy has one. Prices may carry a position beyond it by less than `rebalance_threshold`.
//! - A position is left alone while its weight is less than `rebalance_threshold` away from its target.
//! - An instrument that the panel does not list (yet) is not traded; how often is in the notes.
//!
//! To add one: one file with its rules and its strategy, and its lines in [`Template`]; [`BasicSwitching`] is the smallest.

mod basic_switching;
mod check;
mod crisis_detection;
mod deterioration_short;
mod dynamic_sizing;
mod half_kelly;
mod input;
mod optimized_rotation;
mod reading;
mod rotation;
mod sector_rotation;
mod template;
#[cfg(test)]
mod testing;

pub use basic_switching::{Allocations, BasicSwitching, BasicSwitchingRules};
pub use crisis_detection::{CrisisDetection, CrisisDetectionRules};
pub use deterioration_short::{DeteriorationShort, DeteriorationShortRules};
pub use dynamic_sizing::{DynamicSizing, DynamicSizingRules, Steps};
pub use half_kelly::{HalfKelly, HalfKellyRules};
pub use input::{Regime, RegimeInput, Regimes};
pub use optimized_rotation::OptimizedRotationRules;
pub use rotation::{Rotation, RotationRules, Weighting};
pub use sector_rotation::{SectorRotation, SectorRotationRules};
pub use template::Template;

use super::Guide;
