//! From YAML to a tree.

use std::{fmt, ops::Range};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{Entry, Kind, Node, Place, Problem, Scalar, Tree};

/// Read a YAML text; else what is wrong with it as YAML.
pub fn read(text: &str) -> Result<Node, Problem> {
    // Codes such as 005930 stay texts where any type may stand.
    let options = serde_saphyr::options! { leading_zero_numbers_as_strings: true, with_snippet: false };
    let read: Read = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let message = error.without_snippet().to_string();
        let (message, at) = split_place(&message);
        let place = at.and_then(|(line, column)| place_at(text, line, column));
        let place = place.or_else(|| error.location().map(self::place));
        Problem { key: String::new(), message: in_plain_words(message), place }
    })?;
    Ok(read.into_node(text))
}

/// A message of the parser without the place at its end, and that place.
fn split_place(message: &str) -> (&str, Option<(usize, usize)>) {
    let split = message.rsplit_once(" at line ").and_then(|(said, place)| {
        let (line, column) = place.split_once(", column ")?;
        Some((said, (line.trim().parse().ok()?, column.trim().parse().ok()?)))
    });
    split.map_or((message, None), |(said, place)| (said, Some(place)))
}

/// The place of a line and a column, both from 1: a character wide.
fn place_at(text: &str, line: usize, column: usize) -> Option<Place> {
    let before = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum::<usize>();
    let rest = text.get(before..)?;
    let start = rest.char_indices().nth(column.checked_sub(1)?).map_or(rest.len(), |(at, _)| at);
    let start = before + start.min(rest.lines().next().map_or(0, str::len));
    Some(Place { line, column, bytes: start..(start + 1).min(text.len()) })
}

/// What the parser says of YAML, for people who write a study.
fn in_plain_words(message: &str) -> String {
    let told = [
        ("tabs disallowed", "a tab stands where the line is indented; write spaces"),
        (
            "did not find expected key",
            "the line is indented otherwise than those around it; keys of one mapping stand below each other",
        ),
        (
            "mapping values are not allowed",
            "a second `: ` stands in the line; put quotes around a text that holds one, or begin a new line",
        ),
    ];
    let found = told.iter().find(|(theirs, _)| message.contains(theirs));
    found.map_or_else(|| message.to_owned(), |(_, ours)| format!("{ours} ({message})"))
}

/// A node as the parser gives it: values of scalars without the text that they were written as.
struct Read(Spanned<Parsed>);

enum Parsed {
    Null,
    Scalar(String, Kind),
    List(Vec<Read>),
    Map(Vec<(Spanned<String>, Read)>),
}

fn place(location: Location) -> Place {
    let span = location.span();
    let start = span.byte_offset().unwrap_or(0) as usize;
    let end = start + span.byte_len().unwrap_or(0) as usize;
    Place { line: location.line() as usize, column: location.column() as usize, bytes: start..end }
}

impl Read {
    fn into_node(self, source: &str) -> Node {
        let Spanned { value, referenced, defined } = self.0;
        // Of an alias the text stands where its anchor does.
        let defined = place(defined);
        let place = place(referenced);
        let value = match value {
            Parsed::Null => Tree::Null,
            Parsed::Scalar(text, Kind::Text) => Tree::Scalar(Scalar { text, kind: Kind::Text }),
            Parsed::Scalar(text, kind) => {
                let text = written(source, &defined.bytes).map_or(text, str::to_owned);
                Tree::Scalar(Scalar { text, kind })
            }
            Parsed::List(items) => Tree::List(items.into_iter().map(|item| item.into_node(source)).collect()),
            Parsed::Map(entries) => Tree::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| Entry {
                        key: key.value,
                        place: Some(self::place(key.referenced)),
                        value: value.into_node(source),
                    })
                    .collect(),
            ),
        };
        Node { value, place: Some(place) }
    }
}

/// How a plain scalar is written.
fn written<'a>(source: &'a str, bytes: &Range<usize>) -> Option<&'a str> {
    source.get(bytes.clone()).map(str::trim).filter(|text| !text.is_empty())
}

impl<'de> Deserialize<'de> for Read {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Parsed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Parsed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Parsed, E> {
        Ok(Parsed::Null)
    }

    fn visit_none<E>(self) -> Result<Parsed, E> {
        Ok(Parsed::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Parsed, D::Error> {
        Parsed::deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.to_string(), Kind::Bool(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.to_string(), Kind::Unsigned(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Parsed, E> {
        let kind = u64::try_from(value).map_or(Kind::Negative(value), Kind::Unsigned);
        Ok(Parsed::Scalar(value.to_string(), kind))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(value.to_string(), Kind::Float(value)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Parsed, E> {
        Ok(Parsed::Scalar(text.to_owned(), Kind::Text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parsed, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Parsed::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parsed, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Parsed::Map(entries))
    }
}
