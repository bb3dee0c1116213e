//! How much each study needs.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    os::unix::fs::MetadataExt as _,
};

use super::{Place, gc::with_ancestors, places};
use crate::{
    Key, Store, StoreError,
    error::IoContext,
    layout::{is_absent, names_in},
};

/// How much the runs of a study need of a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StudyStats {
    /// The name of the study.
    pub study: String,
    /// The number of its runs that are remembered.
    pub n_runs: u64,
    /// The number of artifacts that they used, with what those were made from.
    pub n_artifacts: u64,
    /// Bytes of their files; a file that several artifacts share counts once.
    pub bytes: u64,
    /// Bytes of those files that no other study needs.
    pub own_bytes: u64,
}

impl Store {
    /// What the runs of each study need, by name.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn stats_by_study(&self) -> Result<Vec<StudyStats>, StoreError> {
        let places = places(self)?;
        let manifests = self.manifests(&places)?;
        let mut files = BTreeMap::<&Key, Vec<(Identity, u64)>>::new();
        for place in &places {
            files.insert(&place.key, files_of(place)?);
        }
        let mut needed = HashMap::<Identity, u32>::new();
        let mut all = Vec::new();
        for study in self.studies()? {
            let keys = with_ancestors(self.keys_of_runs(&study, usize::MAX)?, &manifests);
            let own = keys.iter().filter_map(|key| files.get(key)).collect::<Vec<_>>();
            let sizes = own.iter().flat_map(|files| files.iter().copied()).collect::<HashMap<_, _>>();
            for file in sizes.keys() {
                *needed.entry(*file).or_default() += 1;
            }
            let stats = StudyStats {
                n_runs: self.run_numbers(&study)?.len() as u64,
                n_artifacts: own.len() as u64,
                bytes: sizes.values().sum(),
                own_bytes: 0,
                study,
            };
            all.push((stats, sizes));
        }
        let alone = needed.into_iter().filter(|(_, studies)| *studies == 1).map(|(file, _)| file);
        let alone = alone.collect::<HashSet<_>>();
        let own = |(stats, sizes): (StudyStats, HashMap<Identity, u64>)| StudyStats {
            own_bytes: sizes.iter().filter(|(file, _)| alone.contains(file)).map(|(_, bytes)| bytes).sum(),
            ..stats
        };
        Ok(all.into_iter().map(own).collect())
    }
}

/// The device and the number of a file: what all of its names have in common.
type Identity = (u64, u64);

/// The files of an artifact, each with its size.
fn files_of(place: &Place) -> Result<Vec<(Identity, u64)>, StoreError> {
    let mut files = Vec::new();
    for name in names_in(&place.folder).at("read", &place.folder)? {
        let path = place.folder.join(name);
        match fs::metadata(&path) {
            Ok(file) => files.push(((file.dev(), file.ino()), file.len())),
            // Removed meanwhile.
            Err(error) if is_absent(&error) => {}
            Err(error) => return Err(StoreError::io("examine", &path, error)),
        }
    }
    Ok(files)
}
