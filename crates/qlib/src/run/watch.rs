//! The parts of a run and their times.

use std::time::Instant;

use backstaff_study::{
    StudyError,
    progress::{Event, Observer, Outcome, StageRecord},
};

/// Times the parts of a run.
pub(super) struct Watch<'a> {
    pub observer: &'a dyn Observer,
    pub stages: Vec<StageRecord>,
}

impl Watch<'_> {
    /// Do a part, and note its time.
    pub(super) fn stage<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<(T, usize), StudyError>,
    ) -> Result<T, StudyError> {
        if self.observer.is_cancelled() {
            return Err(StudyError::Interrupted);
        }
        self.observer.observe(&Event::Started { stage: name, steps: 1 });
        let started = Instant::now();
        let (value, rows) = work()?;
        let record = StageRecord {
            name,
            outcome: Outcome::Computed,
            seconds: started.elapsed().as_secs_f64(),
            rows,
            computed: 1,
            found: 0,
            key: String::new(),
            why: String::new(),
            peak_bytes: 0,
        };
        self.observer.observe(&Event::Finished(&record));
        self.stages.push(record);
        Ok(value)
    }
}
