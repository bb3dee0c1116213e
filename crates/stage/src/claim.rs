//! Claims: who computes an artifact.

use std::{fs, sync::atomic::Ordering};

use crate::{
    Key, Manifest, Store, StoreError,
    error::IoContext,
    lock::{Lock, Locking},
    store::Look,
};

/// The right to compute the artifact of one key. It ends when dropped, or with the process.
///
/// Claims only save work: artifacts are published in one step, so that two processes that compute the same one can't
/// harm each other.
#[derive(Debug)]
pub struct Claim<'a> {
    store: &'a Store,
    stage: String,
    key: Key,
    _lock: Lock,
}

/// What became of asking for a [`Claim`].
#[derive(Debug)]
pub enum Claiming<'a> {
    /// The claim is ours.
    Claimed(Claim<'a>),
    /// Another process or thread is computing the artifact, or examining it.
    Busy,
}

impl Store {
    /// Asks for the right to compute the artifact of this key, without waiting.
    ///
    /// # Errors
    ///
    /// If the lock file can't be made.
    pub fn try_claim(&self, stage: &str, key: &Key) -> Result<Claiming<'_>, StoreError> {
        Claim::ask(self, stage, key)
    }

    /// Looks again under a claim; `None` if someone else has it, who is about to replace what is damaged.
    pub(crate) fn find_under_claim(&self, stage: &str, key: &Key) -> Result<Option<Manifest>, StoreError> {
        match self.try_claim(stage, key)? {
            Claiming::Claimed(claim) => claim.find(),
            Claiming::Busy => Ok(None),
        }
    }

    /// Does something while nobody else can compute the artifact of this key; nothing if someone else has the claim.
    pub(crate) fn under_claim(
        &self,
        stage: &str,
        key: &Key,
        work: impl FnOnce() -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        match self.try_claim(stage, key)? {
            Claiming::Claimed(_claim) => work(),
            Claiming::Busy => Ok(()),
        }
    }
}

impl<'a> Claim<'a> {
    fn ask(store: &'a Store, stage: &str, key: &Key) -> Result<Claiming<'a>, StoreError> {
        let locks = store.layout().locks();
        fs::create_dir_all(&locks).at("make the folder", &locks)?;
        let path = store.layout().lock(key);
        Ok(match Lock::ask(&path).at("lock", &path)? {
            Locking::Busy => Claiming::Busy,
            Locking::Acquired(lock) => {
                store.claims().fetch_add(1, Ordering::SeqCst);
                Claiming::Claimed(Self { store, stage: stage.to_owned(), key: *key, _lock: lock })
            }
        })
    }

    /// Looks again, now that nobody else computes it: an artifact that is there and sound needs no computing. A
    /// damaged one is removed.
    ///
    /// # Errors
    ///
    /// If the file system refuses to read, or to remove.
    pub fn find(&self) -> Result<Option<Manifest>, StoreError> {
        match self.store.look(&self.stage, &self.key)? {
            Look::Sound(manifest) => Ok(Some(*manifest)),
            Look::Absent => Ok(None),
            Look::Damaged(_) => self.store.discard(&self.stage, &self.key).map(|()| None),
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.store.claims().fetch_sub(1, Ordering::SeqCst);
    }
}
