//! The bars that a provider delivers, and what it recognised on the way.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

use crate::format::decoded::Blocks;

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
            Self::Kind(kind) => write!(f, "it holds {kind}"),
        }
    }
}
