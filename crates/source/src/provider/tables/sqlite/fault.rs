//! Errors of SQLite in words that help the user.

use std::path::Path;

use crate::error::SourceError;

/// The error of a file, with advice by SQLite's code.
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
