//! A folder of one file for each instrument, which may be stopped at any moment and filled again.
//!
//! Each file says in its metadata under which name it was written. So the folder itself tells which of its files are
//! ours: no list has to be kept that a kill could leave behind the files. The document comes last; without it nothing is
//! read back.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::Path,
    sync::Arc,
};

use backstaff_panel::{Axis, Calendar, Column};
use backstaff_source::behind_boundary;
use parquet::file::metadata::ParquetMetaDataReader;
use rayon::prelude::*;

use super::remove;
use crate::{
    StudyError,
    command::output::{OutputError, Reads, Stamped, is_temporary, write_json},
    steps::features::precomputed::{Document, about},
};

/// The key of the metadata under which a file names itself.
const MARK: &str = "backstaff.precomputed";

/// A folder to fill.
pub(super) struct Folder<'a> {
    pub path: &'a Path,
    /// What the study reads: none of it is written over.
    pub reads: Reads,
}

impl Folder<'_> {
    /// Check that the folder is absent, empty, or one that was filled or begun before.
    pub(super) fn check_ours(&self) -> Result<(), StudyError> {
        let names = self.names()?;
        let is_ours = names.is_empty()
            || about(self.path).is_file()
            || names.iter().any(|name| is_marked(&self.path.join(name), name));
        if is_ours {
            return Ok(());
        }
        let message = format!("{} holds other files; name a new folder", self.path.display());
        Err(StudyError::Value { key: "--out".to_owned(), message })
    }

    /// Write the files, remove those of instruments that are gone, and write the document.
    pub(super) fn fill(
        &self,
        axis: &Arc<Axis>,
        values: &[(String, Arc<Column>)],
        document: &Document,
        is_cancelled: &(dyn Fn() -> bool + Sync),
    ) -> Result<(), StudyError> {
        let failed = |source| OutputError::Write { path: self.path.to_owned(), source };
        fs::create_dir_all(self.path).map_err(failed)?;
        self.check_ours()?;
        self.reads.allow("--out", &about(self.path))?;
        self.spare_others(document)?;
        remove(&about(self.path))?;
        (0..axis.n_instruments()).into_par_iter().try_for_each(|i| {
            if is_cancelled() {
                return Err(StudyError::Interrupted);
            }
            let sessions = axis.sessions(i).to_vec();
            let life = 0..sessions.len();
            let own = Axis::new(Calendar::new(sessions), vec![(axis.instruments()[i].clone(), life)]);
            let cut = |(name, column): &(String, Arc<Column>)| {
                (name.clone(), Arc::new(column.select(&[axis.rows(i)])))
            };
            let file = &document.files[i];
            let stamped = Stamped { mark: Some((MARK, file.clone())) };
            let columns = values.iter().map(cut).collect::<Vec<_>>();
            Ok(stamped.write_panel(&self.path.join(file), &own, &columns)?)
        })?;
        let present = document.files.iter().map(String::as_str).collect::<BTreeSet<_>>();
        for gone in self.names()?.iter().filter(|name| !present.contains(name.as_str())) {
            if is_marked(&self.path.join(gone), gone) {
                remove(&self.path.join(gone))?;
            }
        }
        Ok(write_json(&about(self.path), document)?)
    }

    /// Check that no file that others have put there has the name of one of ours.
    fn spare_others(&self, document: &Document) -> Result<(), StudyError> {
        let listed = fs::read_to_string(about(self.path)).ok();
        let listed = listed.and_then(|text| serde_json::from_str::<Document>(&text).ok());
        let listed = listed.map(|document| document.files).unwrap_or_default();
        let listed = listed.iter().collect::<BTreeSet<_>>();
        document.files.par_iter().try_for_each(|file| {
            let path = self.path.join(file);
            if fs::symlink_metadata(&path).is_ok() && !listed.contains(file) && !is_marked(&path, file) {
                let message = format!(
                    "{} was not written by `precompute`; move it, or name a new folder",
                    path.display()
                );
                return Err(StudyError::Value { key: "--out".to_owned(), message });
            }
            Ok(self.reads.spare(&path)?)
        })
    }

    /// The names of what lies in the folder, without temporary files.
    fn names(&self) -> Result<Vec<String>, StudyError> {
        let failed = |source| OutputError::Write { path: self.path.to_owned(), source };
        if !self.path.exists() {
            return Ok(Vec::new());
        }
        let entries = fs::read_dir(self.path).map_err(failed)?;
        let names =
            entries.map(|entry| Ok(entry.map_err(failed)?.file_name().to_string_lossy().into_owned()));
        let names = names.collect::<Result<Vec<_>, OutputError>>()?;
        Ok(names.into_iter().filter(|name| !is_temporary(name)).collect())
    }
}

/// Whether a file says that it was written here under its present name. A link is somebody else's.
fn is_marked(path: &Path, name: &str) -> bool {
    let is_file = fs::symlink_metadata(path).is_ok_and(|found| found.is_file());
    if !is_file || Path::new(name).extension().is_none_or(|extension| extension != "parquet") {
        return false;
    }
    let marks = behind_boundary(path, || {
        let file = File::open(path).ok();
        let metadata = file.and_then(|file| ParquetMetaDataReader::new().parse_and_finish(&file).ok());
        Ok(metadata.and_then(|metadata| metadata.file_metadata().key_value_metadata().cloned()))
    });
    let marks = marks.ok().flatten().unwrap_or_default();
    marks.iter().any(|mark| mark.key == MARK && mark.value.as_deref() == Some(name))
}
