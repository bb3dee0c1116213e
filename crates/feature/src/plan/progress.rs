//! The progress of a computation, for listeners.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A listener that hears how far a computation is; several threads call it.
pub trait Progress: Sync {
    /// `done` of `total` rows have been walked over, counted once for each pass.
    fn advance(&self, done: u64, total: u64);

    /// The time since some beginning, by which [`Costs`](super::Costs) are measured; nothing is measured without it.
    fn clock(&self) -> Duration {
        Duration::ZERO
    }
}

/// A listener that hears nothing.
impl Progress for () {
    fn advance(&self, _: u64, _: u64) {}
}

/// Counts rows over all threads and passes.
pub(super) struct Walk<'a> {
    progress: &'a dyn Progress,
    done: AtomicU64,
    total: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(progress: &'a dyn Progress, total: u64) -> Self {
        Self { progress, done: AtomicU64::new(0), total }
    }

    pub(super) fn advance(&self, rows: usize) {
        let done = self.done.fetch_add(rows as u64, Ordering::Relaxed) + rows as u64;
        self.progress.advance(done, self.total);
    }
}
