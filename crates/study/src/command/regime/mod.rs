//! Single regime models of data files, without a study: `fit` makes a model, and `decode` applies one to observations.

mod decode;
mod fit;

use std::{fmt, path::PathBuf};

/// Models in memory, for those who hold the observations themselves.
pub use backstaff_regime as models;
pub use backstaff_regime::{CovarianceForm, MAX_STATES, Missing};
use backstaff_regime::{Observations, RegimeError};
use backstaff_source::NumberTable;
use serde::Serialize;

pub use backstaff_source::DateColumn;

pub use self::{
    decode::{DecodeRequest, Decoded, decode},
    fit::{FitRequest, Fitted, FittedState, fit},
};
use crate::StudyError;

/// Observations: columns of numbers in a file, one row for each bar.
#[derive(Clone, Debug)]
pub struct Observed {
    /// A Parquet or CSV file.
    pub data: PathBuf,
    /// The names of the columns, one for each series.
    pub columns: Vec<String>,
    /// The name of the instrument, for a file that holds several.
    pub instrument: Option<String>,
    /// The column of the rows' dates, and the order of day and month in them.
    pub dates: DateColumn,
    /// The treatment of a row with a missing value.
    pub missing: Missing,
}

/// The order in which the rows of a file were taken.
///
/// - Look-ahead: none by the dates. Where a file has none, filtered probabilities know the rows above their own, so that
///   a file whose newest row stands first tells the past what came later.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RowOrder {
    /// The column of dates by which rows were sorted; `null` if they stand as in the file.
    pub dates: Option<String>,
    /// The date of the first row.
    pub first: Option<String>,
    /// The date of the last row.
    pub last: Option<String>,
    /// The order in words.
    pub told: String,
}

impl RowOrder {
    fn of(table: &NumberTable) -> Self {
        let Some(dates) = table.dates() else {
            let told = "rows as they stand in the file, the first the oldest: no column of dates was found";
            return Self { dates: None, first: None, last: None, told: told.to_owned() };
        };
        let (first, last) = (dates.text(0), dates.text(table.n_rows() - 1));
        let told = format!("rows by their dates in {:?}, {first} to {last}", dates.column());
        Self { dates: Some(dates.column().to_owned()), first: Some(first), last: Some(last), told }
    }
}

impl fmt::Display for RowOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}

impl Observed {
    /// Read the file's rows as observations. An infinite value is refused with its place, and so is a missing one if
    /// the request says so.
    fn read(&self) -> Result<(NumberTable, Observations), StudyError> {
        let table = NumberTable::read(&self.data, &self.columns, self.instrument.as_deref(), &self.dates)?;
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
