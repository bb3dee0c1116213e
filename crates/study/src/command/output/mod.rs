//! Files for users: Parquet, CSV and JSON, each written whole or not at all.

mod csv;
mod parquet;

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;

pub use self::{
    csv::write_csv,
    parquet::{Cells, PanelWriter, write_panel, write_runs, write_table},
};

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum OutputError {
    #[error("cannot write {path}: {source}{}", hint(.source))]
    Write { path: PathBuf, source: io::Error },

    #[error("cannot write {path}: {source}")]
    Parquet { path: PathBuf, source: ::parquet::errors::ParquetError },

    #[error("cannot write {path}: {source}")]
    Arrow { path: PathBuf, source: arrow_schema::ArrowError },
}

fn hint(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::StorageFull => "; free some space or name another folder",
        io::ErrorKind::NotFound => "; create the folder first",
        _ => "",
    }
}

/// Write a file through a temporary one beside it, so that a reader sees the old file or the new one.
///
/// A failure leaves nothing behind.
pub fn atomically<E>(
    path: &Path,
    write: impl FnOnce(&mut io::BufWriter<&mut fs::File>) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<OutputError>,
{
    let failed = |source: io::Error| OutputError::Write { path: path.to_owned(), source };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let file = tempfile::Builder::new().prefix(".backstaff-").tempfile_in(folder);
    // The name of the temporary file would only confuse the user.
    let mut file = file.map_err(|error| failed(error.kind().into()))?;
    let mut buffered = io::BufWriter::with_capacity(1 << 20, file.as_file_mut());
    write(&mut buffered)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    readable_by_all(file.as_file()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Temporary files are private; the user's file gets the usual mode.
fn readable_by_all(file: &fs::File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        file.set_permissions(fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}

/// Write bytes atomically.
pub fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    atomically(path, |file| {
        file.write_all(bytes).map_err(|source| OutputError::Write { path: path.to_owned(), source })
    })
}

/// Write a value as JSON, atomically.
pub fn write_json(path: &Path, value: &impl Serialize) -> Result<(), OutputError> {
    let failed =
        |error: serde_json::Error| OutputError::Write { path: path.to_owned(), source: error.into() };
    write_bytes(path, &serde_json::to_vec_pretty(value).map_err(failed)?)
}
