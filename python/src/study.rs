//! Studies: each method is a verb of the library, and its answer a JSON text beside the text for people.

use std::{path::PathBuf, sync::Arc};

use backstaff_study::{
    Options, Study as Verbs,
    compare::compare,
    config::Config,
    orders::{AccountRequest, OrdersRequest},
    own::{OwnModel, OwnModels},
    results::portfolio_table,
    status::{status, why},
};
use pyo3::prelude::*;
use serde::Serialize;

use crate::{
    detached::{detached, shown},
    error::{argument, exception},
    model::{Own, be_host},
};

/// A study.
#[pyclass(frozen, module = "backstaff._native")]
#[derive(Debug)]
pub(crate) struct Study {
    study: Verbs,
    options: Options,
}

/// An answer: a JSON text, and a text for people.
type Answer = (String, String);

/// An answer of these.
pub(crate) fn answer(json: &impl Serialize, text: String) -> PyResult<Answer> {
    Ok((serde_json::to_string(json).map_err(|error| argument(error.to_string()))?, text))
}

/// The models that the wrappers of `backstaff/_own.py` hold.
fn own_models(wrappers: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<OwnModels> {
    let own = wrappers.into_iter().map(|(name, wrapper)| {
        let model: Arc<dyn OwnModel> = Arc::new(Own::new(&wrapper)?);
        Ok((name, model))
    });
    own.collect()
}

#[pymethods]
impl Study {
    /// Read a study's file, or take it from a JSON text whose paths are relative to `folder`.
    #[new]
    fn new(
        py: Python<'_>,
        path: Option<PathBuf>,
        settings: Option<(String, PathBuf)>,
        profile: Option<String>,
        places: (Option<PathBuf>, Option<PathBuf>),
        threads: usize,
        models: Vec<(String, Bound<'_, PyAny>)>,
    ) -> PyResult<Self> {
        be_host(py);
        let (store, reports) = places;
        let options = Options { profile, store, reports, threads: Some(threads), memory: None };
        let study = match (path, settings) {
            (Some(path), _) => Verbs::open(&path, &options),
            (None, Some((text, folder))) => {
                let map = serde_json::from_str(&text).map_err(|error| argument(error.to_string()))?;
                let config = Config::from_map(&map, &folder, options.profile.as_deref());
                config.map_err(Into::into).and_then(|config| Verbs::new(config, &options))
            }
            (None, None) => return Err(argument("a study is a path or a mapping".to_owned())),
        };
        let study = study.map_err(|error| exception(&error))?.with_models(own_models(models)?);
        Ok(Self { study, options })
    }

    /// The same study with these settings, given as a JSON text: its folder, profile's name and options stay.
    fn with_settings(&self, settings: &str, models: Vec<(String, Bound<'_, PyAny>)>) -> PyResult<Self> {
        let map = serde_json::from_str(settings).map_err(|error| argument(error.to_string()))?;
        let before = self.study.config();
        // The profile lies over these settings already.
        let config =
            Config::from_map(&map, &before.folder, None).map_err(|error| exception(&error.into()))?;
        let config = Config { profile: before.profile.clone(), ..config };
        let study = Verbs::new(config, &self.options).map_err(|error| exception(&error))?;
        Ok(Self { study: study.with_models(own_models(models)?), options: self.options.clone() })
    }

    /// All settings, with what the study left open filled in and the profile laid over it: a JSON text, and YAML.
    fn settings(&self) -> PyResult<Answer> {
        let told = |error: &dyn std::error::Error| argument(format!("the study has no text: {error}"));
        let value = serde_json::to_value(self.study.config()).map_err(|error| told(&error))?;
        let yaml = serde_saphyr::to_string(&value).map_err(|error| told(&error))?;
        answer(&value, yaml)
    }

    /// The name under which runs are remembered.
    #[getter]
    fn name(&self) -> String {
        self.study.run_name()
    }

    /// The folder of the store.
    #[getter]
    fn store(&self) -> PathBuf {
        self.study.store_path().to_owned()
    }

    /// What a run would begin with, up to its folds: the warnings.
    fn check(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        detached(py, |_| self.study.tried())
    }

    /// Run the study; the text is the table of portfolios.
    fn run(&self, py: Python<'_>, show: Option<Py<PyAny>>) -> PyResult<Answer> {
        let outcome = shown(py, show.as_ref(), |observer| self.study.run(observer))?;
        answer(&outcome, portfolio_table(&outcome.result.headlines))
    }

    /// The orders for the session after the newest one: those of the simulated account without cash.
    fn orders(
        &self,
        py: Python<'_>,
        account: Option<(Option<PathBuf>, f64)>,
        lot: Option<f64>,
        max_age: Option<u32>,
        show: Option<Py<PyAny>>,
    ) -> PyResult<Answer> {
        let account = account.map(|(holdings, cash)| AccountRequest { holdings, cash });
        let request = OrdersRequest { account, lot, max_age, out: None };
        let orders = shown(py, show.as_ref(), |observer| self.study.orders(&request, observer))?;
        answer(&orders, orders.to_string())
    }

    /// Read the data, and compute the features that are missing.
    fn update(&self, py: Python<'_>, show: Option<Py<PyAny>>) -> PyResult<Answer> {
        let updated = shown(py, show.as_ref(), |observer| self.study.update(observer))?;
        answer(&updated, updated.to_string())
    }

    /// Change the future at several dates, and see whether the past moves.
    fn prove(
        &self,
        py: Python<'_>,
        dates: usize,
        show: Option<Py<PyAny>>,
    ) -> PyResult<(String, String, bool)> {
        let proof = shown(py, show.as_ref(), |observer| self.study.prove(dates, observer))?;
        let (json, text) = answer(&proof, proof.to_string())?;
        Ok((json, text, proof.holds()))
    }

    /// What the last run left in the store.
    fn status(&self, py: Python<'_>) -> PyResult<Answer> {
        let status = detached(py, |_| status(&self.study))?;
        answer(&status, status.to_string())
    }

    /// Why the stages of the last run were computed, or that they were found.
    fn why(&self, py: Python<'_>, stage: Option<String>) -> PyResult<Answer> {
        let reasons = detached(py, |_| why(&self.study, stage.as_deref()))?;
        answer(&reasons, reasons.to_string())
    }
}

/// Compare runs, named as on the command line, and write a page about them.
#[pyfunction]
pub(crate) fn compare_runs(
    py: Python<'_>,
    wanted: Vec<String>,
    out: Option<PathBuf>,
    store: Option<PathBuf>,
) -> PyResult<Answer> {
    let options = Options { store, ..Options::default() };
    let comparison = detached(py, |_| compare(&wanted, out.as_deref(), &options))?;
    answer(&comparison, comparison.to_string())
}
