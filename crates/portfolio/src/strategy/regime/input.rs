//! What a strategy knows of a regime.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Guide;

/// The four kinds of regime that allocations are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Regime {
    /// Prices rise.
    Bull,
    /// Prices go nowhere.
    Sideways,
    /// Prices fall.
    Bear,
    /// Prices fall in a turmoil.
    Crisis,
}

impl Regime {
    /// All regimes, from the best to the worst.
    pub const ALL: [Self; 4] = [Self::Bull, Self::Sideways, Self::Bear, Self::Crisis];

    /// Whether prices are expected to fall.
    pub fn is_falling(self) -> bool {
        matches!(self, Self::Bear | Self::Crisis)
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bull => "Bull",
            Self::Sideways => "Sideways",
            Self::Bear => "Bear",
            Self::Crisis => "Crisis",
        })
    }
}

/// What is known of an instrument's regime at a session's close.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegimeInput {
    /// The likeliest regime.
    pub regime: Regime,
    /// The probability of the likeliest regime.
    pub confidence: f64,
    /// For how many of the instrument's sessions it has been the likeliest, this one included.
    pub age: u32,
    /// The probability that the next session has another regime; NaN if not known.
    pub leaving: f64,
}

/// The regime of each row, `None` where there is none yet.
pub type Regimes = Guide<Option<RegimeInput>>;
