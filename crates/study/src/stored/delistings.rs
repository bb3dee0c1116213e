//! The delistings of a database, as they are kept with the panel.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::Axis;
use backstaff_source::Delistings;
use serde::{Deserialize, Serialize};

/// The delistings of a panel's instruments, from the database's table.
///
/// - Look-ahead: to each instrument's end. Outcomes read it; features, universes and weights can't.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DelistingFacts {
    /// The delisting of each of the panel's instruments that the table names.
    pub instruments: BTreeMap<String, Delisted>,
    /// All reasons that the table gives, also for instruments outside the panel.
    pub reasons: BTreeSet<String>,
}

/// The delisting of one instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delisted {
    /// The first day on which the instrument is no longer listed: YYYY-MM-DD.
    pub date: String,
    /// The reason in the table; `None` if the table gives none.
    pub reason: Option<String>,
    /// The share of the last close that its holders get; `None` if the table gives none.
    pub recovery: Option<f64>,
}

impl DelistingFacts {
    pub(crate) fn of(told: &Delistings, axis: &Axis) -> Self {
        let named = axis.instruments().iter().filter_map(|instrument| {
            let delisting = told.of(instrument.name())?;
            let (date, reason) = (delisting.date.to_string(), delisting.reason.clone());
            Some((instrument.name().to_owned(), Delisted { date, reason, recovery: delisting.recovery }))
        });
        Self { instruments: named.collect(), reasons: told.reasons().clone() }
    }
}
