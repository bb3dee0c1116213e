//! The files of a table of published values as texts, and the order of day and month in their dates.

use std::path::{Path, PathBuf};

use super::publication_day::KNOWN_AT;
use crate::{
    date_order::DateOrder,
    error::SourceError,
    format::{table_file::TableFile, text_table::TextTable},
    names::find_usual,
    provider::source_files::source_files,
    request::{mapping::Mapping, written::Written},
};

/// All files of a table of published values, with our names for the columns.
pub(super) struct DatedTables {
    pub files: Vec<(PathBuf, TextTable)>,
    pub orders: DateOrders,
}

/// The orders of day and month in the columns of dates, which all files of a table share.
#[derive(Clone, Copy)]
pub(super) struct DateOrders {
    /// The order in the column of days on which values became known.
    pub known_at: DateOrder,
    /// The order in the column of days that values are about: those of series, or the ends of periods.
    pub about: DateOrder,
}

impl DatedTables {
    /// Read all files. The order of each column of dates is found out over all of its cells, unless one is stated.
    /// `about` holds the usual names of the column of days that values are about.
    ///
    /// # Errors
    ///
    /// If a file can't be read, or the order matters and no cell tells it.
    pub(super) fn read(
        path: &Path,
        mapping: &Mapping,
        written: Written,
        about: &[&str],
    ) -> Result<Self, SourceError> {
        let files = source_files(path)?.into_iter().map(|file| {
            let mut texts = TableFile::open(&file, written)?.texts()?;
            mapping.rename(&file, &mut texts.names)?;
            Ok((file, texts))
        });
        let files = files.collect::<Result<Vec<_>, SourceError>>()?;
        let orders = DateOrders {
            known_at: order_of(&files, &KNOWN_AT, written.date_order)?,
            about: order_of(&files, about, written.date_order)?,
        };
        Ok(Self { files, orders })
    }
}

/// The order of day and month in the column that has one of some usual names.
fn order_of(
    files: &[(PathBuf, TextTable)],
    usual: &[&str],
    stated: DateOrder,
) -> Result<DateOrder, SourceError> {
    let cells = files.iter().flat_map(|(_, table)| {
        let column = find_usual(&table.names, usual);
        table.rows.iter().filter_map(move |row| Some(row.texts[column?].as_str()))
    });
    stated.or_detected(cells).map_err(|example| {
        let has_it = |(file, table): &(PathBuf, TextTable)| {
            let column = find_usual(&table.names, usual)?;
            let has_it = table.rows.iter().any(|row| row.texts[column].trim() == example);
            has_it.then(|| (file.clone(), table.names[column].clone()))
        };
        let (path, column) = files.iter().find_map(has_it).unwrap_or_default();
        SourceError::DateOrder { path, column, example }
    })
}
