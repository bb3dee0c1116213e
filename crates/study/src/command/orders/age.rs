//! How old what decides is: data, model, universe.

use std::time::{SystemTime, UNIX_EPOCH};

use backstaff_panel::{Axis, Session};
use serde::Serialize;

use crate::words;

/// How old what decides is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ages {
    /// The newest session of the data: YYYY-MM-DD.
    pub data: String,
    /// The calendar days from that session to today.
    pub data_days: i32,
    /// The last session that the model was trained on: YYYY-MM-DD; `null` where nothing was trained.
    pub model: Option<String>,
    /// The calendar days from that session to today.
    pub model_days: Option<i32>,
    /// The instruments that are eligible in the newest session.
    pub eligible: usize,
    /// The instruments that have a row in the newest session.
    pub listed: usize,
}

impl Ages {
    pub(super) fn new(axis: &Axis, newest: Session, model: Option<&str>, eligible: usize) -> Self {
        let days = days_since;
        let trained = model.and_then(|text| text.parse::<Session>().ok());
        let end = axis.n_sessions();
        let listed = (0..axis.n_instruments()).filter(|&i| axis.life(i).end == end).count();
        Self {
            data: newest.to_string(),
            data_days: days(newest),
            model: model.map(str::to_owned),
            model_days: trained.map(days),
            eligible,
            listed,
        }
    }

    /// `data of 2017-11-10 (2 days old), model trained until 2016-06-30 (498 days), 29 of 30 instruments eligible`.
    pub(super) fn words(&self) -> String {
        let model = match (&self.model, self.model_days) {
            (Some(model), Some(days)) => {
                format!("model trained until {model} ({} ago)", words::count(days.max(0) as usize, "day"))
            }
            _ => "no model".to_owned(),
        };
        format!(
            "data of {} ({} old), {model}, {} of {} eligible",
            self.data,
            words::count(self.data_days.max(0) as usize, "day"),
            self.eligible,
            words::count(self.listed, "instrument")
        )
    }
}

/// The calendar days from a session to today.
pub(super) fn days_since(session: Session) -> i32 {
    today().number() - session.number()
}

/// Today's date, in UTC.
fn today() -> Session {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_secs());
    Session::from_number(i32::try_from(seconds / 86_400).unwrap_or(i32::MAX))
}
