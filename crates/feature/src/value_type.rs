//! The types of values.

use std::fmt;

/// The type of an expression's values.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ValueType {
    /// A number; NaN is missing.
    Number,
    /// True (1) or false (0), never missing. It may stand where a number is asked for.
    Boolean,
    /// A category such as a sector, for `by=` only.
    Category,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Boolean => "a condition",
            Self::Category => "a category",
        })
    }
}
