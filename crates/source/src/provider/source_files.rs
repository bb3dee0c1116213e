//! Which files a path stands for.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    error::SourceError,
    provider::{lean, qlib},
};

/// What a file holds, by its ending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    Parquet,
    Csv,
}

pub(crate) fn format(path: &Path) -> Option<Format> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "parquet" | "pq" => Some(Format::Parquet),
        "csv" | "tsv" | "txt" => Some(Format::Csv),
        _ => None,
    }
}

/// Whether a file declares the types of its columns.
pub(crate) fn is_columnar(path: &Path) -> bool {
    format(path) == Some(Format::Parquet)
}

/// What stands at a path; fails with the nearest name if nothing does.
pub(crate) fn look_at(path: &Path) -> Result<fs::Metadata, SourceError> {
    fs::metadata(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => missing(path),
        _ => SourceError::Read { path: path.to_owned(), source },
    })
}

/// The data files behind a path: the file itself, or all `.parquet`, `.pq`, `.csv` and `.tsv` files of a folder and
/// its folders, sorted.
///
/// Of a folder in Qlib's layout (it has a `calendars/day.txt`) they are the calendar, the list of instruments and the
/// bars; of one in LEAN's layout (archives in `daily`, `hour` or `minute`) the archives, map and factor files. Names that
/// begin with `.` or `_` are not data. What can't be told from its ending (`.txt` in a folder, a read-me)
/// is passed over in a folder and refused when it is named itself.
pub fn source_files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let kind = look_at(path)?;
    if kind.is_file() {
        return match format(path) {
            Some(_) => Ok(vec![path.to_owned()]),
            None => Err(SourceError::UnknownFormat { path: path.to_owned() }),
        };
    }
    if qlib::is_provider(path) {
        return qlib::bar_files(path);
    }
    if lean::is_data_folder(path) {
        return lean::bar_files(path);
    }
    let mut files = Vec::new();
    walk(path, &mut files)?;
    files.sort();
    if files.is_empty() { Err(SourceError::NoFiles { path: path.to_owned() }) } else { Ok(files) }
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let read = |source| SourceError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['.', '_']) {
            continue;
        }
        let is_text = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("txt"));
        if path.is_dir() {
            walk(&path, files)?;
        } else if format(&path).is_some() && !is_text {
            files.push(path);
        }
    }
    Ok(())
}

/// Says what is there instead: the nearest name in the folder, or the part of the path that does exist.
fn missing(path: &Path) -> SourceError {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let hint = if parent.is_dir() {
        let wanted = path.file_name().unwrap_or_default().to_string_lossy();
        let names = fs::read_dir(parent).into_iter().flatten().filter_map(Result::ok);
        let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect::<Vec<_>>();
        match crate::names::nearest(&wanted, names.iter().map(String::as_str)) {
            Some(near) => format!("; is it {}?", parent.join(near).display()),
            None => String::new(),
        }
    } else {
        let existing = parent.ancestors().find(|ancestor| ancestor.is_dir());
        existing.map_or_else(String::new, |there| format!("; {} exists, the rest does not", there.display()))
    };
    SourceError::Missing { path: path.to_owned(), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_data_files_in_order_and_passes_over_others() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sub")).unwrap();
        for name in
            ["B.csv", "A.parquet", "README.md", "_metadata.parquet", ".hidden.csv", "sub/C.CSV", "notes.txt"]
        {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let files = source_files(folder.path()).unwrap();
        let names = files.iter().map(|file| file.strip_prefix(folder.path()).unwrap().display().to_string());
        assert_eq!(names.collect::<Vec<_>>(), ["A.parquet", "B.csv", "sub/C.CSV"]);
    }

    #[test]
    fn suggests_the_file_that_was_meant() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("prices.parquet"), "").unwrap();
        let error = source_files(&folder.path().join("price.parquet")).unwrap_err().to_string();
        assert!(error.contains("is it") && error.contains("prices.parquet"), "{error}");
        let error = source_files(&folder.path().join("no/such/file.csv")).unwrap_err().to_string();
        assert!(error.contains("the rest does not"), "{error}");
    }

    #[test]
    fn refuses_other_formats() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.xlsx");
        fs::write(&path, "").unwrap();
        assert!(matches!(source_files(&path), Err(SourceError::UnknownFormat { .. })));
        assert!(matches!(source_files(folder.path()), Err(SourceError::NoFiles { .. })));
    }
}
