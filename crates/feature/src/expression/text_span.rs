//! A place in the text of an expression.

use std::ops::Range;

/// A range of bytes of the user's text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TextSpan {
    /// The number of the first byte.
    pub start: usize,
    /// The number of the byte behind the last one.
    pub end: usize,
}

impl TextSpan {
    /// The bytes from `start` to before `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// From the start of `self` to the end of `other`.
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: other.end.max(self.end) }
    }

    /// The bytes as a range.
    pub fn range(self) -> Range<usize> {
        self.start..self.end
    }
}
