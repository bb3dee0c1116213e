//! Models of the user's own: fitted and asked by code that this library does not know, such as Python's.
//!
//! Whoever can run such code implements [`OwnModel`]. A study is given models as objects
//! ([`Study::with_models`](crate::Study::with_models)); those that a study's file names are made by the [`Host`] of the
//! process.

use std::{
    collections::BTreeMap,
    fmt,
    path::Path,
    sync::{Arc, OnceLock},
};

use backstaff_learn::model::{Features, Samples};
use backstaff_panel::Axis;

use crate::{StudyError, config::PythonModel};

/// A model that can be fitted; the same object is fitted for every fold, so a fit must not change it.
pub trait OwnModel: fmt::Debug + Send + Sync {
    /// All that shapes it, as names and texts: equal ones with equal rows stand for the same model.
    fn identity(&self) -> &[(String, String)];

    /// What the user should know of how it is recognised.
    fn notes(&self) -> &[String];

    /// Fit it on the rows of a fold's training; those of the validation may be empty.
    ///
    /// # Errors
    ///
    /// What went wrong, in words.
    fn fit(
        &self,
        axis: &Axis,
        train: &Samples<'_>,
        validation: &Samples<'_>,
    ) -> Result<Arc<dyn FittedModel>, String>;

    /// Take a fitted model out of what [`FittedModel::to_bytes`] gave.
    ///
    /// # Errors
    ///
    /// What went wrong, in words.
    fn read(&self, bytes: &[u8]) -> Result<Arc<dyn FittedModel>, String>;
}

/// A model that was fitted.
pub trait FittedModel: fmt::Debug + Send + Sync {
    /// One score for each of `rows`; one that is not finite stands for none.
    ///
    /// # Errors
    ///
    /// What went wrong, in words.
    fn predict(&self, axis: &Axis, features: &Features<'_>, rows: &[u32]) -> Result<Vec<f64>, String>;

    /// How much each feature counts, in their order; empty if the model doesn't say.
    fn importance(&self) -> Vec<f64>;

    /// The model as bytes, if it is to be kept.
    ///
    /// # Errors
    ///
    /// What went wrong, in words.
    fn to_bytes(&self) -> Result<Option<Vec<u8>>, String>;
}

/// Models of the user's own, by the names that a study gives them.
pub type OwnModels = BTreeMap<String, Arc<dyn OwnModel>>;

/// Makes the models that a study's file names.
pub trait Host: Send + Sync {
    /// The model of a study in a folder.
    ///
    /// # Errors
    ///
    /// What went wrong, in words.
    fn model(&self, name: &str, spec: &PythonModel, folder: &Path) -> Result<Arc<dyn OwnModel>, String>;
}

static HOST: OnceLock<Box<dyn Host>> = OnceLock::new();

/// Name the host of this process, once; a later one is ignored.
pub fn set_host(host: Box<dyn Host>) {
    let _ = HOST.set(host);
}

/// The model that a study names: one that was handed over, or else one that the host makes.
pub(super) fn find(
    name: &str,
    spec: &PythonModel,
    folder: &Path,
    given: &OwnModels,
) -> Result<Arc<dyn OwnModel>, StudyError> {
    if let Some(model) = given.get(name) {
        return Ok(model.clone());
    }
    let wrong = |message| StudyError::Value { key: format!("models.{name}.python"), message };
    let host = HOST.get().ok_or_else(|| {
        wrong(
            "needs Python, and this program runs without it; `pip install backstaff` has a `backstaff` that runs within it"
                .to_owned(),
        )
    })?;
    host.model(name, spec, folder).map_err(wrong)
}
