//! Facts that a panel's artifact keeps about the files that it was read from.

use backstaff_source::{Found, Match, quality::Quality};
use serde::{Deserialize, Serialize};

use super::delistings::DelistingFacts;

/// Findings from reading the data's files, kept in the manifest of `load`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadFacts {
    /// The format, columns, calendar and adjustment that were recognised in the files.
    pub found: Found,
    /// Instruments that were left out: name and reason.
    pub excluded: Vec<(String, String)>,
    /// Warnings for the reader of the results.
    pub warnings: Vec<String>,
    /// With dates of entry: the number of rows before their instrument's date, and the instruments without a date.
    pub membership: Option<(usize, Vec<String>)>,
    /// How the instruments of each table that is joined meet those of the prices.
    #[serde(default)]
    pub matches: Vec<Match>,
    /// The names in the files of prices that are no instruments of the panel.
    #[serde(default)]
    pub others: Vec<String>,
    /// Category columns of tables without history.
    pub static_categories: Vec<String>,
    /// The quantities that were published, of instruments or of the market, one entry each.
    #[serde(default)]
    pub published: Vec<PublishedFacts>,
    /// The delistings in the database's table of them; `None` if it has no such table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delistings: Option<DelistingFacts>,
    /// The findings of the checks of the data.
    pub quality: Quality,
}

/// Facts about one published quantity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PublishedFacts {
    /// The quantity's name, without `$$`.
    pub name: String,
    /// Whether the quantity describes the whole market rather than single instruments.
    pub of_market: bool,
    /// The number of published values.
    pub values: usize,
    /// The number of the panel's instruments that have a value; all of them if it is of the market.
    pub instruments: usize,
    /// The first and the last day of publication, YYYY-MM-DD; `None` without any value.
    pub known: Option<(String, String)>,
    /// The rule, in words, by which the day of publication of each value was found.
    pub how: String,
}
