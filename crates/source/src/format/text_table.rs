//! A whole table as texts.

use std::path::PathBuf;

use crate::{date_order::DateOrder, error::SourceError};

/// The columns of a table, and its rows.
pub(crate) struct TextTable {
    pub names: Vec<String>,
    pub rows: Vec<TextRow>,
}

/// A row of a table of texts.
pub(crate) struct TextRow {
    /// The text of each cell, without the blanks around it.
    pub texts: Vec<String>,
    /// The number of the row for people.
    pub number: u64,
}

/// The order of day and month in a column of dates, which the files of one table share: the stated one, else found out
/// over all its cells.
///
/// # Errors
///
/// If the order matters, and no cell tells it.
pub(crate) fn date_order(
    tables: &[(PathBuf, TextTable)],
    column: impl Fn(&[String]) -> Option<usize>,
    stated: DateOrder,
) -> Result<DateOrder, SourceError> {
    if stated != DateOrder::Detect {
        return Ok(stated);
    }
    let cells = tables.iter().flat_map(|(_, table)| {
        let column = column(&table.names);
        table.rows.iter().filter_map(move |row| Some(row.texts[column?].as_str()))
    });
    DateOrder::detect(cells).map_err(|example| {
        let has_it = |(file, table): &(PathBuf, TextTable)| {
            let column = column(&table.names)?;
            let has_it = table.rows.iter().any(|row| row.texts[column].trim() == example);
            has_it.then(|| (file.clone(), table.names[column].clone()))
        };
        let (path, column) = tables.iter().find_map(has_it).unwrap_or_default();
        SourceError::DateOrder { path, column, example }
    })
}
