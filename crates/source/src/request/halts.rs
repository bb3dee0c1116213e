//! The form in which a session without trade is written.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form in which a session without trade is written.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Halts {
    /// Such a session has no row.
    #[default]
    NoRow,
    /// Such a session has a volume of 0. The prices in its row were not traded and count as missing.
    ZeroVolume,
}

impl Halts {
    /// The name of the form in files and keys: `zero_volume`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NoRow => "no_row",
            Self::ZeroVolume => "zero_volume",
        }
    }
}
