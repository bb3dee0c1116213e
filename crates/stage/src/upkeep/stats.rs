//! How much there is.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    os::unix::fs::MetadataExt as _,
};

use super::places;
use crate::{
    Store, StoreError,
    error::IoContext,
    layout::{is_absent, names_in},
};

/// How much a stage has in the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StageStats {
    /// The name of the stage.
    pub stage: String,
    /// The number of the stage's artifacts.
    pub n_artifacts: u64,
    /// Bytes of their files; a file that several artifacts share counts once.
    pub bytes: u64,
}

impl Store {
    /// Number and size of the artifacts of each stage, by name.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn stats(&self) -> Result<Vec<StageStats>, StoreError> {
        let mut stages: BTreeMap<String, StageStats> = BTreeMap::new();
        let mut counted = HashSet::new();
        for place in places(self)? {
            let stats = stages.entry(place.stage.clone()).or_default();
            stats.stage = place.stage;
            stats.n_artifacts += 1;
            for name in names_in(&place.folder).at("read", &place.folder)? {
                let path = place.folder.join(name);
                match fs::metadata(&path) {
                    Ok(file) if counted.insert((file.dev(), file.ino())) => stats.bytes += file.len(),
                    Ok(_) => {}
                    // Removed meanwhile.
                    Err(error) if is_absent(&error) => {}
                    Err(error) => return Err(StoreError::io("examine", &path, error)),
                }
            }
        }
        Ok(stages.into_values().collect())
    }
}
