//! Entries in the order of their last use.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::FitKey;
use crate::Fit;

/// Fits with the count of uses at their last one; a counter, not a clock, so the order is exact.
#[derive(Debug, Default)]
pub(super) struct Recency {
    entries: HashMap<FitKey, Entry>,
    by_use: BTreeMap<u64, FitKey>,
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    fit: Arc<Fit>,
    bytes: usize,
    used: u64,
}

impl Recency {
    /// The fit of a key, which is now the most recently used.
    pub(super) fn get(&mut self, key: &FitKey) -> Option<Arc<Fit>> {
        let entry = self.entries.get_mut(key)?;
        self.by_use.remove(&entry.used);
        self.uses += 1;
        entry.used = self.uses;
        self.by_use.insert(self.uses, *key);
        Some(Arc::clone(&entry.fit))
    }

    /// Adds a fit and forgets the least recently used ones until all fit into `capacity`; returns how many those were.
    /// A key that is there already keeps its fit; a fit larger than everything is not kept at all.
    pub(super) fn insert(&mut self, key: FitKey, fit: Arc<Fit>, bytes: usize, capacity: usize) -> u64 {
        if bytes > capacity || self.get(&key).is_some() {
            return 0;
        }
        let mut evicted = 0;
        while self.bytes + bytes > capacity {
            let Some((_, oldest)) = self.by_use.pop_first() else { break };
            self.bytes -= self.entries.remove(&oldest).map_or(0, |entry| entry.bytes);
            evicted += 1;
        }
        self.uses += 1;
        self.by_use.insert(self.uses, key);
        self.entries.insert(key, Entry { fit, bytes, used: self.uses });
        self.bytes += bytes;
        evicted
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
