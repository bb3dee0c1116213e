//! From YAML to a tree.

use std::{fmt, ops::Range};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{Location, Spanned};

use super::{Entry, Kind, Node, Place, Problem, Scalar, Tree};

/// Read a YAML text; else what is wrong with it as YAML.
pub(crate) fn read(text: &str) -> Result<Node, Problem> {
    // Codes such as 005930 stay texts where any type may stand.
    let options = serde_saphyr::options! { leading_zero_numbers_as_strings: true, with_snippet: false };
    let read: Read = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location().map(place);
        Problem { key: String::new(), message: error.without_snippet().to_string(), place }
    })?;
    Ok(read.into_node(text))
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
        let Spanned { value, referenced, .. } = self.0;
        let place = place(referenced);
        let value = match value {
            Parsed::Null => Tree::Null,
            Parsed::Scalar(text, Kind::Text) => Tree::Scalar(Scalar { text, kind: Kind::Text }),
            Parsed::Scalar(text, kind) => {
                let text = written(source, &place.bytes).map_or(text, str::to_owned);
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
