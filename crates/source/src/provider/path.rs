//! Paths: what the user may have meant by one, what a folder holds.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{error::SourceError, names::nearest};

/// The metadata of a path; an error with the nearest name if nothing is there.
pub(crate) fn look_at(path: &Path) -> Result<fs::Metadata, SourceError> {
    fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => missing(path),
        _ => SourceError::Read { path: path.to_owned(), source },
    })
}

/// The error for a path that does not exist: it suggests the nearest name in the folder, or names the part of the path
/// that does exist.
fn missing(path: &Path) -> SourceError {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let hint = if parent.is_dir() {
        let wanted = path.file_name().unwrap_or_default().to_string_lossy();
        let entries = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
        let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>();
        match nearest(&wanted, names.iter().map(String::as_str)) {
            Some(near) => format!("; is it {}?", parent.join(near).display()),
            None => String::new(),
        }
    } else {
        let existing = parent.ancestors().find(|ancestor| ancestor.is_dir());
        existing.map_or_else(String::new, |there| format!("; {} exists, the rest does not", there.display()))
    };
    SourceError::Missing { path: path.to_owned(), hint }
}

/// The paths in a folder, sorted; none if the folder can't be listed for one of the reasons in `tolerated`.
pub(super) fn entries(folder: &Path, tolerated: &[io::ErrorKind]) -> Result<Vec<PathBuf>, SourceError> {
    let failed = |source| SourceError::Read { path: folder.to_owned(), source };
    let found = match fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if tolerated.contains(&error.kind()) => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut paths =
        found.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

/// The folders among the paths in a folder.
pub(super) fn folders_in(folder: &Path, tolerated: &[io::ErrorKind]) -> Result<Vec<PathBuf>, SourceError> {
    Ok(entries(folder, tolerated)?.into_iter().filter(|path| path.is_dir()).collect())
}
