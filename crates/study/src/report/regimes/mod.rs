//! The report of a regime study. Everything here is a function of [`RegimeResults`] alone.

mod books;
mod by_regime;
mod followed;
mod settings;
mod stability;
mod summary;
mod work;

use backstaff_report::{Date, Report};

use crate::{regime_study::results::RegimeResults, words};

pub use summary::verdict;
pub use work::work;

/// Charts over sessions share pointer and zoom.
const TIME: &str = "sessions";

/// The report of a regime study.
pub fn compose(results: &RegimeResults) -> Report {
    let config = &results.config;
    let about = words::sentences(&config.about);
    let title = about.split_inclusive(['.', '?', '!']).next().unwrap_or_default().trim_end_matches('.');
    let title = if title.is_empty() { config.name.as_str() } else { title };
    Report::new(title)
        .subtitle(summary::subtitle(results))
        .headline(verdict(results).sentence)
        .section(summary::section(results))
        .section(books::section(results))
        .section(by_regime::section(results))
        .section(followed::section(results))
        .section(settings::section(results))
        .section(stability::section(results))
        .section(summary::method(results))
}

fn dates(sessions: &[backstaff_panel::Session]) -> Vec<Date> {
    sessions.iter().copied().map(words::date).collect()
}
