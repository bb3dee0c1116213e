//! The store for people: its size, the artifacts that may go, and the damaged ones.

mod stats;
mod sweep;
mod verify;

use std::path::{Path, PathBuf};

use backstaff_stage::Store;

pub use self::{
    stats::{StageUse, Stats, StudyUse, stats},
    sweep::{Cleared, Swept, clear, gc},
    verify::{Verified, verify},
};
use crate::{Options, Study, StudyError, stored::high_water};

/// The store that a command of `cache` is about: one that is named, or that of a study's file or of a folder.
///
/// # Errors
///
/// If there is no store, or the study can't be read.
pub fn store_of(place: Option<&Path>, options: &Options) -> Result<PathBuf, StudyError> {
    let store = match place {
        Some(study) if !study.is_dir() => Study::open(study, options)?.store_path().to_owned(),
        Some(folder) => options.store_of(folder),
        None => options.store_of(Path::new("")),
    };
    open_existing(&store)?;
    Ok(store)
}

/// Open a store that is there: looking at a store must not create one.
pub(crate) fn open_existing(store: &Path) -> Result<Store, StudyError> {
    if store.is_dir() {
        return Ok(Store::open(store)?);
    }
    let message = format!(
        "there is no store at {}; name the study's file or its folder, or the store itself with --store DIR",
        store.display()
    );
    Err(StudyError::Value { key: "store".to_owned(), message })
}

/// The folders of rows kept of databases, and the size of the store in each.
fn kept_rows(store: &Path) -> Result<Vec<(PathBuf, StageUse)>, StudyError> {
    let of_folder = |folder: PathBuf| {
        // One that can't be read is replaced by the next reading of its database.
        let stats = Store::open(&folder).and_then(|store| store.stats()).unwrap_or_default();
        let artifacts = stats.iter().map(|stage| stage.n_artifacts).sum();
        let bytes = stats.iter().map(|stage| stage.bytes).sum();
        Ok((folder, StageUse { stage: String::new(), artifacts, bytes }))
    };
    high_water::folders(store).into_iter().map(of_folder).collect()
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
