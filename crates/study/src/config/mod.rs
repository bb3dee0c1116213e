//! A study as its file says it: parsed and checked once, here.
//!
//! The file is YAML. Unknown keys are refused (with the nearest known one), a profile overrides parts of it, and what
//! comes out is [`Config`], whose values the steps take as they are.

mod data;
mod features;
mod fold;
mod label;
mod load;
mod model;
pub mod operators;
pub mod per_share;
mod portfolio;
mod published;
mod weight;

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};

pub use data::{Adjust, Attributes, Benchmark, Data, DropRow, OnBad, Prices, layout};
pub use features::Features;
pub(crate) use features::{Asked, Chosen, catalog, choose};
pub use fold::{Every, Folds, MinRows, TestRange, TrainSpan, Validation};
pub use label::{Among, Form, Label, Market, Of, Target, TargetPart};
pub use load::{ConfigError, load, parse};
pub(crate) use load::{check_name, parse_yaml};
pub use model::{ModelSpec, Models};
pub use portfolio::{
    CostModel, DatedRate, ExecutionPrice, ExposureSpec, Portfolio, RecoverySpec, RiskSpec, StrategySpec,
    TopNSpec, VolumeBase, WeightSpec,
};
pub use published::{FactTable, PeriodLength, SeriesLag, SeriesTable};
pub use weight::Weights;

/// The version of the study file's format that this program reads.
pub const FORMAT: u32 = 1;

/// One study: from data to report.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The format's version; 1.
    pub backstaff: u32,
    /// The study's name: letters, digits, `_` and `-`.
    pub name: String,
    /// What the study asks, in a sentence or two; printed at the top of the report.
    #[serde(default)]
    pub about: String,
    /// Where the data come from.
    pub data: Data,
    /// Which instruments are eligible in which session.
    #[serde(default)]
    pub universe: UniverseSpec,
    /// What the model sees.
    #[serde(default)]
    pub features: Features,
    /// What the model predicts.
    pub label: Label,
    /// Which sessions train, validate and test.
    pub folds: Folds,
    /// How much training rows count; all the same if absent.
    #[serde(default)]
    pub weights: Option<Weights>,
    /// What learns.
    pub models: Models,
    /// The model whose portfolio the report is about; the first LightGBM model, else the first, if absent.
    #[serde(default)]
    pub primary: Option<String>,
    /// What trades.
    pub portfolio: Portfolio,
    /// Named overrides of the above.
    #[serde(default)]
    pub profiles: BTreeMap<String, serde_json::Value>,
    /// The folder of the file: paths in it are relative to this.
    #[serde(skip)]
    pub folder: PathBuf,
    /// The profile that was applied.
    #[serde(skip)]
    pub profile: Option<String>,
}

/// Which instruments are eligible in which session.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct UniverseSpec {
    /// A boolean expression of features, evaluated per session; everything that is present if absent.
    #[serde(default)]
    pub expression: Option<String>,
    /// An attribute that holds the date from which an instrument counts; rows before it are left out. Instruments
    /// without the date stay and are counted.
    #[serde(default)]
    pub member_from: Option<String>,
    /// Only these instruments.
    #[serde(default)]
    pub instruments: Option<Vec<String>>,
    /// Only the first so many instruments by name (a profile's way to a quick try).
    #[serde(default)]
    pub at_most: Option<usize>,
}

/// What is wrong with a value, and where.
#[derive(Clone, Debug)]
struct Problem {
    key: String,
    message: String,
}

impl Problem {
    fn of(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

impl Config {
    /// The name of the model whose portfolio the report is about.
    pub fn primary_model(&self) -> &str {
        let boosted = || {
            self.models
                .iter()
                .find(|(_, model)| matches!(model, ModelSpec::Lightgbm { .. }))
                .map(|(name, _)| name)
        };
        let named = self.primary.as_ref().or_else(boosted).or_else(|| self.models.keys().next());
        named.map_or("", String::as_str)
    }
}
