//! Models found by content.
//!
//! A fit costs about a millisecond and is worth keeping where the same window is asked for again: by several strategies,
//! by a sweep over what comes after the fit, by a second run. A rolling window that is asked for once is never found;
//! what saves work there is the schedule.

mod key;
mod recency;

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use key::{FitRequest, Key};
use recency::Recency;

use crate::{Fit, RegimeError, Schedule, fit};

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
    key: Box<dyn Fn(FitRequest<'_>) -> Key + Send + Sync>,
    inner: Mutex<Inner>,
}

impl fmt::Debug for ModelCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { capacity, key: _, inner: _ } = self;
        f.debug_struct("ModelCache")
            .field("capacity", capacity)
            .field("statistics", &self.statistics())
            .finish()
    }
}

#[derive(Debug, Default)]
struct Inner {
    entries: Recency,
    statistics: CacheStatistics,
}

/// What a cache has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheStatistics {
    /// Requests that were answered from memory.
    pub hits: u64,
    /// Requests that had to be fitted.
    pub misses: u64,
    /// Entries that were forgotten to make room.
    pub evictions: u64,
    /// Entries that it holds.
    pub entries: usize,
    /// The memory that they take.
    pub bytes: usize,
}

impl CacheStatistics {
    /// The share of requests that were answered from memory; 0 if there was none.
    pub fn hit_rate(&self) -> f64 {
        let requests = self.hits + self.misses;
        if requests == 0 { 0.0 } else { self.hits as f64 / requests as f64 }
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
        /// What the cache was made for.
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

    /// An empty cache of at most so many bytes.
    pub fn new(capacity_bytes: usize) -> Self {
        Self::keyed_by(capacity_bytes, Key::of)
    }

    /// A cache whose user says what requests are the same, and answers for it: a fit that was kept under the same key
    /// is returned whatever the request holds.
    pub fn keyed_by(
        capacity_bytes: usize,
        key: impl Fn(FitRequest<'_>) -> Key + Send + Sync + 'static,
    ) -> Self {
        Self { capacity: capacity_bytes, key: Box::new(key), inner: Mutex::default() }
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
        let fitted = self.compute(request)?;
        let mut inner = self.lock();
        let evicted = inner.entries.insert(key, Arc::clone(&fitted), size(&fitted), self.capacity);
        inner.statistics.evictions += evicted;
        Ok(fitted)
    }

    /// What it has done so far.
    pub fn statistics(&self) -> CacheStatistics {
        let inner = self.lock();
        CacheStatistics { entries: inner.entries.len(), bytes: inner.entries.bytes(), ..inner.statistics }
    }

    /// Forgets everything, the counts too.
    pub fn clear(&self) {
        *self.lock() = Inner::default();
    }

    /// What its user should know: a low hit rate, a schedule finer than the one that it is made for.
    pub fn warnings(&self, schedule: Schedule, expected: Schedule) -> Vec<CacheWarning> {
        let statistics = self.statistics();
        let requests = statistics.hits + statistics.misses;
        let hit_rate = statistics.hit_rate();
        let is_low = requests >= Self::FEW_REQUESTS && hit_rate < Self::LOW_HIT_RATE;
        let low = is_low.then_some(CacheWarning::LowHitRate { hit_rate, requests });
        let finer =
            schedule.is_finer_than(expected).then_some(CacheWarning::FinerSchedule { schedule, expected });
        low.into_iter().chain(finer).collect()
    }

    fn compute(&self, request: FitRequest<'_>) -> Result<Arc<Fit>, RegimeError> {
        self.lock().statistics.misses += 1;
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
        + size_of::<(Key, u64)>() * 2
        + numbers * size_of::<f64>()
        + size_of_val(&fit.states[..])
        + size_of_val(&fit.starts[..])
}

#[cfg(test)]
mod tests;
