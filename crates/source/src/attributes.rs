//! Tables with one row an instrument: sector, date of entry into an index.

use std::{collections::BTreeMap, path::Path};

use backstaff_panel::{Axis, Categories, Column, Universe};

use crate::{Place, SourceError};

/// Facts about instruments that don't change, as texts.
#[derive(Clone, Debug)]
pub struct Attributes {
    columns: Vec<String>,
    rows: BTreeMap<String, (Vec<String>, Place)>,
}

/// Read a table of attributes from a CSV or Parquet file.
pub fn read_attributes(path: &Path, key: Option<&str>, columns: &[&str]) -> Result<Attributes, SourceError> {
    let _ = (key, columns);
    Err(SourceError::NoRows { path: path.to_owned() })
}

/// The rows of a panel from the date on that a table gives for their instrument.
#[derive(Clone, Debug)]
pub struct Since {
    /// The rows on and after the date; all rows of instruments without one.
    pub members: Universe,
    /// How many rows lie before the date.
    pub rows_before: usize,
    /// Instruments of the panel that the table has no date for.
    pub undated: Vec<String>,
}

impl Attributes {
    /// The instruments that have a row.
    pub fn instruments(&self) -> impl Iterator<Item = &str> {
        self.rows.keys().map(String::as_str)
    }

    /// The text of an instrument in a column; an empty cell is none.
    pub fn get(&self, instrument: &str, column: &str) -> Option<&str> {
        let column = self.columns.iter().position(|name| name == column)?;
        self.rows.get(instrument).map(|(texts, _)| texts[column].as_str()).filter(|text| !text.is_empty())
    }

    /// A column as categories of a panel's rows, the same through time.
    pub fn categories(&self, column: &str, axis: &Axis) -> Result<Categories, SourceError> {
        let _ = (column, axis);
        Ok(Categories::new(Vec::new(), Vec::new()))
    }

    /// The rows on and after the date that a column gives.
    pub fn since(&self, column: &str, axis: &Axis) -> Result<Since, SourceError> {
        let _ = (column, axis);
        Ok(Since { members: Universe::new(Vec::new()), rows_before: 0, undated: Vec::new() })
    }

    /// A column as numbers of a panel's rows, the same through time.
    pub fn numbers(&self, column: &str, axis: &Axis) -> Result<Column, SourceError> {
        let _ = (column, axis);
        Ok(Column::F64(Vec::new()))
    }
}
