//! The progress of a run: events, the table of its stages, and a trace of its times.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use serde::Serialize;

/// Whether the results of a stage were computed or found in the store.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// At least one shard was computed.
    Computed,
    /// Every shard was found in the store.
    Found,
}

/// One line of the table of stages.
#[derive(Clone, Debug, Serialize)]
pub struct StageRecord {
    /// The name of the stage.
    pub name: &'static str,
    /// Whether the stage computed anything.
    pub outcome: Outcome,
    /// The wall time of the stage in seconds.
    pub seconds: f64,
    /// The number of rows that the stage works on; 0 where rows mean nothing.
    pub rows: usize,
    /// The number of shards that were computed.
    pub computed: usize,
    /// The number of shards that were found in the store.
    pub found: usize,
    /// The digest of the keys of all its shards, in order.
    pub key: String,
    /// The commonest reason why shards were computed, in words; empty if all were found.
    pub why: String,
    /// The largest anonymous memory of the process so far, in bytes; 0 where the system does not say.
    pub peak_bytes: u64,
}

/// An event of a run, for an observer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A stage begins.
    Started {
        /// The name of the stage.
        stage: &'a str,
        /// The number of steps to take: the shards that are not in the store.
        steps: usize,
    },
    /// A stage has come further.
    Advanced {
        /// The name of the stage.
        stage: &'a str,
        /// The number of steps finished so far.
        done: usize,
        /// The number of rows done so far, in proportion to the work.
        rows: usize,
        /// The share of the work that is done, by its effort: a step may be larger than another, and a part of one counts.
        share: f64,
    },
    /// A stage has ended; this is its line of the table.
    Finished(&'a StageRecord),
    /// A message that the user should read.
    Warning(&'a str),
}

impl<'a> Event<'a> {
    /// A stage whose steps are all alike has finished so many of them, and so many rows.
    pub fn stepped(stage: &'a str, done: usize, steps: usize, rows: usize) -> Self {
        Self::Advanced { stage, done, rows, share: done as f64 / steps.max(1) as f64 }
    }
}

/// An observer of a run: a terminal, a log, a caller of the library.
pub trait Observer: Sync {
    /// Take note of an event; called from any thread.
    fn observe(&self, event: &Event<'_>);

    /// Whether the user asked the run to stop.
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// The observer that ignores every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn observe(&self, _: &Event<'_>) {}
}

/// A span of time in a trace.
#[derive(Clone, Debug)]
pub struct Span {
    /// The name of the stage, shard or part.
    pub name: String,
    /// The time from the start of the run to the beginning of the span.
    pub start: Duration,
    /// The length of the span.
    pub duration: Duration,
    /// The number of the thread: 0 outside the pool, otherwise its index in the pool and 1.
    pub thread: u64,
}

/// The clock of one run, and the spans that it measured.
#[derive(Debug)]
pub struct Trace {
    origin: Instant,
    spans: Mutex<Vec<Span>>,
}

impl Default for Trace {
    fn default() -> Self {
        Self { origin: Instant::now(), spans: Mutex::new(Vec::new()) }
    }
}

impl Trace {
    /// Do some work, and note its span under a name.
    pub fn span<T>(&self, name: impl Into<String>, work: impl FnOnce() -> T) -> T {
        let start = self.origin.elapsed();
        let result = work();
        self.push(name.into(), start, self.origin.elapsed().saturating_sub(start));
        result
    }

    /// Note a span that ended just now and lasted this many seconds.
    pub fn ended(&self, name: impl Into<String>, seconds: f64) {
        let duration = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        self.push(name.into(), self.origin.elapsed().saturating_sub(duration), duration);
    }

    /// Note spans that followed each other and ended just now, each with its seconds.
    pub fn laps(&self, laps: &[(&'static str, f64)]) {
        let mut end = self.origin.elapsed();
        for &(name, seconds) in laps.iter().rev() {
            let duration = Duration::try_from_secs_f64(seconds).unwrap_or_default();
            let start = end.saturating_sub(duration);
            self.push(name.to_owned(), start, duration);
            end = start;
        }
    }

    /// The spans so far, in the order of their beginnings: the name and the seconds of each.
    pub fn named_seconds(&self) -> Vec<(String, f64)> {
        let mut spans = self.spans.lock().map(|spans| spans.clone()).unwrap_or_default();
        spans.sort_by_key(|span| span.start);
        spans.into_iter().map(|span| (span.name, span.duration.as_secs_f64())).collect()
    }

    fn push(&self, name: String, start: Duration, duration: Duration) {
        let thread = rayon::current_thread_index().map_or(0, |index| index as u64 + 1);
        if let Ok(mut spans) = self.spans.lock() {
            spans.push(Span { name, start, duration, thread });
        }
    }

    /// The seconds since the run began.
    pub fn seconds(&self) -> f64 {
        self.origin.elapsed().as_secs_f64()
    }

    /// The spans as a Chrome trace: the "trace event format", complete events in microseconds.
    pub fn to_chrome(&self) -> serde_json::Value {
        let spans = self.spans.lock().map(|spans| spans.clone()).unwrap_or_default();
        let events = spans.iter().map(|span| {
            serde_json::json!({
                "name": span.name, "cat": "stage", "ph": "X", "pid": 1, "tid": span.thread,
                "ts": span.start.as_secs_f64() * 1e6, "dur": span.duration.as_secs_f64() * 1e6,
            })
        });
        serde_json::json!({ "displayTimeUnit": "ms", "traceEvents": events.collect::<Vec<_>>() })
    }
}

/// The largest anonymous memory the process has had, in bytes: `VmHWM` less the file pages mapped now.
///
/// Mapped files are left out because the system takes their pages back at will. Pages that were mapped at the peak and are
/// no more, such as those of an SQLite file, can't be told from others, so that this is an upper bound. 0 where `/proc`
/// doesn't tell.
pub fn peak_anonymous_bytes() -> u64 {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else { return 0 };
    let kilobytes = |field: &str| {
        let line = status.lines().find(|line| line.starts_with(field))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    let peak = kilobytes("VmHWM:").unwrap_or(0);
    peak.saturating_sub(kilobytes("RssFile:").unwrap_or(0)) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_what_ran() {
        let trace = Trace::default();
        assert_eq!(trace.span("load", || 7), 7);
        let chrome = trace.to_chrome();
        assert_eq!(chrome["traceEvents"][0]["name"], "load");
        assert_eq!(chrome["traceEvents"][0]["ph"], "X");
        trace.ended("shard", 0.0);
        assert_eq!(trace.to_chrome()["traceEvents"][1]["name"], "shard");
    }

    #[test]
    fn knows_its_memory() {
        assert!(!cfg!(target_os = "linux") || peak_anonymous_bytes() > 1 << 16);
    }
}
