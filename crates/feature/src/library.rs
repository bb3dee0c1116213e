//! Libraries of features: files of named expressions.
//!
//! The key `rows` holds a condition, as in `rows: $volume > 0`: windows count the rows where it holds, and values are
//! missing on the others (see the operator `Rows`). At the top of a file it is meant for every entry; an entry's own
//! `rows` counts instead of the file's, and `rows: all` means every row. Around a cross-section, both what it compares
//! and what is made of its result count these rows.
//!
//! An entry with the key `for` stands for several, as in `for: {d: [5, 10, 20]}` with `{d}` in its texts: one for each
//! value, in the order of the file.
//!
//! Entries under `parts` are used by others and are no features themselves; those under `targets` may look ahead, are no
//! features either, and only `compute` and labels take them.
//!
//! To add a feature: an entry in a file of `library/`. To add a library: a file there and its line in [`NAMES`].

mod template;

use serde::Deserialize;

use self::template::{Values, Variables};
use crate::{Definition, FeatureError};

/// The libraries of this crate: name and text.
pub(crate) const NAMES: [(&str, &str); 5] = [
    ("alpha158", include_str!("../library/alpha158.yaml")),
    ("alpha360", include_str!("../library/alpha360.yaml")),
    ("krx", include_str!("../library/krx.yaml")),
    ("krx_canonical", include_str!("../library/krx_canonical.yaml")),
    ("technical", include_str!("../library/technical.yaml")),
];

/// The condition of every row.
const ALL_ROWS: &str = "all";

/// The content of a file of definitions.
pub(crate) struct Content {
    pub(crate) description: String,
    /// Definitions for others to use, which the library's name does not select.
    pub(crate) parts: Vec<Definition>,
    pub(crate) features: Vec<Definition>,
    /// Definitions that may look ahead.
    pub(crate) targets: Vec<Definition>,
    pub(crate) known_flaws: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    description: String,
    #[serde(default)]
    known_flaws: Vec<String>,
    rows: Option<String>,
    #[serde(default)]
    parts: Vec<Entry>,
    features: Vec<Entry>,
    #[serde(default)]
    targets: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    #[serde(rename = "for")]
    variables: Option<Variables>,
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
    let wrong = |message: String| FeatureError::File { file: file.to_owned(), message };
    let content: File = serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let definitions = |entries: &[Entry]| {
        let mut definitions = Vec::with_capacity(entries.len());
        for entry in entries {
            let named = |message: String| wrong(format!("entry {:?}: {message}", entry.name));
            definitions.extend(entry.definitions(file, content.rows.as_deref()).map_err(named)?);
        }
        Ok::<_, FeatureError>(definitions)
    };
    let (parts, features) = (definitions(&content.parts)?, definitions(&content.features)?);
    let targets = definitions(&content.targets)?;
    let (description, known_flaws) = (content.description, content.known_flaws);
    Ok(Content { description, parts, features, targets, known_flaws })
}

impl Entry {
    /// The definitions that the entry stands for; `rows` is the condition of its file.
    fn definitions(&self, file: &str, rows: Option<&str>) -> Result<Vec<Definition>, String> {
        let Some(variables) = &self.variables else {
            if let Some(at) = self.name.find(['{', '}']) {
                return Err(format!("`{}` stands for nothing; say `for: {{d: [5, 10]}}`", &self.name[at..]));
            }
            return Ok(vec![self.definition(file, rows, |text| Ok(text.to_owned()))?]);
        };
        if let Some(variable) = variables.not_in(&self.name) {
            return Err(format!("`{{{variable}}}` is not in the name, so that several would have the same"));
        }
        let define = |values: &Values<'_>| self.definition(file, rows, |text| values.fill(text));
        variables.choices()?.iter().map(define).collect()
    }

    fn definition(
        &self,
        file: &str,
        rows: Option<&str>,
        fill: impl Fn(&str) -> Result<String, String>,
    ) -> Result<Definition, String> {
        let own = self.rows.as_deref().map(&fill).transpose()?;
        let rows = own.or_else(|| rows.map(str::to_owned));
        Ok(Definition {
            name: fill(&self.name)?,
            expression: fill(&self.expression)?,
            meaning: fill(&self.meaning)?,
            source: fill(&self.source)?,
            unit: fill(&self.unit)?,
            rows: rows.filter(|condition| condition.trim() != ALL_ROWS),
            origin: file.to_owned(),
        })
    }
}
