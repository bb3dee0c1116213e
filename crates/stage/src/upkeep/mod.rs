//! Looking after a store: how much there is, whether it is sound, what can go.

mod gc;
mod stats;
mod usage;
mod verify;

use std::path::PathBuf;

pub use gc::{Doomed, GcPlan, GcPolicy, GcReason};
pub use stats::StageStats;
pub use usage::StudyStats;
pub use verify::Verification;

use crate::{
    Key, Store, StoreError,
    error::IoContext,
    layout::{names_in, text_of},
};

/// The place of an artifact, whether sound or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) stage: String,
    pub(crate) key: Key,
    pub(crate) folder: PathBuf,
}

/// The places of all artifacts, by stage and key. Foreign files are passed over.
pub(crate) fn places(store: &Store) -> Result<Vec<Place>, StoreError> {
    let root = store.layout().artifacts();
    let mut places = Vec::new();
    for stage_name in names_in(&root).at("read", &root)? {
        let (Some(stage), stage_folder) = (text_of(&stage_name), root.join(&stage_name)) else { continue };
        for hex in names_in(&stage_folder).at("read", &stage_folder)? {
            let folder = stage_folder.join(hex);
            for name in names_in(&folder).at("read", &folder)? {
                let key = name.to_str().and_then(|name| name.parse().ok());
                if let Some(key) = key {
                    places.push(Place { stage: stage.clone(), key, folder: folder.join(&name) });
                }
            }
        }
    }
    Ok(places)
}
