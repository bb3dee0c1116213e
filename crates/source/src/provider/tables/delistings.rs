//! A table of delistings: the day on which each instrument was delisted, the reason, and what its holders got.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use backstaff_panel::Session;

use super::{
    database::Database,
    scan::{Chunk, Role, Scan},
};
use crate::{
    error::SourceError,
    request::table_layout::{DelistingTable, Keep},
};

/// The delistings of a database.
///
/// - Look-ahead: all of it is about the future of the rows before. Only outcomes may use it.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Delistings {
    /// The last delisting of each instrument.
    last: BTreeMap<String, Delisting>,
    reasons: BTreeSet<String>,
    /// The number of instruments with several delistings.
    n_repeated: usize,
}

/// The last delisting of an instrument.
#[derive(Clone, PartialEq, Debug)]
pub struct Delisting {
    /// The first day on which the instrument is listed no more.
    pub date: Session,
    /// The reason that the table gives.
    pub reason: Option<String>,
    /// The share of the last close that a holder gets.
    pub recovery: Option<f64>,
}

impl Delistings {
    /// The last delisting of an instrument, if there is one.
    pub fn of(&self, instrument: &str) -> Option<&Delisting> {
        self.last.get(instrument)
    }

    /// The instruments that the table names.
    pub(crate) fn instruments(&self) -> impl Iterator<Item = &str> {
        self.last.keys().map(String::as_str)
    }

    /// The reasons of all rows, each once.
    pub fn reasons(&self) -> &BTreeSet<String> {
        &self.reasons
    }

    /// A sentence about instruments with several delistings; `None` if there are none.
    pub(crate) fn warning(&self) -> Option<String> {
        let n = self.n_repeated;
        (n > 0).then(|| {
            let instruments = if n == 1 { "instrument has" } else { "instruments have" };
            format!("{n} {instruments} several delistings, of which the last counts")
        })
    }
}

/// Read the table of delistings, if the layout names one that is there.
pub(crate) fn read(
    database: &Database,
    layout: Option<&DelistingTable>,
) -> Result<Option<Delistings>, SourceError> {
    let Some(layout) = layout.filter(|layout| database.has(&layout.table)) else { return Ok(None) };
    let keep = Keep::new();
    let mut scan = Scan::new(&layout.table, &keep, layout.dates);
    let columns = DelistingColumns {
        instrument: scan.column(&layout.instrument, Role::Keys),
        date: scan.column(&layout.date, Role::Days),
        reason: layout.reason.as_deref().map(|reason| scan.column(reason, Role::Texts)),
        recovery: layout.recovery.as_deref().map(|name| (scan.column(name, Role::Numbers), name)),
    };
    let place = scan.place(database.path());
    let mut delistings = Delistings::default();
    let mut repeated = BTreeSet::new();
    for chunk in database.scan(&scan)? {
        for row in 0..chunk.len() {
            let (instrument, delisting) = columns.delisting(&chunk, row, &place)?;
            let instrument = layout.instrument_names.apply(&instrument).into_owned();
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

/// The places of the columns of a table of delistings in a chunk.
struct DelistingColumns<'a> {
    instrument: usize,
    date: usize,
    reason: Option<usize>,
    /// The column of recoveries, and its name for messages.
    recovery: Option<(usize, &'a str)>,
}

impl DelistingColumns<'_> {
    /// The instrument and the delisting in a row.
    fn delisting(&self, chunk: &Chunk, row: usize, place: &Path) -> Result<(String, Delisting), SourceError> {
        let text = |column: usize| chunk.texts(column).text(row);
        let instrument = text(self.instrument).unwrap_or_default().to_owned();
        let reason = self.reason.and_then(text).map(str::trim).filter(|reason| !reason.is_empty());
        let recovery = match self.recovery.map(|(column, name)| (name, chunk.numbers(column).get(row))) {
            Some((_, recovery)) if recovery.is_finite() && recovery >= 0.0 => Some(recovery),
            Some((name, recovery)) if !recovery.is_nan() => {
                let (place, column) = (chunk.place(place, row), name.to_owned());
                return Err(SourceError::Recovery { place, column, instrument, recovery });
            }
            _ => None,
        };
        let date = Session::from_number(chunk.days(self.date)[row]);
        Ok((instrument, Delisting { date, reason: reason.map(str::to_owned), recovery }))
    }
}
