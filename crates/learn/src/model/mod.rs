//! Models: fitted on the rows of a fold's training, and then only asked to predict.
//!
//! To add one: a file with a specification that fits and a struct that implements [`Model`], a variant of
//! [`ModelSpec`], a line in [`from_text`]. `ridge.rs` is the smallest.

mod boosted;
mod double_ensemble;
mod ensemble;
mod features;
mod least_squares;
mod lightgbm;
mod linear;
mod ridge;

use backstaff_lightgbm::{Library, Metric, Threads};
use serde::{Deserialize, Serialize};

use crate::LearnError;

pub use boosted::{Boosted, WatchedFit};
pub use double_ensemble::{DoubleEnsemble, DoubleEnsembleFit, DoubleEnsembleModel, MemberFit};
pub use ensemble::{Average, Ensemble};
pub use features::{Features, Samples};
pub use least_squares::{Estimator, Linear, LinearModel};
pub use lightgbm::{LightGbm, LightGbmModel};
pub use ridge::{Ridge, RidgeModel};

/// A fitted model, which predicts and does nothing else.
pub trait Model: Send + Sync + std::fmt::Debug {
    /// The features it reads, in order.
    fn features(&self) -> &[String];

    /// One score for each of `rows`; higher is more attractive.
    ///
    /// - NaN: a missing feature is handled as in training; a score is never NaN, but for a [`LinearModel`]'s.
    /// - Look-ahead: none, a row's score depends on its own features.
    ///
    /// # Errors
    ///
    /// If the features are not those of the training.
    fn predict(
        &self,
        features: &Features<'_>,
        rows: &[u32],
        threads: Threads,
    ) -> Result<Vec<f64>, LearnError>;

    /// How much each feature counts, in their order; not comparable between kinds of models.
    ///
    /// # Errors
    ///
    /// If the library behind the model refuses.
    fn importance(&self) -> Result<Vec<Importance>, LearnError>;

    /// The model as text, for [`from_text`]: both predict the same bits.
    fn to_text(&self) -> String;
}

/// What a feature means to a model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Importance {
    /// The name of the feature.
    pub feature: String,
    /// How much it explains: the gain of its splits, or the size of its standardised coefficient.
    pub gain: f64,
    /// How often trees split on it; 0 for linear models.
    pub n_splits: u64,
}

/// A model with the story of its fit.
#[derive(Debug)]
pub struct Fit {
    /// The model that was fitted.
    pub model: Box<dyn Model>,
    /// How the fit went.
    pub history: FitHistory,
}

/// How a fit went.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct FitHistory {
    /// How many rows were fitted on: those with a target.
    pub n_train: usize,
    /// How many rows were chosen on.
    pub n_validation: usize,
    /// How many rounds were run; 0 for models without rounds.
    pub n_rounds: usize,
    /// The round at which the model was cut.
    pub best_round: usize,
    /// The penalty that was chosen, for linear models.
    pub penalty: Option<f64>,
    /// The metrics on the validation rows: one value a round, or one for each penalty.
    pub metrics: Vec<Metric>,
}

/// How far a fit has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// The number of steps that are done.
    pub done: usize,
    /// The number of steps at most.
    pub of: usize,
}

/// The kind of a model with its parameters.
#[derive(Clone, PartialEq, Debug)]
pub enum ModelSpec {
    /// Gradient-boosted trees.
    LightGbm(LightGbm),
    /// Ridge regression.
    Ridge(Ridge),
    /// Linear regression on the features as they are.
    Linear(Linear),
    /// Trees that learn from each other's losses.
    DoubleEnsemble(Box<DoubleEnsemble>),
}

impl ModelSpec {
    /// The name of the model's kind: `lightgbm`, `ridge`, `linear`, `double_ensemble`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::LightGbm(_) => LightGbm::NAME,
            Self::Ridge(_) => Ridge::NAME,
            Self::Linear(_) => "linear",
            Self::DoubleEnsemble(_) => "double_ensemble",
        }
    }

    /// Whether all is there that fitting and scoring take.
    ///
    /// # Errors
    ///
    /// If LightGBM is needed and can't be loaded.
    pub fn check_library(&self) -> Result<(), LearnError> {
        match self {
            Self::LightGbm(_) | Self::DoubleEnsemble(_) => Ok(Library::open().map(drop)?),
            Self::Ridge(_) | Self::Linear(_) => Ok(()),
        }
    }

    /// All that shapes the model, in a fixed order: equal texts and samples give equal models (LightGBM's: on one
    /// platform).
    pub fn canonical_text(&self) -> String {
        match self {
            Self::LightGbm(spec) => format!("{} {}", LightGbm::NAME, spec.canonical_text()),
            Self::Ridge(spec) => format!("{} {}", Ridge::NAME, spec.canonical_text()),
            Self::Linear(spec) => spec.canonical_text(),
            Self::DoubleEnsemble(spec) => spec.canonical_text(),
        }
    }

    /// The same with another draw of what is random, the zeroth being its own; a model without chance stays as it is, and so
    /// does a double ensemble, whose draws follow one seed.
    ///
    /// # Errors
    ///
    /// If a seed would become too large.
    pub fn draw(&self, n: u32) -> Result<Self, LearnError> {
        match self {
            Self::LightGbm(spec) => Ok(Self::LightGbm(spec.draw(n)?)),
            Self::Ridge(_) | Self::Linear(_) | Self::DoubleEnsemble(_) => Ok(self.clone()),
        }
    }

    /// How many rounds a fit takes at most; 1 for models without rounds.
    pub fn rounds(&self) -> usize {
        match self {
            Self::LightGbm(spec) => spec.parameters().rounds().get() as usize,
            Self::Ridge(_) | Self::Linear(_) => 1,
            Self::DoubleEnsemble(spec) => spec.rounds(),
        }
    }

    /// Whether another draw gives another model.
    pub fn is_random(&self) -> bool {
        match self {
            Self::LightGbm(spec) => spec.parameters().is_random(),
            Self::Ridge(_) | Self::Linear(_) | Self::DoubleEnsemble(_) => false,
        }
    }

    /// Fit on training rows, and choose on validation rows (which may be empty if there is nothing to choose).
    ///
    /// Rows without a target are left out. Whatever is fitted (bins, means, deviations) comes from `train`.
    ///
    /// - Determinism: the same model for any number of threads.
    ///
    /// # Errors
    ///
    /// If no row has a target, something must be chosen without validation rows, or LightGBM is missing or refuses.
    pub fn fit(
        &self,
        train: &Samples<'_>,
        validation: &Samples<'_>,
        threads: Threads,
        on_progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Fit, LearnError> {
        match self {
            Self::LightGbm(spec) => spec.fit(train, validation, threads, on_progress),
            Self::Ridge(spec) => spec.fit(train, validation),
            Self::Linear(spec) => spec.fit(train, validation),
            Self::DoubleEnsemble(spec) => Ok(spec.fit(train, validation, threads, on_progress)?.fit),
        }
    }
}

/// Read a model that [`Model::to_text`] wrote.
///
/// # Errors
///
/// If the text is no model, or LightGBM is missing.
pub fn from_text(text: &str) -> Result<Box<dyn Model>, LearnError> {
    let broken = |error: serde_json::Error| LearnError::NotAModel { message: error.to_string() };
    match serde_json::from_str::<Stored>(text).map_err(broken)? {
        Stored::LightGbm { features, text } => Ok(Box::new(LightGbmModel::read(features, text)?)),
        Stored::Ridge(model) => Ok(Box::new(model.checked()?)),
        Stored::Linear(model) => Ok(Box::new(model.checked()?)),
        Stored::DoubleEnsemble { features, members } => {
            Ok(Box::new(DoubleEnsembleModel::read(features, members)?))
        }
    }
}

/// A stored model as its text holds it.
#[derive(Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
enum Stored {
    LightGbm { features: Vec<String>, text: String },
    Ridge(RidgeModel),
    Linear(LinearModel),
    DoubleEnsemble { features: Vec<String>, members: Vec<double_ensemble::StoredMember> },
}

impl Stored {
    fn to_text(&self) -> String {
        // Names, texts and finite numbers can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod objective_tests;
#[cfg(test)]
mod tests;
