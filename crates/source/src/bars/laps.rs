//! The seconds that each part of a reading takes.

use std::time::Instant;

/// A clock that notes how long each part took.
pub(super) struct Laps {
    last: Instant,
    laps: Vec<(&'static str, f64)>,
}

impl Laps {
    pub(super) fn start() -> Self {
        Self { last: Instant::now(), laps: Vec::new() }
    }

    /// Note that a part has ended and the next one begins.
    pub(super) fn end(&mut self, part: &'static str) {
        let now = Instant::now();
        self.laps.push((part, now.duration_since(self.last).as_secs_f64()));
        self.last = now;
    }

    /// The seconds of each part, in their order.
    pub(super) fn finish(self) -> Vec<(&'static str, f64)> {
        self.laps
    }
}
