//! What can go wrong while a market is made.

use std::{io, path::PathBuf};

/// Why a market could not be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum GeneratorError {
    #[error("{name} is {value}; it must lie between {least} and {most}")]
    OutOfRange { name: &'static str, value: f64, least: f64, most: f64 },

    /// Nothing that exists is ever replaced.
    #[error("{path} exists already; name another folder or remove it first")]
    Exists { path: PathBuf },

    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },

    #[error("cannot write {path}: {source}")]
    Sqlite { path: PathBuf, source: rusqlite::Error },

    #[error("cannot write {path}: {source}")]
    Parquet { path: PathBuf, source: parquet::errors::ParquetError },

    #[error("interrupted; nothing half-written is left under a final name")]
    Interrupted,
}
