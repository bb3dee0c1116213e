//! Files for users: Parquet, CSV and JSON, each written whole or not at all.

mod batches;
mod cells;
mod csv;
mod panel_form;
mod panel_writer;
mod parquet;
mod reads;
mod staging;
mod target;
mod temporary;

use std::{
    fs::{self, File},
    io,
    io::Write,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::config::Outputs;

pub(crate) use self::{
    batches::Batches, panel_form::PanelForm, parquet::Stamped, staging::Staging, temporary::is_temporary,
};
pub use self::{
    batches::write_table,
    cells::Cells,
    panel_writer::{PanelWriter, write_runs},
    parquet::write_panel,
    reads::Reads,
};
use self::{
    target::{Target, folder_of},
    temporary::temporary_in,
};

/// Why an output could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages explain the fields")]
pub enum OutputError {
    #[error("cannot write {path}: {source}{}", hint(.source))]
    Write { path: PathBuf, source: io::Error },

    /// What is there must not be written over.
    #[error("{}{path} is not written: {why}; name another file", prefix(.option))]
    Refused { option: String, path: PathBuf, why: String },

    /// The ending of a name tells a form that there is not.
    #[error("{option}: {path} ends neither in {}; give it one of these endings", .known.join(" nor in "))]
    Ending { option: &'static str, path: PathBuf, known: &'static [&'static str] },

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

fn prefix(option: &str) -> String {
    if option.is_empty() { String::new() } else { format!("{option}: ") }
}

/// The form of a table that its file's name asks for: CSV or Parquet, and Parquet for a name without an ending, such as
/// that of a device.
///
/// # Errors
///
/// If the name has any other ending.
pub fn form_of(option: &'static str, path: &Path) -> Result<Outputs, OutputError> {
    let is = |ending: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    match path.extension() {
        None => Ok(Outputs::Parquet),
        Some(_) if is("parquet") || is("pq") => Ok(Outputs::Parquet),
        Some(_) if is("csv") => Ok(Outputs::Csv),
        Some(_) => Err(OutputError::Ending { option, path: path.to_owned(), known: &[".parquet", ".csv"] }),
    }
}

/// Write a file through a temporary one beside it, so that a reader sees the old file or the new one. Its bytes are on
/// the disk before it gets its name.
///
/// Symbolic links are followed: what they name is replaced, not they. Devices and pipes are written through. A failure
/// leaves nothing behind.
pub fn atomically<E>(
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<(), E>
where
    E: From<OutputError>,
{
    let failed = |source: io::Error| OutputError::Write { path: path.to_owned(), source };
    match Target::of(path).map_err(failed)? {
        Target::File(place) => {
            let file = whole(&place, path, write)?;
            let kept = fs::metadata(&place).map(|former| former.permissions());
            if let Ok(permissions) = kept {
                file.as_file().set_permissions(permissions).map_err(failed)?;
            }
            file.persist(&place).map_err(|error| failed(error.error))?;
            sync_folder(&place);
        }
        Target::Stream(stream) => {
            let file = stream.open().map_err(failed)?;
            let mut through = io::BufWriter::with_capacity(1 << 16, Through { file, is_closed: false });
            write(&mut through)?;
            through.flush().map_err(failed)?;
        }
    }
    Ok(())
}

/// Write a file that must not be there yet, whole or not at all. A device or a pipe is written through.
pub fn create(path: &Path, bytes: &[u8]) -> Result<(), OutputError> {
    let failed = |source: io::Error| OutputError::Write { path: path.to_owned(), source };
    let Target::File(place) = Target::of(path).map_err(failed)? else { return write_bytes(path, bytes) };
    let taken = || {
        let why = "it is there already, and is never overwritten".to_owned();
        OutputError::Refused { option: "--out".to_owned(), path: path.to_owned(), why }
    };
    // A link that leads nowhere is something, too.
    if fs::symlink_metadata(path).is_ok() {
        return Err(taken());
    }
    let file = whole(&place, path, |file| file.write_all(bytes).map_err(failed))?;
    file.persist_noclobber(&place).map_err(|error| match error.error.kind() {
        io::ErrorKind::AlreadyExists => taken(),
        _ => failed(error.error),
    })?;
    sync_folder(&place);
    Ok(())
}

/// A temporary file beside a place, with all of its bytes on the disk.
fn whole<E: From<OutputError>>(
    place: &Path,
    path: &Path,
    write: impl FnOnce(&mut (dyn Write + Send)) -> Result<(), E>,
) -> Result<tempfile::NamedTempFile, E> {
    let failed = |source: io::Error| OutputError::Write { path: path.to_owned(), source };
    let file = temporary_in(folder_of(place));
    // The name of the temporary file would only confuse the user.
    let mut file = file.map_err(|error| failed(error.kind().into()))?;
    let mut buffered = io::BufWriter::with_capacity(1 << 20, file.as_file_mut());
    write(&mut buffered)?;
    buffered.flush().map_err(failed)?;
    drop(buffered);
    file.as_file().sync_all().map_err(failed)?;
    Ok(file)
}

/// Bring the new name to the disk as well. Some file systems can't, and the file is whole in any case.
fn sync_folder(place: &Path) {
    let _ = File::open(folder_of(place)).and_then(|folder| folder.sync_all());
}

/// A device or a pipe. Whoever closes a pipe, as `head` does, has seen enough.
struct Through {
    file: File,
    is_closed: bool,
}

impl Write for Through {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_closed {
            return Ok(bytes.len());
        }
        match self.file.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(bytes.len())
            }
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
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
