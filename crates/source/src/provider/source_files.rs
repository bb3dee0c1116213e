//! The data files behind a path.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use super::{lean, path::look_at, qlib, tables::database::database_files};
use crate::{
    error::SourceError,
    format::{compressed::inner, memory_table::is_memory, table_file::FileFormat},
    request::panel_source::PanelSource,
};

impl PanelSource {
    /// The files that are read: those behind the path, or a database's own.
    pub fn files(&self) -> Result<Vec<PathBuf>, SourceError> {
        match &self.tables {
            Some(layout) => database_files(&self.path, layout),
            None => source_files(&self.path),
        }
    }
}

/// The data files behind a path: the file itself, or all files of a folder and its folders whose names end in
/// `.parquet`, `.pq`, `.arrow`, `.feather`, `.ipc`, `.csv`, `.tsv`, the latter two with `.gz` or `.zip` too, sorted.
///
/// Of a folder in Qlib's layout (it has a `calendars/day.txt`) they are the calendar, the list of instruments and the
/// bars; of one in LEAN's layout (archives in `daily`, `hour` or `minute`) the archives, map and factor files. Names
/// that begin with `.` or `_` are not data. A file with another ending is passed over in a folder and refused when it
/// is named itself; so is a `.txt` file in a folder, which may be a read-me, unless it begins as those of Stooq do.
pub fn source_files(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if is_memory(path) {
        return Ok(vec![path.to_owned()]);
    }
    let kind = look_at(path)?;
    if kind.is_file() {
        return match FileFormat::of(path) {
            Some(_) => Ok(vec![path.to_owned()]),
            None => Err(SourceError::unknown_format(path)),
        };
    }
    if qlib::folder::is_provider(path) {
        return qlib::folder::bar_files(path);
    }
    if lean::folder::is_data_folder(path) {
        return lean::folder::bar_files(path);
    }
    let mut files = Vec::new();
    walk(path, &mut files)?;
    files.sort();
    if files.is_empty() { Err(SourceError::NoFiles { path: path.to_owned() }) } else { Ok(files) }
}

/// Add the data files of a folder and of the folders in it.
fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), SourceError> {
    let read = |source| SourceError::Read { path: folder.to_owned(), source };
    for entry in fs::read_dir(folder).map_err(read)? {
        let path = entry.map_err(read)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with(['.', '_']) {
            continue;
        }
        let is_text = inner(&path).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("txt"));
        let is_text = is_text && !begins_as_table(&path);
        if path.is_dir() {
            walk(&path, files)?;
        } else if FileFormat::of(&path).is_some() && !is_text {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a text file begins with the header that Stooq writes.
fn begins_as_table(path: &Path) -> bool {
    const BEGINNING: &[u8] = b"<TICKER>";
    let mut bytes = [0; BEGINNING.len()];
    let read = fs::File::open(path).and_then(|mut file| file.read_exact(&mut bytes));
    read.is_ok() && bytes.eq_ignore_ascii_case(BEGINNING)
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
