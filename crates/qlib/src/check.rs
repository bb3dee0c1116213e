//! Whether a folder of `.bin` files is what Qlib and this program take it for.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use backstaff_source::qlib::{BinFile, field_of, folder_name};
use backstaff_study::StudyError;
use backstaff_words::count;
use serde::Serialize;

use crate::{folder::Folder, workflow::Listed};

/// What was found about a folder.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Checked {
    /// The number of dates, the first and the last one.
    pub calendar: (usize, String, String),
    /// The markets, each with its number of instruments.
    pub markets: BTreeMap<String, usize>,
    /// The number of instruments with bars.
    pub instruments: usize,
    /// The fields, each with the number of instruments that have it.
    pub fields: BTreeMap<String, usize>,
    /// The number of files.
    pub files: usize,
    /// What is wrong: readers stop at it, or read something else than is meant.
    pub faults: Vec<String>,
    /// What a user should know.
    pub notes: Vec<String>,
}

/// The most faults that are listed one by one.
const MOST: usize = 20;

/// Check a folder.
///
/// # Errors
///
/// If it has no calendar that can be read.
pub fn check(path: &Path) -> Result<Checked, StudyError> {
    let folder = Folder::open(path)?;
    let sessions = folder.calendar();
    let mut checked = Checked {
        calendar: (sessions.len(), sessions[0].to_string(), sessions[sessions.len() - 1].to_string()),
        ..Checked::default()
    };
    let mut faults = Vec::new();
    let features = path.join("features");
    let mut folders = BTreeMap::new();
    if let Ok(entries) = fs::read_dir(&features) {
        for entry in entries.flatten().filter(|entry| entry.path().is_dir()) {
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if let Some(other) = folders.insert(name, entry.path()) {
                faults.push(format!("{} and {} are one instrument", other.display(), entry.path().display()));
            }
        }
    }
    let mut listed = BTreeSet::new();
    for market in folder.markets()? {
        match folder.spans(&Listed::Market(market.clone())) {
            Err(error) => faults.push(error.to_string()),
            Ok(spans) => {
                for (name, spans) in &spans {
                    listed.insert(folder_name(name));
                    for span in spans {
                        if let (Some(from), Some(to)) = (span.from, span.to)
                            && from > to
                        {
                            faults.push(format!(
                                "instruments/{market}.txt: {name} ends on {to}, before it begins on {from}"
                            ));
                        }
                    }
                    if !folders.contains_key(&folder_name(name)) && market == "all" {
                        faults.push(format!("instruments/{market}.txt: {name} has no folder in features"));
                    }
                }
                checked.markets.insert(market, spans.len());
            }
        }
    }
    let unlisted = folders.keys().filter(|name| !listed.contains(*name)).count();
    if unlisted > 0 && !listed.is_empty() {
        checked.notes.push(format!("{} in features that no market lists", count(unlisted, "folder")));
    }
    for folder in folders.values() {
        instrument(folder, sessions.len(), &mut checked, &mut faults);
    }
    checked.instruments = folders.len();
    for field in ["open", "high", "low", "close", "volume", "factor", "change", "vwap"] {
        match checked.fields.get(field) {
            None => checked.notes.push(format!("no instrument has {field}{}", needed(field))),
            Some(&n) if n < folders.len() => {
                checked.notes.push(format!("{} without {field}", count(folders.len() - n, "instrument")));
            }
            Some(_) => {}
        }
    }
    let n = faults.len();
    faults.truncate(MOST);
    if n > MOST {
        faults.push(format!("and {} more", n - MOST));
    }
    checked.faults = faults;
    Ok(checked)
}

/// What a field is needed for.
fn needed(field: &str) -> &'static str {
    match field {
        "vwap" => ", which Alpha158 and Alpha360 read: their columns of it have no value",
        "factor" => ": back-tests trade fractions of shares, without units",
        "change" => ": limits of prices can't be applied",
        _ => "",
    }
}

fn instrument(folder: &Path, n_sessions: usize, checked: &mut Checked, faults: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder) else {
        faults.push(format!("{} can't be read", folder.display()));
        return;
    };
    let mut columns = BTreeMap::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let Some(field) = field_of(&path) else { continue };
        checked.files += 1;
        *checked.fields.entry(field.clone()).or_default() += 1;
        match BinFile::read(&path) {
            Err(error) => faults.push(error.to_string()),
            Ok(None) => faults.push(format!("{}: is empty", path.display())),
            Ok(Some(file)) if file.end() > n_sessions => faults.push(format!(
                "{}: has {} more values than the calendar has dates",
                path.display(),
                file.end() - n_sessions
            )),
            Ok(Some(file)) => drop(columns.insert(field, file)),
        }
    }
    let of = |field: &str| columns.get(field).map(|file| (file.first, file.values.as_slice()));
    for field in ["open", "high", "low", "close", "factor"] {
        let Some((_, values)) = of(field) else { continue };
        let bad = values.iter().filter(|value| **value <= 0.0 || value.is_infinite()).count();
        if bad > 0 {
            faults.push(format!("{}: {field} is not above 0 in {}", folder.display(), count(bad, "session")));
        }
    }
    if let (Some((a, high)), Some((b, low))) = (of("high"), of("low"))
        && a == b
    {
        let bad = high.iter().zip(low).filter(|(high, low)| high < low).count();
        if bad > 0 {
            faults.push(format!(
                "{}: the high lies below the low in {}",
                folder.display(),
                count(bad, "session")
            ));
        }
    }
}
