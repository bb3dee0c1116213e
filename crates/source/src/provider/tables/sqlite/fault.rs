//! Errors of SQLite in words that help the user.

use std::path::Path;

use crate::error::SourceError;

/// The error of a file, with advice by SQLite's code.
pub(crate) fn fault(path: &Path, error: &rusqlite::Error) -> SourceError {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase};
    let hot = [rusqlite::ffi::SQLITE_READONLY_ROLLBACK, rusqlite::ffi::SQLITE_READONLY_RECOVERY];
    let extended = error.sqlite_error().map(|error| error.extended_code);
    let advice = match error.sqlite_error_code() {
        _ if extended.is_some_and(|code| hot.contains(&code)) => {
            "a program that wrote it was killed, and what it left half-done has to be undone first: open the file once for \
             writing, as `sqlite3 FILE.db 'PRAGMA schema_version'` or `backstaff db index ... --yes` does, and keep the \
             file with the ending -journal or -wal beside it until then"
        }
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
