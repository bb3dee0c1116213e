//! The readable side of a key: its fields, and what changed between two keys.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{Digest, digest::digest_bytes};

/// Texts longer than this are shortened; a digest keeps them apart.
const TEXT_BYTES_MAX: usize = 240;

/// One field of a key: its path of labels and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Labels from the outermost group to the field, such as `parameters.model.num_leaves`.
    pub label: String,
    /// The value in a readable form.
    pub value: FieldValue,
}

/// The readable value of a field; different values stay different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// A number, a text, a yes or no.
    Plain(String),
    /// The first sixteen hexadecimal digits of a digest or key.
    Digest(String),
}

impl FieldValue {
    pub(crate) fn plain(value: impl fmt::Display) -> Self {
        Self::Plain(value.to_string())
    }

    pub(crate) fn text(value: &str) -> Self {
        if value.len() <= TEXT_BYTES_MAX {
            return Self::Plain(value.to_owned());
        }
        let head = &value[..value.floor_char_boundary(TEXT_BYTES_MAX)];
        Self::Plain(format!("{head}… ({})", digest_bytes(value.as_bytes()).short()))
    }

    /// Whether the value is a JSON object or list, and no word or number.
    fn is_document(&self) -> bool {
        matches!(self, Self::Plain(value) if value.starts_with(['{', '[']))
    }

    pub(crate) fn digest(value: &Digest) -> Self {
        let mut hex = value.to_string();
        hex.truncate(16);
        Self::Digest(hex)
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => f.write_str(value),
            Self::Digest(hex) => f.write_str(hex.get(..8).unwrap_or(hex)),
        }
    }
}

/// A field that differs between two keys of the same stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Path of labels of the field.
    pub label: String,
    /// The former value, or `None` if the field is new.
    pub before: Option<FieldValue>,
    /// The present value, or `None` if the field is gone.
    pub after: Option<FieldValue>,
}

impl fmt::Display for Change {
    /// `parameter horizon: 5 -> 10`, `input close: ab12cd34 -> 9f031122`, `new parameter seed: 7`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let label = match self.label.split_once('.') {
            Some(("parameters", rest)) => format!("parameter {rest}"),
            Some(("inputs", rest)) => format!("input {rest}"),
            _ => self.label.clone(),
        };
        // A whole document says less to a reader than that it is another one.
        if [&self.before, &self.after].into_iter().flatten().any(FieldValue::is_document) {
            return write!(f, "{label}: changed");
        }
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "{label}: {before} -> {after}"),
            (None, Some(after)) => write!(f, "new {label}: {after}"),
            (Some(before), None) => write!(f, "no {label} any more, was {before}"),
            (None, None) => f.write_str(&label),
        }
    }
}

/// The fields that differ between two keys, in the order of the present ones, then those that are gone.
///
/// Fields are matched by their labels; of several with one label the first is matched with the first, and so on.
///
/// ```
/// use backstaff_stage::{KeyHasher, explain};
/// let key = |horizon| {
///     let mut key = KeyHasher::new();
///     key.str("name", "forward").u64("horizon", horizon);
///     key
/// };
/// let changes = explain(key(5).fields(), key(10).fields());
/// assert_eq!(changes[0].to_string(), "horizon: 5 -> 10");
/// assert_eq!(changes.len(), 1);
/// ```
pub fn explain(before: &[Field], after: &[Field]) -> Vec<Change> {
    let mut former: BTreeMap<(&str, usize), &FieldValue> = numbered(before).collect();
    let mut changes = Vec::new();
    for ((label, n), value) in numbered(after) {
        let old = former.remove(&(label, n));
        if old != Some(value) {
            changes.push(Change {
                label: label.to_owned(),
                before: old.cloned(),
                after: Some(value.clone()),
            });
        }
    }
    for ((label, n), _) in numbered(before) {
        if let Some(value) = former.remove(&(label, n)) {
            changes.push(Change { label: label.to_owned(), before: Some(value.clone()), after: None });
        }
    }
    changes
}

/// Each field with the number of fields of the same label before it.
fn numbered(fields: &[Field]) -> impl Iterator<Item = ((&str, usize), &FieldValue)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    fields.iter().map(move |Field { label, value }| {
        let count = counts.entry(label).or_default();
        *count += 1;
        ((label.as_str(), *count - 1), value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::KeyHasher;

    fn shown(before: &KeyHasher, after: &KeyHasher) -> Vec<String> {
        explain(before.fields(), after.fields()).iter().map(Change::to_string).collect()
    }

    fn model(leaves: u64, close: &[u8], columns: &[&str]) -> KeyHasher {
        let mut key = KeyHasher::new();
        key.u64("version", 1)
            .group("parameters", |key| {
                key.u64("leaves", leaves).list("columns", columns, |key, name| {
                    key.str("", name);
                });
            })
            .group("inputs", |key| {
                key.digest("close", &digest_bytes(close));
            });
        key
    }

    #[test]
    fn names_the_fields_that_changed() {
        let before = model(31, b"a", &["x"]);
        assert!(shown(&before, &before.clone()).is_empty());
        assert_eq!(shown(&before, &model(63, b"a", &["x"])), ["parameter leaves: 31 -> 63"]);
        assert_eq!(shown(&before, &model(31, b"a", &["x", "y"])), ["new parameter columns[1]: y"]);
        assert_eq!(shown(&before, &model(31, b"a", &[])), ["no parameter columns[0] any more, was x"]);
        let digests = (digest_bytes(b"a").short(), digest_bytes(b"b").short());
        assert_eq!(
            shown(&before, &model(31, b"b", &["x"])),
            [format!("input close: {} -> {}", digests.0, digests.1)]
        );
    }

    #[test]
    fn equal_labels_are_matched_in_order() {
        let key = |values: &[u64]| {
            let mut key = KeyHasher::new();
            for &value in values {
                key.u64("x", value);
            }
            key
        };
        assert_eq!(shown(&key(&[1, 2]), &key(&[1, 3])), ["x: 2 -> 3"]);
        assert_eq!(shown(&key(&[1, 2]), &key(&[1])), ["no x any more, was 2"]);
    }

    #[test]
    fn long_texts_are_shortened_and_stay_different() {
        let long = "é".repeat(500);
        let (one, two) = (FieldValue::text(&long), FieldValue::text(&format!("{long}+ 1")));
        assert_ne!(one, two);
        assert!(one.to_string().len() < 300);
    }
}
