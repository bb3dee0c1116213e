//! Connections that read a file without disturbing others who use it.

use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Result};

use super::fault::fault;
use crate::error::SourceError;

/// The time to wait for a writer that is not in WAL mode.
const PATIENCE: Duration = Duration::from_secs(10);

/// The number of times that the file may change between the first and the last connection.
const ATTEMPTS: usize = 20;

fn open(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // Reading through the page cache of the system saves a copy of every page.
    connection.pragma_update(None, "mmap_size", 1_i64 << 40)?;
    connection.pragma_update(None, "query_only", true)?;
    Ok(connection)
}

/// Open connections in read transactions that all see one state of the file. If the file changes all the time, there is
/// only one.
pub(super) fn open_all(path: &Path, count: usize) -> Result<Vec<Connection>> {
    let watcher = open(path)?;
    let state = || watcher.query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0));
    // The first read, too, shows whether this is a database at all.
    watcher.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    let mut before = state()?;
    for attempt in 1.. {
        let connections = (0..count.max(1)).map(|_| reading(path)).collect::<Result<Vec<_>>>()?;
        let after = state()?;
        // A writer that commits without pause may win every time; one connection alone always sees one state.
        if before == after || connections.len() == 1 {
            return Ok(connections);
        }
        if attempt == ATTEMPTS {
            break;
        }
        before = after;
    }
    Ok(vec![reading(path)?])
}

/// Open one connection in a read transaction.
pub(crate) fn open_one(path: &Path) -> std::result::Result<Connection, SourceError> {
    let failed = |error| fault(path, &error);
    let mut connections = open_all(path, 1).map_err(failed)?;
    connections.pop().ok_or_else(|| failed(rusqlite::Error::QueryReturnedNoRows))
}

/// Open a connection and begin its read transaction.
fn reading(path: &Path) -> Result<Connection> {
    let connection = open(path)?;
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

/// The names of the tables and views.
pub(super) fn tables(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
               ORDER BY name";
    let mut statement = connection.prepare(sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The names of a table's columns.
pub(super) fn columns(connection: &Connection, table: &str) -> Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}
