//! The sections about regimes, for a study whose strategy reads them.

mod by_regime;
mod followed;
mod settings;
mod stability;
mod work;

use backstaff_report::{Date, Section};

pub(crate) use self::work::work;
use crate::{flow::results::Results, words};

/// The group of the charts over sessions, which share pointer and zoom.
const TIME: &str = "sessions";

/// The sections about regimes; empty for a study without them.
pub(super) fn sections(results: &Results, sessions_per_year: f64) -> Vec<Section> {
    let Some(regimes) = &results.regimes else { return Vec::new() };
    vec![
        followed::section(regimes),
        by_regime::section(regimes, sessions_per_year),
        settings::section(results, regimes),
        stability::section(regimes),
    ]
}

fn dates(sessions: &[backstaff_panel::Session]) -> Vec<Date> {
    sessions.iter().copied().map(words::date).collect()
}
