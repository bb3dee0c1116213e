//! The files in a folder of Qlib's.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use backstaff_panel::Session;

use crate::{
    date_order::DateOrder,
    date_text,
    error::{Place, SourceError},
    provider::path::{entries, folders_in},
};

/// A folder that is not there holds nothing.
pub(super) const ABSENT: &[io::ErrorKind] = &[io::ErrorKind::NotFound];

/// Whether a folder is in Qlib's layout.
pub(crate) fn is_provider(path: &Path) -> bool {
    calendar_file(path).is_file()
}

/// The file of the calendar.
fn calendar_file(provider: &Path) -> PathBuf {
    provider.join("calendars").join("day.txt")
}

/// The file that lists instruments, which a provider need not have.
pub(super) fn instruments_file(provider: &Path) -> PathBuf {
    provider.join("instruments").join("all.txt")
}

/// The files from which bars are read: the calendar, one for each instrument and field, the list of instruments.
pub(crate) fn bar_files(provider: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let mut files = vec![calendar_file(provider)];
    let listed = instruments_file(provider);
    for folder in folders_in(&provider.join("features"), ABSENT)? {
        files.extend(entries(&folder, ABSENT)?.into_iter().filter(|path| field_of(path).is_some()));
    }
    if listed.is_file() {
        files.push(listed);
    }
    Ok(files)
}

/// The field that a file of bars holds, by its name; `None` if it is none of them.
pub fn field_of(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".day.bin").filter(|field| !field.is_empty()).map(str::to_lowercase)
}

/// The instruments of a provider, and their folders below one of its own.
pub(super) struct Listed {
    /// The instruments that have a folder, in the order of their names.
    pub instruments: Vec<(String, PathBuf)>,
    /// The instruments of `instruments/all.txt` without a folder.
    pub without_folder: Vec<String>,
    /// The folders that `instruments/all.txt` does not list.
    pub unlisted: Vec<String>,
}

/// The folders of instruments below one of the provider's own, by [`folder_name`].
///
/// A folder is found whatever its capitals: Qlib writes small letters, other programs do not.
///
/// # Errors
///
/// If the folder can't be read, or two of its folders differ in capitals only.
pub fn folders(below: &Path) -> Result<BTreeMap<String, PathBuf>, SourceError> {
    let mut folders = BTreeMap::<String, PathBuf>::new();
    for folder in folders_in(below, ABSENT)? {
        let name = name_of(&folder).to_lowercase();
        if let Some(other) = folders.insert(name, folder.clone()) {
            return Err(SourceError::Twins { first: other, second: folder });
        }
    }
    Ok(folders)
}

/// The instruments of a provider: those of `instruments/all.txt`, else one for each folder of `below`.
pub(super) fn instruments(provider: &Path, below: &Path) -> Result<Listed, SourceError> {
    let mut folders = folders(below)?;
    let listed = instruments_file(provider);
    let mut names = if listed.is_file() {
        let text = read_text(&listed)?;
        let first = |line: &str| line.split(['\t', ',', ' ']).next().unwrap_or_default().trim().to_owned();
        text.lines().map(first).filter(|name| !name.is_empty()).collect::<Vec<_>>()
    } else {
        let name = |folder: &PathBuf| name_of(folder).to_uppercase();
        folders.values().map(name).map(|name| name.trim_start_matches(RESERVED_PREFIX).to_owned()).collect()
    };
    names.sort();
    names.dedup();
    let (mut instruments, mut without_folder) = (Vec::new(), Vec::new());
    for name in names {
        match folders.remove(&folder_name(&name)) {
            Some(folder) => instruments.push((name, folder)),
            None => without_folder.push(name),
        }
    }
    let unlisted = folders.values().map(|folder| name_of(folder)).collect();
    Ok(Listed { instruments, without_folder, unlisted })
}

fn name_of(folder: &Path) -> String {
    folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The text that Qlib writes in front of names that Windows keeps for devices.
const RESERVED_PREFIX: &str = "_QLIB_";

/// The name of an instrument's folder: in small letters, and with a prefix where Windows keeps the name for a device.
pub fn folder_name(instrument: &str) -> String {
    let upper = instrument.to_uppercase();
    let numbered = |device: &str| {
        upper.strip_prefix(device).is_some_and(|rest| rest.len() == 1 && rest.as_bytes()[0].is_ascii_digit())
    };
    let is_reserved =
        ["CON", "PRN", "AUX", "NUL"].contains(&upper.as_str()) || numbered("COM") || numbered("LPT");
    let name = if is_reserved { format!("{RESERVED_PREFIX}{instrument}") } else { instrument.to_owned() };
    name.to_lowercase()
}

/// The dates of a provider's calendar.
///
/// # Errors
///
/// If it can't be read, a line of it is no date, or the dates do not ascend.
pub fn calendar(provider: &Path) -> Result<Vec<Session>, SourceError> {
    let file = calendar_file(provider);
    let mut sessions = Vec::<Session>::new();
    for (n, line) in read_text(&file)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let bad = || {
            SourceError::bad_date(
                Place { file: file.clone(), row: n as u64 + 1 },
                "date".to_owned(),
                line.to_owned(),
            )
        };
        let (stamp, _) = date_text::parse(line, DateOrder::Detect).ok_or_else(bad)?;
        let session = Session::from_number(stamp.day);
        if sessions.last().is_some_and(|&last| last >= session) {
            let reason = format!("line {}: {session} does not come after the line before", n + 1);
            return Err(SourceError::Layout { path: file, reason });
        }
        sessions.push(session);
    }
    Ok(sessions)
}

fn read_text(path: &Path) -> Result<String, SourceError> {
    fs::read_to_string(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })
}

pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, SourceError> {
    fs::read(path).map_err(|source| SourceError::Read { path: path.to_owned(), source })
}
