//! Trees that learn from each other's losses.

use std::collections::BTreeMap;

use backstaff_learn::{LearnError, model::DoubleEnsemble};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A weighted mean of LightGBM's trees, each of which learns with more weight on what the ones before it find hard, and reads
/// the features that matter to them: Qlib's `DEnsembleModel`.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DoubleEnsembleSpec {
    /// The number of sub-models.
    #[serde(alias = "num_models")]
    pub members: u32,
    /// The number of trees of each; with `early_stopping` the largest number.
    #[serde(alias = "epochs")]
    pub rounds: u32,
    /// The number of trees without gain on the validation rows after which a sub-model ends; absent or 0: never.
    #[serde(alias = "early_stopping_rounds")]
    pub early_stopping: u32,
    /// Whether later sub-models weigh rows by the losses of earlier ones.
    #[serde(alias = "enable_sr")]
    pub reweight: bool,
    /// Whether later sub-models read a choice of the features.
    #[serde(alias = "enable_fs")]
    pub select: bool,
    /// The share of the loss itself in what orders rows.
    pub alpha1: f64,
    /// The share of the loss's course through the rounds in it.
    pub alpha2: f64,
    /// The number of bins of rows, which share a weight.
    pub bins_sr: u32,
    /// How fast weights fall with the number of sub-models.
    pub decay: f64,
    /// The share of features that is drawn from each bin of features, the one that matters most first.
    pub sample_ratios: Vec<f64>,
    /// The weight of each sub-model in the mean; 1 each if absent.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sub_weights: Vec<f64>,
    /// The seed of what is shuffled and drawn to choose features.
    pub seed: u32,
    /// LightGBM's own parameters.
    pub parameters: BTreeMap<String, Value>,
}

impl Default for DoubleEnsembleSpec {
    fn default() -> Self {
        Self {
            members: 6,
            rounds: 100,
            early_stopping: 0,
            reweight: true,
            select: true,
            alpha1: 1.0,
            alpha2: 1.0,
            bins_sr: 10,
            decay: 0.5,
            sample_ratios: vec![0.8, 0.7, 0.6, 0.5, 0.4],
            sub_weights: Vec::new(),
            seed: 0,
            parameters: BTreeMap::new(),
        }
    }
}

impl DoubleEnsembleSpec {
    /// The model.
    ///
    /// # Errors
    ///
    /// If a number makes no sense, or LightGBM doesn't know a parameter.
    pub fn model(&self) -> Result<DoubleEnsemble, LearnError> {
        let Self {
            members,
            rounds,
            early_stopping,
            reweight,
            select,
            alpha1,
            alpha2,
            bins_sr,
            decay,
            sample_ratios,
            sub_weights,
            seed,
            parameters,
        } = self;
        let mut kwargs =
            parameters.iter().map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>();
        let own = json!({
            "num_models": members,
            "epochs": rounds,
            "early_stopping_rounds": (*early_stopping > 0).then_some(early_stopping),
            "enable_sr": reweight,
            "enable_fs": select,
            "alpha1": alpha1,
            "alpha2": alpha2,
            "bins_sr": bins_sr,
            "bins_fs": sample_ratios.len(),
            "decay": decay,
            "sample_ratios": sample_ratios,
        });
        kwargs.extend(own.as_object().cloned().unwrap_or_default());
        if !sub_weights.is_empty() {
            kwargs.insert("sub_weights".to_owned(), json!(sub_weights));
        }
        Ok(DoubleEnsemble::from_kwargs(&Value::Object(kwargs))?.with_shuffle_seed(*seed))
    }
}
