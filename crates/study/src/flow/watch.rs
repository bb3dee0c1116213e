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
}

impl<'a> Watch<'a> {
    /// Watch a run for this observer.
    pub(crate) fn new(observer: &'a dyn Observer) -> Self {
        let zero = || AtomicUsize::new(0);
        Self { observer, trace: Trace::default(), rows: zero(), done: zero() }
    }

    fn advanced(&self, stage: &str, share: f64) {
        let rows = (self.rows.load(Ordering::Relaxed) as f64 * share) as usize;
        let done = self.done.load(Ordering::Relaxed);
        self.observer.observe(&Event::Advanced { stage, done, rows, share });
    }
}

impl runner::Observer for Watch<'_> {
    fn event(&self, event: &runner::Event<'_>) {
        match event {
            runner::Event::Started { stage, n_missing, .. } => {
                self.done.store(0, Ordering::Relaxed);
                self.observer.observe(&Event::Started { stage, steps: *n_missing });
            }
            runner::Event::Shard { stage, shard, seconds, share, .. } => {
                self.trace.ended(format!("{stage} {shard}"), *seconds);
                self.done.fetch_add(1, Ordering::Relaxed);
                self.advanced(stage, *share);
            }
            runner::Event::Advanced { stage, share } => self.advanced(stage, *share),
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
