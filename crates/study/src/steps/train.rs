//! Train: one model a fold and seed, each on the rows of its own fold and on nothing else.

use std::{
    collections::BTreeMap,
    num::{NonZeroU32, NonZeroUsize},
    ops::Range,
    sync::Arc,
};

use backstaff_learn::{
    LearnError, Parameters, Threads,
    model::{Average, Ensemble, Features, Fit, Importance, LightGbm, ModelSpec, Ridge, Samples, from_text},
};
use backstaff_panel::Column;
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::{
    StudyError, config,
    steps::folds::{FoldFacts, FoldPart, FoldsHandle, PartFacts},
    stored::{column::ColumnHandle, encoding, panel::PanelHandle, segment::Segment},
};

/// The part of an artifact that holds a model.
const MODEL: &str = "model.json";

/// Fit models.
#[derive(Clone, Debug)]
pub struct Train {
    models: BTreeMap<String, Learner>,
}

/// A model that learns.
#[derive(Clone, Debug)]
struct Learner {
    spec: ModelSpec,
    seeds: u32,
    average: Average,
}

/// One model of one fold and seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ModelShard {
    /// The model's name.
    pub model: String,
    /// The fold's number.
    pub fold: u32,
    /// How far its seeds are above those of the study: 0 for the first.
    pub draw: u32,
}

const IN_FOLD: &str = " in fold ";
const DRAW: &str = ", seed + ";

impl From<ModelShard> for String {
    fn from(ModelShard { model, fold, draw }: ModelShard) -> Self {
        match draw {
            0 => format!("{model}{IN_FOLD}{fold}"),
            _ => format!("{model}{IN_FOLD}{fold}{DRAW}{draw}"),
        }
    }
}

impl TryFrom<String> for ModelShard {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = text.rsplit_once(IN_FOLD).and_then(|(model, rest)| {
            let (fold, draw) = rest.split_once(DRAW).unwrap_or((rest, "0"));
            Some(Self { model: model.to_owned(), fold: fold.parse().ok()?, draw: draw.parse().ok()? })
        });
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
    /// How far its seeds are above those of the study.
    pub draw: u32,
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
        let mut learners = BTreeMap::new();
        for (name, model) in models {
            if let Some(learner) = learner(name, model)? {
                learners.insert(name.clone(), learner);
            }
        }
        Ok(Self { models: learners })
    }

    /// The models that learn, and how the scores of their seeds become one.
    pub fn averages(&self) -> BTreeMap<String, Average> {
        self.models.iter().map(|(name, learner)| (name.clone(), learner.average)).collect()
    }

    /// Whether all is there that training and scoring take.
    ///
    /// # Errors
    ///
    /// If a library can't be loaded.
    pub fn check_libraries(&self) -> Result<(), StudyError> {
        Ok(self.models.values().try_for_each(|learner| learner.spec.check_library())?)
    }

    /// What the user should know of the models before they are trained.
    pub fn warnings(&self) -> Vec<String> {
        let idle = self.models.iter().filter(|(_, learner)| learner.seeds > 1 && !learner.spec.is_random());
        let warning = |(name, learner): (&String, &Learner)| {
            format!(
                "models.{name}: {} seeds give nearly equal models, since nothing in them is random; set \
                 feature_fraction, or bagging_fraction with bagging_freq",
                learner.seeds
            )
        };
        idle.map(warning).collect()
    }
}

fn learner(name: &str, model: &config::ModelSpec) -> Result<Option<Learner>, StudyError> {
    let wrong = |message: String| StudyError::Value { key: format!("models.{name}"), message };
    let told = |error: LearnError| wrong(error.to_string());
    Ok(match model {
        config::ModelSpec::Expression(_) => None,
        config::ModelSpec::Ridge { penalties, clip } => {
            let spec = ModelSpec::Ridge(Ridge::new(penalties.clone(), *clip).map_err(told)?);
            Some(Learner { spec, seeds: 1, average: Average::Scores })
        }
        config::ModelSpec::Lightgbm { rounds, early_stopping, grades, seeds, average, parameters } => {
            let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
            let parameters = Parameters::new(pairs).map_err(|error| wrong(error.to_string()))?;
            let rounds =
                NonZeroU32::new(*rounds).ok_or_else(|| wrong("rounds must be 1 or more".to_owned()))?;
            let patience = early_stopping.and_then(NonZeroU32::new);
            let parameters = parameters.with_rounds(rounds).with_early_stopping(patience);
            let mut spec = LightGbm::new(parameters).map_err(told)?;
            if let Some(grades) = grades {
                spec = spec.with_grades(*grades).map_err(told)?;
            }
            Some(Learner { spec: ModelSpec::LightGbm(spec), seeds: *seeds, average: *average })
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
    for (number, _) in inputs.segments(first, last) {
        inputs.panel.hash_segment(key, number, [], |key| {
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

fn facts(fit: &Fit, draw: u32) -> Result<FitFacts, StudyError> {
    let history = &fit.history;
    Ok(FitFacts {
        draw,
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
    const VERSION: u32 = 2;
    type Inputs = ModelInputs;
    type Shard = ModelShard;
    type Output = (String, FitFacts);
    type Error = StudyError;

    fn hash_parameters(&self, _: &mut KeyHasher) {
        // Each shard hashes its own model below: another model in the study is no parameter of it.
        let Self { models: _ } = self;
    }

    fn hash_inputs(
        &self,
        shard: &ModelShard,
        inputs: &ModelInputs,
        key: &mut KeyHasher,
    ) -> Result<(), StudyError> {
        if let Some(Learner { spec, seeds: _, average: _ }) = self.models.get(&shard.model) {
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
        Ok(())
    }

    fn shards(&self, inputs: &ModelInputs) -> Vec<ModelShard> {
        let mut shards = Vec::new();
        for (name, learner) in &self.models {
            for fold in inputs.folds.facts() {
                let shard = |draw| ModelShard { model: name.clone(), fold: fold.number, draw };
                shards.extend((0..learner.seeds).map(shard));
            }
        }
        shards
    }

    fn effort(&self, shard: &ModelShard, inputs: &ModelInputs) -> usize {
        let rounds = self.models.get(&shard.model).map_or(0, |learner| learner.spec.rounds());
        inputs.fold(shard.fold).map_or(0, |fold| fold.train.rows) * rounds
    }

    fn run(
        &self,
        shard: &ModelShard,
        inputs: &ModelInputs,
        budget: Budget,
    ) -> Result<Self::Output, StudyError> {
        let missing = || StudyError::Internal { what: format!("there is no model {}", shard.model) };
        let learner = self.models.get(&shard.model).ok_or_else(missing)?;
        let columns = open_features(&inputs.features)?;
        let features = as_features(&columns)?;
        let axis = inputs.panel.axis();
        let samples = |part: &FoldPart| -> Result<Samples<'_>, StudyError> {
            let FoldPart { rows, targets, weights } = part;
            let samples = match weights {
                Some(weights) => Samples::weighted(&features, rows, targets, weights)?,
                None => Samples::new(&features, rows, targets)?,
            };
            Ok(samples.in_sessions(|row| axis.position_of(row as usize) as u32))
        };
        let train = samples(&inputs.folds.train(shard.fold)?)?;
        let validation = samples(&inputs.folds.validation(shard.fold)?)?;
        let spec = learner.spec.draw(shard.draw)?;
        let fit = spec.fit(&train, &validation, threads(budget), &mut |_| ())?;
        Ok((fit.model.to_text(), facts(&fit, shard.draw)?))
    }

    fn write(&self, (text, facts): &Self::Output, draft: &mut Draft) -> Result<(), StoreError> {
        draft.write_part(MODEL, |file| file.write_all(text.as_bytes()))?;
        draft.info(serde_json::json!({ "fit": facts }));
        Ok(())
    }
}

/// Read a stored model's text.
fn read_model(store: &Store, manifest: &Manifest) -> Result<String, StudyError> {
    let bytes = store.open_part(manifest, MODEL)?;
    String::from_utf8(bytes.to_vec())
        .map_err(|_| StudyError::Internal { what: "a stored model is no text".to_owned() })
}

/// The models of all seeds, read from their artifacts in the order of these.
pub fn read_ensemble<'a>(
    store: &Store,
    manifests: impl IntoIterator<Item = &'a Manifest>,
    average: Average,
) -> Result<Ensemble, StudyError> {
    let members = manifests.into_iter().map(|manifest| Ok(from_text(&read_model(store, manifest)?)?));
    Ok(Ensemble::new(members.collect::<Result<_, StudyError>>()?, average))
}

/// What there is to say of a stored model's fit.
pub fn read_facts(manifest: &Manifest) -> Result<FitFacts, StudyError> {
    encoding::read_facts(manifest, "fit")
}
