//! What learns: a model of the library, or one of the user's own.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use backstaff_learn::{
    LearnError, Parameters,
    model::{Average, LightGbm, ModelSpec, Ridge},
};

use crate::{
    StudyError, config,
    steps::own::{FittedModel, OwnModel, OwnModels, find},
};

/// A model that learns.
#[derive(Clone, Debug)]
pub(super) enum Learner {
    /// A model of the library, with the number of its seeds and the rule that joins their scores.
    Library { spec: ModelSpec, seeds: u32, average: Average },
    /// A model of the user's own.
    Own(Own),
}

/// A model of the user's own, with those of its fits that this run has made: by fold.
#[derive(Clone, Debug)]
pub(super) struct Own {
    pub(super) model: Arc<dyn OwnModel>,
    fitted: Arc<Mutex<HashMap<u32, Arc<dyn FittedModel>>>>,
}

impl Own {
    /// The fits of this run.
    pub(super) fn fitted(&self) -> MutexGuard<'_, HashMap<u32, Arc<dyn FittedModel>>> {
        self.fitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Learner {
    /// The learner that a study describes; `None` for a model that has nothing to fit.
    pub(super) fn new(
        name: &str,
        model: &config::ModelSpec,
        folder: &Path,
        own: &OwnModels,
    ) -> Result<Option<Self>, StudyError> {
        let wrong = |message: String| StudyError::Value { key: format!("models.{name}"), message };
        let told = |error: LearnError| wrong(error.to_string());
        Ok(match model {
            config::ModelSpec::Expression(_) | config::ModelSpec::Scores(_) => None,
            config::ModelSpec::Python(spec) => {
                let model = find(name, spec, folder, own)?;
                Some(Self::Own(Own { model, fitted: Arc::default() }))
            }
            config::ModelSpec::Ridge { penalties, clip } => {
                let spec = ModelSpec::Ridge(Ridge::new(penalties.clone(), *clip).map_err(told)?);
                Some(Self::Library { spec, seeds: 1, average: Average::Scores })
            }
            config::ModelSpec::Linear(spec) => {
                let spec = ModelSpec::Linear(spec.model().map_err(told)?);
                Some(Self::Library { spec, seeds: 1, average: Average::Scores })
            }
            config::ModelSpec::DoubleEnsemble(spec) => {
                let spec = ModelSpec::DoubleEnsemble(Box::new(spec.model().map_err(told)?));
                Some(Self::Library { spec, seeds: 1, average: Average::Scores })
            }
            config::ModelSpec::Lightgbm { rounds, early_stopping, grades, seeds, average, parameters } => {
                let pairs = parameters.iter().map(|(name, value)| (name.as_str(), value.clone()));
                let parameters = Parameters::new(pairs).map_err(|error| wrong(error.to_string()))?;
                let rounds =
                    NonZeroU32::new(*rounds).ok_or_else(|| wrong("rounds must be 1 or more".to_owned()))?;
                let patience = NonZeroU32::new(*early_stopping);
                let parameters = parameters.with_rounds(rounds).with_early_stopping(patience);
                let mut spec = LightGbm::new(parameters).map_err(told)?;
                if let Some(grades) = grades {
                    spec = spec.with_grades(*grades).map_err(told)?;
                }
                let spec = ModelSpec::LightGbm(spec);
                Some(Self::Library { spec, seeds: *seeds, average: *average })
            }
        })
    }

    /// The number of models that are fitted in each fold.
    pub(super) fn seeds(&self) -> u32 {
        match self {
            Self::Library { seeds, .. } => *seeds,
            Self::Own(_) => 1,
        }
    }

    /// The rounds of a fit; 1 where there are none, or none that are known.
    pub(super) fn rounds(&self) -> usize {
        match self {
            Self::Library { spec, .. } => spec.rounds(),
            Self::Own(_) => 1,
        }
    }
}
