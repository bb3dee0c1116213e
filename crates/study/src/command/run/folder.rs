//! The folder of reports of a study, `reports/NAME` beside its file: whose it is, and which files in it are ours.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    Study, StudyError,
    command::output::{OutputError, Staging, write_json},
    config::Config,
};

/// The file that says what a run has written into the folder.
const MARK: &str = ".backstaff.json";

/// What a run has written into a folder of reports.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    /// The study's file: its name, or its whole path where the reports lie elsewhere than beside it; `None` for a study
    /// without a file.
    study: Option<PathBuf>,
    /// The names of the files that runs have written.
    files: Vec<String>,
    /// What the last run's tables are made of: equal texts give equal tables.
    #[serde(default)]
    made_of: String,
    /// The length and the time of change that the last run's files had when they were written.
    #[serde(default)]
    stamps: BTreeMap<String, Stamp>,
}

/// The length of a file, and its time of change in seconds and nanoseconds.
type Stamp = (u64, i64, i64);

fn stamp(path: &Path) -> Option<Stamp> {
    fs::symlink_metadata(path)
        .ok()
        .filter(fs::Metadata::is_file)
        .map(|file| (file.len(), file.mtime(), file.mtime_nsec()))
}

/// A study's folder of reports.
#[derive(Debug)]
pub(super) struct Folder<'a> {
    study: &'a Study,
    path: PathBuf,
    mark: Mark,
}

impl<'a> Folder<'a> {
    /// The folder of a study, if these files may be written there.
    ///
    /// # Errors
    ///
    /// If another study's reports lie there and that study is still there under its name, if one of the files is there
    /// and no run wrote it, or if it is one of the files that the study reads.
    pub(super) fn of(study: &'a Study, files: &[String]) -> Result<Self, StudyError> {
        let path = study.report_folder();
        let mark = fs::read(path.join(MARK)).ok().and_then(|text| serde_json::from_slice(&text).ok());
        let folder = Self { study, path, mark: mark.unwrap_or_default() };
        if let Some(other) = folder.other_study() {
            return Err(folder.taken_by(&other));
        }
        let reads = study.reads();
        for name in files {
            let file = folder.at(name);
            if fs::symlink_metadata(&file).is_ok() && !folder.mark.files.contains(name) {
                return Err(folder.foreign(&file));
            }
            reads.spare(&file)?;
        }
        Ok(folder)
    }

    /// The path of a file in the folder.
    pub(super) fn at(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Whether a table that is made of this lies here as a run has left it, so that it need not be written again.
    pub(super) fn holds(&self, name: &str, made_of: &str) -> bool {
        self.mark.made_of == made_of
            && self.mark.stamps.get(name).is_some_and(|known| stamp(&self.at(name)).as_ref() == Some(known))
    }

    /// The file of another study whose reports lie here: one that still is there and still has this study's name.
    fn other_study(&self) -> Option<PathBuf> {
        let (own, other) = (self.study.file.as_ref()?, self.mark.study.as_ref()?);
        let other = self.study.config.folder.join(other);
        let is_same = fs::canonicalize(own).ok()? == fs::canonicalize(&other).ok()?;
        let is_called_so =
            || Config::read(&other, None).is_ok_and(|config| config.name == self.study.config.name);
        (!is_same && is_called_so()).then_some(other)
    }

    fn taken_by(&self, other: &Path) -> StudyError {
        let own = self.study.file.as_deref().unwrap_or(Path::new("this study"));
        let name = &self.study.config.name;
        StudyError::Value {
            key: "name".to_owned(),
            message: format!(
                "{} and {} are both called {name}, and one would write over the other's report in {}; change \
                 `name:` in one of them",
                own.display(),
                other.display(),
                self.path.display()
            ),
        }
    }

    fn foreign(&self, file: &Path) -> StudyError {
        StudyError::Value {
            key: "name".to_owned(),
            message: format!(
                "{} is there already and no run of a study wrote it; move it elsewhere, or call the study something \
                 else than {}",
                file.display(),
                self.study.config.name
            ),
        }
    }

    /// Make the folder, if it isn't there yet.
    pub(super) fn make(&self) -> Result<(), OutputError> {
        fs::create_dir_all(&self.path)
            .map_err(|source| OutputError::Write { path: self.path.clone(), source })
    }

    /// Put the new files in the place of those of earlier runs. `names` are those of all files of this run, some of which
    /// may lie there already; what earlier runs wrote and this one doesn't is removed.
    pub(super) fn publish(
        mut self,
        names: Vec<String>,
        files: Staging,
        made_of: String,
    ) -> Result<(), OutputError> {
        let former = std::mem::take(&mut self.mark.files);
        let gone = former.into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>();
        self.mark.study = self.study.file.as_ref().map(|file| {
            let name = file.file_name().map(PathBuf::from).filter(|_| self.study.reports.is_none());
            name.unwrap_or_else(|| fs::canonicalize(file).unwrap_or_else(|_| file.clone()))
        });
        // What is named is ours before it is there: a run that is killed here leaves nothing that looks foreign.
        self.mark.files = names.iter().chain(&gone).cloned().collect();
        self.mark.stamps.clear();
        write_json(&self.at(MARK), &self.mark)?;
        files.publish()?;
        for name in &gone {
            match fs::remove_file(self.at(name)) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(OutputError::Write { path: self.at(name), source });
                }
                _ => {}
            }
        }
        let stamps = names.iter().filter_map(|name| Some((name.clone(), stamp(&self.at(name))?)));
        self.mark.stamps = stamps.collect();
        (self.mark.made_of, self.mark.files) = (made_of, names);
        write_json(&self.at(MARK), &self.mark)
    }
}
