//! Train: one model for each fold and seed, fitted on the rows of its own fold alone.

mod learner;
mod scorer;

use std::{num::NonZeroUsize, ops::Range, sync::Arc};

use backstaff_learn::{
    Parameters, Threads,
    model::{Average, Features, Fit, Importance, Progress, Samples},
};
use backstaff_panel::{Axis, Column};
use backstaff_report::Format;
use backstaff_stage::{Budget, Draft, KeyHasher, Manifest, Stage, StoreError};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use self::learner::{Learner, Own};
pub use self::scorer::Scorer;
use crate::{
    StudyError, config,
    steps::{
        folds::{FoldFacts, FoldPart, FoldsHandle, PartFacts},
        own::{FittedModel, OwnModels},
        process::{FittedProcess, Named, Process, ProcessedFold},
    },
    stored::{column::ColumnHandle, encoding, panel::PanelHandle, segment::Segment},
    words,
};

/// The part of an artifact that holds a model of the library.
const MODEL: &str = "model.json";
/// The part of an artifact that holds a model of the user's own, if it is kept.
const PICKLE: &str = "model.pickle";

/// Fit the models of a study that learn.
#[derive(Clone, Debug)]
pub struct Train {
    models: IndexMap<String, Learner>,
}

/// One model of one fold and seed: the unit that is stored under a key of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ModelShard {
    /// The name of the model.
    pub model: String,
    /// The number of the fold, from 1.
    pub fold: u32,
    /// The number that is added to every seed of the study; 0 for the first seed.
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

/// The inputs of the training.
#[derive(Debug)]
pub struct ModelInputs {
    /// The panel with the axis.
    pub panel: Arc<PanelHandle>,
    /// The features that models see, in order.
    pub features: Vec<Arc<ColumnHandle>>,
    /// The folds with their rows, targets and weights.
    pub folds: Arc<FoldsHandle>,
    /// What becomes of features and targets before models see them; `None` if nothing does.
    pub process: Option<Process>,
}

/// The facts of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FitFacts {
    /// The number that is added to every seed of the study; 0 for the first seed.
    pub draw: u32,
    /// The number of training rows that have a target.
    pub n_train: usize,
    /// The number of validation rows that have a target.
    pub n_validation: usize,
    /// The number of rounds that were run; 0 for a model without rounds.
    pub n_rounds: usize,
    /// The round at which the model was cut: that of the best validation, or the last one.
    pub best_round: usize,
    /// The penalty that the validation chose; `None` for a model without one.
    pub penalty: Option<f64>,
    /// The importance of each feature in the model.
    pub importance: Vec<Importance>,
}

/// A model that grew no split in some of its fits: there all rows get the same score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithoutSplit {
    /// The name of the model.
    pub model: String,
    /// The numbers of the folds, each once.
    pub folds: Vec<u32>,
    /// The number of fits without a split, and of all fits.
    pub fits: (usize, usize),
    /// The most training rows of these fits.
    pub most_rows: usize,
    /// LightGBM's `min_data_in_leaf`.
    pub min_data_in_leaf: usize,
}

impl WithoutSplit {
    /// What happened and why: `no split in any of 2 fits: ...`.
    pub fn words(&self) -> String {
        let (n, of) = self.fits;
        let fits = if n == of {
            format!("no split in any of {}", words::count(of, "fit"))
        } else {
            let folds = self.folds.iter().map(u32::to_string).collect::<Vec<_>>().join(", ");
            format!("no split in {n} of {} (fold {folds})", words::count(of, "fit"))
        };
        let least = self.min_data_in_leaf.saturating_mul(2);
        if least > self.most_rows {
            return format!(
                "{fits}: with `min_data_in_leaf` {} a split asks for {}, and there are {} at most",
                shown(self.min_data_in_leaf),
                words::count(least, "row"),
                shown(self.most_rows)
            );
        }
        format!(
            "{fits}: no feature gains what a split asks for; look at `min_data_in_leaf` ({}), at `min_gain_to_split` and \
             at features that say nothing",
            shown(self.min_data_in_leaf)
        )
    }
}

/// The models that grew no split, by the facts of their fits.
pub fn without_split(
    models: &config::Models,
    fits: &IndexMap<String, Vec<(u32, FitFacts)>>,
) -> Vec<WithoutSplit> {
    let idle = models.iter().filter_map(|(name, spec)| {
        let config::ModelSpec::Lightgbm { parameters, .. } = spec else { return None };
        let all = fits.get(name)?;
        let is_idle = |(_, fit): &&(u32, FitFacts)| fit.importance.iter().all(|one| one.n_splits == 0);
        let idle = all.iter().filter(is_idle).collect::<Vec<_>>();
        let mut folds = idle.iter().map(|(fold, _)| *fold).collect::<Vec<_>>();
        folds.dedup();
        let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
        let parameters = Parameters::new(pairs).ok()?;
        let stated = parameters.get("min_data_in_leaf").and_then(|value| value.parse().ok());
        (!idle.is_empty()).then(|| WithoutSplit {
            model: name.clone(),
            folds,
            fits: (idle.len(), all.len()),
            most_rows: idle.iter().map(|(_, fit)| fit.n_train).max().unwrap_or(0),
            min_data_in_leaf: stated.unwrap_or(MIN_DATA_IN_LEAF),
        })
    });
    idle.collect()
}

/// A count with its thousands apart.
fn shown(count: usize) -> String {
    words::shown(count as f64, Format::Integer)
}

/// LightGBM's own `min_data_in_leaf`.
const MIN_DATA_IN_LEAF: usize = 20;

impl Train {
    /// The models of a study that learn; those that are expressions have nothing to fit.
    /// Those that it calls `python` are looked up among the user's own.
    pub fn new(config: &config::Config, own: &OwnModels) -> Result<Self, StudyError> {
        let mut learners = IndexMap::new();
        for (name, model) in &config.models {
            if let Some(learner) = Learner::new(name, model, &config.folder, own)? {
                learners.insert(name.clone(), learner);
            }
        }
        Ok(Self { models: learners })
    }

    /// The names of the models.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.models.keys()
    }

    /// The rule by which the scores of a model's seeds become one.
    pub fn average(&self, name: &str) -> Average {
        match self.models.get(name) {
            Some(Learner::Library { average, .. }) => *average,
            Some(Learner::Own(_)) | None => Average::default(),
        }
    }

    /// Whether a model is one of the user's own.
    pub fn is_own(&self, name: &str) -> bool {
        matches!(self.models.get(name), Some(Learner::Own(_)))
    }

    /// Load the libraries that training and scoring need, so that a run fails before its work and not after.
    ///
    /// # Errors
    ///
    /// If a library can't be loaded.
    pub fn check_libraries(&self) -> Result<(), StudyError> {
        let check = |learner: &Learner| match learner {
            Learner::Library { spec, .. } => spec.check_library(),
            Learner::Own(_) => Ok(()),
        };
        Ok(self.models.values().try_for_each(check)?)
    }

    /// Warnings for the user about the models before they are trained.
    pub fn warnings(&self) -> Vec<String> {
        let of = |(name, learner): (&String, &Learner)| match learner {
            Learner::Library { spec, seeds, .. } if *seeds > 1 && !spec.is_random() => vec![format!(
                "models.{name}: {seeds} seeds give nearly equal models, since nothing in them is random; set \
                 feature_fraction, or bagging_fraction with bagging_freq"
            )],
            Learner::Library { .. } => Vec::new(),
            Learner::Own(own) => {
                own.model.notes().iter().map(|note| format!("models.{name}: {note}")).collect()
            }
        };
        self.models.iter().flat_map(of).collect()
    }
}

/// The rows of a fold's part as models read them.
fn samples<'a>(axis: &Axis, features: &'a Features<'a>, part: &FoldPart) -> Result<Samples<'a>, StudyError> {
    let FoldPart { rows, targets, weights } = part;
    let samples = match weights {
        Some(weights) => Samples::weighted(features, rows, targets, weights)?,
        None => Samples::new(features, rows, targets)?,
    };
    Ok(samples.in_sessions(|row| axis.position_of(row as usize) as u32))
}

/// Read the values of features into memory.
pub fn open_features(handles: &[Arc<ColumnHandle>]) -> Result<Vec<(String, Arc<Column>)>, StudyError> {
    handles.iter().map(|handle| Ok((handle.name().to_owned(), handle.column()?))).collect()
}

/// The columns in the form that models read.
pub fn as_features(columns: &[(String, Arc<Column>)]) -> Result<Features<'_>, StudyError> {
    Ok(Features::new(columns.iter().map(|(name, column)| (name.as_str(), &**column)))?)
}

/// Enter the digests of the features into a key, in the segments from the first part of a fold to the last.
pub fn hash_features(key: &mut KeyHasher, inputs: &ModelInputs, first: &PartFacts, last: &PartFacts) {
    for (number, _) in inputs.segments(first, last) {
        inputs.panel.hash_segment(key, number, [], |key| {
            for feature in &inputs.features {
                key.digest(feature.name(), &feature.digest(number));
            }
        });
    }
}

/// The threads that a budget allows.
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

/// The facts of a fit of a model of the user's own.
fn own_facts(fitted: &dyn FittedModel, train: &Samples<'_>, validation: &Samples<'_>) -> FitFacts {
    let names = train.features().names().iter();
    let importance = names.zip(fitted.importance());
    let importance =
        importance.map(|(name, gain)| Importance { feature: (*name).to_owned(), gain, n_splits: 0 });
    FitFacts {
        draw: 0,
        n_train: train.len(),
        n_validation: validation.len(),
        n_rounds: 0,
        best_round: 0,
        penalty: None,
        importance: importance.collect(),
    }
}

impl ModelInputs {
    /// Do some work with the rows of a fold's training and validation.
    fn with_samples<T>(
        &self,
        fold: u32,
        work: impl FnOnce(&Axis, &Samples<'_>, &Samples<'_>) -> Result<T, StudyError>,
    ) -> Result<T, StudyError> {
        let columns = open_features(&self.features)?;
        let (axis, train, validation) =
            (self.panel.axis(), self.folds.train(fold)?, self.folds.validation(fold)?);
        let Some(process) = &self.process else {
            let features = as_features(&columns)?;
            return work(axis, &samples(axis, &features, &train)?, &samples(axis, &features, &validation)?);
        };
        let ProcessedFold { columns, train, validation } =
            process.learn(axis, &columns, &train, &validation)?;
        let (axis, features) = (&columns.axis, as_features(&columns.columns)?);
        work(axis, &samples(axis, &features, &train)?, &samples(axis, &features, &validation)?)
    }

    /// The processors for all rows as they are fitted on a fold's training; `None` for a study without any.
    pub fn fitted_process(&self, fold: u32) -> Result<Option<FittedProcess>, StudyError> {
        let Some(process) = &self.process else { return Ok(None) };
        let columns = open_features(&self.features)?;
        let columns: &Named = &columns;
        Ok(Some(process.fit(self.panel.axis(), columns, || self.folds.train(fold))?))
    }

    /// The facts of a fold by its number; `None` if there is no such fold.
    pub fn fold(&self, number: u32) -> Option<&FoldFacts> {
        self.folds.facts().iter().find(|fold| fold.number == number)
    }

    /// The segments from the first part of a fold to the last, each with its number.
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

/// The library whose trees the keys of models and scores name: trees of another version are other trees. `lightgbm`
/// opens no other version.
pub(super) const LIBRARY: &str = "LightGBM 4.7";

impl Stage for Train {
    const NAME: &'static str = "train";
    const VERSION: u32 = 2;
    type Inputs = ModelInputs;
    type Shard = ModelShard;
    type Output = Trained;
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
        let unknown =
            || StudyError::Internal { what: format!("a fit {} was asked for", String::from(shard.clone())) };
        // One field for each parameter, so that `why` names the parameter that changed.
        match self.models.get(&shard.model).ok_or_else(unknown)? {
            Learner::Library { spec, seeds: _, average: _ } => {
                for parameter in spec.canonical_text().split(' ') {
                    let (name, value) = parameter.split_once('=').unwrap_or(("kind", parameter));
                    key.str(name, value);
                }
                key.str("library", LIBRARY);
            }
            Learner::Own(own) => {
                for (name, value) in own.model.identity() {
                    key.str(name, value);
                }
            }
        }
        key.str("machine", std::env::consts::ARCH);
        if let Some(process) = &inputs.process {
            process.hash_into(key);
        }
        let fold = inputs.fold(shard.fold).ok_or_else(unknown)?;
        key.digest("samples", &fold.samples);
        let last = fold.validation.sessions().map_or(&fold.train, |_| &fold.validation);
        hash_features(key, inputs, &fold.train, last);
        Ok(())
    }

    fn shards(&self, inputs: &ModelInputs) -> Vec<ModelShard> {
        let mut shards = Vec::new();
        for (name, learner) in &self.models {
            for fold in inputs.folds.facts() {
                let shard = |draw| ModelShard { model: name.clone(), fold: fold.number, draw };
                shards.extend((0..learner.seeds()).map(shard));
            }
        }
        shards
    }

    fn effort(&self, shard: &ModelShard, inputs: &ModelInputs) -> usize {
        let rounds = self.models.get(&shard.model).map_or(0, Learner::rounds);
        inputs.fold(shard.fold).map_or(0, |fold| fold.train.rows) * rounds
    }

    fn run(
        &self,
        shard: &ModelShard,
        inputs: &ModelInputs,
        budget: Budget,
    ) -> Result<Self::Output, StudyError> {
        self.run_watched(shard, inputs, budget, &|_| ())
    }

    fn run_watched(
        &self,
        shard: &ModelShard,
        inputs: &ModelInputs,
        budget: Budget,
        advanced: &(dyn Fn(f64) + Sync),
    ) -> Result<Self::Output, StudyError> {
        let missing = || StudyError::Internal { what: format!("there is no model {}", shard.model) };
        let learner = self.models.get(&shard.model).ok_or_else(missing)?;
        inputs.with_samples(shard.fold, |axis, train, validation| match learner {
            Learner::Library { spec, .. } => {
                let spec = spec.draw(shard.draw)?;
                let mut told = |round: Progress| advanced(round.done as f64 / round.of.max(1) as f64);
                let fit = spec.fit(train, validation, threads(budget), &mut told)?;
                let facts = facts(&fit, shard.draw)?;
                Ok(Trained { model: Some((MODEL, fit.model.to_text().into_bytes())), facts })
            }
            Learner::Own(own) => {
                let told = |message| StudyError::own_model(&shard.model, shard.fold, message);
                let fitted = own.model.fit(axis, train, validation).map_err(told)?;
                let kept = fitted.to_bytes().map_err(told)?;
                let facts = own_facts(&*fitted, train, validation);
                own.fitted().insert(shard.fold, fitted);
                Ok(Trained { model: kept.map(|bytes| (PICKLE, bytes)), facts })
            }
        })
    }

    fn write(&self, Trained { model, facts }: &Trained, draft: &mut Draft) -> Result<(), StoreError> {
        if let Some((part, bytes)) = model {
            draft.write_part(part, |file| file.write_all(bytes))?;
        }
        draft.info(serde_json::json!({ "fit": facts }));
        Ok(())
    }
}

/// The result of a fit: the part of the artifact that holds the model, if it is kept, and the facts.
#[derive(Debug)]
pub struct Trained {
    model: Option<(&'static str, Vec<u8>)>,
    facts: FitFacts,
}

/// The facts of a stored model's fit.
pub fn read_facts(manifest: &Manifest) -> Result<FitFacts, StudyError> {
    encoding::read_facts(manifest, "fit")
}
