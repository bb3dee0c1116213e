//! What scores: the models of one fold, read from the store or fitted by this run.

use std::sync::Arc;

use backstaff_learn::{
    Threads,
    model::{Ensemble, Features, from_text},
};
use backstaff_panel::Axis;
use backstaff_stage::{Manifest, Store};

use super::{Learner, MODEL, ModelInputs, Own, PICKLE, Train, as_features};
use crate::{
    StudyError,
    steps::{
        own::FittedModel,
        process::{FittedProcess, Named},
    },
};

/// The fitted models of one name and fold, which score as one.
#[derive(Debug)]
pub struct Scorer {
    models: Models,
    /// What becomes of features before the models see them.
    process: Option<FittedProcess>,
}

/// Models of one name and fold.
#[derive(Debug)]
enum Models {
    /// Models of the library.
    Library(Ensemble),
    /// A model of the user's own: its name, the fold, the model.
    Own(String, u32, Arc<dyn FittedModel>),
}

impl Scorer {
    /// Whether it is a model of the user's own.
    pub fn is_own(&self) -> bool {
        matches!(self.models, Models::Own(..))
    }

    /// Whether a score may hang on the other rows of its session, so that all of them must be asked for together.
    pub fn reads_sections(&self) -> bool {
        self.process.is_some()
    }

    /// One score for each of `rows`, which ascend; one that is not finite stands for none.
    ///
    /// # Errors
    ///
    /// If the features are not those of the training, or the user's own code fails.
    pub fn predict(
        &self,
        axis: &Axis,
        features: &Named,
        rows: &[u32],
        threads: Threads,
    ) -> Result<Vec<f64>, StudyError> {
        let Some(process) = self.process.as_ref().filter(|_| !rows.is_empty()) else {
            return self.models.predict(axis, &as_features(features)?, rows, threads);
        };
        let (compact, kept) = process.apply(axis, features, rows)?;
        let mut scores = vec![f64::NAN; rows.len()];
        let own = (0..kept.len() as u32).collect::<Vec<_>>();
        let made = self.models.predict(&compact.axis, &as_features(&compact.columns)?, &own, threads)?;
        kept.iter().zip(made).for_each(|(&n, score)| scores[n as usize] = score);
        Ok(scores)
    }
}

impl Models {
    fn predict(
        &self,
        axis: &Axis,
        features: &Features<'_>,
        rows: &[u32],
        threads: Threads,
    ) -> Result<Vec<f64>, StudyError> {
        let session_of = |row: u32| axis.position_of(row as usize) as u32;
        match self {
            Self::Library(models) => Ok(models.predict(features, rows, session_of, threads)?),
            // Nobody is asked for nothing: many a model refuses an empty table.
            Self::Own(..) if rows.is_empty() => Ok(Vec::new()),
            Self::Own(name, fold, model) => {
                let told = |message| StudyError::own_model(name, *fold, message);
                model.predict(axis, features, rows).map_err(told)
            }
        }
    }
}

impl Train {
    /// The models of a name and fold, by their artifacts; one of the user's own that was not kept is fitted again on the
    /// same rows.
    ///
    /// # Errors
    ///
    /// If they can't be read, or the user's own code fails.
    pub fn scorer<'a>(
        &self,
        name: &str,
        fold: u32,
        store: &Store,
        manifests: impl IntoIterator<Item = &'a Manifest>,
        inputs: &ModelInputs,
    ) -> Result<Scorer, StudyError> {
        let missing = || StudyError::Internal { what: format!("model {name} was not trained") };
        let mut manifests = manifests.into_iter().peekable();
        let first = *manifests.peek().ok_or_else(missing)?;
        let models = match self.models.get(name).ok_or_else(missing)? {
            Learner::Library { average, .. } => {
                let members = manifests.map(|manifest| Ok(from_text(&read_text(store, manifest)?)?));
                let members = members.collect::<Result<_, StudyError>>()?;
                Models::Library(Ensemble::new(members, *average))
            }
            Learner::Own(own) => {
                let fitted = fitted(own, name, fold, (store, first), inputs)?;
                Models::Own(name.to_owned(), fold, fitted)
            }
        };
        Ok(Scorer { models, process: inputs.fitted_process(fold)? })
    }

    /// A model of the user's own that is fitted once more, whatever the store has; `None` for a model of the library.
    ///
    /// # Errors
    ///
    /// If the user's own code fails.
    pub fn fitted_again(
        &self,
        name: &str,
        fold: u32,
        inputs: &ModelInputs,
    ) -> Result<Option<Scorer>, StudyError> {
        let Some(Learner::Own(own)) = self.models.get(name) else { return Ok(None) };
        let again = fit(own, name, fold, inputs)?;
        let models = Models::Own(name.to_owned(), fold, again);
        Ok(Some(Scorer { models, process: inputs.fitted_process(fold)? }))
    }
}

/// The fit of this run, or the one that was kept, or one more.
fn fitted(
    own: &Own,
    name: &str,
    fold: u32,
    (store, manifest): (&Store, &Manifest),
    inputs: &ModelInputs,
) -> Result<Arc<dyn FittedModel>, StudyError> {
    let known = own.fitted().get(&fold).cloned();
    if let Some(known) = known {
        return Ok(known);
    }
    let told = |message| StudyError::own_model(name, fold, message);
    let fitted = if manifest.part(PICKLE).is_some() {
        own.model.read(&store.open_part(manifest, PICKLE)?).map_err(told)?
    } else {
        fit(own, name, fold, inputs)?
    };
    own.fitted().insert(fold, fitted.clone());
    Ok(fitted)
}

/// Fit a model of the user's own on the rows of a fold.
pub(super) fn fit(
    own: &Own,
    name: &str,
    fold: u32,
    inputs: &ModelInputs,
) -> Result<Arc<dyn FittedModel>, StudyError> {
    inputs.with_samples(fold, |axis, train, validation| {
        own.model.fit(axis, train, validation).map_err(|message| StudyError::own_model(name, fold, message))
    })
}

/// Read the text of a stored model.
fn read_text(store: &Store, manifest: &Manifest) -> Result<String, StudyError> {
    let bytes = store.open_part(manifest, MODEL)?;
    String::from_utf8(bytes.to_vec())
        .map_err(|_| StudyError::Internal { what: "a stored model is no text".to_owned() })
}
