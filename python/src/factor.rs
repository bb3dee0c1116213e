//! One feature, judged without a model.

use std::{fs, num::NonZeroU32, path::PathBuf};

use backstaff_study::{
    config::Execution,
    factor::{Request, judge as judged},
};
use pyo3::prelude::*;
use serde::Deserialize;

use crate::{
    error::{DataError, argument},
    form::form,
    frame::{Data, own_columns, with_data},
    study::answer,
};

/// What is asked, as a JSON object of keyword arguments.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    feature: String,
    libraries: Vec<String>,
    file: Option<PathBuf>,
    facts: Option<PathBuf>,
    attributes: Option<PathBuf>,
    by: Option<String>,
    universe: Option<String>,
    horizons: Vec<NonZeroU32>,
    quantiles: usize,
    execution: Execution,
    change: Option<String>,
}

/// Judge a feature on a file or folder, or on a table that speaks Arrow's protocol, with a user's own columns, each table
/// with a JSON object that says its form: a JSON text, a text for people, the page.
#[pyfunction]
pub(crate) fn judge(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    asked: &str,
    keywords: &str,
    columns: Vec<(Bound<'_, PyAny>, String)>,
    threads: usize,
) -> PyResult<(String, String, String)> {
    let asked = serde_json::from_str::<Asked>(asked).map_err(|error| argument(error.to_string()))?;
    let form = form(keywords)?;
    let folder = tempfile::tempdir().map_err(|error| DataError::new_err(error.to_string()))?;
    let page = folder.path().join("factor.html");
    let mut all = vec![Data::of(py, data, "the frame")?];
    let own = own_columns(py, columns, &mut all)?;
    let place = all[0].place().to_owned();
    let judgement = with_data(py, &all, |observer| {
        let request = Request {
            data: place,
            form,
            change: asked.change,
            execution: asked.execution,
            feature: asked.feature,
            libraries: asked.libraries,
            file: asked.file,
            facts: asked.facts,
            attributes: asked.attributes,
            columns: own,
            by: asked.by,
            universe: asked.universe,
            horizons: asked.horizons,
            n_quantiles: asked.quantiles,
            out: Some(page.clone()),
            store: None,
            threads,
        };
        judged(&request, observer)
    })?;
    let (json, text) = answer(&judgement, judgement.to_string())?;
    let page = fs::read_to_string(page).map_err(|error| DataError::new_err(error.to_string()))?;
    let told = |text: String| all.iter().fold(text, |text, data| data.called().name(text));
    Ok((told(json), told(text), told(page)))
}
