//! What a database tells of the ends of instruments, as it is kept with the panel.

use std::collections::{BTreeMap, BTreeSet};

use backstaff_panel::Axis;
use backstaff_source::Delistings;
use serde::{Deserialize, Serialize};

/// What a table of delistings tells.
///
/// - Look-ahead: to each instrument's end. Outcomes read it; features, universes and weights can't.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DelistingFacts {
    /// The instruments of the panel that the table names.
    pub instruments: BTreeMap<String, Delisted>,
    /// The reasons that any row of the table gives.
    pub reasons: BTreeSet<String>,
}

/// The end of an instrument.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delisted {
    /// The first day on which it is listed no more: YYYY-MM-DD.
    pub date: String,
    /// Why.
    pub reason: Option<String>,
    /// What a holder gets, as a share of the last close.
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
