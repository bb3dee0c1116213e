//! Files that a target writes its bytes into, and what it then does with them.

use std::{fs, path::Path};

use backstaff_source::{FactSource, Mapping, PanelSource, SourceError, inspect, read_attributes};
use tempfile::TempDir;

/// What stands between two files in the bytes of a target that needs several.
const BOUNDARY: &[u8] = b"\n=====\n";

/// A folder that holds a file of these bytes; the folder is removed when it is dropped.
///
/// # Panics
///
/// If the folder of temporary files can't be written.
pub fn folder_of(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder in it");
        fs::write(path, bytes).expect("a file in it");
    }
    folder
}

/// The bytes cut into `N` files at their boundaries; files for which nothing is left are empty.
pub fn cut<const N: usize>(mut bytes: &[u8]) -> [&[u8]; N] {
    std::array::from_fn(|_| {
        let end = bytes.windows(BOUNDARY.len()).position(|part| part == BOUNDARY);
        let (file, rest) = match end {
            Some(end) => (&bytes[..end], &bytes[end + BOUNDARY.len()..]),
            None => (bytes, &[][..]),
        };
        bytes = rest;
        file
    })
}

/// Read bars in all ways in which a user may ask for them: each gives a panel or an error with a text.
pub fn read_bars(path: &Path) {
    said(inspect(path, &Mapping::default()));
    for source in [PanelSource::new(path), PanelSource::verbatim(path)] {
        said(source.load());
    }
}

/// Read a table of published values and one of attributes.
pub fn read_tables(path: &Path) {
    said(FactSource::new(path).read());
    said(FactSource { lag_days: Some(1), ..FactSource::new(path) }.read());
    said(read_attributes(path, None, &["sector"]));
}

/// The text of an error is a part of what is tried.
pub fn said<T>(result: Result<T, SourceError>) {
    if let Err(error) = result {
        assert!(!error.to_string().is_empty());
    }
}
