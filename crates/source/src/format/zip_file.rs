//! Zip files with one file in them.

use std::{fs, io::Cursor, path::Path};

use zip::{ZipArchive, result::ZipError};

use super::{boundary::behind_boundary, size_limit::read_within};
use crate::error::SourceError;

/// The bytes of the only file in an archive; `None` if the archive holds none or several.
pub(crate) fn only_file(path: &Path) -> Result<Option<Vec<u8>>, SourceError> {
    let bytes = fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    let failed = |source: ZipError| SourceError::Zip { path: path.to_owned(), source: Box::new(source) };
    let compressed = bytes.len() as u64;
    behind_boundary(path, || {
        let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
        if archive.len() != 1 {
            return Ok(None);
        }
        let file = archive.by_index(0).map_err(failed)?;
        let stated = file.size();
        // An error of reading is one of the archive: its bytes are in memory.
        read_within(path, file, compressed, stated).map(Some).map_err(|error| match error {
            SourceError::Read { source, .. } => failed(source.into()),
            other => other,
        })
    })
}
