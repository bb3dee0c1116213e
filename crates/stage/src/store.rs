//! The store: where artifacts live.

use std::{
    collections::HashMap,
    fs::{self, File},
    io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
    time::{Duration, SystemTime},
};

use crate::{
    Key, Manifest, Mapped, StoreError,
    digest::digest_bytes,
    error::IoContext,
    layout::{Layout, MANIFEST, is_absent},
    manifest::Part,
    version::check_version,
    workshop::Workshop,
};

/// An artifact that counts as used at most this long ago isn't marked as used again.
const USED_AGAIN_AFTER: Duration = Duration::from_mins(10);

/// A folder of artifacts that many runs, in many processes, read and write at the same time.
///
/// Clones are handles of the same store. A process should open a store once and clone it.
#[derive(Debug, Clone)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    layout: Layout,
    workshop: Mutex<Option<Arc<Workshop>>>,
    verified: Mutex<HashMap<PathBuf, Identity>>,
    damages: Mutex<Vec<Damage>>,
    claims: AtomicUsize,
}

/// The numbers by which the file system distinguishes one state of a file from another.
type Identity = (u64, u64, u64, i64, i64, i64, i64);

/// An artifact that was found to be damaged, and what was wrong with it. It has been removed since, or is being
/// computed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The name of the artifact's stage.
    pub stage: String,
    /// The key of the artifact.
    pub key: Key,
    /// What was wrong with the artifact.
    pub reason: String,
}

/// The state of the artifact under a key.
#[derive(Debug)]
pub(crate) enum Look {
    Sound(Box<Manifest>),
    Absent,
    Damaged(String),
}

impl Store {
    /// Opens the store in a folder, which is made if it doesn't exist.
    ///
    /// # Errors
    ///
    /// If a newer program wrote the store, if the folder holds something else, or if it can't be read or made.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let root = std::path::absolute(path.as_ref()).at("find", path.as_ref())?;
        let layout = Layout::new(root);
        check_version(&layout)?;
        Ok(Self::in_layout(layout))
    }

    /// A store that holds nothing and takes nothing, for work that keeps none of its results. No file is touched for it.
    pub fn nowhere() -> Self {
        // No folder can be made below a device.
        Self::in_layout(Layout::new(PathBuf::from("/dev/null")))
    }

    fn in_layout(layout: Layout) -> Self {
        Self(Arc::new(Inner {
            layout,
            workshop: Mutex::default(),
            verified: Mutex::default(),
            damages: Mutex::default(),
            claims: AtomicUsize::new(0),
        }))
    }

    /// The folder of the store.
    pub fn path(&self) -> &Path {
        self.layout().root()
    }

    /// The artifact of this key, or `None` if there is none or if it is damaged.
    ///
    /// A torn manifest, a missing part and a part of the wrong length are noticed here, other damage when the part is
    /// opened. What is damaged is removed, so that it is computed anew; [`Store::damages`] lists it.
    ///
    /// # Errors
    ///
    /// If the file system refuses to read.
    pub fn find(&self, stage: &str, key: &Key) -> Result<Option<Manifest>, StoreError> {
        match self.look(stage, key)? {
            Look::Sound(manifest) => Ok(Some(*manifest)),
            Look::Absent => Ok(None),
            Look::Damaged(reason) => {
                self.note_damage(stage, key, reason);
                self.find_under_claim(stage, key)
            }
        }
    }

    /// Maps a part of an artifact into memory, after its bytes were compared with the digest they had when written.
    ///
    /// A part is compared once per process as long as the file stays what it was.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the bytes are others than those written (the artifact is then removed),
    /// [`StoreError::Gone`] if the artifact is no longer there, [`StoreError::NoSuchPart`] for a wrong name.
    pub fn open_part(&self, manifest: &Manifest, name: &str) -> Result<Mapped, StoreError> {
        let part = manifest.part(name).ok_or_else(|| StoreError::NoSuchPart {
            stage: manifest.stage.clone(),
            key: manifest.key,
            part: name.to_owned(),
        })?;
        let path = self.part_path(manifest, part);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if is_absent(&error) => return Err(self.part_is_missing(manifest, part)?),
            Err(error) => return Err(StoreError::io("open", &path, error)),
        };
        let identity = identity(&file).at("examine", &path)?;
        let mapped = Mapped::new(&file).at("map", &path)?;
        if self.verified().get(&path) != Some(&identity) {
            if let Some(reason) = difference(part, &mapped) {
                return Err(self.corrupt(manifest, &path, identity, reason)?);
            }
            self.verified().insert(path, identity);
        }
        Ok(mapped)
    }

    /// Where a part's file lies, for programs that read it by themselves; its bytes are not checked.
    pub fn part_path(&self, manifest: &Manifest, part: &Part) -> PathBuf {
        self.layout().artifact(&manifest.stage, &manifest.key).join(&part.file)
    }

    /// Makes a store again that somebody has deleted since it was opened. `false` if it is still there.
    ///
    /// # Errors
    ///
    /// If the folder holds something else by now, or can't be made.
    pub(crate) fn revive(&self) -> Result<bool, StoreError> {
        let mut workshop = self.0.workshop.lock().unwrap_or_else(PoisonError::into_inner);
        let has_workshop = workshop.as_ref().is_none_or(|workshop| workshop.exists());
        if self.layout().version().exists() && has_workshop {
            return Ok(false);
        }
        // What the workshop held went with the store.
        workshop.take();
        drop(workshop);
        self.verified().clear();
        check_version(self.layout())?;
        Ok(true)
    }

    /// What this process found damaged so far, oldest first.
    pub fn damages(&self) -> Vec<Damage> {
        self.damages_mut().clone()
    }

    /// Reads what is there under a key and marks it as used.
    pub(crate) fn look(&self, stage: &str, key: &Key) -> Result<Look, StoreError> {
        let look = self.inspect(stage, key)?;
        if let Look::Sound(_) = look {
            mark_as_used(&self.layout().artifact(stage, key));
        }
        Ok(look)
    }

    /// Reads what is there under a key.
    pub(crate) fn inspect(&self, stage: &str, key: &Key) -> Result<Look, StoreError> {
        let folder = self.layout().artifact(stage, key);
        let path = folder.join(MANIFEST);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if is_absent(&error) && fs::symlink_metadata(&folder).is_err() => {
                return Ok(Look::Absent);
            }
            Err(error) if is_absent(&error) => {
                return Ok(Look::Damaged("its manifest is missing".to_owned()));
            }
            Err(_) if !path.is_file() => return Ok(Look::Damaged("its manifest is no file".to_owned())),
            Err(error) => return Err(StoreError::io("read", &path, error)),
        };
        let manifest = match Manifest::from_bytes(&bytes) {
            Ok(manifest) if manifest.stage == stage && manifest.key == *key => manifest,
            Ok(_) => return Ok(Look::Damaged("its manifest belongs to another artifact".to_owned())),
            Err(reason) => return Ok(Look::Damaged(reason)),
        };
        for part in &manifest.parts {
            let path = folder.join(&part.file);
            match fs::metadata(&path) {
                Ok(there) if !there.is_file() => {
                    return Ok(Look::Damaged(format!("its part {:?} is no file", part.name)));
                }
                Ok(there) if there.len() == part.bytes => {}
                Ok(there) => return Ok(Look::Damaged(wrong_length(part, there.len()))),
                Err(error) if is_absent(&error) => {
                    return Ok(Look::Damaged(format!("its part {:?} is missing", part.name)));
                }
                Err(error) => return Err(StoreError::io("examine", &path, error)),
            }
        }
        Ok(Look::Sound(Box::new(manifest)))
    }

    /// Takes an artifact out of sight, in one step, then removes its files.
    pub(crate) fn discard(&self, stage: &str, key: &Key) -> Result<(), StoreError> {
        let folder = self.layout().artifact(stage, key);
        let aside = self.workshop()?.folder()?;
        match fs::rename(&folder, aside.path().join("removed")) {
            Ok(()) => Ok(()),
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(StoreError::io("remove", &folder, error)),
        }
    }

    pub(crate) fn note_damage(&self, stage: &str, key: &Key, reason: String) {
        self.damages_mut().push(Damage { stage: stage.to_owned(), key: *key, reason });
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    /// How many claims this process holds on the store.
    pub(crate) fn claims(&self) -> &AtomicUsize {
        &self.0.claims
    }

    /// This process's temporary folder within the store.
    pub(crate) fn workshop(&self) -> Result<Arc<Workshop>, StoreError> {
        let mut workshop = self.0.workshop.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(workshop) = workshop.as_ref() {
            return Ok(Arc::clone(workshop));
        }
        let made = Arc::new(Workshop::new(self.layout())?);
        *workshop = Some(Arc::clone(&made));
        Ok(made)
    }

    /// The error for a part whose file is absent; a whole folder that is gone is another case than a hole in one.
    fn part_is_missing(&self, manifest: &Manifest, part: &Part) -> Result<StoreError, StoreError> {
        let (stage, key) = (&manifest.stage, &manifest.key);
        if !self.layout().artifact(stage, key).exists() {
            self.note_damage(stage, key, "it is no longer there".to_owned());
            return Ok(StoreError::Gone { stage: stage.clone(), key: *key });
        }
        let reason = format!("its part {:?} is missing", part.name);
        self.note_damage(stage, key, reason.clone());
        self.find_under_claim(stage, key)?;
        Ok(StoreError::Corrupt { stage: stage.clone(), key: *key, reason })
    }

    /// Removes an artifact whose part at `path` has other bytes than written, unless it was replaced meanwhile.
    fn corrupt(
        &self,
        manifest: &Manifest,
        path: &Path,
        seen: Identity,
        reason: String,
    ) -> Result<StoreError, StoreError> {
        let (stage, key) = (&manifest.stage, &manifest.key);
        self.note_damage(stage, key, reason.clone());
        self.under_claim(stage, key, || {
            let now = File::open(path).and_then(|file| identity(&file));
            if now.is_ok_and(|now| now == seen) { self.discard(stage, key) } else { Ok(()) }
        })?;
        Ok(StoreError::Corrupt { stage: stage.clone(), key: *key, reason })
    }

    fn verified(&self) -> MutexGuard<'_, HashMap<PathBuf, Identity>> {
        self.0.verified.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn damages_mut(&self) -> MutexGuard<'_, Vec<Damage>> {
        self.0.damages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How the bytes of a part differ from those written, if they do.
pub(crate) fn difference(part: &Part, bytes: &[u8]) -> Option<String> {
    if bytes.len() as u64 != part.bytes {
        Some(wrong_length(part, bytes.len() as u64))
    } else if digest_bytes(bytes) != part.digest {
        Some(format!("its part {:?} has other bytes than when written", part.name))
    } else {
        None
    }
}

fn wrong_length(part: &Part, found: u64) -> String {
    format!("its part {:?} has {found} bytes instead of {}", part.name, part.bytes)
}

fn identity(file: &File) -> io::Result<Identity> {
    let m = file.metadata()?;
    Ok((m.dev(), m.ino(), m.len(), m.mtime(), m.mtime_nsec(), m.ctime(), m.ctime_nsec()))
}

/// Sets the folder's time of change to now. Only `gc` looks at it, and a store that can't be written is never swept,
/// so failing is harmless.
fn mark_as_used(folder: &Path) {
    let now = SystemTime::now();
    let _ = File::open(folder).and_then(|folder| {
        let fresh = folder.metadata()?.modified()?;
        match now.duration_since(fresh) {
            Ok(age) if age > USED_AGAIN_AFTER => folder.set_modified(now),
            _ => Ok(()),
        }
    });
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::*;
    use crate::KeyHasher;

    const VALUES: &[u8] = b"the numbers that were computed";

    fn with_artifact() -> (TempDir, Store, Manifest) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let mut draft = store.draft("numbers", 1, KeyHasher::new().finish()).unwrap();
        draft.write_part("values", |file| file.write_all(VALUES)).unwrap();
        draft.info(serde_json::json!({"rows": 3})).lineage("close", digest_bytes(b"close"));
        let manifest = draft.publish().unwrap();
        (folder, store, manifest)
    }

    #[test]
    fn a_store_that_is_nowhere_holds_nothing_and_takes_nothing() {
        let store = Store::nowhere();
        let key = KeyHasher::new().finish();
        assert_eq!(store.find("numbers", &key).unwrap(), None);
        assert!(store.last_runs("study", 1).unwrap().is_empty());
        assert!(store.draft("numbers", 1, key).is_err());
        assert!(!store.revive().unwrap_or(false));
    }

    #[test]
    fn a_missing_part_is_absent_and_told() {
        let (_folder, store, manifest) = with_artifact();
        fs::remove_file(store.part_path(&manifest, &manifest.parts[0])).unwrap();
        assert_eq!(store.find("numbers", &manifest.key).unwrap(), None);
        let damages = store.damages();
        assert_eq!((damages.len(), damages[0].reason.as_str()), (1, "its part \"values\" is missing"));
        // The damaged one is gone now, so it is plainly absent.
        assert_eq!(store.find("numbers", &manifest.key).unwrap(), None);
        assert_eq!(store.damages().len(), 1);
    }

    #[test]
    fn a_part_with_other_bytes_is_never_read() {
        let (_folder, store, manifest) = with_artifact();
        let path = store.part_path(&manifest, &manifest.parts[0]);
        assert_eq!(&*store.open_part(&manifest, "values").unwrap(), VALUES);
        let mut bytes = VALUES.to_vec();
        bytes[7] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert!(matches!(store.open_part(&manifest, "values"), Err(StoreError::Corrupt { .. })));
        assert!(matches!(store.open_part(&manifest, "values"), Err(StoreError::Gone { .. })));
        assert_eq!(store.find("numbers", &manifest.key).unwrap(), None);
    }

    #[test]
    fn an_artifact_in_the_wrong_place_is_not_taken() {
        let (_folder, store, manifest) = with_artifact();
        let other = KeyHasher::new().u64("x", 1).finish();
        let target = store.layout().artifact("numbers", &other);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::rename(store.layout().artifact("numbers", &manifest.key), target).unwrap();
        assert_eq!(store.find("numbers", &other).unwrap(), None);
        assert_eq!(store.damages()[0].reason, "its manifest belongs to another artifact");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damage_anywhere_never_gives_wrong_data(
            in_manifest in any::<bool>(),
            at in any::<prop::sample::Index>(),
            bit in 0..8,
            truncate in any::<bool>(),
        ) {
            let (folder, store, manifest) = with_artifact();
            let part = store.part_path(&manifest, &manifest.parts[0]);
            let path = if in_manifest { part.with_file_name(MANIFEST) } else { part };
            let mut bytes = fs::read(&path).unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1_u8 << bit;
            if truncate {
                bytes.truncate(at);
            }
            fs::write(&path, bytes).unwrap();
            // Another process meets it.
            let store = Store::open(folder.path()).unwrap();
            if let Some(manifest) = store.find("numbers", &manifest.key).unwrap() {
                let opened = store.open_part(&manifest, "values");
                prop_assert!(matches!(opened, Err(StoreError::Corrupt { .. })), "{:?}", opened);
            }
            prop_assert_eq!(store.damages().len(), 1);
            prop_assert_eq!(store.find("numbers", &manifest.key).unwrap(), None);
        }
    }
}
