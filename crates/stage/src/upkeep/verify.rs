//! Whether everything is what it was when written.

use std::fs::File;

use rayon::prelude::*;

use super::{Place, places};
use crate::{
    Damage, Mapped, Store, StoreError,
    claim::Claiming,
    error::IoContext,
    layout::is_absent,
    store::{Look, difference},
};

/// What comparing all artifacts with their digests gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// Number of artifacts that were compared.
    pub n_artifacts: u64,
    /// The bytes of the parts that were read.
    pub bytes: u64,
    /// Those that are not what they were, by stage and key.
    pub damaged: Vec<Damage>,
}

impl Store {
    /// Compares the bytes of all artifacts with their digests. Removes nothing.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn verify(&self) -> Result<Verification, StoreError> {
        let places = places(self)?;
        let verified: Vec<Option<(u64, Option<String>)>> =
            places.par_iter().map(|place| self.verify_one(place)).collect::<Result<_, _>>()?;
        let mut verification = Verification::default();
        for (place, (bytes, reason)) in
            places.into_iter().zip(verified).filter_map(|(p, v)| v.map(|v| (p, v)))
        {
            verification.n_artifacts += 1;
            verification.bytes += bytes;
            let Place { stage, key, .. } = place;
            verification.damaged.extend(reason.map(|reason| Damage { stage, key, reason }));
        }
        Ok(verification)
    }

    /// Removes damaged artifacts, so that they are computed anew, and gives how many went. One that somebody else is
    /// about to replace, or that is sound by now, stays.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn remove_damaged(&self, damaged: &[Damage]) -> Result<usize, StoreError> {
        let mut n_removed = 0;
        for Damage { stage, key, .. } in damaged {
            let Claiming::Claimed(_claim) = self.try_claim(stage, key)? else { continue };
            let place = Place { stage: stage.clone(), key: *key, folder: self.layout().artifact(stage, key) };
            if let Some((_, Some(_))) = self.verify_one(&place)? {
                self.discard(stage, key)?;
                n_removed += 1;
            }
        }
        Ok(n_removed)
    }

    /// The bytes of an artifact and what is wrong with it, or `None` if it was removed meanwhile.
    fn verify_one(&self, place: &Place) -> Result<Option<(u64, Option<String>)>, StoreError> {
        let manifest = match self.inspect(&place.stage, &place.key)? {
            Look::Absent => return Ok(None),
            Look::Damaged(reason) => return Ok(Some((0, Some(reason)))),
            Look::Sound(manifest) => manifest,
        };
        for part in &manifest.parts {
            let path = place.folder.join(&part.file);
            let file = match File::open(&path) {
                Err(error) if is_absent(&error) => return Ok(None),
                opened => opened.at("open", &path)?,
            };
            let reason = difference(part, &Mapped::new(&file).at("map", &path)?);
            if reason.is_some() {
                return Ok(Some((manifest.bytes(), reason)));
            }
        }
        Ok(Some((manifest.bytes(), None)))
    }
}
