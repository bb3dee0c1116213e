//! How much of a stage's missing work is done.

use std::sync::atomic::{AtomicU64, Ordering};

/// The effort of the missing shards, and how much of it is done.
#[derive(Debug, Default)]
pub(super) struct Work {
    total: AtomicU64,
    done: AtomicU64,
}

/// The effort of one shard, and how much of it was counted as done.
#[derive(Debug)]
pub(super) struct Effort {
    whole: u64,
    counted: AtomicU64,
}

impl Effort {
    /// The effort of a shard whose stage says so much; shards of stages without an opinion are all alike.
    pub(super) fn new(effort: usize) -> Self {
        Self { whole: (effort as u64).max(1), counted: AtomicU64::new(0) }
    }
}

impl Work {
    /// Count a missing shard.
    pub(super) fn add(&self, effort: &Effort) {
        self.total.fetch_add(effort.whole, Ordering::Relaxed);
    }

    /// Count a share of a shard as done: 1 for all of it. What was counted before stays. It gives the share of all that
    /// is done.
    pub(super) fn count(&self, effort: &Effort, share: f64) -> f64 {
        let now = (share.clamp(0.0, 1.0) * effort.whole as f64) as u64;
        let before = effort.counted.fetch_max(now, Ordering::Relaxed);
        let more = now.saturating_sub(before);
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        done as f64 / self.total.load(Ordering::Relaxed).max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_count_by_their_effort() {
        let work = Work::default();
        let (small, large) = (Effort::new(100), Effort::new(300));
        work.add(&small);
        work.add(&large);
        assert_eq!(work.count(&large, 0.5), 0.375);
        assert_eq!(work.count(&large, 0.25), 0.375, "nothing is undone");
        assert_eq!(work.count(&small, 1.0), 0.625);
        assert_eq!(work.count(&large, 1.0), 1.0);
    }

    #[test]
    fn shards_without_an_opinion_are_alike() {
        let work = Work::default();
        let shards = [Effort::new(0), Effort::new(0)];
        for shard in &shards {
            work.add(shard);
        }
        assert_eq!(work.count(&shards[1], 1.0), 0.5);
    }
}
