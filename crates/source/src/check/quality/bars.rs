//! The bars of one instrument, as the checks see them.

use std::sync::Arc;

use backstaff_panel::{Axis, Calendar, Column, Instrument, Panel, Session};

use super::finding::{Check, Finding};

/// One instrument from its first to its last session; NaN is missing, also where there is no such column.
pub(crate) struct Bars<'a> {
    pub instrument: &'a Instrument,
    pub calendar: &'a Calendar,
    pub sessions: &'a [Session],
    /// The open as quoted; so are the following.
    pub open: Vec<f64>,
    pub high: Vec<f64>,
    pub low: Vec<f64>,
    pub close: Vec<f64>,
    pub volume: Vec<f64>,
    /// The close, adjusted if prices are.
    pub adjusted: Vec<f64>,
}

impl Bars<'_> {
    /// A finding about the session at `t`.
    pub(crate) fn finding(&self, check: Check, t: usize, value: f64, says: &str) -> Finding {
        let session = self.sessions[t];
        Finding {
            check,
            instrument: Some(self.instrument.name().to_owned()),
            session: Some(session),
            value,
            detail: format!("{} {session}: {says}", self.instrument),
        }
    }
}

/// The columns that the checks look at.
pub(crate) struct Columns<'a> {
    open: Option<&'a Arc<Column>>,
    high: Option<&'a Arc<Column>>,
    low: Option<&'a Arc<Column>>,
    close: Option<&'a Arc<Column>>,
    volume: Option<&'a Arc<Column>>,
    adjusted: Option<&'a Arc<Column>>,
}

impl<'a> Columns<'a> {
    pub(crate) fn of(panel: &'a Panel) -> Self {
        let quoted = |name: &str| panel.field(&format!("raw_{name}")).or_else(|| panel.field(name));
        Self {
            open: quoted("open"),
            high: quoted("high"),
            low: quoted("low"),
            close: quoted("close"),
            volume: quoted("volume"),
            adjusted: panel.field("close"),
        }
    }

    pub(crate) fn bars<'b>(&self, axis: &'b Axis, i: usize) -> Bars<'b> {
        let rows = axis.rows(i);
        let values = |column: Option<&Arc<Column>>| {
            let mut values = vec![f64::NAN; rows.len()];
            if let Some(column) = column {
                column.decode(rows.clone(), &mut values);
            }
            values
        };
        Bars {
            instrument: &axis.instruments()[i],
            calendar: axis.calendar(),
            sessions: axis.sessions(i),
            open: values(self.open),
            high: values(self.high),
            low: values(self.low),
            close: values(self.close),
            volume: values(self.volume),
            adjusted: values(self.adjusted),
        }
    }
}
