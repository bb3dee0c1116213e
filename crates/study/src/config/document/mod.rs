//! A study's text as a tree whose nodes know where they stand, so that every mistake is reported with its place.
//!
//! Texts become [`Node`]s once (`read.rs`); profiles are laid over them and old spellings moved on them; then serde takes
//! them for what the types say (`deserialize.rs`). A mistake ends only the part that it stands in: it is noted, the part
//! is taken out, and the rest is read again, until nothing is wrong or nothing is left (`parse.rs`).

mod deserialize;
mod parse;
mod problem;
mod read;

use std::{fmt, ops::Range};

pub use parse::parse;
pub use problem::{Problem, Problems};
pub use read::read;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Tree,
    /// Its place; absent for what was not read from a text.
    pub place: Option<Place>,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// Nothing.
    Null,
    /// A text, a number or a truth value.
    Scalar(Scalar),
    /// Values in order.
    List(Vec<Node>),
    /// Keys and values, in the order of the text.
    Map(Vec<Entry>),
}

/// A text, a number or a truth value, and how it is written: a code such as `005930` or `NO` is a text where a text is
/// wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// As it is written, without quotes.
    pub text: String,
    /// What it is where any type may stand.
    pub kind: Kind,
}

/// What a scalar is where any type may stand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A text.
    Text,
    /// A truth value.
    Bool(bool),
    /// A whole number of 0 or more.
    Unsigned(u64),
    /// A whole number below 0.
    Negative(i64),
    /// Any other number.
    Float(f64),
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// Where the key stands.
    pub place: Option<Place>,
    /// The value.
    pub value: Node,
}

/// A place in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The character in the line, counted from 1.
    pub column: usize,
    /// The bytes of the text.
    pub bytes: Range<usize>,
}

/// One step from a node to a node in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// To the value of a key.
    Key(String),
    /// To the value with this number in a list.
    Item(usize),
}

/// The steps from a root to a node: `models.trees.lightgbm`, `label.target[0].as`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps(pub Vec<Step>);

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if n == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Item(number) => write!(f, "[{number}]")?,
            }
        }
        Ok(())
    }
}

impl Entry {
    /// Where a mistake of the value is shown: at the value if it is one word, else at the key.
    fn own_place(&self) -> Option<Place> {
        let is_word = matches!(self.value.value, Tree::Scalar(_));
        let (first, second) =
            if is_word { (&self.value.place, &self.place) } else { (&self.place, &self.value.place) };
        first.clone().or_else(|| second.clone())
    }
}

impl Node {
    /// A node without a place.
    pub fn new(value: Tree) -> Self {
        Self { value, place: None }
    }

    /// A mapping without entries.
    pub fn empty() -> Self {
        Self::new(Tree::Map(Vec::new()))
    }

    /// A text.
    pub fn text(text: &str) -> Self {
        Self::new(Tree::Scalar(Scalar { text: text.to_owned(), kind: Kind::Text }))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match &mut self.value {
            Tree::Map(entries) => {
                entries.iter_mut().find(|entry| entry.key == key).map(|entry| &mut entry.value)
            }
            _ => None,
        }
    }

    /// The value at the end of some keys.
    pub fn at<'a>(&self, keys: impl IntoIterator<Item = &'a str>) -> Option<&Self> {
        keys.into_iter().try_fold(self, |node, key| node.get(key))
    }

    /// Keys and values; none if this is no mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Tree::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Keys and values, to be changed; none if this is no mapping.
    pub fn entries_mut(&mut self) -> &mut [Entry] {
        match &mut self.value {
            Tree::Map(entries) => entries,
            _ => &mut [],
        }
    }

    /// The text, if this is a scalar.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Tree::Scalar(scalar) => Some(&scalar.text),
            _ => None,
        }
    }

    /// Take a key and its value out.
    pub fn take(&mut self, key: &str) -> Option<Entry> {
        let Tree::Map(entries) = &mut self.value else { return None };
        let at = entries.iter().position(|entry| entry.key == key)?;
        Some(entries.remove(at))
    }

    /// Put a value under a key, in place of what stands there; a node that holds nothing becomes a mapping.
    pub fn put(&mut self, entry: Entry) {
        if self.value == Tree::Null {
            self.value = Tree::Map(Vec::new());
        }
        let Tree::Map(entries) = &mut self.value else { return };
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }

    /// Lay another node over this one: mappings key by key, anything else as a whole.
    pub fn overlay(&mut self, over: &Self) {
        let (Tree::Map(_), Tree::Map(entries)) = (&self.value, &over.value) else {
            *self = over.clone();
            return;
        };
        for entry in entries {
            match self.get_mut(&entry.key) {
                Some(known) => known.overlay(&entry.value),
                None => self.put(entry.clone()),
            }
        }
    }

    /// Where the deepest part of a path stands that there is: the value if it is one word, else its key.
    pub fn place_of(&self, steps: &Steps) -> Option<Place> {
        let (mut node, mut place) = (self, self.place.clone());
        for step in &steps.0 {
            let (next, at) = match (step, &node.value) {
                (Step::Key(key), Tree::Map(entries)) => {
                    match entries.iter().find(|entry| entry.key == *key) {
                        Some(entry) => (&entry.value, entry.own_place()),
                        None => break,
                    }
                }
                (Step::Item(number), Tree::List(items)) => match items.get(*number) {
                    Some(item) => (item, item.place.clone()),
                    None => break,
                },
                _ => break,
            };
            (node, place) = (next, at.or(place));
        }
        place
    }

    /// Take out what stands at the end of a path; whether there was something.
    fn remove(&mut self, steps: &[Step]) -> bool {
        let Some((last, before)) = steps.split_last() else { return false };
        let mut node = self;
        for step in before {
            let next = match (step, &mut node.value) {
                (Step::Key(key), Tree::Map(entries)) => {
                    entries.iter_mut().find(|entry| entry.key == *key).map(|entry| &mut entry.value)
                }
                (Step::Item(number), Tree::List(items)) => items.get_mut(*number),
                _ => None,
            };
            let Some(next) = next else { return false };
            node = next;
        }
        match (last, &mut node.value) {
            (Step::Key(key), _) => node.take(key).is_some(),
            (Step::Item(number), Tree::List(items)) if *number < items.len() => {
                items.remove(*number);
                true
            }
            _ => false,
        }
    }
}

impl From<&serde_json::Value> for Node {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        let scalar = |text: String, kind| Tree::Scalar(Scalar { text, kind });
        let value = match value {
            Value::Null => Tree::Null,
            Value::Bool(is) => scalar(is.to_string(), Kind::Bool(*is)),
            Value::Number(number) => {
                let kind =
                    number.as_u64().map(Kind::Unsigned).or_else(|| number.as_i64().map(Kind::Negative));
                let float = || Kind::Float(number.as_f64().unwrap_or(f64::NAN));
                scalar(number.to_string(), kind.unwrap_or_else(float))
            }
            Value::String(text) => scalar(text.clone(), Kind::Text),
            Value::Array(items) => Tree::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => Tree::Map(
                map.iter()
                    .map(|(key, value)| Entry { key: key.clone(), place: None, value: Self::from(value) })
                    .collect(),
            ),
        };
        Self::new(value)
    }
}
