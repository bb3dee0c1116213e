//! What a source turned out to hold.

use std::path::PathBuf;

use backstaff_panel::{Instrument, Panel, Session};
use serde::{Serialize, Serializer};

use crate::{
    error::Place,
    provider::{
        decoded_bars::{FoundColumn, Ignored},
        tables::delistings::Delistings,
    },
    request::adjustment::Adjustment,
};

/// A panel and how it came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Instruments × sessions.
    pub panel: Panel,
    /// What was recognised in the files.
    pub found: Found,
    /// Instruments that were left out.
    pub excluded: Vec<Excluded>,
    /// What a database's table of delistings tells, if it has one and prices are not read verbatim.
    pub delistings: Option<Delistings>,
    /// How long each part of the reading took.
    pub seconds: Vec<(&'static str, f64)>,
}

/// An instrument that was left out, and why.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Excluded {
    /// Which.
    #[serde(serialize_with = "shown")]
    pub instrument: Instrument,
    /// Why, for people.
    pub reason: String,
    /// The first row that is at fault, if one is.
    pub place: Option<Place>,
}

/// What was recognised in the files: the answer to "did it read what I meant?".
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Found {
    /// The files, sorted.
    pub files: Vec<PathBuf>,
    /// Rows in the files (of the instruments wanted).
    pub rows: usize,
    /// Instruments in the panel.
    pub instruments: usize,
    /// The first session.
    #[serde(serialize_with = "shown")]
    pub first: Session,
    /// The last session.
    #[serde(serialize_with = "shown")]
    pub last: Session,
    /// Each column that is used, in the order of the first file that has it.
    pub columns: Vec<FoundColumn>,
    /// Columns that are not used, and why.
    pub ignored: Vec<Ignored>,
    /// How dates are written.
    pub date_format: String,
    /// Where the instruments' names come from.
    pub instrument_from: String,
    /// The sessions.
    pub calendar: FoundCalendar,
    /// The share of the panel's rows that have a close (any value, if there is no close).
    pub coverage: f64,
    /// What was done to prices.
    pub adjustment: FoundAdjustment,
    /// Categories without history: today's, told to the past.
    pub static_categories: Vec<String>,
    /// What a reader of the results should know.
    pub warnings: Vec<String>,
}

/// The calendar of a panel and what it cost.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FoundCalendar {
    /// The rule, for people.
    pub rule: String,
    /// How many sessions.
    pub sessions: usize,
    /// Sessions a year, measured.
    pub sessions_per_year: f64,
    /// The named exchange whose sessions these are, if they are just those.
    pub resembles: Option<&'static str>,
    /// Rows that fall on no session.
    pub dropped_rows: usize,
    /// The dates of those rows.
    pub dropped_dates: Vec<DroppedDate>,
}

/// A date in the data that is not a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DroppedDate {
    /// The date.
    #[serde(serialize_with = "shown")]
    pub date: Session,
    /// How many instruments have a row then.
    pub held_by: usize,
    /// How many live then.
    pub living: usize,
}

/// What was done to prices and why, and what they look like.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FoundAdjustment {
    /// The mode used, never [`Adjustment::Auto`].
    pub used: Adjustment,
    /// Why this one, for people.
    pub why: String,
    /// The share of closes in the file that are whole cents: nearly all of quoted ones are.
    pub whole_cents: f64,
    /// One-session moves in the file that look like an unadjusted split.
    pub split_like_moves: usize,
    /// What the two figures suggest about the file, for people.
    pub guess: String,
}

pub(crate) fn shown<T: std::fmt::Display, S: Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
