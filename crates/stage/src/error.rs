//! What can go wrong with a store.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::Key;

/// Why a store, or something in it, could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum StoreError {
    /// A newer program wrote this store; reading it might give wrong numbers.
    #[error(
        "the store {path} has version {found}, this program knows versions up to {known}: \
         use a newer backstaff or another store"
    )]
    NewerStore { path: PathBuf, found: u32, known: u32 },

    /// The folder holds something else, which must not be mixed with artifacts.
    #[error("{path} is not a store ({reason}): name an empty folder, a new one, or an existing store")]
    NotAStore { path: PathBuf, reason: String },

    #[error(
        "no space left on the device while writing {path}: free some space, for instance by `backstaff cache gc`"
    )]
    DiskFull { path: PathBuf, source: io::Error },

    #[error("cannot {action} {path}")]
    Io { action: &'static str, path: PathBuf, source: io::Error },

    /// The bytes on the disk are not those that were written. The artifact has been removed: the next run computes it.
    #[error(
        "artifact {key} of stage {stage} is damaged ({reason}): it was removed, run again to compute it anew"
    )]
    Corrupt { stage: String, key: Key, reason: String },

    /// The artifact was there and is so no longer, for instance because a `gc` removed it meanwhile.
    #[error("artifact {key} of stage {stage} is no longer in the store: run again to compute it anew")]
    Gone { stage: String, key: Key },

    #[error("artifact {key} of stage {stage} has no part {part:?}")]
    NoSuchPart { stage: String, key: Key, part: String },

    #[error("artifact {key} of stage {stage} has two parts named {part:?}")]
    DuplicatePart { stage: String, key: Key, part: String },

    /// The bytes are those that were written, yet they don't form a table.
    #[error("cannot read a table: {reason}")]
    Table { reason: String },

    #[error("the table has no column {column:?} of type {wanted}; it has {found}")]
    Column { column: String, wanted: &'static str, found: String },

    #[error("study {study:?} has no run {number}")]
    NoSuchRun { study: String, number: u64 },
}

impl StoreError {
    /// The error of a failed file operation: `action` completes "cannot …".
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path, source },
            _ => Self::Io { action, path, source },
        }
    }
}

/// Gives a file operation's error its action and path.
pub(crate) trait IoContext<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn at(self, action: &'static str, path: &Path) -> Result<T, StoreError> {
        self.map_err(|source| StoreError::io(action, path, source))
    }
}
