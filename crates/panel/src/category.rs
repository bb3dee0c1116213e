//! One category a row: sector, market.

use std::ops::Range;

use crate::column::compact;

/// One category for each row, as a code into a list of names.
///
/// Codes are given by first appearance and never change, so a new category leaves old rows as they were.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Categories {
    codes: Vec<u32>,
    names: Vec<String>,
}

impl Categories {
    /// The code of a row without a category.
    pub const MISSING: u32 = u32::MAX;

    /// Categories from codes and the names they stand for.
    ///
    /// # Panics
    ///
    /// If a code stands for no name and is not [`Categories::MISSING`].
    pub fn new(codes: Vec<u32>, names: Vec<String>) -> Self {
        assert!(codes.iter().all(|&code| code == Self::MISSING || (code as usize) < names.len()));
        Self { codes, names }
    }

    /// The code of each row's category; [`Categories::MISSING`] where a row has none.
    pub fn codes(&self) -> &[u32] {
        &self.codes
    }

    /// The names of the categories, by code.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of a row's category.
    pub fn name(&self, row: usize) -> Option<&str> {
        self.names.get(self.codes[row] as usize).map(String::as_str)
    }

    /// The rows of these ranges, one after the other; names and codes stay.
    pub fn select(&self, ranges: &[Range<usize>]) -> Self {
        let mut codes = Vec::with_capacity(ranges.iter().map(ExactSizeIterator::len).sum());
        for range in ranges {
            codes.extend_from_slice(&self.codes[range.clone()]);
        }
        Self { codes, names: self.names.clone() }
    }

    /// The rows of these ranges, which ascend, in the memory that the categories have.
    pub fn into_selected(mut self, ranges: &[Range<usize>]) -> Self {
        compact(&mut self.codes, ranges);
        self
    }
}
