//! A folder in Qlib's layout: its calendar, its markets, its bars.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use backstaff_panel::{Column, Panel, Session};
use backstaff_source::{PanelSource, SourceError, qlib};
use backstaff_study::StudyError;
use backstaff_words::{count, did_you_mean, some_of};

use crate::{
    fields::columns,
    workflow::{Listed, Span},
};

/// A folder in Qlib's layout; or a table of bars, which is taken for the folder that `qlib dump` would make of it.
#[derive(Clone, Debug)]
pub struct Folder {
    path: PathBuf,
    calendar: Vec<Session>,
    /// The bars of a table.
    table: Option<Panel>,
    /// The bars of all instruments as they were last read, with the state of the files then.
    whole: Arc<Mutex<Option<(Stamp, Panel)>>>,
}

/// The state of files: how many there are, how long, and when the newest was written.
type Stamp = (u64, u64, Option<SystemTime>);

/// The most values that are kept between two readings.
const KEPT: usize = 1 << 26;

/// Instruments with the spans in which each counts, in the order of their names.
pub type Spans = BTreeMap<String, Vec<Span>>;

impl Folder {
    /// The folder at this path.
    ///
    /// # Errors
    ///
    /// If it has no calendar, or a line of it is no date.
    pub fn open(path: &Path) -> Result<Self, StudyError> {
        if path.is_file() {
            return Self::of_table(path);
        }
        let calendar = qlib::calendar(path)?;
        if calendar.is_empty() {
            return Err(wrong(&path.join("calendars").join("day.txt"), "has no date".to_owned()));
        }
        Ok(Self { path: path.to_owned(), calendar, table: None, whole: Arc::default() })
    }

    /// A table of bars as Qlib's fields.
    fn of_table(path: &Path) -> Result<Self, StudyError> {
        let loaded = PanelSource::new(path).load()?.panel;
        let mut panel = Panel::new(loaded.axis().clone());
        for (name, values) in columns(&loaded) {
            panel.insert(&name, Column::F32(values))?;
        }
        let calendar = panel.axis().calendar().sessions().to_vec();
        Ok(Self { path: path.to_owned(), calendar, table: Some(panel), whole: Arc::default() })
    }

    /// Where the folder is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The dates of the calendar.
    pub fn calendar(&self) -> &[Session] {
        &self.calendar
    }

    /// The names of the fields that any instrument has.
    ///
    /// # Errors
    ///
    /// If the folder can't be read.
    pub fn fields(&self) -> Result<BTreeSet<String>, StudyError> {
        if let Some(panel) = &self.table {
            return Ok(panel.fields().map(|(name, _)| name.to_owned()).collect());
        }
        let mut fields = BTreeSet::new();
        for folder in entries(&self.path.join("features"))? {
            for file in entries(&folder)? {
                fields.extend(qlib::field_of(&file));
            }
        }
        Ok(fields)
    }

    /// The names of the markets.
    ///
    /// # Errors
    ///
    /// If the folder can't be read.
    pub fn markets(&self) -> Result<Vec<String>, StudyError> {
        let files = entries(&self.path.join("instruments"))?;
        let name = |file: &PathBuf| Some(file.file_name()?.to_str()?.strip_suffix(".txt")?.to_owned());
        let mut names = files.iter().filter_map(name).collect::<Vec<_>>();
        names.sort();
        Ok(names)
    }

    /// The instruments that are listed, and the spans in which each belongs to the market.
    ///
    /// # Errors
    ///
    /// If there is no such market, or a line of its file is wrong.
    pub fn spans(&self, listed: &Listed) -> Result<Spans, StudyError> {
        let market = match listed {
            Listed::Names(names) => {
                return Ok(names.iter().map(|name| (name.clone(), vec![Span::default()])).collect());
            }
            Listed::Market(market) => market,
        };
        if let Some(panel) = self.table.as_ref().filter(|_| market == "all") {
            let names = panel.axis().instruments().iter().map(|instrument| instrument.name().to_owned());
            return Ok(names.map(|name| (name, vec![Span::default()])).collect());
        }
        let folder = self.path.join("instruments");
        let file = [format!("{}.txt", market.to_lowercase()), format!("{market}.txt")]
            .into_iter()
            .map(|name| folder.join(name))
            .find(|file| file.is_file());
        let Some(file) = file else {
            let known = self.markets()?;
            let near = did_you_mean(market, known.iter().map(String::as_str));
            let message = format!(
                "{} has no market {market:?}{near} (known: {})",
                self.path.display(),
                known.join(", ")
            );
            return Err(StudyError::Value { key: "instruments".to_owned(), message });
        };
        let mut spans = Spans::new();
        for (n, line) in read(&file)?.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let mut cells = line.split(['\t', ',']).map(str::trim);
            let (name, from, to) = (cells.next().unwrap_or_default(), cells.next(), cells.next());
            let date = |cell: Option<&str>| match cell {
                None | Some("") => Ok(None),
                Some(cell) => {
                    let day = cell.split([' ', 'T']).next().unwrap_or(cell);
                    let bad = |error| wrong(&file, format!("line {}: {cell:?}: {error}", n + 1));
                    day.parse::<Session>().map(Some).map_err(bad)
                }
            };
            let span = Span { from: date(from)?, to: date(to)? };
            spans.entry(name.to_owned()).or_default().push(span);
        }
        Ok(spans)
    }

    /// The bars of some instruments (of all if `None`) as they are in the files, and what a user should know of them.
    ///
    /// # Errors
    ///
    /// If a file can't be read or is none.
    pub fn panel(
        &self,
        instruments: Option<&BTreeSet<String>>,
        warnings: &mut Vec<String>,
    ) -> Result<Panel, StudyError> {
        if let Some(panel) = &self.table {
            missing(panel, instruments, warnings);
            return Ok(panel.clone());
        }
        if instruments.is_none() {
            return self.whole();
        }
        let panel = self.read(instruments)?;
        missing(&panel, instruments, warnings);
        Ok(panel)
    }

    /// The bars of all instruments; files that did not change are not read twice.
    fn whole(&self) -> Result<Panel, StudyError> {
        let stamp = self.stamp()?;
        let mut kept = self.whole.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, panel)) = kept.as_ref().filter(|(known, _)| *known == stamp) {
            return Ok(panel.clone());
        }
        let panel = self.read(None)?;
        let is_small = panel.axis().n_rows() * panel.fields().count() <= KEPT;
        *kept = is_small.then(|| (stamp, panel.clone()));
        Ok(panel)
    }

    fn stamp(&self) -> Result<Stamp, StudyError> {
        let mut stamp = (0, 0, None);
        let folders = ["calendars", "instruments"].map(|name| self.path.join(name));
        let features = entries(&self.path.join("features"))?;
        for folder in folders.iter().chain(&features) {
            for file in entries(folder)? {
                let unreadable = |source| StudyError::Read { path: file.clone(), source };
                let about = fs::metadata(&file).map_err(unreadable)?;
                stamp = (stamp.0 + 1, stamp.1 + about.len(), stamp.2.max(about.modified().ok()));
            }
        }
        Ok(stamp)
    }

    fn read(&self, instruments: Option<&BTreeSet<String>>) -> Result<Panel, StudyError> {
        let source = PanelSource { instruments: instruments.cloned(), ..PanelSource::verbatim(&self.path) };
        let loaded = source.load().map_err(|error| match (error, instruments) {
            (SourceError::NoRows { .. }, Some(names)) => {
                let names = some_of(names.iter().map(String::as_str), 5);
                let message = format!("{} has no bars of any of {names}", self.path.display());
                StudyError::Value { key: "instruments".to_owned(), message }
            }
            (error, _) => error.into(),
        })?;
        Ok(loaded.panel)
    }
}

/// Warn of instruments that have no bar.
fn missing(panel: &Panel, instruments: Option<&BTreeSet<String>>, warnings: &mut Vec<String>) {
    let known = panel.axis();
    let names =
        instruments.into_iter().flatten().filter(|name| known.find(name).is_none()).map(String::as_str);
    let names = names.collect::<Vec<_>>();
    if !names.is_empty() {
        let n = count(names.len(), "instrument");
        warnings.push(format!("{n} without bars, and so without rows: {}", some_of(names, 5)));
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StudyError> {
    let unreadable = |source| StudyError::Read { path: folder.to_owned(), source };
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let found = fs::read_dir(folder).map_err(unreadable)?.map(|entry| Ok(entry.map_err(unreadable)?.path()));
    let mut found = found.collect::<Result<Vec<_>, StudyError>>()?;
    found.sort();
    Ok(found)
}

pub(crate) fn read(file: &Path) -> Result<String, StudyError> {
    fs::read_to_string(file).map_err(|source| StudyError::Read { path: file.to_owned(), source })
}

pub(crate) fn wrong(file: &Path, message: String) -> StudyError {
    StudyError::Value { key: file.display().to_string(), message }
}
