//! A table of delistings: since when an instrument is listed no more, why, and what its holders got.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use backstaff_panel::Session;

use super::{
    Tables,
    scan::{Chunk, Role, Scan},
};
use crate::{
    error::SourceError,
    format::decoded::Coded,
    request::table_layout::{DelistingTable, Keep},
};

/// What a table of delistings tells.
///
/// - Look-ahead: all of it is about the future of the rows before. Only outcomes may use it.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Delistings {
    last: BTreeMap<String, Delisting>,
    reasons: BTreeSet<String>,
    /// Instruments with several delistings.
    n_repeated: usize,
}

/// The last delisting of an instrument.
#[derive(Clone, PartialEq, Debug)]
pub struct Delisting {
    /// The first day on which it is listed no more.
    pub date: Session,
    /// Why.
    pub reason: Option<String>,
    /// What a holder gets, as a share of the last close.
    pub recovery: Option<f64>,
}

impl Delistings {
    /// The last delisting of an instrument, if there is one.
    pub fn of(&self, instrument: &str) -> Option<&Delisting> {
        self.last.get(instrument)
    }

    /// All reasons that any row gives.
    pub fn reasons(&self) -> &BTreeSet<String> {
        &self.reasons
    }

    /// What is to be told of it.
    pub(crate) fn warning(&self) -> Option<String> {
        let n = self.n_repeated;
        (n > 0).then(|| {
            let instruments = if n == 1 { "instrument has" } else { "instruments have" };
            format!("{n} {instruments} several delistings, of which the last counts")
        })
    }
}

/// Read the table, if the layout names one that is there.
pub(crate) fn read(
    tables: &Tables,
    layout: Option<&DelistingTable>,
) -> Result<Option<Delistings>, SourceError> {
    let Some(layout) = layout.filter(|layout| tables.has(&layout.table)) else { return Ok(None) };
    let keep = Keep::new();
    let mut columns = vec![(layout.instrument.as_str(), Role::Keys), (layout.date.as_str(), Role::Days)];
    columns.extend(layout.reason.as_deref().map(|reason| (reason, Role::Texts)));
    columns.extend(layout.recovery.as_deref().map(|recovery| (recovery, Role::Numbers)));
    let scan = Scan { table: &layout.table, columns, keep: &keep, dates: layout.dates, any_order: false };
    let place = scan.place(tables.path());
    let mut delistings = Delistings::default();
    let mut repeated = BTreeSet::new();
    for chunk in tables.scan(&scan)? {
        for row in 0..chunk.len() {
            let (instrument, delisting) = one(&chunk, row, layout, &place)?;
            delistings.reasons.extend(delisting.reason.clone());
            // Of two rows of one date the later one in the table counts.
            if let Some(known) = delistings.last.get(&instrument) {
                repeated.insert(instrument.clone());
                if delisting.date < known.date {
                    continue;
                }
            }
            delistings.last.insert(instrument, delisting);
        }
    }
    delistings.n_repeated = repeated.len();
    Ok(Some(delistings))
}

/// An instrument and its delisting in a row.
fn one(
    chunk: &Chunk,
    row: usize,
    layout: &DelistingTable,
    place: &Path,
) -> Result<(String, Delisting), SourceError> {
    let text = |texts: &Coded| texts.names.get(texts.codes[row] as usize).cloned();
    let instrument = text(chunk.texts(0)).unwrap_or_default();
    let reason = layout.reason.as_ref().and_then(|_| text(chunk.texts(2)));
    let reason = reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
    let share = layout.recovery.as_ref().map(|column| {
        let at = 2 + usize::from(layout.reason.is_some());
        (column, chunk.numbers(at).get(row))
    });
    let recovery = match share {
        Some((_, recovery)) if recovery.is_finite() && recovery >= 0.0 => Some(recovery),
        Some((column, recovery)) if !recovery.is_nan() => {
            let (place, column) = (chunk.place(place, row), column.clone());
            return Err(SourceError::Recovery { place, column, instrument, recovery });
        }
        _ => None,
    };
    Ok((instrument, Delisting { date: Session::from_number(chunk.days(1)[row]), reason, recovery }))
}
