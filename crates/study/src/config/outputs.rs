//! The form of the tables that a run writes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The form of the tables that a run writes for people and other programs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outputs {
    /// Parquet files: small, with types, for pandas, Polars and R.
    #[default]
    Parquet,
    /// CSV files: for everything else. A missing value is an empty cell.
    Csv,
}

impl Outputs {
    /// The ending of the files, without a dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Csv => "csv",
        }
    }
}
