//! Tables to files: all of them or none.

mod parquet;
mod sqlite;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::{GeneratorError, SyntheticMarket, SyntheticSpec, Watcher, tables::tables};

/// The file name of the database.
const DATABASE: &str = "krx.db";

/// The files and rows that were written.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Written {
    /// The specification of the market.
    pub spec: SyntheticSpec,
    /// The names of the files within the folder.
    pub files: Vec<String>,
    /// The number of rows of each table.
    pub rows: BTreeMap<&'static str, usize>,
}

impl SyntheticMarket {
    /// Write the tables as a database, `krx.db`, in a folder that is made if it isn't there.
    ///
    /// Rows are inserted as a daily update does it: prices session by session, filings as they become known. Keys and
    /// indexes are those of the exchange's database; the journal is off.
    ///
    /// # Errors
    ///
    /// If the file exists, or can't be written; then nothing is left under its name.
    pub fn write_sqlite(&self, folder: &Path, progress: &dyn Watcher) -> Result<Written, GeneratorError> {
        let path = vacant(folder, DATABASE)?;
        let partial = partial(&path);
        let written = sqlite::write(&partial, &tables(self), progress);
        let rows = finish(&[(partial, path)], written)?;
        Ok(Written { spec: self.spec, files: vec![DATABASE.to_owned()], rows })
    }

    /// Write each table as a Parquet file of its name in a folder that is made if it isn't there.
    ///
    /// # Errors
    ///
    /// If one of the files exists, or can't be written; then nothing is left under their names.
    pub fn write_parquet(&self, folder: &Path, progress: &dyn Watcher) -> Result<Written, GeneratorError> {
        let tables = tables(self);
        let files = tables.iter().map(|table| format!("{}.parquet", table.layout.name)).collect::<Vec<_>>();
        let paths = files.iter().map(|file| vacant(folder, file)).collect::<Result<Vec<_>, _>>()?;
        let partials = paths.iter().map(|path| partial(path)).collect::<Vec<_>>();
        let written = parquet::write(&partials, &tables, progress);
        let rows = finish(&partials.into_iter().zip(paths).collect::<Vec<_>>(), written)?;
        Ok(Written { spec: self.spec, files, rows })
    }
}

/// A path in the folder that holds nothing yet.
fn vacant(folder: &Path, file: &str) -> Result<PathBuf, GeneratorError> {
    fs::create_dir_all(folder).map_err(|source| GeneratorError::Write { path: folder.to_owned(), source })?;
    let path = folder.join(file);
    // A link that leads nowhere is something, too.
    if fs::symlink_metadata(&path).is_ok() { Err(GeneratorError::Exists { path }) } else { Ok(path) }
}

fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    name.into()
}

/// Give whole files their names, or remove what a failure left.
fn finish<T>(files: &[(PathBuf, PathBuf)], written: Result<T, GeneratorError>) -> Result<T, GeneratorError> {
    let renamed = written.and_then(|written| {
        for (partial, path) in files {
            fs::rename(partial, path)
                .map_err(|source| GeneratorError::Write { path: path.clone(), source })?;
        }
        Ok(written)
    });
    if renamed.is_err() {
        for (partial, _) in files {
            // Nothing to add to the error that is on its way: the file may never have been begun.
            let _ = fs::remove_file(partial);
        }
    }
    renamed
}
