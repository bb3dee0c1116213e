//! Columns of numbers as a file holds them.

use super::coded_texts::CodedTexts;

/// Columns of numbers, and one of texts, in the order of the file's rows.
pub(crate) struct NumberCells {
    pub numbers: Vec<Vec<f64>>,
    pub texts: Option<CodedTexts>,
    /// The number of each row for people.
    pub rows: Vec<u64>,
}
