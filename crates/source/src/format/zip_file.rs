//! Zip files with one file in them.

use std::{
    fs,
    io::{Cursor, Read},
    path::Path,
};

use zip::{ZipArchive, result::ZipError};

use crate::error::SourceError;

/// How many bytes are made ready on an archive's word; a longer text grows while it is read.
const MOST_AT_ONCE: u64 = 1 << 24;

/// How many bytes a compressed file of this size may become: far more than ordinary tables do, which shrink to a tenth.
pub(crate) fn most_inflated(compressed: u64) -> u64 {
    (compressed.saturating_mul(200)).max(1 << 30)
}

/// The bytes of the only file in an archive; `None` if the archive holds none or several.
pub(crate) fn only_file(path: &Path) -> Result<Option<Vec<u8>>, SourceError> {
    let bytes = fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })?;
    let failed = |source: ZipError| SourceError::Zip { path: path.to_owned(), source: Box::new(source) };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(failed)?;
    if archive.len() != 1 {
        return Ok(None);
    }
    let mut file = archive.by_index(0).map_err(failed)?;
    // The size is the archive's own word, and may be any number.
    let mut text = Vec::with_capacity(file.size().min(MOST_AT_ONCE) as usize);
    file.read_to_end(&mut text).map_err(|source| failed(source.into()))?;
    Ok(Some(text))
}
