//! Files that earlier artifacts of a stage already have.

use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::{Digest, Store, StoreError, map::Mapped, store::Look, upkeep};

/// The files of a stage's artifacts, by the digest of their bytes.
#[derive(Debug, Default)]
pub(crate) struct Earlier(HashMap<Digest, PathBuf>);

impl Earlier {
    /// What the store has of a stage.
    pub(crate) fn of_stage(store: &Store, stage: &str) -> Result<Self, StoreError> {
        let mut files = HashMap::new();
        for place in upkeep::places(store)?.into_iter().filter(|place| place.stage == stage) {
            if let Look::Sound(manifest) = store.inspect(stage, &place.key)? {
                let parts = manifest.parts.iter();
                files.extend(parts.map(|part| (part.digest, place.folder.join(&part.file))));
            }
        }
        Ok(Self(files))
    }

    /// Whether the stage has nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes `path` another name of a file that has these bytes, if there is one. It is compared byte by byte: a file
    /// that was damaged since is none.
    pub(crate) fn link(&self, digest: &Digest, bytes: &[u8], path: &Path) -> bool {
        let same = |earlier: &&PathBuf| {
            File::open(earlier).and_then(|file| Mapped::new(&file)).is_ok_and(|mapped| *mapped == *bytes)
        };
        // A file system without links, or with too many of this file, gets a copy.
        self.0.get(digest).filter(same).is_some_and(|earlier| fs::hard_link(earlier, path).is_ok())
    }
}
