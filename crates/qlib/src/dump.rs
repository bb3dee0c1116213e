//! Bars of any file as a folder of `.bin` files, and new rows appended to one.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
};

use backstaff_panel::{Panel, Session};
use backstaff_source::{
    PanelSource,
    qlib::{self, BinFile},
};
use backstaff_study::StudyError;
use rayon::prelude::*;
use serde::Serialize;

use crate::{
    fields::columns,
    folder::{Folder, wrong},
};

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Dumped {
    /// The folder.
    pub folder: PathBuf,
    /// The number of dates of the calendar, and how many of them are new.
    pub dates: (usize, usize),
    /// The number of instruments.
    pub instruments: usize,
    /// The fields.
    pub fields: Vec<String>,
    /// The number of values that were written.
    pub values: usize,
}

/// Write bars as Qlib's folder: adjusted prices with `factor`, volume divided by it, `change`. A folder that is there gets the
/// new dates behind its last one; what it has is compared and never written again.
///
/// # Errors
///
/// If the data can't be read; if the folder holds something else, or other values on the dates that both have.
pub fn dump(data: &Path, out: &Path) -> Result<Dumped, StudyError> {
    let panel = PanelSource::new(data).load()?.panel;
    let sessions = panel.axis().calendar().sessions();
    let is_there = fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
    let strange = |_| wrong(out, "holds something else than Qlib's data; name a new folder".to_owned());
    let known = is_there.then(|| Folder::open(out).map_err(strange)).transpose()?;
    let calendar = match &known {
        None => sessions.to_vec(),
        Some(known) => joined(known, sessions)?,
    };
    let n_known = known.as_ref().map_or(0, |known| known.calendar().len());
    let columns = columns(&panel);
    let plans = plans(&panel, &columns, &calendar, out)?;
    for part in ["calendars", "instruments", "features"] {
        let path = out.join(part);
        fs::create_dir_all(&path).map_err(|source| unwritable(&path, source))?;
    }
    // The calendar first: files that end before it are only short of rows.
    let lines = calendar.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n") + "\n";
    write(&out.join("calendars").join("day.txt"), lines.as_bytes())?;
    let written = plans.par_iter().map(Plan::write).collect::<Result<Vec<_>, _>>()?.into_iter().sum();
    write(&out.join("instruments").join("all.txt"), list(&panel, out)?.as_bytes())?;
    Ok(Dumped {
        folder: out.to_owned(),
        dates: (calendar.len(), calendar.len() - n_known),
        instruments: panel.axis().n_instruments(),
        fields: columns.into_iter().map(|(name, _)| name).collect(),
        values: written,
    })
}

/// The calendar of the folder with the new dates behind it.
fn joined(known: &Folder, sessions: &[Session]) -> Result<Vec<Session>, StudyError> {
    let calendar = known.calendar();
    let last = calendar[calendar.len() - 1];
    if let Some(strange) =
        sessions.iter().find(|session| **session <= last && calendar.binary_search(session).is_err())
    {
        let message = format!(
            "the data have a session on {strange}, which its calendar has not; a date in between can't be appended: write a new \
             folder"
        );
        return Err(wrong(known.path(), message));
    }
    let new = sessions.iter().copied().filter(|session| *session > last);
    Ok(calendar.iter().copied().chain(new).collect())
}

/// What is written into one file.
struct Plan {
    path: PathBuf,
    /// The place in the calendar at which a new file begins; `None` if the values are appended.
    first: Option<usize>,
    values: Vec<f32>,
}

impl Plan {
    fn write(&self) -> Result<usize, StudyError> {
        let unwritable = |source| unwritable(&self.path, source);
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(unwritable)?;
        }
        let mut bytes = Vec::with_capacity(4 * self.values.len() + 4);
        let mut file = match self.first {
            Some(first) => {
                bytes.extend((first as f32).to_le_bytes());
                File::create(&self.path)
            }
            None => OpenOptions::new().append(true).open(&self.path),
        }
        .map_err(unwritable)?;
        self.values.iter().for_each(|value| bytes.extend(value.to_le_bytes()));
        file.write_all(&bytes).map_err(unwritable)?;
        Ok(self.values.len())
    }
}

/// What is to be written, after all that is there was compared.
fn plans(
    panel: &Panel,
    columns: &[(String, Vec<f32>)],
    calendar: &[Session],
    out: &Path,
) -> Result<Vec<Plan>, StudyError> {
    let axis = panel.axis();
    let features = out.join("features");
    let folders = qlib::folders(&features)?;
    let numbers = (0..axis.n_instruments()).into_par_iter().map(|i| {
        let rows = axis.rows(i);
        let places = axis.sessions(i).iter().map(|session| calendar.partition_point(|known| known < session));
        let places = places.collect::<Vec<_>>();
        let (Some(&first), Some(&last)) = (places.first(), places.last()) else { return Ok(Vec::new()) };
        let name = qlib::folder_name(axis.instruments()[i].name());
        let folder = folders.get(&name).cloned().unwrap_or_else(|| features.join(name));
        let mut plans = Vec::new();
        for (name, values) in columns {
            let path = folder.join(format!("{name}.day.bin"));
            let mut all = vec![f32::NAN; last + 1 - first];
            for (place, row) in places.iter().zip(rows.clone()) {
                all[place - first] = values[row];
            }
            plans.extend(plan(path, first, all, axis.instruments()[i].name(), calendar)?);
        }
        Ok(plans)
    });
    Ok(numbers.collect::<Result<Vec<_>, StudyError>>()?.into_iter().flatten().collect())
}

fn plan(
    path: PathBuf,
    first: usize,
    values: Vec<f32>,
    name: &str,
    calendar: &[Session],
) -> Result<Option<Plan>, StudyError> {
    if !path.is_file() {
        return Ok(Some(Plan { path, first: Some(first), values }));
    }
    let file = BinFile::read(&path)?.ok_or_else(|| wrong(&path, "is no file of Qlib's".to_owned()))?;
    let (start, end, known) = (file.first, file.end(), file.values);
    let is_same = |a: f32, b: f32| a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    for (place, &value) in values.iter().enumerate().map(|(n, value)| (first + n, value)) {
        let Some(&other) = place.checked_sub(start).and_then(|place| known.get(place)) else {
            if place < start {
                return Err(wrong(
                    &path,
                    format!("{name} has rows before the first one that is there; write a new folder"),
                ));
            }
            continue;
        };
        if !is_same(other, value) {
            let session = calendar[place];
            let message = format!(
                "is {other} on {session}, and {value} in the data: history was revised; write a new folder"
            );
            return Err(wrong(&path, message));
        }
    }
    let new_end = first + values.len();
    if new_end <= end {
        return Ok(None);
    }
    let at = |place: usize| place.checked_sub(first).map_or(f32::NAN, |place| values[place]);
    Ok(Some(Plan { path, first: None, values: (end..new_end).map(at).collect() }))
}

/// The lines of `instruments/all.txt`: those that are there, with the first and last session of what is new.
fn list(panel: &Panel, out: &Path) -> Result<String, StudyError> {
    let axis = panel.axis();
    let mut lines = BTreeMap::<String, (String, String)>::new();
    let file = out.join("instruments").join("all.txt");
    if file.is_file() {
        for line in crate::folder::read(&file)?.lines() {
            let cells = line.split('\t').collect::<Vec<_>>();
            if let [name, from, to] = cells.as_slice() {
                lines.insert((*name).to_owned(), ((*from).to_owned(), (*to).to_owned()));
            }
        }
    }
    for i in 0..axis.n_instruments() {
        let sessions = axis.sessions(i);
        let (Some(first), Some(last)) = (sessions.first(), sessions.last()) else { continue };
        let (first, last) = (first.to_string(), last.to_string());
        let entry = lines
            .entry(axis.instruments()[i].name().to_owned())
            .or_insert_with(|| (first.clone(), last.clone()));
        entry.0 = entry.0.clone().min(first);
        entry.1 = entry.1.clone().max(last);
    }
    let lines = lines.into_iter().map(|(name, (from, to))| format!("{name}\t{from}\t{to}"));
    Ok(lines.collect::<Vec<_>>().join("\n") + "\n")
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), StudyError> {
    fs::write(path, bytes).map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: std::io::Error) -> StudyError {
    StudyError::Output(backstaff_study::output::OutputError::Write { path: path.to_owned(), source })
}
