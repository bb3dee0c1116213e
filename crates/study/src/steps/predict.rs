//! Predict: the scores of each fold's model on the rows of its test, joined to one score a row.

use std::{collections::BTreeMap, sync::Arc};

use backstaff_panel::{Column, Encoding};
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, Store, StoreError, runner::Done};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError,
    steps::{
        scores::Scores,
        train::{LIBRARY, ModelInputs, ModelShard, Train, hash_features, open_features, threads},
    },
    stored::{
        column::ColumnHandle,
        encoding::{read_column, write_column},
    },
};

/// The part of an artifact that holds the scores.
const SCORES: &str = "scores.arrow";

/// Compute the scores of the tested rows.
#[derive(Clone, Copy, Debug)]
pub struct Predict;

/// The inputs of the prediction.
#[derive(Debug)]
pub struct PredictInputs {
    /// The features and the folds.
    pub model: ModelInputs,
    /// The trained models: name, fold and artifact. Those of several seeds follow each other in order.
    pub trained: Vec<(String, u32, Manifest)>,
    /// The stage that trained them.
    pub train: Train,
    /// The columns of models that are expressions, by the model's name.
    pub expressions: BTreeMap<String, Arc<ColumnHandle>>,
    /// The store that holds the trained models.
    pub store: Store,
}

/// One model in one fold: the unit whose scores are stored under a key of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ScoreShard {
    /// The name of the model.
    pub model: String,
    /// The number of the fold, from 1.
    pub fold: u32,
}

impl From<ScoreShard> for String {
    fn from(ScoreShard { model, fold }: ScoreShard) -> Self {
        ModelShard { model, fold, draw: 0 }.into()
    }
}

impl TryFrom<String> for ScoreShard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let ModelShard { model, fold, .. } = ModelShard::try_from(text)?;
        Ok(Self { model, fold })
    }
}

impl PredictInputs {
    fn trained(&self, shard: &ScoreShard) -> impl Iterator<Item = &Manifest> {
        let own = self.trained.iter().filter(|(name, fold, _)| *name == shard.model && *fold == shard.fold);
        own.map(|(_, _, manifest)| manifest)
    }
}

impl Stage for Predict {
    const NAME: &'static str = "predict";
    const VERSION: u32 = 2;
    type Inputs = PredictInputs;
    type Shard = ScoreShard;
    type Output = Vec<f64>;
    type Error = StudyError;

    fn hash_parameters(&self, _: &mut KeyHasher) {
        let Self = self;
    }

    fn hash_inputs(
        &self,
        shard: &ScoreShard,
        inputs: &PredictInputs,
        key: &mut KeyHasher,
    ) -> Result<(), StudyError> {
        let fold = inputs.model.fold(shard.fold).ok_or_else(|| StudyError::Internal {
            what: format!("scores of fold {}, which there is not, were asked for", shard.fold),
        })?;
        key.digest("rows", &fold.test_rows);
        if inputs.trained(shard).next().is_some() {
            let is_own = inputs.train.is_own(&shard.model);
            for manifest in inputs.trained(shard) {
                if is_own {
                    // It may not be kept, and so have no content.
                    key.str("model", &manifest.key.to_string());
                } else {
                    key.digest("model", &manifest.content());
                }
            }
            if !is_own {
                key.str("average", inputs.train.average(&shard.model).name()).str("library", LIBRARY);
            }
            hash_features(key, &inputs.model, &fold.test, &fold.test);
            if let Some(process) = &inputs.model.process {
                process.hash_into(key);
                // What is fitted hangs on the training, as the key of the model does.
                let trained = inputs.trained(shard).next();
                key.str("fitted", &trained.map_or_else(String::new, |manifest| manifest.key.to_string()));
            }
        }
        if let Some(column) = inputs.expressions.get(&shard.model) {
            for (number, segment) in inputs.model.segments(&fold.test, &fold.test) {
                key.digest(&segment.label, &column.digest(number));
            }
        }
        Ok(())
    }

    fn shards(&self, inputs: &PredictInputs) -> Vec<ScoreShard> {
        let models = inputs.train.names().chain(inputs.expressions.keys());
        let folds = || inputs.model.folds.facts().iter().map(|fold| fold.number);
        models.flat_map(|model| folds().map(move |fold| ScoreShard { model: model.clone(), fold })).collect()
    }

    fn run(
        &self,
        shard: &ScoreShard,
        inputs: &PredictInputs,
        budget: Budget,
    ) -> Result<Vec<f64>, StudyError> {
        let rows = inputs.model.folds.test(shard.fold)?.rows;
        if let Some(column) = inputs.expressions.get(&shard.model) {
            let column = column.column()?;
            return Ok(rows.iter().map(|&row| column.get(row as usize)).collect());
        }
        let trained = inputs.trained(shard);
        let model = inputs.train.scorer(&shard.model, shard.fold, &inputs.store, trained, &inputs.model)?;
        let columns = open_features(&inputs.model.features)?;
        model.predict(inputs.model.panel.axis(), &columns, &rows, threads(budget))
    }

    fn write(&self, scores: &Vec<f64>, draft: &mut Draft) -> Result<(), StoreError> {
        write_column(draft, SCORES, Column::encode(scores, Encoding::F64))
    }
}

/// Put the scores of each model over all folds together, by the model's name; rows without a finite score are left out.
pub fn join(inputs: &PredictInputs, done: &[Done<ScoreShard>]) -> Result<Vec<(String, Scores)>, StudyError> {
    let mut pairs = BTreeMap::<String, Vec<(u32, f64)>>::new();
    for done in done {
        let rows = inputs.model.folds.test(done.shard.fold)?.rows;
        let values = read_column(&inputs.store, &done.manifest, SCORES)?.to_f64();
        let scored = rows.into_iter().zip(values).filter(|(_, value)| value.is_finite());
        pairs.entry(done.shard.model.clone()).or_default().extend(scored);
    }
    Ok(pairs.into_iter().map(|(name, pairs)| (name, Scores::new(pairs))).collect())
}
