//! The prices of one instrument through time, such as a benchmark.

use backstaff_panel::{Calendar, Instrument, Session};

use crate::{
    bars::reading::Loaded,
    error::SourceError,
    request::{adjustment::Adjustment, calendar_rule::CalendarRule, panel_source::PanelSource},
};

/// One instrument's prices, oldest first; NaN is missing.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// The instrument whose prices these are.
    pub instrument: Instrument,
    /// The sessions of the series, oldest first.
    pub sessions: Vec<Session>,
    /// The open of each session; all NaN if the file has none.
    pub open: Vec<f64>,
    /// The close of each session.
    pub close: Vec<f64>,
    /// Sentences about prices that are none, such as those of 0.
    pub warnings: Vec<String>,
}

impl Series {
    /// The series at the sessions of a calendar; NaN where it has none. Its other dates are left out.
    pub fn on(&self, calendar: &Calendar) -> Self {
        let at = |session: &Session| self.sessions.binary_search(session).ok();
        let pick = |values: &[f64]| {
            let picked =
                calendar.sessions().iter().map(|session| at(session).map_or(f64::NAN, |t| values[t]));
            picked.collect()
        };
        Self {
            instrument: self.instrument.clone(),
            sessions: calendar.sessions().to_vec(),
            open: pick(&self.open),
            close: pick(&self.close),
            warnings: self.warnings.clone(),
        }
    }
}

impl PanelSource {
    /// Read one instrument of this source, on its own dates. Prices are adjusted as the source says.
    ///
    /// # Errors
    ///
    /// If the instrument is not there, or the source has no closes.
    pub fn series(&self, instrument: &str) -> Result<Series, SourceError> {
        let source = Self {
            instruments: Some([instrument.to_owned()].into()),
            fields: Some(["open", "close"].map(str::to_owned).into()),
            categories: Vec::new(),
            calendar: CalendarRule::Union { thin_share: 0.0, listed: std::collections::BTreeSet::new() },
            adjustment: match self.adjustment {
                Adjustment::Verbatim => Adjustment::AsIs,
                stated => stated,
            },
            ..self.clone()
        };
        let Loaded { panel, unpriced, .. } = source.load()?;
        let n = panel.axis().n_rows();
        let values = |name| panel.field(name).map_or_else(|| vec![f64::NAN; n], |column| column.to_f64());
        Ok(Series {
            instrument: instrument.into(),
            sessions: panel.axis().sessions(0).to_vec(),
            open: values("open"),
            close: values("close"),
            warnings: unpriced,
        })
    }
}
