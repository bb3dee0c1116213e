//! Paths that the user named: what stands there, or what may have been meant.

use std::{fs, io, path::Path};

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
