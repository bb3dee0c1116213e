//! SQLite files, read by several connections that see the same state of the file.

mod connection;
mod decode;
mod growth;
mod index;
mod ranges;

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;
use rusqlite::Connection;

pub use self::growth::Growth;
pub use self::index::{IndexTrial, make_indexes, try_indexes};
pub(crate) use self::ranges::quoted;
use self::{decode::Decoder, ranges::Range};
use super::{
    kept::{self, Marks, RowsName},
    scan::{Chunk, Decoded, Scan},
};
use crate::error::SourceError;

/// An opened database.
pub(crate) struct Database {
    path: PathBuf,
    tables: Vec<String>,
    /// Each in a read transaction that began in the same state of the file.
    connections: Mutex<Vec<Connection>>,
    marks: Option<Arc<Marks>>,
}

impl Database {
    /// Open a file read-only, with one connection for each thread of the current pool. A writer may go on beside it
    /// where the file is in WAL mode; what it adds is not seen. Of tables with marks only what is above them is read.
    pub(crate) fn open(path: &Path, marks: Option<Arc<Marks>>) -> Result<Self, SourceError> {
        let failed = |error| fault(path, &error);
        let connections = connection::open_all(path, rayon::current_num_threads()).map_err(failed)?;
        let tables = connection::tables(&connections[0]).map_err(failed)?;
        Ok(Self { path: path.to_owned(), tables, connections: Mutex::new(connections), marks })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn tables(&self) -> &[String] {
        &self.tables
    }

    /// The columns of a table, in its order.
    pub(crate) fn columns(&self, table: &str) -> Result<Vec<String>, SourceError> {
        let connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        connection::columns(&connections[0], table).map_err(|error| fault(&self.path, &error))
    }

    /// Decode the kept rows of a table, in its own order.
    pub(crate) fn scan(&self, scan: &Scan<'_>) -> Result<Vec<Chunk>, SourceError> {
        let marks = self.marks.as_ref().and_then(|marks| Some((marks, marks.tables.get(scan.table)?)));
        let chunks = match marks {
            Some((marks, table)) => {
                let mut chunks = Vec::new();
                for (above, to, is_over) in table.readings() {
                    let name = RowsName::new(scan, above, to);
                    let rows = match marks.keeper.find(&name) {
                        Some(rows) => rows,
                        None if is_over => {
                            return Err(SourceError::RowsNotKept { table: scan.place(&self.path) });
                        }
                        None => {
                            let cut = |connection: &Connection| ranges::between(connection, scan, above, to);
                            let chunks = self.read(scan, cut)?;
                            decode::check_dates(&chunks, scan, &scan.place(&self.path))?;
                            let rows = kept::merge(chunks, scan);
                            marks.keeper.keep(&name, &rows);
                            rows
                        }
                    };
                    chunks.push(rows.into());
                }
                chunks
            }
            None => self.read(scan, |connection| ranges::of(connection, scan))?,
        };
        decode::check_dates(&chunks, scan, &scan.place(&self.path))?;
        Ok(chunks.into_iter().map(|decoded| decoded.chunk).filter(|chunk| chunk.len() > 0).collect())
    }

    /// Decode ranges of a table, each connection taking the next one that is left.
    fn read(
        &self,
        scan: &Scan<'_>,
        cut: impl Fn(&Connection) -> rusqlite::Result<Vec<Range>>,
    ) -> Result<Vec<Decoded>, SourceError> {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let ranges = cut(&connections[0]).map_err(|error| fault(&self.path, &error))?;
        let next = AtomicUsize::new(0);
        let chunks = connections.par_iter_mut().map(|connection| {
            let mut chunks = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(range) = ranges.get(at) else { return Ok(chunks) };
                match self.chunk(connection, scan, range) {
                    Ok(chunk) => chunks.push((at, chunk)),
                    Err(error) => return Err((at, error)),
                }
            }
        });
        let results = chunks.collect::<Vec<_>>();
        drop(connections);
        let mut chunks = Vec::with_capacity(ranges.len());
        let mut failed: Option<(usize, SourceError)> = None;
        for result in results {
            match result {
                Ok(some) => chunks.extend(some),
                // Of several faults the first one's is told.
                Err(error) if failed.as_ref().is_none_or(|(at, _)| error.0 < *at) => failed = Some(error),
                Err(_) => {}
            }
        }
        if let Some((_, error)) = failed {
            return Err(error);
        }
        chunks.sort_by_key(|(at, _)| *at);
        let chunks: Vec<_> =
            chunks.into_iter().map(|(_, chunk)| chunk).filter(|chunk| chunk.len() > 0).collect();
        Ok(chunks)
    }

    fn chunk(
        &self,
        connection: &mut Connection,
        scan: &Scan<'_>,
        range: &Range,
    ) -> Result<Decoded, SourceError> {
        let failed = |error| fault(&self.path, &error);
        let (sql, values) = range.query(scan);
        let mut statement = connection.prepare(&sql).map_err(failed)?;
        let mut rows = statement.query(rusqlite::params_from_iter(values)).map_err(failed)?;
        let mut decoder = Decoder::new(scan, scan.place(&self.path), range.at_most());
        while let Some(row) = rows.next().map_err(failed)? {
            decoder.push(row)?;
        }
        Ok(decoder.finish())
    }
}

/// One connection in a read transaction, with the same manners.
pub(crate) fn open_one(path: &Path) -> Result<Connection, SourceError> {
    let failed = |error| fault(path, &error);
    let mut connections = connection::open_all(path, 1).map_err(failed)?;
    connections.pop().ok_or_else(|| failed(rusqlite::Error::QueryReturnedNoRows))
}

/// What an error of SQLite means for the user.
pub(crate) fn fault(path: &Path, error: &rusqlite::Error) -> SourceError {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
    let advice = match error.sqlite_error_code() {
        Some(NotADatabase) => "it is no SQLite database, or it is encrypted",
        Some(DatabaseCorrupt) => {
            "the file is damaged; `PRAGMA integrity_check` in the sqlite3 shell says where, `.recover` saves what is left"
        }
        Some(DatabaseBusy | DatabaseLocked) => {
            "another program holds it; wait for its transaction to end, or use WAL mode, in which reading and writing go \
             together"
        }
        Some(CannotOpen) => {
            "it can't be opened; check the path and the rights (in WAL mode the folder must be writable, or the -shm file \
             be there)"
        }
        _ => "the database refused the query",
    };
    SourceError::Database { path: path.to_owned(), advice, message: error.to_string() }
}
