//! Taking a tree for what a type says.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        self, DeserializeSeed, EnumAccess, Error as _, Expected, IntoDeserializer as _, MapAccess, SeqAccess,
        Unexpected, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};

use super::{Entry, Kind, Node, Place, Scalar, Step, Steps, Tree};
use backstaff_words::nearest;

/// Why a tree is not what a type says.
#[derive(Clone, Debug)]
pub struct NodeError {
    /// The steps to the part that is wrong.
    pub steps: Steps,
    /// What is wrong with it.
    pub message: String,
    /// Where it stands, if that is not where its part stands.
    pub place: Option<Place>,
}

impl NodeError {
    fn plain(message: String) -> Self {
        Self { steps: Steps::default(), message, place: None }
    }

    /// The same, one step further out.
    fn under(mut self, step: Step) -> Self {
        self.steps.0.insert(0, step);
        self
    }
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.steps, self.message)
    }
}

impl std::error::Error for NodeError {}

/// What stands there, in the words of a study's writer.
fn found(unexpected: Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(text) => format!("the text {text:?}"),
        Unexpected::Unsigned(number) => number.to_string(),
        Unexpected::Signed(number) => number.to_string(),
        Unexpected::Float(number) => number.to_string(),
        Unexpected::Bool(is) => is.to_string(),
        other => other.to_string(),
    }
}

/// What should stand there; serde speaks of Rust's types.
fn wanted(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "f64" | "f32" => "a number".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of 0 or more".to_owned(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping of keys to values".to_owned(),
        _ if text.starts_with("struct ") => "a mapping of keys to values".to_owned(),
        _ => text,
    }
}

fn listed(expected: &[&str]) -> String {
    expected.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What other programs call things, and what a study calls them.
const ELSEWHERE: [(&str, &str); 16] = [
    ("stop_loss", "stop"),
    ("stoploss", "stop"),
    ("sl_stop", "stop"),
    ("sl", "stop"),
    ("tp_stop", "take_profit"),
    ("tp", "take_profit"),
    ("target", "take_profit"),
    ("trailing", "trailing_stop"),
    ("trailing_stop_loss", "trailing_stop"),
    ("max_days", "max_holding"),
    ("file", "scores"),
    ("predictions", "scores"),
    ("pred", "scores"),
    ("cash", "initial_cash"),
    ("capital", "initial_cash"),
    ("fees", "costs"),
];

/// `there is no x; did you mean y? There are ...`.
fn unknown(noun: &str, name: &str, expected: &'static [&'static str]) -> NodeError {
    let is_known = |known: &str| expected.contains(&known);
    let elsewhere = ELSEWHERE.iter().find(|(theirs, ours)| *theirs == name && is_known(ours));
    let meant = elsewhere.map(|(_, ours)| *ours).or_else(|| nearest(name, expected.iter().copied()));
    let suggestion = match meant {
        Some(nearest) if expected.len() > 1 => format!("; did you mean `{nearest}`?"),
        _ => String::new(),
    };
    let known = if expected.is_empty() {
        "there are none".to_owned()
    } else {
        format!("known: {}", listed(expected))
    };
    NodeError::plain(format!("there is no {noun}`{name}` here{suggestion} ({known})"))
}

impl de::Error for NodeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::plain(message.to_string())
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::plain(format!("is {}, but must be {}", found(unexpected), wanted(expected)))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        unknown("", variant, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        unknown("key ", field, expected)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::plain(format!("the key `{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::plain(format!("the key `{field}` stands here twice"))
    }
}

impl Node {
    fn unexpected(&self) -> Unexpected<'_> {
        match &self.value {
            Tree::Null => Unexpected::Other("nothing"),
            Tree::Scalar(Scalar { text, kind }) => match kind {
                Kind::Text => Unexpected::Str(text),
                Kind::Bool(is) => Unexpected::Bool(*is),
                Kind::Unsigned(number) => Unexpected::Unsigned(*number),
                Kind::Negative(number) => Unexpected::Signed(*number),
                Kind::Float(number) => Unexpected::Float(*number),
            },
            Tree::List(_) => Unexpected::Other("a list"),
            Tree::Map(_) => Unexpected::Other("a mapping"),
        }
    }

    fn wrong(&self, expected: &dyn Expected) -> NodeError {
        NodeError::invalid_type(self.unexpected(), expected)
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = NodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Tree::Null => visitor.visit_unit(),
            Tree::Scalar(Scalar { text, kind }) => match kind {
                Kind::Text => visitor.visit_borrowed_str(text),
                Kind::Bool(is) => visitor.visit_bool(*is),
                Kind::Unsigned(number) => visitor.visit_u64(*number),
                Kind::Negative(number) => visitor.visit_i64(*number),
                Kind::Float(number) => visitor.visit_f64(*number),
            },
            Tree::List(items) => visitor.visit_seq(Items { items, next: 0 }),
            Tree::Map(entries) => visitor.visit_map(Entries { entries, next: 0 }),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Tree::Scalar(scalar) => visitor.visit_borrowed_str(&scalar.text),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Tree::List(items) => visitor.visit_seq(Items { items, next: 0 }),
            Tree::Null => visitor.visit_seq(Items { items: &[], next: 0 }),
            _ => Err(self.wrong(&visitor)),
        }
    }

    /// A key without a value is a mapping without keys: `regimes:` asks for regimes as they usually are.
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        match &self.value {
            Tree::Map(entries) => visitor.visit_map(Entries { entries, next: 0 }),
            Tree::Null => visitor.visit_map(Entries { entries: &[], next: 0 }),
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        match &self.value {
            Tree::Scalar(scalar) => visitor.visit_enum(Variant { name: &scalar.text, content: None }),
            Tree::Map(entries) if entries.len() == 1 => {
                let Entry { key, place, value } = &entries[0];
                let found = visitor.visit_enum(Variant { name: key, content: Some(value) });
                found.map_err(|error| {
                    let place = if error.steps.0.is_empty() {
                        error.place.clone().or(place.clone())
                    } else {
                        error.place.clone()
                    };
                    NodeError { place, ..error }.under(Step::Key(key.clone()))
                })
            }
            Tree::Map(entries) => {
                // In braces a comma begins a new key: `{expression: Ref($close, 5)}` has two.
                let cut = entries.iter().skip(1).any(|entry| entry.value.value == Tree::Null);
                let first = entries.first().filter(|_| cut);
                let hint = first.map_or_else(String::new, |Entry { key, .. }| {
                    format!("; a text with a comma needs quotes, as in `{{{key}: '...'}}`")
                });
                Err(NodeError::plain(format!("must say exactly one of {}{hint}", listed(known))))
            }
            _ => Err(NodeError::plain(format!("must be one of {}", listed(known)))),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NodeError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct
    }
}

struct Items<'de> {
    items: &'de [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = NodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, NodeError> {
        let Some(item) = self.items.get(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(item).map(Some).map_err(|error| error.under(Step::Item(self.next - 1)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len() - self.next)
    }
}

struct Entries<'de> {
    entries: &'de [Entry],
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = NodeError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, NodeError> {
        let Some(Entry { key, place, .. }) = self.entries.get(self.next) else { return Ok(None) };
        let found = seed.deserialize(de::value::BorrowedStrDeserializer::new(key));
        found.map(Some).map_err(|error: NodeError| {
            NodeError { place: place.clone(), ..error }.under(Step::Key(key.clone()))
        })
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, NodeError> {
        let Entry { key, value, .. } = &self.entries[self.next];
        self.next += 1;
        seed.deserialize(value).map_err(|error| error.under(Step::Key(key.clone())))
    }
}

/// A choice by its name, and what it is told beside.
struct Variant<'de> {
    name: &'de str,
    content: Option<&'de Node>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = NodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), NodeError> {
        Ok((seed.deserialize(self.name.into_deserializer())?, self))
    }
}

/// What stands behind a choice that is named without rules: those that all have defaults may be left out.
static NOTHING: Node = Node { value: Tree::Null, place: None };

impl<'de> Variant<'de> {
    fn content(&self) -> &'de Node {
        self.content.unwrap_or(&NOTHING)
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = NodeError;

    fn unit_variant(self) -> Result<(), NodeError> {
        match self.content.map(|content| &content.value) {
            None | Some(Tree::Null) => Ok(()),
            Some(_) => Err(NodeError::plain(format!("`{}` takes no value", self.name))),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, NodeError> {
        seed.deserialize(self.content())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, NodeError> {
        self.content().deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, NodeError> {
        self.content().deserialize_map(visitor)
    }
}
