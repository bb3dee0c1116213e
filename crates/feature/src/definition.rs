//! A named expression, and the file that it comes from.

use crate::{
    FeatureError,
    expression::{Syntax, parse, same_tokens},
};

/// A named expression and what is known about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Definition {
    /// The name of the feature and of its column.
    pub name: String,
    /// The expression, as written.
    pub expression: String,
    /// The meaning of its values on a market.
    pub meaning: String,
    /// The paper or program that the definition comes from.
    pub source: String,
    /// The unit of its values.
    pub unit: String,
    /// The condition of the rows that its windows count; without one, all.
    pub rows: Option<String>,
    /// The library or file that defines it.
    pub origin: String,
}

/// The content of a library or a file, by name.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Library {
    /// A description of what the library holds, for people.
    pub description: String,
    /// The names of its features, in its order.
    pub names: Vec<String>,
    /// The names of what may look ahead, in its order.
    pub targets: Vec<String>,
    /// The known errors of the library, if it repeats somebody else's definitions.
    pub known_flaws: Vec<String>,
}

/// A definition and what its texts say.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) definition: Definition,
    pub(crate) syntax: Syntax,
    pub(crate) rows: Option<Condition>,
}

/// The condition of the rows that an entry counts.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// The name of the condition in messages.
    pub(crate) place: String,
    pub(crate) text: String,
    pub(crate) syntax: Syntax,
}

impl Definition {
    /// Whether both name the same expression over the same rows; names in it stand for the same in one catalog.
    pub(crate) fn says_the_same_as(&self, other: &Self) -> bool {
        let rows = match (&self.rows, &other.rows) {
            (Some(one), Some(other)) => same_tokens(one, other),
            (one, other) => one == other,
        };
        rows && same_tokens(&self.expression, &other.expression)
    }
}

impl Condition {
    pub(crate) fn read(name: &str, text: &str) -> Result<Self, FeatureError> {
        let place = format!("rows of {name}");
        let syntax = parse(text).map_err(|fault| fault.within(&place, text))?;
        Ok(Self { place, text: text.to_owned(), syntax })
    }
}
