//! The result of a reading: a panel, and a description of the data that it came from.

use std::{fmt, path::PathBuf};

use backstaff_panel::{Instrument, Panel, Session};
use backstaff_words::count;
use serde::{Deserialize, Deserializer, Serialize, de::Error};

use crate::{
    error::Place,
    keys::matched::Match,
    provider::{
        decoded_bars::{FoundColumn, Ignored, Resampled},
        tables::delistings::Delistings,
    },
    request::{adjustment::Adjustment, exchange::Exchange, vendor::Vendor},
};

/// A panel and how it came about.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Instruments × sessions.
    pub panel: Panel,
    /// A description of the files and of what became of them.
    pub found: Found,
    /// Instruments that were left out.
    pub excluded: Vec<Excluded>,
    /// The names in the files that are no instruments of the panel.
    pub others: Vec<String>,
    /// How the instruments of a database's other tables meet those of its prices.
    pub matches: Vec<Match>,
    /// The delistings of a database that has a table of them, unless prices are read verbatim.
    pub delistings: Option<Delistings>,
    /// Sentences about prices that are none, such as those of 0; they are among the warnings too.
    pub unpriced: Vec<String>,
    /// The seconds that each part of the reading took.
    pub seconds: Vec<(&'static str, f64)>,
}

/// An instrument that was left out, and why.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Excluded {
    /// The instrument that was left out.
    pub instrument: Instrument,
    /// The reason in words for people.
    pub reason: String,
    /// The first row that is at fault, if a row is.
    pub place: Option<Place>,
}

/// A row that was left out because it can't be true.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DroppedRow {
    /// The instrument of the row.
    pub instrument: Instrument,
    /// The session of the row.
    pub session: Session,
    /// Why it can't be true, in words for people, with the places of rows.
    pub reason: String,
    /// The place of the row in the files.
    pub place: Place,
}

/// The rows that were left out because they can't be true.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct DroppedRows {
    /// The number of rows.
    pub rows: usize,
    /// The number of instruments that have any.
    pub instruments: usize,
    /// The rows by instrument, then session; at most 200.
    pub listed: Vec<DroppedRow>,
}

/// The number of dropped rows that are listed.
const LISTED: usize = 200;

/// The number of dropped rows that a sentence names.
const NAMED: usize = 3;

impl DroppedRows {
    pub(crate) fn of(mut rows: Vec<DroppedRow>) -> Self {
        // Rows come by instrument.
        let n_rows = rows.len();
        let instruments = rows.chunk_by(|a, b| a.instrument == b.instrument).count();
        rows.truncate(LISTED);
        Self { rows: n_rows, instruments, listed: rows }
    }

    /// A sentence about the rows, of which there are some among `all` of the files; `None` if there is none.
    pub(crate) fn sentence(&self, all: usize) -> Option<String> {
        if self.rows == 0 {
            return None;
        }
        let mut shown = self.listed.iter().map(|row| row.reason.as_str()).collect::<Vec<_>>();
        // The two rows of one session have one reason.
        shown.dedup();
        let more = shown.len() > NAMED || self.listed.len() < self.rows;
        shown.truncate(NAMED);
        let (are, percent) =
            (if self.rows == 1 { "is" } else { "are" }, self.rows as f64 * 100.0 / all as f64);
        Some(format!(
            "{} of {} can't be true and {are} left out ({percent:.2} % of all): {}{}",
            count(self.rows, "row"),
            count(self.instruments, "instrument"),
            shown.join("; "),
            if more { "; and more" } else { "" }
        ))
    }
}

/// A description of the files as they were understood. It answers "did it read what I meant?".
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Found {
    /// The files that were read, sorted.
    pub files: Vec<PathBuf>,
    /// The number of rows in the files, of the instruments wanted.
    pub rows: usize,
    /// The number of instruments in the panel.
    pub instruments: usize,
    /// The first session of the panel.
    pub first: Session,
    /// The last session of the panel.
    pub last: Session,
    /// Each column that is used, in the order of the first file that has it.
    pub columns: Vec<FoundColumn>,
    /// Columns that are not used, and why.
    pub ignored: Vec<Ignored>,
    /// The forms in which dates are written, for people.
    pub date_format: String,
    /// The source of the instruments' names, for people.
    pub instrument_from: String,
    /// The layouts of vendors that the files have; none if their columns are known by usual names.
    #[serde(default)]
    pub layouts: Vec<FoundLayout>,
    /// The bars of minutes or hours that became bars of sessions, if any did.
    #[serde(default)]
    pub resampled: Option<Resampled>,
    /// The rows that were left out because they can't be true.
    #[serde(default)]
    pub dropped: DroppedRows,
    /// The calendar of the panel.
    pub calendar: FoundCalendar,
    /// The share of the panel's rows that have a close (any value, if there is no close).
    #[serde(deserialize_with = "number_or_nan")]
    pub coverage: f64,
    /// The adjustment of prices.
    pub adjustment: FoundAdjustment,
    /// The categories without history, of which past sessions see today's texts.
    pub static_categories: Vec<String>,
    /// Sentences that a reader of the results should know.
    pub warnings: Vec<String>,
}

/// A vendor's layout that files were recognised to have.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FoundLayout {
    /// Whose it is: `Stooq's`.
    pub name: String,
    /// What its fields mean that their names don't say, for people.
    pub note: String,
}

impl FoundLayout {
    pub(crate) fn of(vendor: &Vendor) -> Self {
        Self { name: vendor.name.to_owned(), note: vendor.note.to_owned() }
    }
}

impl fmt::Display for FoundLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.note)
    }
}

/// The calendar of a panel, and the rows that fall on none of its sessions.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FoundCalendar {
    /// The rule that chose the sessions, for people.
    pub rule: String,
    /// The number of sessions.
    pub sessions: usize,
    /// The mean number of sessions a year, measured.
    #[serde(deserialize_with = "number_or_nan")]
    pub sessions_per_year: f64,
    /// The named exchange that has just these sessions, if one has.
    pub resembles: Option<Exchange>,
    /// The number of rows that fall on no session.
    pub dropped_rows: usize,
    /// The dates of these rows.
    pub dropped_dates: Vec<DroppedDate>,
    /// The number of sessions of named exchanges on which no instrument of theirs has a row.
    #[serde(default)]
    pub empty_sessions: usize,
    /// The number of returns from one session to the next that are missing only because many instruments have no row on
    /// the session between.
    #[serde(default)]
    pub lost_returns: usize,
    /// The number of rows on weekends of instruments that trade from Monday to Friday.
    #[serde(default)]
    pub weekend_rows: usize,
}

/// A date in the data that is not a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DroppedDate {
    /// The date that is no session.
    pub date: Session,
    /// The number of instruments with a row on the date.
    pub held_by: usize,
    /// The number of instruments that live on the date.
    pub living: usize,
}

/// The adjustment of prices and its reason, and figures that show whether it suits the file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FoundAdjustment {
    /// The mode used, never [`Adjustment::Auto`].
    #[serde(deserialize_with = "mode_used")]
    pub used: Adjustment,
    /// The reason for this mode, for people.
    pub why: String,
    /// The share of closes in the file that are whole cents: nearly all of quoted ones are.
    #[serde(deserialize_with = "number_or_nan")]
    pub whole_cents: f64,
    /// The number of one-session moves in the file that look like an unadjusted split.
    pub split_like_moves: usize,
    /// The moves that have the size of a split in the prices as they are used, the largest first; at most 200.
    #[serde(default)]
    pub splits: Vec<UnadjustedSplit>,
    /// A guess about the file from the figures, for people.
    pub guess: String,
}

/// A move that has the size of a split, overnight and lasting, in prices as they are used.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct UnadjustedSplit {
    /// The instrument that moved.
    pub instrument: String,
    /// The first session with the new price.
    pub session: Session,
    /// The shares after and before: `2:1` is a split into two, `1:100` a consolidation of a hundred.
    pub size: String,
    /// The last close before.
    pub before: f64,
    /// The first close after.
    pub close: f64,
}

impl fmt::Display for UnadjustedSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { instrument, session, size, before, close } = self;
        let times = (close / before).max(before / close);
        let digits = usize::from(times < 9.95);
        let direction = if close > before { "up" } else { "down" };
        let (before, close) = (six_digits(*before), six_digits(*close));
        write!(f, "{instrument} {session} {size} ({before} to {close}, {direction} {times:.digits$} times)")
    }
}

/// A price in six significant digits, for people: four bytes don't hold more.
pub(crate) fn six_digits(price: f64) -> String {
    let digits = (5.0 - libm::floor(libm::log10(price.abs()))).clamp(0.0, 12.0) as usize;
    let text = format!("{price:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Read a number, of which files say `null` where there is none.
pub(crate) fn number_or_nan<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(f64::NAN))
}

/// Read the mode of a finished reading, which may be one that no study can ask for.
fn mode_used<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Adjustment, D::Error> {
    let name = String::deserialize(deserializer)?;
    Adjustment::named(&name).ok_or_else(|| D::Error::custom(format!("{name} is no adjustment of prices")))
}
