//! The promises of a cache.

use std::collections::BTreeMap;

use backstaff_panel::{Instrument, Session};

use super::*;
use crate::{
    CovarianceForm, Covariances, FitOptions, Missing, Observations, Start,
    fit::{Preference, Search},
    testing::{guess, market, seen},
};

struct Asked {
    instrument: Instrument,
    sessions: Vec<Session>,
    observations: Observations,
    options: FitOptions,
}

impl Asked {
    fn new() -> Self {
        let options = FitOptions { max_iterations: 5, ..FitOptions::new(2).with_starts(Start::first(2)) };
        Self {
            instrument: Instrument::new("SPY"),
            sessions: (0..60).map(Session::from_number).collect(),
            observations: seen(&market(60)),
            options,
        }
    }

    fn request(&self) -> FitRequest<'_> {
        let Self { instrument, sessions, observations, options } = self;
        FitRequest { instrument, sessions, observations, options }
    }
}

#[test]
fn every_part_of_a_request_changes_its_key() {
    let mut keys = vec![FitKey::of(Asked::new().request())];
    assert_eq!(keys[0], FitKey::of(Asked::new().request()));
    let mut with = |change: &dyn Fn(&mut Asked)| {
        let mut asked = Asked::new();
        change(&mut asked);
        keys.push(FitKey::of(asked.request()));
    };
    with(&|asked| asked.instrument = Instrument::new("QQQ"));
    with(&|asked| asked.sessions[30] = Session::from_number(31));
    let changed = |at: usize, value: f64| {
        let mut values = market(60);
        values[at] = value;
        Observations::univariate(&values, Missing::Skip).unwrap()
    };
    with(&|asked| asked.observations = changed(30, market(60)[30].next_up()));
    with(&|asked| asked.observations = changed(30, f64::NAN));
    with(&|asked| asked.observations = changed(30, 0.0));
    with(&|asked| asked.options.n_states = 3);
    with(&|asked| asked.options.covariance = CovarianceForm::Full);
    with(&|asked| asked.options.starts = Start::first(3));
    with(&|asked| asked.options.starts[1] = Start::Random(1));
    with(&|asked| asked.options.starts[1] = Start::Random(2));
    let given =
        |variance: f64| Start::Given(Box::new(guess(Covariances::Diagonal(vec![variance, 1.0, 1.0]))));
    with(&|asked| asked.options.starts[1] = given(1.0));
    with(&|asked| asked.options.starts[1] = given(2.0));
    with(&|asked| asked.options.max_iterations = 6);
    with(&|asked| asked.options.tolerance = 1e-7);
    with(&|asked| asked.options.variance_floor = 1e-4);
    with(&|asked| asked.options.search = Search::Screened { iterations: 2, keep: 1 });
    with(&|asked| asked.options.search = Search::Screened { iterations: 2, keep: 2 });
    with(&|asked| asked.options.preference = Preference::Likeliest);
    with(&|asked| asked.options.seed = 1);
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), count);
}

#[test]
fn the_least_recently_used_is_forgotten_first() {
    let asked = Asked::new();
    let one = size(&fit(&asked.observations, &asked.options).unwrap());
    let cache = ModelCache::new(2 * one + one / 2);
    let of = |name: &str| Asked { instrument: Instrument::new(name), ..Asked::new() };
    for name in ["A", "B", "A", "C", "A", "B"] {
        cache.fit(of(name).request()).unwrap();
    }
    let found = cache.statistics();
    assert_eq!((found.hits, found.misses, found.evictions, found.entries), (2, 4, 2, 2));
    assert_eq!(found.bytes, 2 * one);
    cache.clear();
    assert_eq!(cache.statistics(), CacheStatistics::default());
}

#[test]
fn a_size_of_zero_is_off() {
    let (asked, cache) = (Asked::new(), ModelCache::off());
    assert_eq!(cache.fit(asked.request()).unwrap(), cache.fit(asked.request()).unwrap());
    let statistics = CacheStatistics { misses: 2, ..CacheStatistics::default() };
    assert_eq!(cache.statistics(), statistics);
}

/// Bytes in memory that a test can reach; `full` keeps nothing more.
#[derive(Clone, Default)]
struct Shelf {
    kept: Arc<Mutex<BTreeMap<FitKey, Vec<u8>>>>,
    full: bool,
}

impl KeptFits for Shelf {
    fn get(&self, key: &FitKey) -> Option<Vec<u8>> {
        self.kept.lock().unwrap().get(key).cloned()
    }

    fn put(&self, key: &FitKey, bytes: &[u8]) -> bool {
        if !self.full {
            self.kept.lock().unwrap().insert(*key, bytes.to_vec());
        }
        !self.full
    }
}

#[test]
fn what_is_kept_outlives_a_cache() {
    let (asked, shelf) = (Asked::new(), Shelf::default());
    let first = ModelCache::new(1 << 20).over(shelf.clone()).fit(asked.request()).unwrap();
    let cache = ModelCache::new(1 << 20).over(shelf);
    for _ in 0..3 {
        assert_eq!(cache.fit(asked.request()).unwrap(), first);
    }
    let found = cache.statistics();
    assert_eq!((found.kept_hits, found.hits, found.misses, found.damaged), (1, 2, 0, 0));
    assert_eq!(found.hit_rate(), 1.0);
}

#[test]
fn what_is_damaged_or_foreign_is_fitted_anew() {
    let (asked, shelf) = (Asked::new(), Shelf::default());
    let first = ModelCache::new(1 << 20).over(shelf.clone()).fit(asked.request()).unwrap();
    let key = FitKey::of(asked.request());
    let other = Asked { instrument: Instrument::new("QQQ"), ..Asked::new() };
    ModelCache::new(1 << 20).over(shelf.clone()).fit(other.request()).unwrap();
    let foreign = shelf.get(&FitKey::of(other.request())).unwrap();
    let mut damaged = shelf.get(&key).unwrap();
    damaged[60] ^= 4;
    for bytes in [foreign, damaged, Vec::new()] {
        shelf.put(&key, &bytes);
        let cache = ModelCache::new(1 << 20).over(shelf.clone());
        assert_eq!(cache.fit(asked.request()).unwrap(), first);
        let found = cache.statistics();
        assert_eq!((found.damaged, found.misses, found.kept_hits), (1, 1, 0));
        assert_eq!(
            ModelCache::new(1 << 20).over(shelf.clone()).fit(asked.request()).unwrap(),
            first,
            "mended"
        );
    }
}

#[test]
fn what_cannot_be_kept_is_counted_and_a_size_of_zero_keeps_nothing() {
    let (asked, full) = (Asked::new(), Shelf { full: true, ..Shelf::default() });
    let cache = ModelCache::new(1 << 20).over(full);
    cache.fit(asked.request()).unwrap();
    assert_eq!(cache.statistics().not_kept, 1);
    let shelf = Shelf::default();
    ModelCache::new(0).over(shelf.clone()).fit(asked.request()).unwrap();
    assert!(shelf.kept.lock().unwrap().is_empty());
}

#[test]
fn fits_are_timed_and_hits_are_not() {
    let profiler = Arc::new(Profiler::with_clock(Default::default));
    let cache = ModelCache::new(1 << 20).timed_by(Arc::clone(&profiler));
    for _ in 0..3 {
        cache.fit(Asked::new().request()).unwrap();
    }
    let profile = profiler.profile();
    assert_eq!((profile.operations[0].name, profile.operations[0].calls), (TRAINING, 1));
}

#[test]
fn failures_are_told_and_not_kept() {
    let cache = ModelCache::new(1 << 20);
    let asked = Asked { observations: seen(&[1.0; 60]), ..Asked::new() };
    for _ in 0..2 {
        assert!(matches!(cache.fit(asked.request()), Err(RegimeError::Constant { .. })));
    }
    assert_eq!((cache.statistics().misses, cache.statistics().entries), (2, 0));
}

#[test]
fn a_key_of_ones_own_is_taken_at_its_word() {
    let cache = ModelCache::keyed_by(1 << 20, |asked| FitKey::of_bytes(asked.instrument.name().as_bytes()));
    let (spy, mut other) = (Asked::new(), Asked::new());
    other.options.seed = 9;
    let first = cache.fit(spy.request()).unwrap();
    assert!(Arc::ptr_eq(&first, &cache.fit(other.request()).unwrap()));
}

#[test]
fn threads_share_it_and_all_requests_are_counted() {
    let cache = ModelCache::new(1 << 20);
    let names = ["A", "B", "C"].map(|name| Asked { instrument: Instrument::new(name), ..Asked::new() });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for asked in names.iter().cycle().take(30) {
                    cache.fit(asked.request()).unwrap();
                }
            });
        }
    });
    let found = cache.statistics();
    assert_eq!((found.hits + found.misses, found.entries), (120, 3));
    assert!(found.misses >= 3);
}

#[test]
fn a_useless_cache_is_told_of() {
    let cache = ModelCache::new(1 << 20);
    assert!(cache.warnings(Schedule::Monthly, Schedule::Monthly).is_empty());
    for number in 0..100 {
        let mut asked = Asked::new();
        asked.options.seed = number;
        cache.fit(asked.request()).unwrap();
    }
    let warnings = cache.warnings(Schedule::Daily, Schedule::Monthly);
    assert_eq!(warnings.len(), 2);
    assert!(warnings[0].to_string().starts_with("only 0.0 % of 100 requests"));
    assert!(warnings[1].to_string().starts_with("models are fitted daily but the cache is made for monthly"));
}
