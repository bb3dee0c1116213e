//! What can go.

use std::{
    collections::{HashMap, HashSet},
    fs,
    os::unix::fs::MetadataExt as _,
    time::{Duration, SystemTime},
};

use super::{Place, places};
use crate::{
    Key, Manifest, Origin, Store, StoreError,
    claim::Claiming,
    error::IoContext,
    layout::{is_absent, names_in},
    lock::{Lock, Locking},
    store::Look,
};

/// Which artifacts `gc` spares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GcPolicy {
    /// Artifacts used by this many newest runs of each study stay, with what they were made from.
    pub runs_kept: usize,
    /// Artifacts written or used (to within ten minutes) so short a time ago stay, so that runs in progress keep
    /// theirs.
    pub grace: Duration,
}

impl Default for GcPolicy {
    /// The last five runs of each study, and a day.
    fn default() -> Self {
        Self { runs_kept: 5, grace: Duration::from_hours(24) }
    }
}

/// What `gc` would remove; nothing is removed before [`Store::gc_remove`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcPlan {
    policy: GcPolicy,
    /// What goes, by stage and key.
    pub doomed: Vec<Doomed>,
    /// Number of artifacts that stay.
    pub n_kept: u64,
    bytes: u64,
}

impl GcPlan {
    /// Bytes of parts that no artifact has when all of it is gone.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// An artifact that `gc` removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doomed {
    /// The name of the artifact's stage.
    pub stage: String,
    /// The key of the artifact.
    pub key: Key,
    /// Bytes of its parts; 0 where the manifest can't be read.
    pub bytes: u64,
    /// Why `gc` removes the artifact.
    pub reason: GcReason,
}

/// Why `gc` removes an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GcReason {
    /// None of the runs that count used it.
    Unused,
    /// The artifact can't be read.
    Damaged,
}

impl Store {
    /// Finds out what can go.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn gc_plan(&self, policy: GcPolicy) -> Result<GcPlan, StoreError> {
        let places = places(self)?;
        let mut manifests: HashMap<Key, Manifest> = HashMap::new();
        for place in &places {
            if let Look::Sound(manifest) = self.inspect(&place.stage, &place.key)? {
                manifests.insert(place.key, *manifest);
            }
        }
        let now = SystemTime::now();
        let mut roots = self.keys_of_last_runs(policy.runs_kept)?;
        for place in &places {
            if self.is_spared(place, policy, now)? {
                roots.push(place.key);
            }
        }
        let kept = with_ancestors(roots, &manifests);
        let mut plan = GcPlan { policy, doomed: Vec::new(), n_kept: 0, bytes: 0 };
        let mut files = HashMap::<(u64, u64), (u64, fs::Metadata)>::new();
        for Place { stage, key, folder } in places {
            if kept.contains(&key) {
                plan.n_kept += 1;
                continue;
            }
            let manifest = manifests.get(&key);
            let reason = if manifest.is_some() { GcReason::Unused } else { GcReason::Damaged };
            let bytes = manifest.map_or(0, Manifest::bytes);
            for part in manifest.into_iter().flat_map(|manifest| &manifest.parts) {
                // One that is gone meanwhile frees nothing.
                if let Ok(file) = fs::metadata(folder.join(&part.file)) {
                    files.entry((file.dev(), file.ino())).or_insert((0, file)).0 += 1;
                }
            }
            plan.doomed.push(Doomed { stage, key, bytes, reason });
        }
        let freed = files.values().filter(|(names, file)| *names == file.nlink());
        plan.bytes = freed.map(|(_, file)| file.len()).sum();
        Ok(plan)
    }

    /// Removes what a plan names, but for what came into use since, and gives how many went. Sweeps locks that
    /// killed processes left, too.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn gc_remove(&self, plan: &GcPlan) -> Result<usize, StoreError> {
        let mut n_removed = 0;
        for Doomed { stage, key, .. } in &plan.doomed {
            let Claiming::Claimed(_claim) = self.try_claim(stage, key)? else { continue };
            let folder = self.layout().artifact(stage, key);
            let place = Place { stage: stage.clone(), key: *key, folder };
            if !is_young(&place, plan.policy.grace, SystemTime::now())? {
                self.discard(stage, key)?;
                n_removed += 1;
            }
        }
        self.sweep_locks()?;
        Ok(n_removed)
    }

    fn keys_of_last_runs(&self, count: usize) -> Result<Vec<Key>, StoreError> {
        let mut keys = Vec::new();
        for study in self.studies()? {
            for record in self.last_runs(&study, count)? {
                keys.extend(record.entries.iter().map(|entry| entry.key));
            }
        }
        Ok(keys)
    }

    /// Whether an artifact stays whatever the records say: it is young, or somebody holds its lock.
    fn is_spared(&self, place: &Place, policy: GcPolicy, now: SystemTime) -> Result<bool, StoreError> {
        Ok(is_young(place, policy.grace, now)?
            || matches!(self.try_claim(&place.stage, &place.key)?, Claiming::Busy))
    }

    fn sweep_locks(&self) -> Result<(), StoreError> {
        let folder = self.layout().locks();
        for name in names_in(&folder).at("read", &folder)? {
            let path = folder.join(name);
            // A lock that we get is one that nobody holds; giving it back removes its file.
            if let Locking::Acquired(lock) = Lock::ask(&path).at("lock", &path)? {
                drop(lock);
            }
        }
        Ok(())
    }
}

/// Whether an artifact was written or used within the grace period. A time in the future counts as now.
fn is_young(place: &Place, grace: Duration, now: SystemTime) -> Result<bool, StoreError> {
    let used = match fs::metadata(&place.folder) {
        Ok(folder) => folder.modified().at("examine", &place.folder)?,
        Err(error) if is_absent(&error) => return Ok(false),
        Err(error) => return Err(StoreError::io("examine", &place.folder, error)),
    };
    Ok(now.duration_since(used).unwrap_or_default() < grace)
}

/// The keys, and all from which their artifacts were made.
fn with_ancestors(mut open: Vec<Key>, manifests: &HashMap<Key, Manifest>) -> HashSet<Key> {
    let mut kept = HashSet::new();
    while let Some(key) = open.pop() {
        if kept.insert(key) {
            let lineage = manifests.get(&key).map_or(&[][..], |manifest| &manifest.lineage);
            open.extend(lineage.iter().filter_map(|ancestor| match ancestor.origin {
                Origin::Key(key) => Some(key),
                Origin::Digest(_) => None,
            }));
        }
    }
    kept
}
