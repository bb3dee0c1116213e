//! The look-back of a value: how many earlier sessions it depends on.

use std::fmt;

/// How many earlier sessions a value depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum LookBack {
    /// This many sessions before the value's own; 0 is the session alone.
    Sessions(usize),
    /// All sessions from the instrument's first on: a recursion or an expanding window.
    Recursive,
}

impl LookBack {
    /// The look-back of a value that looks this far back on values which look back themselves.
    pub fn after(self, inner: Self) -> Self {
        match (self, inner) {
            (Self::Sessions(outer), Self::Sessions(inner)) => Self::Sessions(outer.saturating_add(inner)),
            _ => Self::Recursive,
        }
    }

    /// The number of sessions, if there is a bound.
    pub fn sessions(self) -> Option<usize> {
        match self {
            Self::Sessions(sessions) => Some(sessions),
            Self::Recursive => None,
        }
    }
}

impl fmt::Display for LookBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sessions(1) => f.write_str("1 session"),
            Self::Sessions(sessions) => write!(f, "{sessions} sessions"),
            Self::Recursive => f.write_str("all history"),
        }
    }
}
