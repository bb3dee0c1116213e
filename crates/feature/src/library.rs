//! Libraries of features: files of named expressions.
//!
//! The key `rows` holds a condition, as in `rows: $volume > 0`: windows count the rows where it holds, and values are
//! missing on the others (see the operator `Rows`). At the top of a file it is meant for every entry; an entry's own
//! `rows` counts instead of the file's, and `rows: all` means every row. Around a cross-section, both what it compares
//! and what is made of its result count these rows.
//!
//! To add a feature: an entry in a file of `library/`. To add a library: a file there and its line in [`NAMES`].

use serde::Deserialize;

use crate::{Definition, FeatureError};

/// The libraries of this crate: name and text.
pub(crate) const NAMES: [(&str, &str); 1] = [("technical", include_str!("../library/technical.yaml"))];

/// The condition of every row.
const ALL_ROWS: &str = "all";

/// What a file says.
pub(crate) struct Content {
    pub(crate) definitions: Vec<Definition>,
    pub(crate) known_flaws: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    #[expect(dead_code, reason = "for the reader of the file")]
    description: String,
    #[serde(default)]
    known_flaws: Vec<String>,
    rows: Option<String>,
    features: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    expression: String,
    #[serde(default)]
    meaning: String,
    #[serde(default)]
    source: String,
    #[serde(default)]
    unit: String,
    rows: Option<String>,
}

/// Read a file of definitions.
pub(crate) fn read(file: &str, text: &str) -> Result<Content, FeatureError> {
    let content: File = serde_saphyr::from_str(text)
        .map_err(|error| FeatureError::File { file: file.to_owned(), message: error.to_string() })?;
    let rows = |of_entry: Option<String>| {
        of_entry.or_else(|| content.rows.clone()).filter(|condition| condition.trim() != ALL_ROWS)
    };
    let definitions = content.features.into_iter().map(|entry| Definition {
        name: entry.name,
        expression: entry.expression,
        meaning: entry.meaning,
        source: entry.source,
        unit: entry.unit,
        rows: rows(entry.rows),
        origin: file.to_owned(),
    });
    Ok(Content { definitions: definitions.collect(), known_flaws: content.known_flaws })
}
