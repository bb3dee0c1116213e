//! The keys of processors.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a processor changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// The features.
    #[serde(alias = "feature")]
    Features,
    /// The target.
    #[serde(alias = "label")]
    Target,
}

/// A processor that needs nothing but what it changes.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OfSpec {
    /// What it changes; under `infer` the features, under `learn` the target if absent.
    #[serde(alias = "fields_group", skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
}

/// A processor without keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoKeys {}

/// A processor that is fitted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FittedSpec {
    /// What it changes; under `infer` the features, under `learn` the target if absent.
    #[serde(alias = "fields_group", skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// The first date that it is fitted on, YYYY-MM-DD, within the training of every fold; all of the training if absent.
    #[serde(alias = "fit_start_time", skip_serializing_if = "Option::is_none")]
    pub fit_from: Option<String>,
    /// The last date that it is fitted on.
    #[serde(alias = "fit_end_time", skip_serializing_if = "Option::is_none")]
    pub fit_to: Option<String>,
}

/// A z-score of medians.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RobustSpec {
    /// What it changes; under `infer` the features, under `learn` the target if absent.
    #[serde(alias = "fields_group", skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// The first date that it is fitted on, YYYY-MM-DD, within the training of every fold; all of the training if absent.
    #[serde(alias = "fit_start_time", skip_serializing_if = "Option::is_none")]
    pub fit_from: Option<String>,
    /// The last date that it is fitted on.
    #[serde(alias = "fit_end_time", skip_serializing_if = "Option::is_none")]
    pub fit_to: Option<String>,
    /// Whether values are cut at 3 deviations on either side.
    #[serde(alias = "clip_outlier")]
    pub clip: bool,
}

impl Default for RobustSpec {
    fn default() -> Self {
        Self { of: None, fit_from: None, fit_to: None, clip: true }
    }
}

/// What stands where a value is missing.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FillSpec {
    /// What it changes; under `infer` the features, under `learn` the target if absent.
    #[serde(alias = "fields_group", skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// The constant.
    #[serde(alias = "fill_value")]
    pub value: f64,
}

/// A z-score within sessions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CsZscoreSpec {
    /// What it changes; under `infer` the features, under `learn` the target if absent.
    #[serde(alias = "fields_group", skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// The mean and the deviation, or the medians.
    pub method: CsMethod,
}

/// The centre and the spread of a session's rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CsMethod {
    /// The mean and the standard deviation.
    #[default]
    Zscore,
    /// The median and the median deviation, cut at 3 on either side.
    Robust,
}
