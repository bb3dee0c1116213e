//! Files as they are, or inflated: `.gz`, and `.zip` with one file in it.

use std::{fs::File, io::Read, path::Path};

use flate2::read::MultiGzDecoder;

use super::zip_file;
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
            let limit = zip_file::most_inflated(file.metadata().map_err(failed)?.len());
            let mut bytes = Vec::new();
            let inflated = MultiGzDecoder::new(file).take(limit + 1).read_to_end(&mut bytes);
            inflated.map_err(|source| SourceError::Gzip { path: path.to_owned(), source })?;
            if bytes.len() as u64 > limit {
                return Err(SourceError::TooLarge { path: path.to_owned(), limit });
            }
            Ok(bytes)
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
