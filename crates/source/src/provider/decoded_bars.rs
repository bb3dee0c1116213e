//! The bars that a provider delivers, and what it recognised on the way.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::{format::decoded::Blocks, request::vendor::Vendor};

/// Decoded rows of bars and what was recognised in their files.
pub(crate) struct DecodedBars {
    pub blocks: Blocks,
    pub columns: Vec<FoundColumn>,
    pub ignored: Vec<Ignored>,
    /// The forms in which dates are written, for people.
    pub date_format: String,
    /// The source of the instruments' names, for people.
    pub instrument_from: String,
    /// The first file that was taken for a single instrument because it has no column of instruments. Two rows of one
    /// date may mean that the column was not recognised.
    pub unnamed: Option<Unnamed>,
    /// Sentences about what the reader noticed.
    pub warnings: Vec<String>,
    /// What became of bars of minutes or hours, if they were joined to those of sessions.
    pub resampled: Option<Resampled>,
    /// The vendors whose layouts the files have.
    pub vendors: Vec<&'static Vendor>,
}

/// Bars of minutes or hours that became bars of sessions.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Resampled {
    /// The number of bars that count.
    pub bars: usize,
    /// The number of bars that they became.
    pub sessions: usize,
    /// The time of day at which the earliest of them begins, `09:30`.
    pub first: String,
    /// The time of day at which the latest of them begins.
    pub last: String,
    /// The number of bars outside the stated hours, which are left out.
    pub outside: usize,
    /// The number of bars that are equal to another one with their stamp, which count once.
    pub merged: usize,
    /// The number of bars that differ from another one with their stamp, which are left out.
    pub contradicting: usize,
}

/// A file without a column of instruments, and the columns it has.
pub(crate) struct Unnamed {
    pub file: PathBuf,
    pub found: Vec<String>,
}

/// A column of the files and what it became.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FoundColumn {
    /// The column's name in the file.
    pub source: String,
    /// Our name for the column.
    pub name: String,
    /// The part that it plays in the panel.
    pub role: ColumnRole,
}

/// The part that a column of a file plays in a panel.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// It holds the sessions.
    Date,
    /// It holds the names of the instruments.
    Instrument,
    /// It is a field of numbers.
    Number,
    /// It is a category of texts.
    Category,
}

impl ColumnRole {
    /// The name of the role in files: `number`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::Instrument => "instrument",
            Self::Number => "number",
            Self::Category => "category",
        }
    }
}

impl FoundColumn {
    pub(crate) fn new(source: &str, name: &str, role: ColumnRole) -> Self {
        Self { source: source.to_owned(), name: name.to_owned(), role }
    }
}

/// A column that is not used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Ignored {
    /// The column's name in the file.
    pub source: String,
    /// Why it is not used.
    pub why: Unused,
}

/// Why a column is not used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unused {
    /// It has no name.
    Unnamed,
    /// It holds numbers that no field asks for.
    NotAsked,
    /// It holds texts, and nobody calls it a category.
    Text,
    /// It holds dates, and is not the session.
    Dates,
    /// The vendor of the file fills it with nothing that bars need.
    Vendor,
    /// It is an adjusted price or volume, which follows from the quoted one and the factor of the closes.
    Adjusted,
    /// It holds something of this kind, from which nothing can be computed.
    Kind(String),
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => {
                f.write_str("it has no name that an expression can write; the mapping gives it one")
            }
            Self::NotAsked => f.write_str("no field asks for it"),
            Self::Text => {
                f.write_str("it holds text; named under `categories` in `data.prices` it becomes a category")
            }
            Self::Dates => f.write_str("it holds dates, and is not the session"),
            Self::Vendor => f.write_str("no part of a bar in this vendor's layout"),
            Self::Adjusted => f.write_str("prices are adjusted by adj_close / close, volumes by splits"),
            Self::Kind(kind) => write!(f, "it holds {kind}"),
        }
    }
}
