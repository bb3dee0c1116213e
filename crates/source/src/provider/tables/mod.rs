//! Databases of several tables: SQLite files, and folders of Parquet files that are named after the tables.
//!
//! A [`TableLayout`] says which table and column is what. `scan` decodes the wanted columns of one table (`sqlite` over
//! ranges of keys by several connections that see one state of the file, `folder` by row groups); `prices`, `categories`,
//! `statements` and `series` make of them what a panel holds, and `delistings` says where it ends.
//!
//! To add one: another kind of database is a variant of [`Tables`] with a `scan`; another usual schema is a file in
//! `presets/` and its line in `layout`.

mod categories;
mod day;
mod delistings;
mod folder;
mod kept;
mod prices;
mod scan;
mod series;
mod sqlite;
mod statements;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use backstaff_panel::Panel;

pub(crate) use self::sqlite::{fault, open_one, quoted};
pub use self::{
    delistings::{Delisting, Delistings},
    kept::{KeepsRows, Marks, RowsName, TableColumn, TableMarks, TableRows},
    sqlite::{Growth, IndexTrial, make_indexes, try_indexes},
};
pub(crate) use delistings::read as read_delistings;
pub(crate) use prices::{factor, read_prices};

use self::{
    folder::Folder,
    scan::{Chunk, Scan},
    sqlite::Database,
};
use crate::{
    bars::load::Clock,
    error::SourceError,
    names::hint,
    provider::source_files::look_at,
    request::{panel_source::PanelSource, table_layout::TableLayout},
};

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Whether a path is an SQLite file, by its first bytes.
pub fn is_database(path: &Path) -> bool {
    let mut first = [0; 16];
    path.is_file()
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut first).is_ok() && first == *MAGIC)
}

/// The tables of a database.
pub(crate) enum Tables {
    Sqlite(Database),
    Folder(Folder),
}

impl Tables {
    /// Open a database; of an SQLite file's tables with marks only what is above them is read.
    pub(crate) fn open(path: &Path, marks: Option<Arc<Marks>>) -> Result<Self, SourceError> {
        if path.is_dir() {
            Folder::open(path).map(Self::Folder)
        } else {
            Database::open(path, marks).map(Self::Sqlite)
        }
    }

    /// The names of the tables.
    fn names(&self) -> &[String] {
        match self {
            Self::Sqlite(database) => database.tables(),
            Self::Folder(folder) => folder.tables(),
        }
    }

    fn has(&self, table: &str) -> bool {
        self.names().iter().any(|name| name == table)
    }

    fn path(&self) -> &Path {
        match self {
            Self::Sqlite(database) => database.path(),
            Self::Folder(folder) => folder.path(),
        }
    }

    /// The columns of a table; an error that names the nearest one if there is no such table.
    fn columns(&self, table: &str) -> Result<Vec<String>, SourceError> {
        if !self.has(table) {
            return Err(SourceError::NoTable {
                path: self.path().to_owned(),
                name: table.to_owned(),
                found: self.names().to_vec(),
                hint: hint(table, self.names().iter().map(String::as_str)),
            });
        }
        match self {
            Self::Sqlite(database) => database.columns(table),
            Self::Folder(folder) => folder.columns(table),
        }
    }

    /// Decode the wanted columns of the kept rows of a table, in its own order.
    fn scan(&self, scan: &Scan<'_>) -> Result<Vec<Chunk>, SourceError> {
        let found = self.columns(scan.table)?;
        for name in scan.columns.iter().map(|(name, _)| *name).chain(scan.keep.keys().map(String::as_str)) {
            if !found.iter().any(|column| column == name) {
                return Err(SourceError::UnknownColumn {
                    path: scan.place(self.path()),
                    name: name.to_owned(),
                    hint: hint(name, found.iter().map(String::as_str)),
                    found,
                });
            }
        }
        match self {
            Self::Sqlite(database) => database.scan(scan),
            Self::Folder(folder) => folder.scan(scan),
        }
    }
}

/// What to say of infinite values of a column, if there are any.
fn warn_infinite(count: usize, table: &str, column: &str) -> Option<String> {
    (count > 0).then(|| format!("{table}: infinite values of {column}, which count as missing: {count}"))
}

/// The files of a database: an SQLite file with what its log holds beyond it, or the tables of a folder that are there.
pub(crate) fn table_files(path: &Path, layout: &TableLayout) -> Result<Vec<PathBuf>, SourceError> {
    look_at(path)?;
    if path.is_dir() {
        let folder = Folder::open(path)?;
        return Ok(layout.table_names().iter().filter_map(|table| folder.file(table)).collect());
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log = PathBuf::from(log);
    let has_log = log.metadata().is_ok_and(|log| log.len() > 0);
    Ok([path.to_owned()].into_iter().chain(has_log.then_some(log)).collect())
}

/// Add to a panel of prices what else the layout names: categories, statements, series. Returns what is to be told, and
/// the names of categories without history.
pub(crate) fn complete(
    panel: &mut Panel,
    tables: &Tables,
    layout: &TableLayout,
    request: &PanelSource,
    warnings: &mut Vec<String>,
    clock: &mut Clock,
) -> Result<Vec<String>, SourceError> {
    let statics = categories::insert(panel, tables, &layout.categories, request, warnings)?;
    clock.lap("read categories");
    let wanted = |name: &str| request.facts.as_ref().is_none_or(|wanted| wanted.contains(name));
    for statements in &layout.statements {
        statements::insert(panel, tables, statements, &wanted, warnings)?;
    }
    clock.lap("read statements");
    for table in &layout.series {
        series::insert(panel, tables, table, &wanted, warnings)?;
    }
    clock.lap("read series");
    Ok(statics)
}
