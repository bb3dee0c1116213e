//! Reading the columns of precomputed files.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use arrow_array::{Array as _, Float32Array};
use backstaff_feature::Feature;
use backstaff_panel::Column;
use backstaff_source::behind_boundary;
use parquet::arrow::{ProjectionMask, arrow_reader::ParquetRecordBatchReaderBuilder};
use rayon::prelude::*;

use super::{Document, FORMAT, about, digest, key};
use crate::{StudyError, stored::panel::PanelHandle};

/// The precomputed files of a study: their document, and the columns that were read from them.
#[derive(Debug)]
pub struct Precomputed {
    path: PathBuf,
    document: Document,
    /// The names of the features whose keys are those of the study, and which keep no states.
    usable: Vec<String>,
    /// The columns that were read; `None` if a column can't be read, or its values are not those that were written.
    read: Mutex<BTreeMap<String, Option<Arc<Column>>>>,
}

impl Precomputed {
    /// Open the files' document and find the features that can be used; also returns messages for the user about the
    /// rest.
    ///
    /// # Errors
    ///
    /// If there is no document, or it is damaged or of another format.
    pub fn open(
        path: &Path,
        features: &[Feature],
        panel: &PanelHandle,
    ) -> Result<(Self, Vec<String>), StudyError> {
        let about = about(path);
        let text =
            fs::read_to_string(&about).map_err(|source| StudyError::Read { path: about.clone(), source })?;
        let wrong = |message: String| StudyError::Value { key: "features.precomputed".to_owned(), message };
        let document: Document = serde_json::from_str(&text).map_err(|error| {
            wrong(format!("{} is damaged: {error}; run `precompute` again", about.display()))
        })?;
        if document.format != FORMAT {
            let message = format!("has format {}; this program reads {FORMAT}", document.format);
            return Err(wrong(format!("{} {message}; run `precompute` again", about.display())));
        }
        let (mut usable, mut stale, mut carried) = (Vec::new(), Vec::new(), Vec::new());
        for feature in features {
            let name = feature.name().to_owned();
            match document.features.get(&name) {
                Some(entry) if entry.key == key(feature, panel)? => {
                    // A later session goes on from states, which the files don't hold.
                    let has_states = feature.carry().is_some_and(|carry| carry.recursions > 0);
                    if has_states { carried.push(name) } else { usable.push(name) }
                }
                Some(_) => stale.push(name),
                None => {}
            }
        }
        let of = |names: &[String]| names.join(", ");
        let mut told = vec![format!("{}: {} features can be read from it", path.display(), usable.len())];
        if !stale.is_empty() {
            let why = "other data or another definition";
            told.push(format!(
                "{}: not used for {}: {why}; run `precompute` again",
                path.display(),
                of(&stale)
            ));
        }
        if !carried.is_empty() {
            let why = "they carry on from states, which files for other programs don't hold";
            told.push(format!("{}: not used for {}: {why}", path.display(), of(&carried)));
        }
        Ok((Self { path: path.to_owned(), document, usable, read: Mutex::default() }, told))
    }

    /// The values of a feature, one for each row of the panel; `None` if the files don't hold them, or they were
    /// changed.
    pub fn column(&self, name: &str) -> Option<Arc<Column>> {
        if !self.usable.iter().any(|usable| usable == name) {
            return None;
        }
        let lock = || self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(name) {
            return known.clone();
        }
        let column = self.read_column(name).filter(|column| {
            column.len() == self.document.rows && digest(column) == self.document.features[name].digest
        });
        let column = column.map(Arc::new);
        lock().insert(name.to_owned(), column.clone());
        column
    }

    /// The names of the features that were asked for and could not be used, since their values have changed.
    pub fn damaged(&self) -> Vec<String> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        read.iter().filter(|(_, column)| column.is_none()).map(|(name, _)| name.clone()).collect()
    }

    /// A column of all files, one after the other; `None` if a file can't be read.
    fn read_column(&self, name: &str) -> Option<Column> {
        let folder = if self.path.is_dir() { self.path.as_path() } else { self.path.parent()? };
        let files = self.document.files.par_iter();
        let parts = files.map(|file| read_file(&folder.join(file), name)).collect::<Option<Vec<_>>>()?;
        Some(Column::F32(parts.concat()))
    }
}

fn read_file(path: &Path, name: &str) -> Option<Vec<f32>> {
    behind_boundary(path, || Ok(read_values(path, name))).ok().flatten()
}

fn read_values(path: &Path, name: &str) -> Option<Vec<f32>> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(path).ok()?).ok()?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), [name]);
    let mut values = Vec::new();
    for batch in builder.with_projection(mask).with_batch_size(1 << 16).build().ok()? {
        let batch = batch.ok()?;
        let column = batch.column_by_name(name)?.as_any().downcast_ref::<Float32Array>()?.clone();
        values.extend((0..column.len()).map(|n| if column.is_null(n) { f32::NAN } else { column.value(n) }));
    }
    Some(values)
}
