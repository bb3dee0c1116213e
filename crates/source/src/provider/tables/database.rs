//! A database of tables: an SQLite file, or a folder of Parquet files that are named after the tables.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    kept_rows::Marks,
    scan::{Chunk, Scan},
    sqlite::SqliteFile,
    table_folder::TableFolder,
};
use crate::{error::SourceError, names::hint, provider::path::look_at, request::table_layout::TableLayout};

/// An opened database.
pub(crate) enum Database {
    Sqlite(SqliteFile),
    Folder(TableFolder),
}

impl Database {
    /// Open a database; of an SQLite file's tables with marks only the rows above these are read.
    pub(crate) fn open(path: &Path, marks: Option<Arc<Marks>>) -> Result<Self, SourceError> {
        if path.is_dir() {
            TableFolder::open(path).map(Self::Folder)
        } else {
            SqliteFile::open(path, marks).map(Self::Sqlite)
        }
    }

    /// The names of the tables.
    fn names(&self) -> &[String] {
        match self {
            Self::Sqlite(file) => file.tables(),
            Self::Folder(folder) => folder.tables(),
        }
    }

    pub(super) fn has(&self, table: &str) -> bool {
        self.names().iter().any(|name| name == table)
    }

    /// A table, as messages name it.
    pub(crate) fn place(&self, table: &str) -> PathBuf {
        PathBuf::from(format!("{}, table {table}", self.path().display()))
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Sqlite(file) => file.path(),
            Self::Folder(folder) => folder.path(),
        }
    }

    /// The columns of a table; an error that names the nearest table if there is none of this name.
    pub(super) fn columns(&self, table: &str) -> Result<Vec<String>, SourceError> {
        if !self.has(table) {
            return Err(SourceError::NoTable {
                path: self.path().to_owned(),
                name: table.to_owned(),
                found: self.names().to_vec(),
                hint: hint(table, self.names().iter().map(String::as_str)),
            });
        }
        match self {
            Self::Sqlite(file) => file.columns(table),
            Self::Folder(folder) => folder.columns(table),
        }
    }

    /// Decode the wanted columns of the kept rows of a table, in its own order.
    pub(super) fn scan(&self, scan: &Scan<'_>) -> Result<Vec<Chunk>, SourceError> {
        let found = self.columns(scan.table)?;
        for name in scan.columns.iter().map(|(name, _)| *name).chain(scan.keep.keys().map(String::as_str)) {
            if !found.iter().any(|column| column == name) {
                return Err(SourceError::unknown_column(scan.place(self.path()), name, found));
            }
        }
        match self {
            Self::Sqlite(file) => file.scan(scan),
            Self::Folder(folder) => folder.scan(scan),
        }
    }
}

/// The files of a database: an SQLite file with its log if that holds anything, or the tables of a folder that a layout
/// names and that are there.
pub(crate) fn database_files(path: &Path, layout: &TableLayout) -> Result<Vec<PathBuf>, SourceError> {
    look_at(path)?;
    if path.is_dir() {
        let folder = TableFolder::open(path)?;
        return Ok(layout.table_names().iter().filter_map(|table| folder.file(table)).collect());
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    let has_log = log.metadata().is_ok_and(|log| log.len() > 0);
    Ok([path.to_owned()].into_iter().chain(has_log.then_some(log)).collect())
}
