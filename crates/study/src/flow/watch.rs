//! From the runner's events to the events of a study.

use std::sync::atomic::{AtomicUsize, Ordering};

use backstaff_stage::runner;

use super::progress::{Event, Observer, Trace};

/// Passes the runner's events on to the observer of a study, with the rows of the stage.
pub(crate) struct Watch<'a> {
    pub(super) observer: &'a dyn Observer,
    pub(super) trace: Trace,
    pub(super) rows: AtomicUsize,
    done: AtomicUsize,
    missing: AtomicUsize,
}

impl<'a> Watch<'a> {
    /// Watch a run for this observer.
    pub(crate) fn new(observer: &'a dyn Observer) -> Self {
        let zero = || AtomicUsize::new(0);
        Self { observer, trace: Trace::default(), rows: zero(), done: zero(), missing: zero() }
    }
}

impl runner::Observer for Watch<'_> {
    fn event(&self, event: &runner::Event<'_>) {
        match event {
            runner::Event::Started { stage, n_missing, .. } => {
                self.done.store(0, Ordering::Relaxed);
                self.missing.store(*n_missing, Ordering::Relaxed);
                self.observer.observe(&Event::Started { stage, steps: *n_missing });
            }
            runner::Event::Shard { stage, shard, seconds, .. } => {
                self.trace.ended(format!("{stage} {shard}"), *seconds);
                let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
                let missing = self.missing.load(Ordering::Relaxed).max(1);
                let rows = self.rows.load(Ordering::Relaxed) * done.min(missing) / missing;
                self.observer.observe(&Event::Advanced { stage, done, rows });
            }
            runner::Event::Waiting { stage, shard } => {
                let text = format!("{stage}: waiting for another run that is computing {shard}");
                self.observer.observe(&Event::Warning(&text));
            }
            _ => {}
        }
    }

    fn is_cancelled(&self) -> bool {
        self.observer.is_cancelled()
    }
}
