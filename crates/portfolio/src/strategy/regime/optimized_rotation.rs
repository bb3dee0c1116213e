//! The guide's rotation: only Bulls, the four surest, equal weights.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Regime, RotationRules, Weighting};

/// The rules of a [`Rotation`](super::Rotation) that holds Bulls alone, in equal weights, and waits for its rebalancing.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OptimizedRotationRules {
    /// What is chosen from, by their own regimes.
    pub instruments: Vec<String>,
    /// A regime of less confidence changes nothing.
    pub min_confidence: f64,
    /// The most that are held: those of the highest confidence.
    pub most: usize,
    /// The largest weight of an instrument.
    pub max_weight: f64,
    /// What is held while no instrument is in a Bull; its weights obey `max_weight` too.
    pub fallback: BTreeMap<String, f64>,
    /// Sessions between rebalancings.
    pub rebalance_every: usize,
    /// A weight closer than this to its target is left alone.
    pub rebalance_threshold: f64,
}

impl Default for OptimizedRotationRules {
    fn default() -> Self {
        let fallback = [("TLT", 0.4), ("GLD", 0.3), ("SHY", 0.2)];
        Self {
            instruments: ["SPY", "QQQ", "IWM", "TLT", "GLD", "SHY"].map(str::to_owned).to_vec(),
            min_confidence: 0.65,
            most: 4,
            max_weight: 0.4,
            fallback: fallback.map(|(name, weight)| (name.to_owned(), weight)).into(),
            rebalance_every: 5,
            rebalance_threshold: 0.05,
        }
    }
}

impl From<OptimizedRotationRules> for RotationRules {
    fn from(rules: OptimizedRotationRules) -> Self {
        let OptimizedRotationRules {
            instruments,
            min_confidence,
            most,
            max_weight,
            fallback,
            rebalance_every,
            rebalance_threshold,
        } = rules;
        Self {
            instruments,
            regimes: vec![Regime::Bull],
            min_confidence,
            most,
            weighting: Weighting::Equal,
            max_weight,
            fallback,
            rebalance_every,
            rebalance_threshold,
            exit_confidence: None,
        }
    }
}
