//! Predict: each fold's model on the rows of its test, joined to one score a row.

use std::{collections::BTreeMap, sync::Arc};

use backstaff_learn::model::from_text;
use backstaff_panel::{Column, Encoding};
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, Store, StoreError, runner::Done};

use crate::{
    StudyError,
    artifact::{read_column, write_column},
    columns::ColumnHandle,
    steps::{
        scores::Scores,
        train::{ModelInputs, ModelShard, as_features, hash_features, open_features, read_model, threads},
    },
};

/// The part of an artifact that holds scores.
const SCORES: &str = "scores.arrow";

/// Score the tested rows.
#[derive(Clone, Copy, Debug)]
pub struct Predict;

/// What predicting reads.
#[derive(Debug)]
pub struct PredictInputs {
    /// Features and folds.
    pub model: ModelInputs,
    /// Models that learned: name, fold, artifact.
    pub trained: Vec<(String, u32, Manifest)>,
    /// Models that are expressions: name and column.
    pub expressions: BTreeMap<String, Arc<ColumnHandle>>,
    /// The store of the models.
    pub store: Store,
}

impl PredictInputs {
    fn trained(&self, shard: &ModelShard) -> Option<&Manifest> {
        self.trained
            .iter()
            .find(|(name, fold, _)| *name == shard.model && *fold == shard.fold)
            .map(|(_, _, m)| m)
    }
}

impl Stage for Predict {
    const NAME: &'static str = "predict";
    const VERSION: u32 = 1;
    type Inputs = PredictInputs;
    type Shard = ModelShard;
    type Output = Vec<f64>;
    type Error = StudyError;

    fn hash_parameters(&self, _: &mut KeyHasher) {
        let Self = self;
    }

    fn hash_inputs(&self, shard: &ModelShard, inputs: &PredictInputs, key: &mut KeyHasher) {
        let Some(fold) = inputs.model.fold(shard.fold) else { return };
        key.digest("rows", &fold.test_rows);
        if let Some(manifest) = inputs.trained(shard) {
            key.digest("model", &manifest.content()).str("library", "LightGBM 4.7");
            hash_features(key, &inputs.model, &fold.test, &fold.test);
        }
        if let Some(column) = inputs.expressions.get(&shard.model) {
            for (number, segment) in inputs.model.segments(&fold.test, &fold.test) {
                key.digest(&segment.label, &column.digest(number));
            }
        }
    }

    fn shards(&self, inputs: &PredictInputs) -> Vec<ModelShard> {
        let trained =
            inputs.trained.iter().map(|(model, fold, _)| ModelShard { model: model.clone(), fold: *fold });
        let folds = || inputs.model.folds.facts().iter().map(|fold| fold.number);
        let shard = |model: &String, fold| ModelShard { model: model.clone(), fold };
        let expressions =
            inputs.expressions.keys().flat_map(|model| folds().map(move |fold| shard(model, fold)));
        trained.chain(expressions).collect()
    }

    fn run(
        &self,
        shard: &ModelShard,
        inputs: &PredictInputs,
        budget: Budget,
    ) -> Result<Vec<f64>, StudyError> {
        let rows = inputs.model.folds.test(shard.fold)?.rows;
        if let Some(column) = inputs.expressions.get(&shard.model) {
            let column = column.column()?;
            return Ok(rows.iter().map(|&row| column.get(row as usize)).collect());
        }
        let missing = || StudyError::Internal { what: format!("model {} was not trained", shard.model) };
        let manifest = inputs.trained(shard).ok_or_else(missing)?;
        let model = from_text(&read_model(&inputs.store, manifest)?)?;
        let columns = open_features(&inputs.model.features)?;
        Ok(model.predict(&as_features(&columns)?, &rows, threads(budget))?)
    }

    fn write(&self, scores: &Vec<f64>, draft: &mut Draft) -> Result<(), StoreError> {
        write_column(draft, SCORES, &Column::encode(scores, Encoding::F64))
    }
}

/// The scores of each model over all folds, by name.
pub fn join(inputs: &PredictInputs, done: &[Done<ModelShard>]) -> Result<Vec<(String, Scores)>, StudyError> {
    let mut pairs = BTreeMap::<String, Vec<(u32, f64)>>::new();
    for done in done {
        let rows = inputs.model.folds.test(done.shard.fold)?.rows;
        let values = read_column(&inputs.store, &done.manifest, SCORES)?.to_f64();
        let scored = rows.into_iter().zip(values).filter(|(_, value)| value.is_finite());
        pairs.entry(done.shard.model.clone()).or_default().extend(scored);
    }
    Ok(pairs.into_iter().map(|(name, pairs)| (name, Scores::new(pairs))).collect())
}
