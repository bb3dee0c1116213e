//! A whole table as texts.

use std::path::Path;

use super::cell;
use crate::{error::SourceError, request::written::Decimal};

/// The columns of a table, and its rows.
pub(crate) struct TextTable {
    pub names: Vec<String>,
    pub rows: Vec<TextRow>,
    /// The decimal mark of numbers, as far as it is stated.
    pub decimal: Decimal,
}

impl TextTable {
    /// The decimal mark in some columns: the stated one, else the one that their cells show. `path` is the table's, for
    /// messages.
    pub(crate) fn decimal_of(&self, columns: &[usize], path: &Path) -> Result<Decimal, SourceError> {
        if self.decimal != Decimal::Detect {
            return Ok(self.decimal);
        }
        let cells = self.rows.iter().flat_map(|row| columns.iter().map(|&column| row.texts[column].as_str()));
        cell::detect(cells).map_err(|doubt| {
            let holds = |column: &&usize, text: &str| self.rows.iter().any(|row| row.texts[**column] == text);
            let column = |text: &str| columns.iter().find(|column| holds(column, text));
            doubt.error(path, |text| {
                column(text).map_or_else(String::new, |&column| self.names[column].clone())
            })
        })
    }
}

/// A row of a table of texts.
pub(crate) struct TextRow {
    /// The text of each cell, without the blanks around it.
    pub texts: Vec<String>,
    /// The number of the row for people.
    pub number: u64,
}
