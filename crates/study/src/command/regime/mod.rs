//! Single regime models of data files, without a study: `fit` makes one, `decode` says what it makes of observations.

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

/// What is observed: columns of numbers in a file, a row a bar, oldest first.
#[derive(Clone, Debug)]
pub struct Observed {
    /// A Parquet or CSV file.
    pub data: PathBuf,
    /// The columns, a series each.
    pub columns: Vec<String>,
    /// The instrument, for a file that holds several.
    pub instrument: Option<String>,
    /// What a missing value is.
    pub missing: Missing,
}

impl Observed {
    /// The file's rows as observations. Infinities are refused, and missing values if the request says so, with their
    /// place.
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

    /// What is wrong with the observations, with their file.
    fn wrong(&self, source: RegimeError) -> StudyError {
        StudyError::Regime { path: self.data.clone(), source }
    }
}
