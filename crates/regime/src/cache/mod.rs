//! Models found by content.
//!
//! A fit costs about a millisecond and is worth keeping where the same window is asked for again: by several strategies,
//! by a sweep over what comes after the fit, by a second run. A rolling window that is asked for once is never found;
//! what saves work there is the schedule.

mod bytes;
mod key;
mod recency;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;

pub use key::{FitKey, FitRequest};
use recency::Recency;

use crate::{Fit, Profiler, RegimeError, Schedule, fit, profile::TRAINING};

/// A place where fits are kept beyond the life of a process: a second level below the memory of a [`ModelCache`].
///
/// Bytes that come back damaged, or under another key, are noticed by the cache and count as absent; a keeper need not
/// check them.
pub trait KeptFits: Send + Sync {
    /// The bytes that were kept under a key, if there are any and they can be read.
    fn get(&self, key: &FitKey) -> Option<Vec<u8>>;

    /// Keeps bytes under a key; `false` if it could not.
    fn put(&self, key: &FitKey, bytes: &[u8]) -> bool;
}

/// A memory of fits up to a size, the least recently used of which are forgotten first.
///
/// Shared between threads; what it holds never changes. A size of 0 remembers nothing. Failures are not remembered.
///
/// ```
/// # use backstaff_panel::{Instrument, Session};
/// # use backstaff_regime::{FitOptions, FitRequest, Missing, ModelCache, Observations};
/// # let values = (0..60).map(|t| f64::from(t * t % 17) - 8.0).collect::<Vec<_>>();
/// # let sessions = (0..60).map(Session::from_number).collect::<Vec<_>>();
/// # let (instrument, options) = (Instrument::new("SPY"), FitOptions::new(2));
/// # let observations = Observations::univariate(&values, Missing::Refuse)?;
/// let cache = ModelCache::new(1 << 20);
/// let request = FitRequest {
///     instrument: &instrument, sessions: &sessions, observations: &observations, options: &options,
/// };
/// let first = cache.fit(request)?;
/// assert_eq!(cache.fit(request)?, first);
/// assert_eq!((cache.statistics().hits, cache.statistics().misses), (1, 1));
/// # Ok::<(), backstaff_regime::RegimeError>(())
/// ```
pub struct ModelCache {
    capacity: usize,
    key: Box<dyn Fn(FitRequest<'_>) -> FitKey + Send + Sync>,
    kept: Option<Box<dyn KeptFits>>,
    profiler: Arc<Profiler>,
    inner: Mutex<Inner>,
}

impl fmt::Debug for ModelCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity, key: _, kept, profiler, inner: _ } = self;
        f.debug_struct("ModelCache")
            .field("capacity", capacity)
            .field("is_kept", &kept.is_some())
            .field("profiler", profiler)
            .field("statistics", &self.statistics())
            .finish()
    }
}

#[derive(Debug, Default)]
struct Inner {
    entries: Recency,
    statistics: CacheStatistics,
}

/// The work of a cache so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CacheStatistics {
    /// Requests that were answered from memory.
    pub hits: u64,
    /// Requests that were answered from where fits are kept.
    pub kept_hits: u64,
    /// Requests that had to be fitted.
    pub misses: u64,
    /// Kept fits that were damaged or of another form, and were fitted anew.
    pub damaged: u64,
    /// Fits that could not be kept.
    pub not_kept: u64,
    /// Entries that were forgotten to make room.
    pub evictions: u64,
    /// Entries that it holds.
    pub entries: usize,
    /// The memory that they take.
    pub bytes: usize,
}

impl CacheStatistics {
    /// How many fits were asked for.
    pub fn requests(&self) -> u64 {
        self.hits + self.kept_hits + self.misses
    }

    /// The share of requests that were found, in memory or where fits are kept; 0 if there was none.
    pub fn hit_rate(&self) -> f64 {
        let found = self.hits + self.kept_hits;
        if self.requests() == 0 { 0.0 } else { found as f64 / self.requests() as f64 }
    }
}

/// Why a cache is of little use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CacheWarning {
    /// Hardly a request is found.
    LowHitRate {
        /// The share of requests that were found.
        hit_rate: f64,
        /// How many requests there were.
        requests: u64,
    },
    /// Models are asked for more often than the cache was made for, so that most windows are new.
    FinerSchedule {
        /// When models are fitted.
        schedule: Schedule,
        /// The schedule that the cache was made for.
        expected: Schedule,
    },
}

impl fmt::Display for CacheWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LowHitRate { hit_rate, requests } => write!(
                f,
                "only {:.1} % of {requests} requests were found in the cache; a window that is asked for once can't be, \
                 so a coarser schedule helps where a cache does not",
                100.0 * hit_rate
            ),
            Self::FinerSchedule { schedule, expected } => write!(
                f,
                "models are fitted {schedule} but the cache is made for {expected} fits; most of them will not be found"
            ),
        }
    }
}

impl ModelCache {
    /// Fewer requests than this say nothing of a hit rate.
    const FEW_REQUESTS: u64 = 100;
    /// Below this a cache is of little use.
    const LOW_HIT_RATE: f64 = 0.1;

    /// An empty cache of at most this many bytes.
    pub fn new(capacity_bytes: usize) -> Self {
        Self::keyed_by(capacity_bytes, FitKey::of)
    }

    /// A cache whose user says what requests are the same, and answers for it: a fit that was kept under the same key
    /// is returned whatever the request holds.
    pub fn keyed_by(
        capacity_bytes: usize,
        key: impl Fn(FitRequest<'_>) -> FitKey + Send + Sync + 'static,
    ) -> Self {
        let (kept, profiler) = (None, Arc::new(Profiler::off()));
        Self { capacity: capacity_bytes, key: Box::new(key), kept, profiler, inner: Mutex::default() }
    }

    /// The cache over a second level: fits that are not in memory are looked for there, and new ones are put there. A
    /// cache of size 0 is off on both.
    pub fn over(self, kept: impl KeptFits + 'static) -> Self {
        Self { kept: Some(Box::new(kept)), ..self }
    }

    /// The cache with its fits timed as [`TRAINING`], and the bars of whoever walks with it as
    /// [`REGIME_UPDATE`](crate::profile::REGIME_UPDATE).
    pub fn timed_by(self, profiler: Arc<Profiler>) -> Self {
        Self { profiler, ..self }
    }

    /// A cache that remembers nothing.
    pub fn off() -> Self {
        Self::new(0)
    }

    /// The fit of a request, from memory if its whole content was fitted before.
    ///
    /// # Errors
    ///
    /// Those of [`fit()`], every time anew.
    pub fn fit(&self, request: FitRequest<'_>) -> Result<Arc<Fit>, RegimeError> {
        if self.capacity == 0 {
            return self.compute(request);
        }
        let key = (self.key)(request);
        {
            let mut inner = self.lock();
            if let Some(found) = inner.entries.get(&key) {
                inner.statistics.hits += 1;
                return Ok(found);
            }
        }
        // Not under the lock: others go on meanwhile. Two that miss the same key both fit it, to the same bits.
        if let Some(found) = self.kept(&key) {
            self.remember(key, &found);
            return Ok(found);
        }
        let fitted = self.compute(request)?;
        self.remember(key, &fitted);
        if let Some(kept) = &self.kept
            && !kept.put(&key, &bytes::to_bytes(&key, &fitted))
        {
            self.lock().statistics.not_kept += 1;
        }
        Ok(fitted)
    }

    /// The profiler that times the fits.
    pub(crate) fn profiler(&self) -> &Profiler {
        &self.profiler
    }

    /// The work that the cache has done so far.
    pub fn statistics(&self) -> CacheStatistics {
        let inner = self.lock();
        CacheStatistics { entries: inner.entries.len(), bytes: inner.entries.bytes(), ..inner.statistics }
    }

    /// Forgets everything, the counts too.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }

    /// Warnings for the user: of a low hit rate, and of a schedule finer than the one that the cache is made for.
    pub fn warnings(&self, schedule: Schedule, expected: Schedule) -> Vec<CacheWarning> {
        let statistics = self.statistics();
        let requests = statistics.requests();
        let hit_rate = statistics.hit_rate();
        let is_low = requests >= Self::FEW_REQUESTS && hit_rate < Self::LOW_HIT_RATE;
        let low = is_low.then_some(CacheWarning::LowHitRate { hit_rate, requests });
        let finer =
            schedule.is_finer_than(expected).then_some(CacheWarning::FinerSchedule { schedule, expected });
        low.into_iter().chain(finer).collect()
    }

    fn kept(&self, key: &FitKey) -> Option<Arc<Fit>> {
        let found = bytes::from_bytes(key, &self.kept.as_ref()?.get(key)?);
        let mut inner = self.lock();
        match &found {
            Some(_) => inner.statistics.kept_hits += 1,
            None => inner.statistics.damaged += 1,
        }
        found.map(Arc::new)
    }

    fn remember(&self, key: FitKey, fit: &Arc<Fit>) {
        let mut inner = self.lock();
        let evicted = inner.entries.insert(key, Arc::clone(fit), size(fit), self.capacity);
        inner.statistics.evictions += evicted;
    }

    fn compute(&self, request: FitRequest<'_>) -> Result<Arc<Fit>, RegimeError> {
        self.lock().statistics.misses += 1;
        let _span = self.profiler.span(TRAINING);
        fit(request.observations, request.options).map(Arc::new)
    }

    /// A panic elsewhere leaves the entries whole: they are only ever added or removed.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The memory that a fit takes.
fn size(fit: &Fit) -> usize {
    let model = &fit.model;
    let numbers = model.start.len() + model.transition.len() + model.means.len();
    let numbers = numbers + model.covariances.values().len() + fit.history.len();
    size_of::<Fit>()
        + size_of::<(FitKey, u64)>() * 2
        + numbers * size_of::<f64>()
        + size_of_val(&fit.states[..])
        + size_of_val(&fit.starts[..])
}

#[cfg(test)]
mod tests;
