//! Files as they are, or inflated: `.gz`, and `.zip` with one file in it.

use std::{fs::File, path::Path};

use flate2::read::MultiGzDecoder;

use super::{size_limit::read_within, zip_file};
use crate::error::SourceError;

/// The bytes of a file, inflated if its name ends in `.gz` or `.zip`.
///
/// # Errors
///
/// If the file can't be read or inflated, grows beyond all measure, or is an archive of no file or several.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, SourceError> {
    let failed = |source| SourceError::Read { path: path.to_owned(), source };
    match ending(path).as_deref() {
        Some("gz") => {
            let file = File::open(path).map_err(failed)?;
            let compressed = file.metadata().map_err(failed)?.len();
            // A length that the file states could be that of its last part alone.
            read_within(path, MultiGzDecoder::new(file), compressed, 0).map_err(|error| match error {
                SourceError::Read { path, source } => SourceError::Gzip { path, source },
                other => other,
            })
        }
        Some("zip") => {
            zip_file::only_file(path)?.ok_or_else(|| SourceError::NotOneFile { path: path.to_owned() })
        }
        _ => std::fs::read(path).map_err(failed),
    }
}

/// The last ending of a file's name, in small letters.
pub(super) fn ending(path: &Path) -> Option<String> {
    Some(path.extension()?.to_str()?.to_ascii_lowercase())
}

/// The name of a file without the endings that say its compression.
pub(crate) fn inner(path: &Path) -> &Path {
    match ending(path).as_deref() {
        Some("gz" | "zip") => Path::new(path.file_stem().unwrap_or_default()),
        _ => path,
    }
}
