//! Decoding: the probabilities of a model's states for given observations.

use std::{
    fs,
    path::{Path, PathBuf},
};

use backstaff_regime::{GaussianHmm, Observations, RegimeError, filter, smooth, viterbi};
use backstaff_source::NumberTable;
use serde::Serialize;

use super::{Observed, RowOrder};
use crate::{
    StudyError,
    command::output::{Cells, Reads, form_of, write_table},
};

/// The request for a decoding.
#[derive(Clone, Debug)]
pub struct DecodeRequest {
    /// The model: a JSON file with `start`, `transition`, `means` and `covariances`, as `fit` writes it or with these
    /// alone.
    pub model: PathBuf,
    /// The observations to decode.
    pub observed: Observed,
    /// The file to write: CSV if its name ends in `.csv`, else Parquet.
    pub out: PathBuf,
}

/// The outcome of a decoding.
#[derive(Clone, Debug, Serialize)]
pub struct Decoded {
    /// The file that was written.
    pub out: PathBuf,
    /// The logarithm of the density of all observations that are present.
    pub log_likelihood: f64,
    /// The number of states of the model.
    pub states: usize,
    /// The columns that were read, one for each series.
    pub columns: Vec<String>,
    /// The number of rows in the input, and in the output.
    pub rows: usize,
    /// The order in which the rows were taken, which is that of the output.
    pub order: RowOrder,
    /// The number of rows with a missing value; each is a transition without an observation.
    pub missing: usize,
}

/// Read a model and observations, and write for each row the filtered and the smoothed probabilities of the states and
/// the state on the likeliest path; before them the date of the row, if the data have dates.
///
/// - Look-ahead: `filtered_k` of a row uses that row and those before it; `smoothed_k` and `viterbi` use all rows.
///
/// # Errors
///
/// A model or data that can't be read, another number of columns than the model has series, an infinite value.
pub fn decode(request: &DecodeRequest) -> Result<Decoded, StudyError> {
    Reads::of([&request.model, &request.observed.data]).allow("--out", &request.out)?;
    let form = form_of("--out", &request.out)?;
    let model = read_model(&request.model)?;
    let (expected, found) = (model.n_series(), request.observed.columns.len());
    if expected != found {
        return Err(wrong_model(&request.model, RegimeError::Series { expected, found }));
    }
    let (table, observations) = request.observed.read()?;
    let (log_likelihood, columns) =
        decoded(&model, &observations).map_err(|error| request.observed.wrong(error))?;
    write_table(&request.out, form, dates(&table).into_iter().chain(columns))?;
    Ok(Decoded {
        out: request.out.clone(),
        log_likelihood,
        states: model.n_states(),
        columns: table.names().to_vec(),
        rows: observations.n_rows(),
        order: RowOrder::of(&table),
        missing: observations.n_rows() - observations.n_present(),
    })
}

/// The dates of the rows as a column; texts if rows have times of day, or numbers that are no dates.
fn dates(table: &NumberTable) -> Option<(String, Cells)> {
    let dates = table.dates()?;
    let texts = || (0..table.n_rows()).map(|row| dates.text(row)).collect();
    Some(("date".to_owned(), dates.sessions().map_or_else(|| Cells::Texts(texts()), Cells::Sessions)))
}

fn read_model(path: &Path) -> Result<GaussianHmm, StudyError> {
    let text =
        fs::read_to_string(path).map_err(|source| StudyError::Read { path: path.to_owned(), source })?;
    GaussianHmm::from_json(&text).map_err(|source| wrong_model(path, source))
}

fn wrong_model(path: &Path, source: RegimeError) -> StudyError {
    StudyError::Regime { path: path.to_owned(), source }
}

type Columns = Vec<(String, Cells)>;

fn decoded(model: &GaussianHmm, observations: &Observations) -> Result<(f64, Columns), RegimeError> {
    let (filtered, smoothed) = (filter(model, observations)?, smooth(model, observations)?);
    let path = viterbi(model, observations)?;
    let mut columns = Vec::with_capacity(2 * model.n_states() + 1);
    for state in 0..model.n_states() {
        columns.push((format!("filtered_{state}"), Cells::Numbers(filtered.of_state(state))));
    }
    for state in 0..model.n_states() {
        columns.push((format!("smoothed_{state}"), Cells::Numbers(smoothed.of_state(state))));
    }
    columns
        .push(("viterbi".to_owned(), Cells::Integers(path.into_iter().map(|state| state as i64).collect())));
    Ok((filtered.log_likelihood(), columns))
}
