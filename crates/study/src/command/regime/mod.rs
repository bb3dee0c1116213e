//! Single regime models of data files, without a study: `fit` makes a model, and `decode` applies one to observations.

mod decode;
mod fit;

use std::path::PathBuf;

pub use backstaff_regime::{CovarianceForm, MAX_STATES, Missing};
use backstaff_regime::{Observations, RegimeError};
use backstaff_source::NumberTable;

pub use self::{
    decode::{DecodeRequest, Decoded, decode},
    fit::{FitRequest, Fitted, FittedState, fit},
};
use crate::StudyError;

/// Observations: columns of numbers in a file, one row for each bar, oldest first.
#[derive(Clone, Debug)]
pub struct Observed {
    /// A Parquet or CSV file.
    pub data: PathBuf,
    /// The names of the columns, one for each series.
    pub columns: Vec<String>,
    /// The name of the instrument, for a file that holds several.
    pub instrument: Option<String>,
    /// The treatment of a row with a missing value.
    pub missing: Missing,
}

impl Observed {
    /// Read the file's rows as observations. An infinite value is refused with its place, and so is a missing one if
    /// the request says so.
    fn read(&self) -> Result<(NumberTable, Observations), StudyError> {
        let table = NumberTable::read(&self.data, &self.columns, self.instrument.as_deref())?;
        let columns = table.columns().iter().map(Vec::as_slice).collect::<Vec<_>>();
        let observations = Observations::from_columns(&columns, self.missing).map_err(|error| {
            let (series, row, problem) = match error {
                RegimeError::Infinite { series, row } => (
                    series,
                    row,
                    "the value is infinite; correct it, or leave the cell empty if it is missing",
                ),
                RegimeError::MissingValue { series, row } => {
                    (series, row, "the value is missing; fill it, or say --missing skip")
                }
                other => return self.wrong(other),
            };
            StudyError::Observation {
                place: table.place(row),
                column: table.names()[series].clone(),
                problem,
            }
        })?;
        Ok((table, observations))
    }

    /// The error for wrong observations, with their file.
    fn wrong(&self, source: RegimeError) -> StudyError {
        StudyError::Regime { path: self.data.clone(), source }
    }
}
