//! SQLite files, which several connections read that see the same state of the file.

pub(crate) mod connection;
mod decode;
pub(crate) mod fault;
pub(crate) mod growth;
pub(crate) mod index;
mod ranges;
pub(crate) mod sql_name;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use rayon::prelude::*;
use rusqlite::Connection;

use self::{decode::Decoder, fault::fault, ranges::Range};
use super::{
    kept_rows::{self, Marks, RowsName},
    scan::{Chunk, Decoded, Scan},
};
use crate::error::SourceError;

/// The first bytes of every SQLite file.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Whether a path is an SQLite file, by its first bytes.
pub fn is_database(path: &Path) -> bool {
    let mut first = [0; 16];
    path.is_file()
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut first).is_ok() && first == *MAGIC)
}

/// An opened SQLite file.
pub(crate) struct SqliteFile {
    path: PathBuf,
    tables: Vec<String>,
    /// The connections, each in a read transaction that began in the same state of the file.
    connections: Mutex<Vec<Connection>>,
    marks: Option<Arc<Marks>>,
}

impl SqliteFile {
    /// Open a file read-only, with one connection for each thread of the current pool. Where the file is in WAL mode, a
    /// writer may go on beside it; its additions are not seen. Of tables with marks only the rows above these are read.
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
                            let rows = kept_rows::merge(chunks, scan);
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
                // Of several faults the first one in the table is reported.
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

    /// Decode the rows of one range.
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
