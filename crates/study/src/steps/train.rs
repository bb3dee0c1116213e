//! Train: one model a fold, each on the rows of its own fold and on nothing else.

use std::{
    collections::BTreeMap,
    num::{NonZeroU32, NonZeroUsize},
    ops::Range,
    sync::Arc,
};

use backstaff_learn::{
    Parameters, Threads,
    model::{Features, Fit, Importance, LightGbm, ModelSpec, Ridge, Samples},
};
use backstaff_panel::Column;
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError, artifact,
    columns::ColumnHandle,
    config,
    panel_handle::PanelHandle,
    segment::Segment,
    steps::folds::{FoldFacts, FoldsHandle, PartFacts},
};

/// The part of an artifact that holds a model.
const MODEL: &str = "model.json";

/// Fit models.
#[derive(Clone, Debug)]
pub struct Train {
    models: BTreeMap<String, ModelSpec>,
}

/// One model of one fold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ModelShard {
    /// The model's name.
    pub model: String,
    /// The fold's number.
    pub fold: u32,
}

impl From<ModelShard> for String {
    fn from(shard: ModelShard) -> Self {
        format!("{} in fold {}", shard.model, shard.fold)
    }
}

impl TryFrom<String> for ModelShard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text
            .rsplit_once(" in fold ")
            .and_then(|(model, fold)| Some(Self { model: model.to_owned(), fold: fold.parse().ok()? }));
        parsed.ok_or_else(|| format!("{text:?} is no model of a fold"))
    }
}

/// What training reads.
#[derive(Debug)]
pub struct ModelInputs {
    /// The axis.
    pub panel: Arc<PanelHandle>,
    /// The features that models see.
    pub features: Vec<Arc<ColumnHandle>>,
    /// The folds.
    pub folds: Arc<FoldsHandle>,
}

/// What there is to say of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitFacts {
    /// Rows fitted on.
    pub n_train: usize,
    /// Rows chosen on.
    pub n_validation: usize,
    /// Rounds that were run.
    pub n_rounds: usize,
    /// The round at which the model was cut.
    pub best_round: usize,
    /// The penalty that was chosen.
    pub penalty: Option<f64>,
    /// What each feature counts.
    pub importance: Vec<Importance>,
}

impl Train {
    /// The models of a study that learn; `None` for those that are expressions.
    pub fn new(models: &config::Models) -> Result<Self, StudyError> {
        let mut specs = BTreeMap::new();
        for (name, model) in models {
            if let Some(spec) = spec(name, model)? {
                specs.insert(name.clone(), spec);
            }
        }
        Ok(Self { models: specs })
    }

    /// The names of the models that learn.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }
}

fn spec(name: &str, model: &config::ModelSpec) -> Result<Option<ModelSpec>, StudyError> {
    let wrong = |message: String| StudyError::Value { key: format!("models.{name}"), message };
    Ok(match model {
        config::ModelSpec::Expression(_) => None,
        config::ModelSpec::Ridge { penalties, clip } => {
            Some(ModelSpec::Ridge(Ridge::new(penalties.clone(), *clip)?))
        }
        config::ModelSpec::Lightgbm { rounds, early_stopping, parameters } => {
            let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
            let parameters = Parameters::new(pairs).map_err(|error| wrong(error.to_string()))?;
            let rounds =
                NonZeroU32::new(*rounds).ok_or_else(|| wrong("rounds must be 1 or more".to_owned()))?;
            let parameters =
                parameters.with_rounds(rounds).with_early_stopping(NonZeroU32::new(*early_stopping));
            Some(ModelSpec::LightGbm(LightGbm::new(parameters)?))
        }
    })
}

/// The values of features, in memory.
pub fn open_features(handles: &[Arc<ColumnHandle>]) -> Result<Vec<(String, Arc<Column>)>, StudyError> {
    handles.iter().map(|handle| Ok((handle.name().to_owned(), handle.column()?))).collect()
}

/// Columns as models read them.
pub fn as_features(columns: &[(String, Arc<Column>)]) -> Result<Features<'_>, StudyError> {
    Ok(Features::new(columns.iter().map(|(name, column)| (name.as_str(), &**column)))?)
}

/// The digests of the features in the segments from the first part of a fold to the last.
pub fn hash_features(key: &mut KeyHasher, inputs: &ModelInputs, first: &PartFacts, last: &PartFacts) {
    for (number, segment) in inputs.segments(first, last) {
        key.group(&segment.label, |key| {
            key.digest("axis", inputs.panel.axis_digest(number));
            for feature in &inputs.features {
                key.digest(feature.name(), &feature.digest(number));
            }
        });
    }
}

/// The threads of a budget.
pub fn threads(budget: Budget) -> Threads {
    NonZeroUsize::new(budget.threads).map_or(Threads::ONE, Threads::new)
}

fn facts(fit: &Fit) -> Result<FitFacts, StudyError> {
    let history = &fit.history;
    Ok(FitFacts {
        n_train: history.n_train,
        n_validation: history.n_validation,
        n_rounds: history.n_rounds,
        best_round: history.best_round,
        penalty: history.penalty,
        importance: fit.model.importance()?,
    })
}

impl ModelInputs {
    /// What there is to say of a fold.
    pub fn fold(&self, number: u32) -> Option<&FoldFacts> {
        self.folds.facts().iter().find(|fold| fold.number == number)
    }

    /// The segments, with their numbers, from the first part of a fold to the last.
    pub fn segments(&self, first: &PartFacts, last: &PartFacts) -> impl Iterator<Item = (usize, &Segment)> {
        let from = first.sessions().map(|(first, _)| first);
        let to = last.sessions().map(|(_, last)| last);
        let calendar = self.panel.axis().calendar();
        self.panel.segments().iter().enumerate().filter(move |(_, segment)| {
            let Range { start, end } = segment.positions;
            from.is_none_or(|from| from <= calendar.session(end - 1))
                && to.is_none_or(|to| calendar.session(start) <= to)
        })
    }
}

impl Stage for Train {
    const NAME: &'static str = "train";
    const VERSION: u32 = 1;
    type Inputs = ModelInputs;
    type Shard = ModelShard;
    type Output = (String, FitFacts);
    type Error = StudyError;

    fn hash_parameters(&self, _: &mut KeyHasher) {
        // Each shard hashes its own model below: another model in the study is no parameter of it.
        let Self { models: _ } = self;
    }

    fn hash_inputs(&self, shard: &ModelShard, inputs: &ModelInputs, key: &mut KeyHasher) {
        if let Some(spec) = self.models.get(&shard.model) {
            // One field a parameter, so that a change is told by its name.
            for parameter in spec.canonical_text().split(' ') {
                let (name, value) = parameter.split_once('=').unwrap_or(("kind", parameter));
                key.str(name, value);
            }
            key.str("library", "LightGBM 4.7").str("machine", std::env::consts::ARCH);
        }
        if let Some(fold) = inputs.fold(shard.fold) {
            key.digest("samples", &fold.samples);
            let last = fold.validation.sessions().map_or(&fold.train, |_| &fold.validation);
            hash_features(key, inputs, &fold.train, last);
        }
    }

    fn shards(&self, inputs: &ModelInputs) -> Vec<ModelShard> {
        let folds = || inputs.folds.facts().iter().map(|fold| fold.number);
        let shard = |name: &String, fold| ModelShard { model: name.clone(), fold };
        self.models.keys().flat_map(|name| folds().map(move |fold| shard(name, fold))).collect()
    }

    fn run(
        &self,
        shard: &ModelShard,
        inputs: &ModelInputs,
        budget: Budget,
    ) -> Result<Self::Output, StudyError> {
        let missing = || StudyError::Internal { what: format!("there is no model {}", shard.model) };
        let spec = self.models.get(&shard.model).ok_or_else(missing)?;
        let columns = open_features(&inputs.features)?;
        let features = as_features(&columns)?;
        let train = inputs.folds.train(shard.fold)?;
        let validation = inputs.folds.validation(shard.fold)?;
        let train = Samples::new(&features, &train.rows, &train.targets)?;
        let validation = Samples::new(&features, &validation.rows, &validation.targets)?;
        let fit = spec.fit(&train, &validation, threads(budget), &mut |_| ())?;
        Ok((fit.model.to_text(), facts(&fit)?))
    }

    fn write(&self, (text, facts): &Self::Output, draft: &mut Draft) -> Result<(), StoreError> {
        draft.write_part(MODEL, |file| file.write_all(text.as_bytes()))?;
        draft.info(serde_json::json!({ "fit": facts }));
        Ok(())
    }
}

/// Read a stored model's text.
pub fn read_model(store: &Store, manifest: &Manifest) -> Result<String, StudyError> {
    let bytes = store.open_part(manifest, MODEL)?;
    String::from_utf8(bytes.to_vec())
        .map_err(|_| StudyError::Internal { what: "a stored model is no text".to_owned() })
}

/// What there is to say of a stored model's fit.
pub fn read_facts(manifest: &Manifest) -> Result<FitFacts, StudyError> {
    artifact::read_facts(manifest, "fit")
}
