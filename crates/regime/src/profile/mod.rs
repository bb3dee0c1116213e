//! The times of operations: how often they ran, and what is usual, fast and slow.

mod report;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

pub use report::{Operation, Profile};

/// The operation of one bar of one instrument: a refit where one is due, the filter, the decision.
pub const REGIME_UPDATE: &str = "regime_update";
/// Bringing observations together.
pub const DATA_COLLECTION: &str = "data_collection";
/// The operation of one fit that was not found in a cache.
pub const TRAINING: &str = "training";
/// All requested instruments, in parallel.
pub const BATCH: &str = "batch";

/// A clock, which counts from any beginning.
type Clock = dyn Fn() -> Duration + Send + Sync;

/// Takes the time of operations by name; shared between threads.
///
/// This crate has no clock of its own, so whoever wants times gives one. A profiler that is off asks no clock and takes
/// no lock. Every duration is kept, eight bytes each, so that medians are exact.
///
/// ```
/// use std::{sync::atomic::{AtomicU64, Ordering}, time::Duration};
/// use backstaff_regime::Profiler;
/// let ticks = AtomicU64::new(0);
/// let profiler = Profiler::with_clock(move || Duration::from_micros(ticks.fetch_add(3, Ordering::Relaxed)));
/// for _ in 0..4 {
///     let _span = profiler.span("training"); // ends where it is dropped, also by a panic
/// }
/// let profile = profiler.profile();
/// assert_eq!((profile.operations[0].calls, profile.operations[0].median), (4, 3e-6));
/// assert!(profile.to_string().contains("3.00 µs"));
/// ```
pub struct Profiler {
    clock: Option<Box<Clock>>,
    spans: Mutex<BTreeMap<&'static str, Vec<u64>>>,
}

impl Profiler {
    /// A profiler that takes no time.
    pub const fn off() -> Self {
        Self { clock: None, spans: Mutex::new(BTreeMap::new()) }
    }

    /// A profiler that reads this clock, which never runs backwards.
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Some(Box::new(clock)), ..Self::off() }
    }

    /// Whether it takes times at all.
    pub fn is_on(&self) -> bool {
        self.clock.is_some()
    }

    /// Begins an operation, which ends when the span is dropped.
    #[inline]
    pub fn span(&self, name: &'static str) -> Timer<'_> {
        Timer { profiler: self, name, began: self.clock.as_ref().map(|clock| clock()) }
    }

    /// The times taken so far, the longest in total first.
    pub fn profile(&self) -> Profile {
        Profile::of(&self.spans.lock().unwrap_or_else(PoisonError::into_inner))
    }

    #[cold]
    fn take(&self, name: &'static str, began: Duration, ended: Duration) {
        let nanoseconds = u64::try_from(ended.saturating_sub(began).as_nanos()).unwrap_or(u64::MAX);
        // Adding to a list leaves it whole even if another thread panicked meanwhile.
        self.spans.lock().unwrap_or_else(PoisonError::into_inner).entry(name).or_default().push(nanoseconds);
    }
}

impl Default for Profiler {
    fn default() -> Self {
        Self::off()
    }
}

impl fmt::Debug for Profiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profiler").field("is_on", &self.is_on()).finish_non_exhaustive()
    }
}

/// An operation that goes on.
#[must_use = "a span ends where it is dropped"]
#[derive(Debug)]
pub struct Timer<'a> {
    profiler: &'a Profiler,
    name: &'static str,
    began: Option<Duration>,
}

impl Drop for Timer<'_> {
    #[inline]
    fn drop(&mut self) {
        if let (Some(began), Some(clock)) = (self.began, &self.profiler.clock) {
            self.profiler.take(self.name, began, clock());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    /// A clock that shows the nanoseconds it is set to.
    fn set_by_hand() -> (Arc<AtomicU64>, Profiler) {
        let now = Arc::new(AtomicU64::new(0));
        let clock = Arc::clone(&now);
        (now, Profiler::with_clock(move || Duration::from_nanos(clock.load(Ordering::Relaxed))))
    }

    fn taking(now: &AtomicU64, profiler: &Profiler, name: &'static str, nanoseconds: u64) {
        let _span = profiler.span(name);
        now.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    #[test]
    fn calls_are_counted_and_measured_by_name() {
        let (now, profiler) = set_by_hand();
        for number in (1..=100).rev() {
            taking(&now, &profiler, TRAINING, number * 1_000_000);
        }
        taking(&now, &profiler, BATCH, 7_000_000_000);
        let profile = profiler.profile();
        assert_eq!(profile.operations.iter().map(|found| found.name).collect::<Vec<_>>(), [BATCH, TRAINING]);
        let training = &profile.operations[1];
        assert_eq!((training.calls, training.min, training.max), (100, 1e-3, 0.1));
        assert!((training.total - 5.05).abs() < 1e-12 && (training.mean - 0.0505).abs() < 1e-15);
        assert_eq!((training.median, training.p95), (0.0505, 0.095));
    }

    #[test]
    fn the_text_of_the_guide_has_its_layout() {
        let (now, profiler) = set_by_hand();
        assert_eq!(profiler.profile().guide_text(), "No profiling data collected");
        for milliseconds in [32, 89, 14] {
            taking(&now, &profiler, REGIME_UPDATE, milliseconds * 1_000_000);
        }
        taking(&now, &profiler, DATA_COLLECTION, 1_000_000);
        let rule = "=".repeat(60);
        let expected = format!(
            "Performance Profile:\n{rule}\n\nregime_update:\n  Calls: 3\n  Total: 0.135s\n  Mean:  0.045s\n  \
             Min:   0.014s\n  Max:   0.089s\n\ndata_collection:\n  Calls: 1\n  Total: 0.001s\n  Mean:  0.001s\n  \
             Min:   0.001s\n  Max:   0.001s\n{rule}"
        );
        assert_eq!(profiler.profile().guide_text(), expected);
    }

    #[test]
    fn a_duration_is_written_in_the_unit_that_fits() {
        let (now, profiler) = set_by_hand();
        for nanoseconds in [850, 1_234, 56_789_000, 61_000_000_000] {
            taking(&now, &profiler, TRAINING, nanoseconds);
        }
        let text = profiler.profile().to_string();
        for word in ["850 ns", "61.1 s", "28.4 ms"] {
            assert!(text.contains(word), "{text}");
        }
        assert!(Profiler::off().profile().to_string().contains("nothing was timed"));
    }

    #[test]
    fn one_that_is_off_takes_nothing() {
        let profiler = Profiler::off();
        drop(profiler.span(TRAINING));
        assert!(!profiler.is_on() && profiler.profile().operations.is_empty());
    }

    #[test]
    fn threads_share_it_and_a_panic_ends_its_span() {
        let (now, profiler) = set_by_hand();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..250).for_each(|_| taking(&now, &profiler, REGIME_UPDATE, 1)));
            }
        });
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _span = profiler.span(REGIME_UPDATE);
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        assert_eq!(profiler.profile().operations[0].calls, 1_001);
    }
}
