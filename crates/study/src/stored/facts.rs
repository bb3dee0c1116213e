//! What a panel's artifact says of the files that it was read from.

use backstaff_source::{Found, quality::Quality};
use serde::{Deserialize, Serialize};

use super::delistings::DelistingFacts;

/// Facts about the reading.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LoadFacts {
    /// What was recognised in the files.
    pub found: Found,
    /// Instruments that were left out: name and reason.
    pub excluded: Vec<(String, String)>,
    /// What a reader of the results should know.
    pub warnings: Vec<String>,
    /// Rows before their instrument's date of entry, and instruments without such a date.
    pub membership: Option<(usize, Vec<String>)>,
    /// Category columns of tables without history.
    pub static_categories: Vec<String>,
    /// What was published of instruments and of the market.
    #[serde(default)]
    pub published: Vec<PublishedFacts>,
    /// What the database tells of delistings, if it has a table of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delistings: Option<DelistingFacts>,
    /// What the checks of the data found.
    pub quality: Quality,
}

/// What was read of one quantity.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PublishedFacts {
    /// Its name, without `$$`.
    pub name: String,
    /// Whether it is about the whole market.
    pub of_market: bool,
    /// How many values.
    pub values: usize,
    /// Of how many instruments of the panel.
    pub instruments: usize,
    /// The first and the last day of publication: YYYY-MM-DD.
    pub known: Option<(String, String)>,
    /// How it was told when values became known.
    pub how: String,
}
