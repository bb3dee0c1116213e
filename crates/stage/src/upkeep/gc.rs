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
    /// This many newest runs of each study stay, with the artifacts that they used and what those were made from; older
    /// runs are forgotten.
    pub runs_kept: usize,
    /// Artifacts written or used (to within ten minutes) so short a time ago stay, so that runs in progress keep
    /// theirs.
    pub grace: Duration,
}

impl Default for GcPolicy {
    /// The last ten runs of each study, and a day.
    fn default() -> Self {
        Self { runs_kept: 10, grace: Duration::from_hours(24) }
    }
}

/// What `gc` would remove; nothing is removed before [`Store::gc_remove`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GcPlan {
    policy: GcPolicy,
    /// What goes, by stage and key.
    pub doomed: Vec<Doomed>,
    /// The runs that are forgotten: the study and the number.
    pub forgotten: Vec<(String, u64)>,
    /// Number of artifacts that stay.
    pub n_kept: u64,
    /// Number of those that stay only since they are young, somebody has claimed them, or such a one was made from them.
    pub n_young: u64,
    /// Number of runs that stay.
    pub n_runs: usize,
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
        let manifests = self.manifests(&places)?;
        let now = SystemTime::now();
        let Runs { keys: mut roots, kept: n_runs, forgotten } = self.runs(policy.runs_kept)?;
        let used = with_ancestors(roots.clone(), &manifests);
        for place in &places {
            if self.is_spared(place, policy, now)? {
                roots.push(place.key);
            }
        }
        let kept = with_ancestors(roots, &manifests);
        let n_young =
            places.iter().filter(|place| kept.contains(&place.key) && !used.contains(&place.key)).count();
        let plan = plan(policy, places, &manifests, |place| kept.contains(&place.key));
        Ok(GcPlan { forgotten, n_young: n_young as u64, n_runs, ..plan })
    }

    /// Finds out what goes if everything that these studies' runs used does, but for what other studies' runs used too;
    /// everything at all if `None`. No run is forgotten.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn clear_plan(&self, studies: Option<&[String]>) -> Result<GcPlan, StoreError> {
        let policy = GcPolicy { runs_kept: usize::MAX, grace: Duration::ZERO };
        let places = places(self)?;
        let manifests = self.manifests(&places)?;
        let Some(studies) = studies else { return Ok(plan(policy, places, &manifests, |_| false)) };
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for study in self.studies()? {
            let keys = if studies.contains(&study) { &mut own } else { &mut others };
            keys.extend(self.keys_of_runs(&study, usize::MAX)?);
        }
        let (own, others) = (with_ancestors(own, &manifests), with_ancestors(others, &manifests));
        let is_kept = |place: &Place| !own.contains(&place.key) || others.contains(&place.key);
        Ok(plan(policy, places, &manifests, is_kept))
    }

    /// The manifests of the artifacts that are sound.
    pub(super) fn manifests(&self, places: &[Place]) -> Result<HashMap<Key, Manifest>, StoreError> {
        let mut manifests = HashMap::new();
        for place in places {
            if let Look::Sound(manifest) = self.inspect(&place.stage, &place.key)? {
                manifests.insert(place.key, *manifest);
            }
        }
        Ok(manifests)
    }

    /// Removes what a plan names, but for what came into use since, and gives how many went. Sweeps locks that
    /// killed processes left, too.
    ///
    /// # Errors
    ///
    /// If the file system refuses.
    pub fn gc_remove(&self, plan: &GcPlan) -> Result<usize, StoreError> {
        for (study, number) in &plan.forgotten {
            self.forget_run(study, *number)?;
        }
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

    /// The newest runs of each study, and those that are older.
    fn runs(&self, count: usize) -> Result<Runs, StoreError> {
        let mut runs = Runs::default();
        for study in self.studies()? {
            runs.keys.extend(self.keys_of_runs(&study, count)?);
            let numbers = self.run_numbers(&study)?;
            let (older, newest) = numbers.split_at(numbers.len().saturating_sub(count));
            runs.kept += newest.len();
            runs.forgotten.extend(older.iter().map(|&number| (study.clone(), number)));
        }
        Ok(runs)
    }

    /// The artifacts that the newest runs of a study used.
    pub(super) fn keys_of_runs(&self, study: &str, count: usize) -> Result<Vec<Key>, StoreError> {
        let records = self.last_runs(study, count)?.into_iter();
        Ok(records.flat_map(|record| record.entries.into_iter().map(|entry| entry.key)).collect())
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

/// What goes of these artifacts, and how many bytes that frees.
fn plan(
    policy: GcPolicy,
    places: Vec<Place>,
    manifests: &HashMap<Key, Manifest>,
    is_kept: impl Fn(&Place) -> bool,
) -> GcPlan {
    let mut plan = GcPlan {
        policy,
        doomed: Vec::new(),
        forgotten: Vec::new(),
        n_kept: 0,
        n_young: 0,
        n_runs: 0,
        bytes: 0,
    };
    let mut files = HashMap::<(u64, u64), (u64, fs::Metadata)>::new();
    for place in places {
        if is_kept(&place) {
            plan.n_kept += 1;
            continue;
        }
        let Place { stage, key, folder } = place;
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
    plan
}

/// What the runs of all studies come to.
#[derive(Default)]
struct Runs {
    /// The artifacts that those used which are kept.
    keys: Vec<Key>,
    /// How many are kept.
    kept: usize,
    /// Those that are older: the study and the number.
    forgotten: Vec<(String, u64)>,
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
pub(super) fn with_ancestors(mut open: Vec<Key>, manifests: &HashMap<Key, Manifest>) -> HashSet<Key> {
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
