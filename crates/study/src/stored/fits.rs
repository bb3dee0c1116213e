//! Fits in the store: what one run fitted, the next one finds.

use backstaff_regime::{FitKey, KeptFits};
use backstaff_stage::{Key, KeyHasher, Store, StoreError};

/// The stage under which fits of regimes are kept; its name is part of every key.
const STAGE: &str = "regime_fit";
/// The version of the artifact; the bytes of a fit carry the version of their own format besides.
const VERSION: u32 = 1;
const PART: &str = "fit";

/// Fits as artifacts of a store, one each: with digests, and known to `backstaff cache`.
///
/// A fit costs about a millisecond, so what can't be read or written is no error: it is fitted again, and the cache
/// counts it.
#[derive(Debug, Clone)]
pub(crate) struct StoredFits(Store);

impl StoredFits {
    /// Keep fits in this store.
    pub(crate) fn new(store: &Store) -> Self {
        Self(store.clone())
    }

    fn read(&self, key: Key) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(manifest) = self.0.find(STAGE, &key)? else { return Ok(None) };
        Ok(Some(self.0.open_part(&manifest, PART)?.to_vec()))
    }

    fn write(&self, key: Key, fields: &KeyHasher, bytes: &[u8]) -> Result<(), StoreError> {
        let mut draft = self.0.draft(STAGE, VERSION, key)?;
        draft.key_fields(fields.fields()).write_part(PART, |file| file.write_all(bytes))?;
        draft.publish().map(|_| ())
    }
}

impl KeptFits for StoredFits {
    fn get(&self, key: &FitKey) -> Option<Vec<u8>> {
        self.read(named(key).finish()).ok().flatten()
    }

    fn put(&self, key: &FitKey, bytes: &[u8]) -> bool {
        let named = named(key);
        self.write(named.finish(), &named, bytes).is_ok()
    }
}

/// The key under which the store keeps a fit.
fn named(key: &FitKey) -> KeyHasher {
    let mut hasher = KeyHasher::new();
    hasher.str("stage", STAGE).u64("version", u64::from(VERSION)).str("request", &key.to_string());
    hasher
}

#[cfg(test)]
mod tests {
    use backstaff_panel::{Instrument, Session};
    use backstaff_regime::{FitOptions, FitRequest, Missing, ModelCache, Observations, Start};

    use super::*;

    #[test]
    fn a_second_process_finds_what_was_fitted_and_damage_is_fitted_anew() {
        let folder = tempfile::tempdir().unwrap();
        let values = (0..80).map(|t| f64::from(t * t % 17) - 8.0).collect::<Vec<_>>();
        let sessions = (0..80).map(Session::from_number).collect::<Vec<_>>();
        let observations = Observations::univariate(&values, Missing::Refuse).unwrap();
        let (instrument, options) =
            (Instrument::new("SPY"), FitOptions::new(2).with_starts(vec![Start::VolatilityBins]));
        let request = FitRequest {
            instrument: &instrument,
            sessions: &sessions,
            observations: &observations,
            options: &options,
        };
        let cache = || {
            let store = Store::open(folder.path().join("store")).unwrap();
            ModelCache::new(1 << 20).over(StoredFits::new(&store))
        };
        let first = cache().fit(request).unwrap();
        let again = cache();
        assert_eq!(again.fit(request).unwrap(), first);
        assert_eq!((again.statistics().kept_hits, again.statistics().misses), (1, 0));

        let store = Store::open(folder.path().join("store")).unwrap();
        let key = named(&backstaff_regime::FitKey::of(request)).finish();
        let manifest = store.find(STAGE, &key).unwrap().unwrap();
        let path = store.part_path(&manifest, manifest.part(PART).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[70] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let damaged = cache();
        assert_eq!(damaged.fit(request).unwrap(), first);
        assert_eq!((damaged.statistics().kept_hits, damaged.statistics().misses), (0, 1));
    }
}
